//! Opens a model and settles all that shapes a vector.

use std::sync::{Arc, Mutex, PoisonError};

use lookalike_types::{Channels, PoolKind, Pooling, Preprocessing, Resize, Space};

use crate::backend::{self, Engine, Run, Runtime, load_error, sentence};
use crate::builtin::{self, Card};
use crate::file::ModelFile;
use crate::graph::{self, Input};
use crate::layer::{self, Layer};
use crate::pool::Shape;
use crate::prepare::Numbers;
use crate::session::{Session, Task};
use crate::{EmbedError, ModelOptions};

/// Mean and standard deviation of ImageNet, which most image models were trained with.
const IMAGENET: ([f32; 3], [f32; 3]) = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);

/// Cells per side for a model without a card, as in the first image duplicate finder.
const POOL_SIZE: u32 = 4;

/// Sides of the input that are tried where the model leaves them free, to learn its stride: the
/// size of ImageNet models, then that of CIFAR models.
const PROBES: [u32; 2] = [224, 32];

/// Width and height in units of the layer's stride: 224 / 32, as in the ImageNet ResNets.
const STRIDES: u32 = 7;
const LEAST_SIZE: u32 = 32;

/// Larger inputs and longer vectors are surely mistakes, and would end in a lack of memory.
const LARGEST_SIZE: u32 = 4096;
const LARGEST_TENSOR: usize = 1 << 28;
const LONGEST_VECTOR: usize = 1 << 20;

/// How many pictures are worth handing to [`Session::embed`] at once. They are computed one by one
/// all the same, see there.
const HANDFUL: usize = 8;

/// An opened model: the space of its vectors, and the source of sessions. Shared by all threads.
pub struct Embedder {
    space: Space,
    runtime: Runtime,
    threshold: Option<f32>,
    engine: Box<dyn Engine>,
    task: Arc<Task>,
    /// The model, for errors.
    model: String,
    /// The runner of the trial run; the first session takes it.
    spare: Mutex<Option<Box<dyn Run>>>,
}

impl Embedder {
    /// Reads the model, chooses the layer and the engine, and runs it once on a grey picture, so
    /// that whatever is wrong shows now.
    ///
    /// # Errors
    /// Every [`EmbedError`]; each names the file or the setting and what to do.
    pub fn open(options: &ModelOptions) -> Result<Self, EmbedError> {
        check(options)?;
        let model = ModelFile::read(options.path.as_deref())?;
        let card = options.path.is_none().then(builtin::card).transpose()?;
        let input = graph::input(&model.proto, &model.shown)?;
        let wanted = match &card {
            Some(card) if options.layer.is_empty() => &card.layer,
            _ => &options.layer,
        };
        let layer = layer::choose(&model, &input, wanted)?;
        let (engine, runtime) = backend::open(&model, &input, &layer, options)?;
        let runner = engine.runner();
        let mut runner = runner.map_err(|error| load_error(&runtime, &model.shown, &error))?;
        let mut trial = Trial {
            model: &model,
            input: &input,
            layer: &layer,
            runtime: &runtime,
            runner: runner.as_mut(),
        };
        let (space, task) = trial.settle(options, card.as_ref())?;
        Ok(Self {
            threshold: card.and_then(|card| threshold(&card, &space)),
            task: Arc::new(task),
            spare: Mutex::new(Some(runner)),
            space,
            runtime,
            engine,
            model: model.shown,
        })
    }

    /// All that shapes a vector.
    pub fn space(&self) -> &Space {
        &self.space
    }

    /// The engine that computes.
    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// The cosine from which two vectors belong to copies, where that was measured: for the
    /// built-in model, used exactly as its card says.
    pub fn threshold(&self) -> Option<f32> {
        self.threshold
    }

    /// How many pictures are worth handing to [`Session::embed`] at once.
    pub fn batch(&self) -> usize {
        self.task.batch().max(HANDFUL)
    }

    /// A session for one thread. With ONNX Runtime each holds the weights once more; with rten all
    /// share them.
    ///
    /// # Errors
    /// Where the engine cannot load the model again, such as for a lack of memory.
    pub fn session(&self) -> Result<Session, EmbedError> {
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        let runner = match spare.take() {
            Some(runner) => runner,
            None => {
                let runner = self.engine.runner();
                runner.map_err(|error| load_error(&self.runtime, &self.model, &error))?
            }
        };
        Ok(Session::new(Arc::clone(&self.task), runner))
    }
}

/// What is known when a model is first run.
struct Trial<'a> {
    model: &'a ModelFile,
    input: &'a Input,
    layer: &'a Layer,
    runtime: &'a Runtime,
    runner: &'a mut dyn Run,
}

impl Trial<'_> {
    fn settle(
        &mut self,
        options: &ModelOptions,
        card: Option<&Card>,
    ) -> Result<(Space, Task), EmbedError> {
        let size = self.size(options.size, card)?;
        let shape = self.shape(size)?;
        let preprocessing = preprocessing(options, card, size);
        let pooling = pooling(options, card, shape);
        let task = Task {
            model: self.model.shown.clone(),
            engine: self.runtime.engine,
            input: self.input.clone(),
            layer: self.layer.clone(),
            numbers: Numbers::new(&preprocessing),
            shape,
            size,
            pooling,
        };
        let space = Space {
            model: self.model.name.clone(),
            digest: self.model.digest.clone(),
            layer: self.layer.tensor.clone(),
            preprocessing,
            pooling,
            decode_policy: options.decode_policy,
            dimension: dimension(shape, &pooling)?,
        };
        Ok((space, task))
    }

    /// Width and height of the input: what the model fixes, else what is wanted, else what the
    /// card says, else what suits the stride of the layer.
    fn size(&mut self, wanted: u32, card: Option<&Card>) -> Result<u32, EmbedError> {
        match (self.input.size, wanted, card) {
            (Some(fixed), 0, _) => Ok(fixed),
            (Some(fixed), wanted, _) if fixed == wanted => Ok(fixed),
            (Some(fixed), wanted, _) => Err(EmbedError::Setting {
                key: "model.size",
                value: wanted.to_string(),
                why: format!(
                    "`{}` takes {fixed} x {fixed} pixels and nothing else; leave it 0",
                    self.model.shown
                ),
            }),
            (None, 0, Some(card)) => Ok(card.input.size),
            (None, 0, None) => self.size_by_stride(),
            (None, wanted, _) => Ok(wanted),
        }
    }

    fn size_by_stride(&mut self) -> Result<u32, EmbedError> {
        let first = self.shape(PROBES[0]);
        let (side, shape) = match first {
            Ok(shape) => (PROBES[0], shape),
            // Where neither fits, the first refusal is the one to read.
            Err(error) => (PROBES[1], self.shape(PROBES[1]).map_err(|_| error)?),
        };
        let rows = shape.rows.max(1) as u32;
        if rows == 1 {
            return Ok(side);
        }
        let stride = (side + rows / 2) / rows;
        Ok((STRIDES * stride).max(LEAST_SIZE))
    }

    /// Runs the model on a grey picture of this size.
    fn shape(&mut self, size: u32) -> Result<Shape, EmbedError> {
        let shape = Task::tensor_shape(self.input, size);
        let values = shape
            .iter()
            .try_fold(1usize, |all, &side| all.checked_mul(side));
        let values = values.filter(|&values| values <= LARGEST_TENSOR);
        let values = values.ok_or_else(|| EmbedError::Input {
            model: self.model.shown.clone(),
            why: format!(
                "{} of {size} x {size} pixels at once are too many to hold",
                shape[0]
            ),
            hint: "Set a smaller `model.size`, or export it for one image at a time.",
        })?;
        let grey = vec![0.0; values];
        let activation = self.runner.run(&grey, shape);
        let activation = activation.map_err(|error| EmbedError::Run {
            engine: self.runtime.engine,
            model: self.model.shown.clone(),
            size,
            why: sentence(&error),
        })?;
        Task::shape_of(&activation, self.layer.layout, shape[0]).ok_or_else(|| {
            EmbedError::LayerShape {
                model: self.model.shown.clone(),
                layer: self.layer.tensor.clone(),
                found: format!("{:?} for {} image", activation.shape, shape[0]),
            }
        })
    }
}

/// Refuses what no model can follow.
fn check(options: &ModelOptions) -> Result<(), EmbedError> {
    let refuse = |key, value: String, why: &str| {
        let why = why.to_owned();
        Err(EmbedError::Setting { key, value, why })
    };
    if options.size > LARGEST_SIZE {
        let why = "the largest input is 4096 pixels";
        return refuse("model.size", options.size.to_string(), why);
    }
    let usable = |value: &f32| value.is_finite() && *value > 0.0;
    if let Some(std) = options.std.filter(|std| !std.iter().all(usable)) {
        let why = "samples are divided by it, so it must be above 0";
        return refuse("model.std", format!("{std:?}"), why);
    }
    if let Some(mean) = options
        .mean
        .filter(|mean| !mean.iter().all(|m| m.is_finite()))
    {
        return refuse("model.mean", format!("{mean:?}"), "it must be a number");
    }
    Ok(())
}

fn preprocessing(options: &ModelOptions, card: Option<&Card>, size: u32) -> Preprocessing {
    let card = card.map(|card| &card.input);
    let (mean, std) = card.map_or(IMAGENET, |card| (card.mean, card.std));
    let resize = card.map_or(Resize::Squash, |card| card.resize);
    let channels = card.map_or(Channels::Rgb, |card| card.channels);
    Preprocessing {
        size,
        resize: options.resize.unwrap_or(resize),
        mean: options.mean.unwrap_or(mean),
        std: options.std.unwrap_or(std),
        channels: options.channels.unwrap_or(channels),
    }
}

fn pooling(options: &ModelOptions, card: Option<&Card>, shape: Shape) -> Pooling {
    let kind = card.map_or(PoolKind::Concat, |card| card.pool.kind);
    let kind = options.pooling.unwrap_or(kind);
    let side = shape.rows.max(shape.columns).max(1);
    let size = match (options.pool_size, card) {
        // One space must not have two names.
        _ if kind == PoolKind::None => 0,
        (0, Some(card)) => card.pool.size,
        // More cells than activations would only repeat them.
        (0, None) => POOL_SIZE.min(u32::try_from(side).unwrap_or(POOL_SIZE)),
        (size, _) => size,
    };
    Pooling { kind, size }
}

fn dimension(shape: Shape, pooling: &Pooling) -> Result<u32, EmbedError> {
    let side = pooling.size as usize;
    let cells = side
        .checked_mul(side)
        .filter(|&cells| cells <= LONGEST_VECTOR);
    let length = cells.map(|_| shape.pooled(pooling));
    let fits = length.filter(|length| (1..=LONGEST_VECTOR).contains(length));
    let fits = fits.and_then(|length| u32::try_from(length).ok());
    fits.ok_or_else(|| EmbedError::Setting {
        key: "pool.size",
        value: pooling.size.to_string(),
        why: format!(
            "{} of {} x {} x {} activations would be longer than {LONGEST_VECTOR} values",
            pooling.describe(),
            shape.channels,
            shape.rows,
            shape.columns
        ),
    })
}

/// A threshold holds only for the vectors it was measured on.
fn threshold(card: &Card, space: &Space) -> Option<f32> {
    let as_measured = Preprocessing {
        size: card.input.size,
        resize: card.input.resize,
        mean: card.input.mean,
        std: card.input.std,
        channels: card.input.channels,
    };
    let same = space.layer == card.layer
        && space.preprocessing == as_measured
        && space.pooling.kind == card.pool.kind
        && space.pooling.size == card.pool.size;
    same.then_some(card.join.threshold)
}
