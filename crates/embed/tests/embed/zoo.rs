//! Small ONNX models, written field by field: no Python and no binary files are needed.

use rten_onnx::onnx::{
    AttributeProto, AttributeType, DataLocation, DataType, Dimension, GraphProto, ModelProto,
    NodeProto, OperatorSetIdProto, StringStringEntryProto, TensorProto, TensorShapeProto,
    TypeProto, TypeProtoTensor, ValueInfoProto,
};

/// A graph that grows node by node. Each node is called `OUTPUT_node`.
#[derive(Default)]
pub(crate) struct Net {
    graph: GraphProto,
    seed: u32,
}

impl Net {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A node and its one output, which is given back.
    pub(crate) fn node<'a>(&mut self, op: &str, inputs: &[&str], output: &'a str) -> &'a str {
        self.graph.node.push(NodeProto {
            op_type: Some(op.to_owned()),
            name: Some(format!("{output}_node")),
            input: inputs.iter().map(|name| (*name).to_owned()).collect(),
            output: vec![output.to_owned()],
            ..NodeProto::default()
        });
        output
    }

    /// Adds integers to the last node.
    pub(crate) fn with(&mut self, name: &str, ints: &[i64]) {
        let node = self.graph.node.last_mut().expect("a node was added");
        let single = name == "axis" || name == "keepdims";
        node.attribute.push(AttributeProto {
            name: Some(name.to_owned()),
            i: single.then(|| ints[0]),
            ints: if single { Vec::new() } else { ints.to_vec() },
            r#type: Some(match single {
                true => AttributeType::INT,
                false => AttributeType::INTS,
            }),
            ..AttributeProto::default()
        });
    }

    /// Moves the last node to another domain of operators.
    pub(crate) fn foreign(&mut self) {
        let node = self.graph.node.last_mut().expect("a node was added");
        node.domain = Some("example.invented".to_owned());
    }

    /// A weight of these values.
    pub(crate) fn weight<'a>(&mut self, name: &'a str, dims: &[i64], values: &[f32]) -> &'a str {
        let bytes: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        self.raw(name, dims, DataType::FLOAT, bytes)
    }

    /// A constant of integers, such as a shape.
    pub(crate) fn integers<'a>(&mut self, name: &'a str, values: &[i64]) -> &'a str {
        let bytes = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        self.raw(name, &[values.len() as i64], DataType::INT64, bytes)
    }

    fn raw<'a>(&mut self, name: &'a str, dims: &[i64], kind: DataType, bytes: Vec<u8>) -> &'a str {
        self.graph.initializer.push(TensorProto {
            name: Some(name.to_owned()),
            dims: dims.to_vec(),
            data_type: Some(kind),
            raw_data: Some(bytes.into()),
            ..TensorProto::default()
        });
        name
    }

    /// Weights drawn evenly from an interval around 0 that keeps the variance of a ReLU network.
    pub(crate) fn drawn<'a>(&mut self, name: &'a str, dims: &[i64]) -> &'a str {
        let fan_in: i64 = dims[1..].iter().product();
        let bound = (6.0 / fan_in as f32).sqrt();
        let length: i64 = dims.iter().product();
        let values: Vec<f32> = (0..length).map(|_| self.next() * bound).collect();
        self.weight(name, dims, &values)
    }

    /// Between -1 and 1; the generator of Marsaglia 2003, 32 bits.
    fn next(&mut self) -> f32 {
        let mut x = if self.seed == 0 {
            2_463_534_242
        } else {
            self.seed
        };
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        self.seed = x;
        x as f32 / u32::MAX as f32 * 2.0 - 1.0
    }

    /// A convolution without bias, padded so that stride 1 keeps the size.
    pub(crate) fn conv<'a>(
        &mut self,
        input: &str,
        output: &'a str,
        (from, to): (i64, i64),
        (kernel, stride): (i64, i64),
    ) -> &'a str {
        let weight = format!("{output}.weight");
        self.drawn(&weight, &[to, from, kernel, kernel]);
        self.node("Conv", &[input, &weight], output);
        self.with("kernel_shape", &[kernel, kernel]);
        self.with("strides", &[stride, stride]);
        self.with("pads", &[kernel / 2; 4]);
        output
    }

    /// Pooling, flattening, a linear layer and a softmax: the usual end of a classifier.
    pub(crate) fn head(&mut self, input: &str, channels: i64) {
        let pooled = self.node("GlobalAveragePool", &[input], "pooled");
        let flat = self.node("Flatten", &[pooled], "flat");
        let weight = self.drawn("linear.weight", &[channels, 5]);
        let logits = self.node("MatMul", &[flat, weight], "logits");
        self.node("Softmax", &[logits], "classes");
    }

    /// The model's bytes. A dimension of 0 is free.
    pub(crate) fn finish(self, input: &[i64], outputs: &[&str]) -> Vec<u8> {
        self.finish_with(vec![value("image", input, DataType::FLOAT)], outputs)
    }

    /// The same with any inputs.
    pub(crate) fn finish_with(self, inputs: Vec<ValueInfoProto>, outputs: &[&str]) -> Vec<u8> {
        model(self.graph_with(inputs, outputs))
    }

    /// The model's bytes and, apart, all its weights, for a file of the name `location`.
    pub(crate) fn finish_apart(
        self,
        input: &[i64],
        outputs: &[&str],
        location: &str,
    ) -> (Vec<u8>, Vec<u8>) {
        let inputs = vec![value("image", input, DataType::FLOAT)];
        let mut graph = self.graph_with(inputs, outputs);
        let mut weights = Vec::new();
        for tensor in &mut graph.initializer {
            let bytes = tensor
                .raw_data
                .take()
                .expect("it was written so")
                .into_inner();
            let entry = |key: &str, value: String| StringStringEntryProto {
                key: Some(key.to_owned()),
                value: Some(value),
            };
            tensor.external_data = vec![
                entry("location", location.to_owned()),
                entry("offset", weights.len().to_string()),
                entry("length", bytes.len().to_string()),
            ];
            tensor.data_location = Some(DataLocation::EXTERNAL);
            weights.extend(bytes);
        }
        (model(graph), weights)
    }

    fn graph_with(mut self, inputs: Vec<ValueInfoProto>, outputs: &[&str]) -> GraphProto {
        self.graph.input = inputs;
        let output = |name: &&str| ValueInfoProto {
            name: Some((*name).to_owned()),
            r#type: None,
        };
        self.graph.output = outputs.iter().map(output).collect();
        self.graph
    }
}

fn model(graph: GraphProto) -> Vec<u8> {
    let opset = |domain: &str, version| OperatorSetIdProto {
        domain: Some(domain.to_owned()),
        version: Some(version),
    };
    let model = ModelProto {
        ir_version: Some(8),
        opset_import: vec![opset("", 17), opset("example.invented", 1)],
        graph: Some(graph),
        ..ModelProto::default()
    };
    model.write_buf().expect("a model can be written to memory")
}

/// An input of this name, shape (0 is free) and element type.
pub(crate) fn value(name: &str, dims: &[i64], element: DataType) -> ValueInfoProto {
    let dim = |&dim: &i64| Dimension {
        dim_value: (dim > 0).then_some(dim),
        dim_param: (dim == 0).then(|| "free".to_owned()),
    };
    ValueInfoProto {
        name: Some(name.to_owned()),
        r#type: Some(TypeProto {
            tensor_type: Some(TypeProtoTensor {
                elem_type: Some(element),
                shape: Some(TensorShapeProto {
                    dim: dims.iter().map(dim).collect(),
                }),
            }),
            sequence: None,
        }),
    }
}

/// Two convolutions and a residual block of 8 channels at a quarter of the size, from `image`.
/// Gives the name of the last ReLU.
pub(crate) fn trunk(net: &mut Net, image: &str) -> &'static str {
    let stem = net.conv(image, "stem", (3, 8), (3, 2));
    let stem = net.node("Relu", &[stem], "stem_relu");
    let down = net.conv(stem, "down", (8, 8), (3, 2));
    let down = net.node("Relu", &[down], "down_relu");
    let first = net.conv(down, "block_conv1", (8, 8), (3, 1));
    let first = net.node("Relu", &[first], "block_relu1");
    let second = net.conv(first, "block_conv2", (8, 8), (3, 1));
    let sum = net.node("Add", &[second, down], "block_add");
    net.node("Relu", &[sum], "block_relu2")
}

/// [`trunk`] and a classifier's end.
pub(crate) fn classifier(input: &[i64]) -> Vec<u8> {
    let mut net = Net::new();
    let block = trunk(&mut net, "image");
    net.head(block, 8);
    net.finish(input, &["classes"])
}
