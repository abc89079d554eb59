//! Vectors of prepared pictures, on one thread.

use std::sync::Arc;

use lookalike_types::{Failed, Pooling};

use crate::EmbedError;
use crate::backend::{Activation, Run, sentence};
use crate::graph::{Input, Layout};
use crate::layer::Layer;
use crate::pool::{Shape, normalise, pool};
use crate::prepare::{Numbers, Prepared};

/// What every session of a model does, worked out once.
pub(crate) struct Task {
    /// The model, for errors.
    pub(crate) model: String,
    /// The engine, for errors.
    pub(crate) engine: &'static str,
    pub(crate) input: Input,
    pub(crate) layer: Layer,
    /// Of the activations of one image.
    pub(crate) shape: Shape,
    /// Width and height of the input.
    pub(crate) size: u32,
    pub(crate) pooling: Pooling,
    pub(crate) numbers: Numbers,
}

impl Task {
    /// Images per run.
    pub(crate) fn batch(&self) -> usize {
        batch(&self.input)
    }

    /// The shape of the input tensor for images of `size`.
    pub(crate) fn tensor_shape(input: &Input, size: u32) -> [usize; 4] {
        let side = size as usize;
        match input.layout {
            Layout::Nchw => [batch(input), 3, side, side],
            Layout::Nhwc => [batch(input), side, side, 3],
        }
    }

    /// Channels, rows and columns per image, where `activation` has them for `images` images.
    pub(crate) fn shape_of(
        activation: &Activation,
        layout: Layout,
        images: usize,
    ) -> Option<Shape> {
        let (channels, rows, columns) = match (&activation.shape[..], layout) {
            (&[n, c, h, w], Layout::Nchw) if n == images => (c, h, w),
            (&[n, h, w, c], Layout::Nhwc) if n == images => (c, h, w),
            (&[n, c], _) if n == images => (c, 1, 1),
            _ => return None,
        };
        let shape = Shape {
            channels,
            rows,
            columns,
        };
        (!shape.is_empty() && activation.values.len() == images * shape.len()).then_some(shape)
    }

    fn vector(&self, values: &[f32]) -> Result<Vec<f32>, Failed> {
        let pooled = match self.layer.layout {
            Layout::Nchw => pool(values, self.shape, &self.pooling),
            Layout::Nhwc => pool(
                &channels_first(values, self.shape),
                self.shape,
                &self.pooling,
            ),
        };
        normalise(pooled)
    }
}

fn batch(input: &Input) -> usize {
    // One by one, unless the model fixes another number. Bits must not depend on the neighbours
    // (an incremental scan equals a scan from scratch), and the sum inside a product may be
    // ordered otherwise in a larger batch. Measured at 8: rten gains nothing, ONNX Runtime 3 %
    // (128 px) to 16 % (32 px).
    input.batch.unwrap_or(1)
}

fn channels_first(values: &[f32], shape: Shape) -> Vec<f32> {
    let plane = |channel| values[channel..].iter().step_by(shape.channels).copied();
    (0..shape.channels).flat_map(plane).collect()
}

/// One thread's hold on a model. It computes on that thread only.
pub struct Session {
    task: Arc<Task>,
    runner: Box<dyn Run>,
    tensor: Vec<f32>,
}

impl Session {
    pub(crate) fn new(task: Arc<Task>, runner: Box<dyn Run>) -> Self {
        Self {
            task,
            runner,
            tensor: Vec::new(),
        }
    }

    /// The unit vectors of `pictures`, in their order; [`Reason::NoFeatures`] where the model
    /// gives zeros, NaN or infinities.
    ///
    /// The bits of a vector do not depend on the other pictures: they are run one by one. A model
    /// with a fixed batch gets that many at a time, the last batch filled up with grey.
    ///
    /// [`Reason::NoFeatures`]: lookalike_types::Reason::NoFeatures
    ///
    /// # Errors
    /// [`EmbedError::Prepared`] for a picture of another size, [`EmbedError::Run`] where the
    /// engine fails: both end the run.
    pub fn embed(
        &mut self,
        pictures: &[Prepared],
    ) -> Result<Vec<Result<Vec<f32>, Failed>>, EmbedError> {
        let wanted = self.task.size;
        if let Some(other) = pictures.iter().find(|picture| picture.size() != wanted) {
            return Err(EmbedError::Prepared {
                found: other.size(),
                wanted,
            });
        }
        let mut vectors = Vec::with_capacity(pictures.len());
        for some in pictures.chunks(self.task.batch()) {
            let activation = self.run(some)?;
            let images = activation.values.chunks_exact(self.task.shape.len());
            let images = images.take(some.len());
            vectors.extend(images.map(|values| self.task.vector(values)));
        }
        Ok(vectors)
    }

    fn run(&mut self, pictures: &[Prepared]) -> Result<Activation, EmbedError> {
        let task = &self.task;
        let shape = Task::tensor_shape(&task.input, task.size);
        self.tensor.clear();
        for picture in pictures {
            task.numbers
                .append(picture, task.input.layout, &mut self.tensor);
        }
        self.tensor.resize(shape.iter().product(), 0.0);
        let failed = |why: String| EmbedError::Run {
            engine: task.engine,
            model: task.model.clone(),
            size: task.size,
            why,
        };
        let activation = self.runner.run(&self.tensor, shape);
        let activation = activation.map_err(|error| failed(sentence(&error)))?;
        let found = Task::shape_of(&activation, task.layer.layout, shape[0]);
        match found == Some(task.shape) {
            true => Ok(activation),
            false => Err(failed(format!(
                "the layer gave {:?} after it gave {:?} per image",
                activation.shape, task.shape
            ))),
        }
    }
}
