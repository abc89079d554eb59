//! What the graph of a model says of its input, and in which layout each tensor lies.
//!
//! Shapes are not inferred: the engines do that. Only what the choice of a layer needs is
//! followed, namely whether a tensor still has the rows and columns of the picture.

use std::collections::HashMap;

use rten_onnx::onnx::{DataType, Dimension, GraphProto, ModelProto, NodeProto, ValueInfoProto};

use crate::EmbedError;

/// Where the channels of a tensor with rows and columns stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Image, channel, row, column.
    Nchw,
    /// Image, row, column, channel.
    Nhwc,
}

/// The one image that a model takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Input {
    pub(crate) name: String,
    pub(crate) layout: Layout,
    /// Images per run, where the model fixes them.
    pub(crate) batch: Option<usize>,
    /// Width and height, where the model fixes them.
    pub(crate) size: Option<u32>,
}

/// Operators whose output no longer has the rows and columns of their input.
const FLATTENING: &[&str] = &[
    "ArgMax",
    "ArgMin",
    "Constant",
    "ConstantOfShape",
    "Einsum",
    "Flatten",
    "GRU",
    "Gather",
    "GatherElements",
    "GatherND",
    "Gemm",
    "GlobalAveragePool",
    "GlobalLpPool",
    "GlobalMaxPool",
    "If",
    "LSTM",
    "LogSoftmax",
    "Loop",
    "NonMaxSuppression",
    "QLinearGlobalAveragePool",
    "RNN",
    "ReduceL1",
    "ReduceL2",
    "ReduceLogSum",
    "ReduceLogSumExp",
    "ReduceMax",
    "ReduceMean",
    "ReduceMin",
    "ReduceProd",
    "ReduceSum",
    "ReduceSumSquare",
    "Scan",
    "Shape",
    "Size",
    "Softmax",
    "Squeeze",
    "TopK",
    "Unsqueeze",
];

/// An average over at least this many rows and columns is taken for global pooling: no network
/// reduces by six at once inside, and 7 x 7 or 8 x 8 before a classifier is common.
const GLOBAL_KERNEL: i64 = 6;

/// The one image input of `proto`, from a model called `shown` in errors.
pub(crate) fn input(proto: &ModelProto, shown: &str) -> Result<Input, EmbedError> {
    let refuse = |why: String, hint: &'static str| EmbedError::Input {
        model: shown.to_owned(),
        why,
        hint,
    };
    let graph = graph(proto);
    // Old exporters list the weights among the inputs.
    let is_weight = |name: &str| {
        let mut weights = graph.initializer.iter();
        weights.any(|weight| weight.name.as_deref() == Some(name))
    };
    let inputs: Vec<&ValueInfoProto> = graph
        .input
        .iter()
        .filter(|input| !is_weight(name(input)))
        .collect();
    let only = match inputs[..] {
        [only] => only,
        [] => return Err(refuse("it has no input".to_owned(), REEXPORT)),
        _ => {
            let names: Vec<&str> = inputs.iter().map(|input| name(input)).collect();
            let why = format!("it has {} inputs ({})", names.len(), names.join(", "));
            return Err(refuse(why, REEXPORT));
        }
    };
    describe(only, graph).map_err(|why| refuse(why, REEXPORT))
}

const REEXPORT: &str = "Export it with one float input of N x 3 x H x W or N x H x W x 3.";

fn describe(value: &ValueInfoProto, graph: &GraphProto) -> Result<Input, String> {
    let name = name(value);
    let tensor = value.r#type.as_ref().and_then(|t| t.tensor_type.as_ref());
    let element = tensor.and_then(|tensor| tensor.elem_type);
    if let Some(other) = element.filter(|&element| element != DataType::FLOAT) {
        return Err(format!("its input `{name}` takes {other}, not FLOAT"));
    }
    let Some(shape) = tensor.and_then(|tensor| tensor.shape.as_ref()) else {
        // Nothing is promised, so the usual layout is tried; the engine has the last word.
        return Ok(Input {
            name: name.to_owned(),
            layout: layout_by_transpose(name, graph),
            batch: None,
            size: None,
        });
    };
    let fixed = |dim: &Dimension| dim.dim_value.filter(|&value| value > 0);
    let dims: Vec<Option<i64>> = shape.dim.iter().map(fixed).collect();
    let (layout, size) = image(&dims, || layout_by_transpose(name, graph))
        .map_err(|but| format!("its input `{name}` is {}, {but}", shown_dims(&dims)))?;
    Ok(Input {
        name: name.to_owned(),
        layout,
        batch: dims[0].and_then(|batch| usize::try_from(batch).ok()),
        size: size.and_then(|size| u32::try_from(size).ok()),
    })
}

/// Layout and side of the images in a tensor of these dimensions, or what they lack.
fn image(
    dims: &[Option<i64>],
    otherwise: impl FnOnce() -> Layout,
) -> Result<(Layout, Option<i64>), &'static str> {
    let &[_, a, b, c] = dims else {
        return Err("not of four dimensions");
    };
    let layout = match (a, c) {
        (Some(3), _) => Layout::Nchw,
        (_, Some(3)) => Layout::Nhwc,
        (None, _) | (_, None) => otherwise(),
        _ => return Err("without 3 channels"),
    };
    let (channels, rows, columns) = match layout {
        Layout::Nchw => (a, b, c),
        Layout::Nhwc => (c, a, b),
    };
    if channels.is_some_and(|channels| channels != 3) {
        return Err("without 3 channels");
    }
    match (rows, columns) {
        (Some(rows), Some(columns)) if rows != columns => Err("not a square"),
        (rows, columns) => Ok((layout, rows.or(columns))),
    }
}

/// The layout of every tensor that still has the rows and columns of the picture.
pub(crate) fn layouts<'a>(graph: &'a GraphProto, input: &'a Input) -> HashMap<&'a str, Layout> {
    let mut layouts = HashMap::from([(input.name.as_str(), input.layout)]);
    for node in &graph.node {
        let Some(layout) = layout_after(node, graph, &layouts) else {
            continue;
        };
        for output in node.output.iter().filter(|output| !output.is_empty()) {
            layouts.insert(output, layout);
        }
    }
    layouts
}

/// The graph of a model that [`ModelFile`](crate::file::ModelFile) has read.
pub(crate) fn graph(proto: &ModelProto) -> &GraphProto {
    let graph = proto.graph.as_ref();
    graph.expect("a model without a graph was refused when it was read")
}

/// The operator of a node.
pub(crate) fn operator(node: &NodeProto) -> &str {
    node.op_type.as_deref().unwrap_or_default()
}

fn layout_after(
    node: &NodeProto,
    graph: &GraphProto,
    layouts: &HashMap<&str, Layout>,
) -> Option<Layout> {
    let of = |name: &String| layouts.get(name.as_str()).copied();
    let first = node.input.first().and_then(of);
    match operator(node) {
        "Conv" | "ConvTranspose" | "QLinearConv" | "ConvInteger" => first.map(|_| Layout::Nchw),
        "Transpose" => turned(first?, ints(node, "perm")),
        // Four dimensions again, or five on the way through a shuffle of channels.
        "Reshape" => first.filter(|_| matches!(new_rank(node, graph), Some(4 | 5))),
        "AveragePool" => {
            let kernel = ints(node, "kernel_shape");
            first.filter(|_| !kernel.iter().all(|&side| side >= GLOBAL_KERNEL))
        }
        flattening if FLATTENING.contains(&flattening) => None,
        _ => node.input.iter().find_map(of),
    }
}

fn turned(layout: Layout, order: &[i64]) -> Option<Layout> {
    match (layout, order) {
        (Layout::Nhwc, [0, 3, 1, 2]) => Some(Layout::Nchw),
        (Layout::Nchw, [0, 2, 3, 1]) => Some(Layout::Nhwc),
        (same, [0, 2, 1, 3, 4]) => Some(same),
        _ => None,
    }
}

/// How many dimensions a Reshape gives, where the graph says so.
fn new_rank(node: &NodeProto, graph: &GraphProto) -> Option<usize> {
    let shape = node.input.get(1)?;
    let is_shape = |name: Option<&str>| name == Some(shape);
    if let Some(weight) = graph
        .initializer
        .iter()
        .find(|w| is_shape(w.name.as_deref()))
    {
        return weight.dims.first().and_then(|&rank| rank.try_into().ok());
    }
    let maker = graph.node.iter().find(|node| node.output.contains(shape))?;
    match operator(maker) {
        // Exporters put a shape together from one number per dimension.
        "Concat" => Some(maker.input.len()),
        "Constant" => {
            let tensor = maker.attribute.iter().find_map(|a| a.t.as_ref())?;
            tensor.dims.first().and_then(|&rank| rank.try_into().ok())
        }
        _ => None,
    }
}

fn layout_by_transpose(input: &str, graph: &GraphProto) -> Layout {
    let mut nodes = graph.node.iter();
    let first = nodes.find(|node| node.input.iter().any(|name| name == input));
    match first.map(|node| ints(node, "perm")) {
        Some([0, 3, 1, 2]) => Layout::Nhwc,
        _ => Layout::Nchw,
    }
}

fn ints<'a>(node: &'a NodeProto, name: &str) -> &'a [i64] {
    let mut attributes = node.attribute.iter();
    let found = attributes.find(|attribute| attribute.name.as_deref() == Some(name));
    found.map_or(&[], |attribute| &attribute.ints)
}

fn name(value: &ValueInfoProto) -> &str {
    value.name.as_deref().unwrap_or_default()
}

fn shown_dims(dims: &[Option<i64>]) -> String {
    let shown = |dim: &Option<i64>| dim.map_or("?".to_owned(), |dim| dim.to_string());
    let dims: Vec<String> = dims.iter().map(shown).collect();
    match dims.is_empty() {
        true => "a single number".to_owned(),
        false => dims.join(" x "),
    }
}
