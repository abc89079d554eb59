//! The engine that is compiled in. The only file that names the `rten` crate.

use std::collections::HashSet;
use std::sync::Arc;

use rten::{Model, ModelOptions, NodeId, RunOptions, ThreadPool, Value, ValueOrView};
use rten_onnx::onnx::{GraphProto, ModelProto, ValueInfoProto};
use rten_tensor::TensorView;
use rten_tensor::prelude::*;

use super::{Activation, Engine, Run, Runtime};
use crate::error::EngineError;
use crate::file::ModelFile;
use crate::graph::{Input, graph};
use crate::layer::Layer;

pub(super) const NAME: &str = "rten";

/// The version that `Cargo.toml` asks for; the crate does not tell its own.
const VERSION: &str = "0.27";

/// The engine, where ONNX Runtime was not to be had: `refused` holds what was found and why it
/// was not taken. `None` where the user chose.
pub(super) fn runtime(refused: Option<Vec<String>>) -> Runtime {
    let note = refused.map(|refused| {
        let refused: String = refused
            .iter()
            .map(|line| format!(" ({line})"))
            .collect();
        format!(
            "the built-in engine computes, because no usable ONNX Runtime library was found{refused}; with the Python package `onnxruntime` in the active environment, or its library named in `model.onnxruntime`, it goes two to three times as fast"
        )
    });
    Runtime {
        engine: NAME,
        version: VERSION.to_owned(),
        note,
    }
}

/// A loaded model; all runners share its weights.
pub(super) struct Rten {
    model: Arc<Model>,
    input: NodeId,
    layer: NodeId,
}

impl Rten {
    pub(super) fn load(
        file: &ModelFile,
        input: &Input,
        layer: &Layer,
    ) -> Result<Self, EngineError> {
        let bytes = ending_in(&file.proto, &layer.tensor).write_buf()?;
        let mut options = ModelOptions::with_all_ops();
        options.prepack_weights(true);
        for (name, weights) in &file.weights {
            options.external_data(name, weights.to_vec());
        }
        let model = options.load(bytes)?;
        Ok(Self {
            input: model.node_id(&input.name)?,
            layer: model.node_id(&layer.tensor)?,
            model: Arc::new(model),
        })
    }
}

impl Engine for Rten {
    fn runner(&self) -> Result<Box<dyn Run>, EngineError> {
        Ok(Box::new(Runner {
            model: Arc::clone(&self.model),
            input: self.input,
            layer: self.layer,
            // Without a pool of its own each runner would use every core.
            pool: Arc::new(ThreadPool::with_num_threads(1)),
        }))
    }
}

struct Runner {
    model: Arc<Model>,
    input: NodeId,
    layer: NodeId,
    pool: Arc<ThreadPool>,
}

impl Run for Runner {
    fn run(&mut self, input: &[f32], shape: [usize; 4]) -> Result<Activation, EngineError> {
        let tensor = TensorView::from_data(&shape[..], input);
        let options = RunOptions::default().with_thread_pool(Some(Arc::clone(&self.pool)));
        let inputs = vec![(self.input, ValueOrView::from(tensor))];
        let outputs = self.model.run(inputs, &[self.layer], Some(options))?;
        let output = outputs.into_iter().next();
        let Some(Value::FloatTensor(tensor)) = output else {
            return Err("the layer does not give floats".into());
        };
        Ok(Activation {
            shape: tensor.shape().to_vec(),
            values: tensor.to_vec(),
        })
    }
}

/// The part of the model that leads to `tensor`, with it as the only output. So operators behind
/// the layer need not be known, and the optimiser cannot fuse the layer away. What rten's reader
/// leaves out of a file, rten does not use.
fn ending_in(proto: &ModelProto, tensor: &str) -> ModelProto {
    let mut needed = HashSet::from([tensor]);
    let mut nodes = Vec::new();
    let graph = graph(proto);
    for node in graph.node.iter().rev() {
        if node
            .output
            .iter()
            .any(|name| needed.contains(name.as_str()))
        {
            needed.extend(node.input.iter().map(String::as_str));
            // A subgraph may use any tensor from outside; then all that comes before is kept.
            if node.attribute.iter().any(|attribute| attribute.g.is_some()) {
                let all = graph.node.iter().flat_map(|node| &node.output);
                needed.extend(all.map(String::as_str));
            }
            nodes.push(node.clone());
        }
    }
    nodes.reverse();
    let is_needed = |name: &Option<String>| name.as_deref().is_some_and(|n| needed.contains(n));
    let weights = graph
        .initializer
        .iter()
        .filter(|weight| is_needed(&weight.name));
    ModelProto {
        ir_version: proto.ir_version,
        opset_import: proto.opset_import.clone(),
        graph: Some(GraphProto {
            node: nodes,
            initializer: weights.cloned().collect(),
            input: graph.input.clone(),
            output: vec![ValueInfoProto {
                name: Some(tensor.to_owned()),
                r#type: None,
            }],
            value_info: Vec::new(),
        }),
        ..ModelProto::default()
    }
}
