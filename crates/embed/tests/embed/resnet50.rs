//! A model of the size and shape of ResNet-50 (He et al. 2015, table 1), with drawn weights:
//! 94 MB that are written here, run through once, and thrown away.

use lookalike_embed::{Backend, Embedder};

use super::helpers::{backends, save, vectors};
use super::zoo::Net;

/// Blocks, inner channels and stride of the four stages.
const STAGES: [(i64, i64, i64); 4] = [(3, 64, 1), (4, 128, 2), (6, 256, 2), (3, 512, 2)];

fn resnet50() -> Vec<u8> {
    let mut net = Net::new();
    let stem = net.conv("image", "conv1", (3, 64), (7, 2));
    let stem = net.node("Relu", &[stem], "relu");
    net.node("MaxPool", &[stem], "maxpool");
    net.with("kernel_shape", &[3, 3]);
    net.with("strides", &[2, 2]);
    net.with("pads", &[1; 4]);
    let (mut last, mut channels) = ("maxpool".to_owned(), 64);
    for (stage, (blocks, inner, stride)) in (1..).zip(STAGES) {
        for block in 0..blocks {
            let stride = if block == 0 { stride } else { 1 };
            let name = format!("layer{stage}.{block}");
            last = bottleneck(&mut net, &name, &last, (channels, inner, stride));
            channels = 4 * inner;
        }
    }
    net.head(&last, channels);
    net.finish(&[0, 3, 0, 0], &["classes"])
}

fn bottleneck(
    net: &mut Net,
    name: &str,
    input: &str,
    (from, inner, stride): (i64, i64, i64),
) -> String {
    let tensor = |part: &str| format!("{name}.{part}");
    let (conv1, relu1) = (tensor("conv1"), tensor("relu1"));
    net.conv(input, &conv1, (from, inner), (1, 1));
    net.node("Relu", &[&conv1], &relu1);
    let (conv2, relu2) = (tensor("conv2"), tensor("relu2"));
    net.conv(&relu1, &conv2, (inner, inner), (3, stride));
    net.node("Relu", &[&conv2], &relu2);
    let (conv3, add, relu) = (tensor("conv3"), tensor("add"), tensor("relu"));
    net.conv(&relu2, &conv3, (inner, 4 * inner), (1, 1));
    let mut shortcut = input.to_owned();
    if from != 4 * inner {
        shortcut = tensor("downsample");
        net.conv(input, &shortcut, (from, 4 * inner), (1, stride));
    }
    net.node("Add", &[&conv3, &shortcut], &add);
    net.node("Relu", &[&add], &relu);
    relu
}

#[test]
fn a_resnet50_gives_its_65536_values() {
    let saved = save(&resnet50());
    for backend in backends() {
        let embedder = Embedder::open(&saved.options(backend));
        let embedder = embedder.unwrap_or_else(|error| panic!("{error}"));
        let space = embedder.space();
        assert_eq!(space.layer, "layer4.2.relu");
        assert_eq!((space.preprocessing.size, space.dimension), (224, 65_536));
        assert_eq!(vectors(&embedder, 1)[0].len(), 65_536);
        if backend == Backend::Rten {
            assert_eq!(embedder.runtime().engine, "rten");
        }
    }
}
