//! Chooses the tensor whose activations are taken.

use std::collections::{HashMap, HashSet};

use rten_onnx::onnx::{GraphProto, NodeProto};

use crate::EmbedError;
use crate::file::ModelFile;
use crate::graph::{Input, Layout, graph, layouts, operator};

/// A tensor of the graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layer {
    pub(crate) tensor: String,
    pub(crate) layout: Layout,
}

/// Pooling ends a convolutional block but leaves rows and columns.
const POOLING: &[&str] = &["AveragePool", "LpPool", "MaxPool"];

/// At most so many names are suggested for one that is not there.
const SUGGESTIONS: usize = 3;

/// The tensor or node called `wanted`, or the end of the last convolutional block where `wanted`
/// is empty.
pub(crate) fn choose(file: &ModelFile, input: &Input, wanted: &str) -> Result<Layer, EmbedError> {
    let graph = graph(&file.proto);
    let layouts = layouts(graph, input);
    let tensor = match wanted {
        "" => last_block(graph, &layouts).ok_or_else(|| EmbedError::NoConvolution {
            model: file.shown.clone(),
        })?,
        _ => named(graph, wanted).ok_or_else(|| EmbedError::NoLayer {
            model: file.shown.clone(),
            layer: wanted.to_owned(),
            nearest: nearest(graph, wanted),
        })?,
    };
    Ok(Layer {
        tensor: tensor.to_owned(),
        layout: layouts.get(tensor).copied().unwrap_or(Layout::Nchw),
    })
}

/// From the last convolution that reaches an output, on through normalisation, sums, activations,
/// gates and joins of branches, up to the tensor that goes into pooling or flattening, or out.
/// In a ResNet that is the sum after its ReLU.
fn last_block<'a>(graph: &'a GraphProto, layouts: &HashMap<&str, Layout>) -> Option<&'a str> {
    let reaches = reaching(graph);
    let spatial = |node: &'a NodeProto| {
        let output = node.output.first().map(String::as_str)?;
        (reaches.contains(output) && layouts.contains_key(output)).then_some(output)
    };
    let convolution = |node: &&NodeProto| operator(node).contains("Conv");
    let convolutions = graph.node.iter().rev().filter(convolution);
    let mut tensor = convolutions.filter_map(spatial).next()?;
    // The nodes are sorted, so one pass follows the chain; where a tensor has several uses (an
    // activation written as a product, a gate), the last of them is the one that joins them.
    while let Some(next) = graph
        .node
        .iter()
        .rev()
        .filter(|node| node.input.iter().any(|name| name == tensor))
        .filter(|node| !POOLING.contains(&operator(node)))
        .find_map(spatial)
    {
        tensor = next;
    }
    Some(tensor)
}

/// Every tensor that some output of the graph depends on.
fn reaching(graph: &GraphProto) -> HashSet<&str> {
    let outputs = graph
        .output
        .iter()
        .filter_map(|output| output.name.as_deref());
    let mut needed: HashSet<&str> = outputs.collect();
    for node in graph.node.iter().rev() {
        if node
            .output
            .iter()
            .any(|name| needed.contains(name.as_str()))
        {
            needed.extend(node.input.iter().map(String::as_str));
        }
    }
    needed
}

fn named<'a>(graph: &'a GraphProto, wanted: &str) -> Option<&'a str> {
    let tensor = tensors(graph).find(|&name| name == wanted);
    tensor.or_else(|| {
        let mut nodes = graph.node.iter();
        let node = nodes.find(|node| node.name.as_deref() == Some(wanted))?;
        node.output.first().map(String::as_str)
    })
}

fn tensors(graph: &GraphProto) -> impl Iterator<Item = &str> {
    let outputs = graph.node.iter().flat_map(|node| &node.output);
    outputs.map(String::as_str).filter(|name| !name.is_empty())
}

fn nearest(graph: &GraphProto, wanted: &str) -> String {
    let mut names: Vec<(usize, &str)> = tensors(graph)
        .map(|name| (strsim::damerau_levenshtein(name, wanted), name))
        .collect();
    names.sort();
    let names = names.iter().take(SUGGESTIONS);
    let names: Vec<String> = names.map(|(_, name)| format!("`{name}`")).collect();
    match names.is_empty() {
        true => String::new(),
        false => format!("Nearest: {}. ", names.join(", ")),
    }
}
