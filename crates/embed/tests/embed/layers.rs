//! Which tensor is taken where the user names none, and where he does.

use super::helpers::save;
use super::zoo::{Net, classifier, trunk};

/// Opens the model on 32 x 32 pixels and gives layer and length of the vectors.
fn chosen(net: Net, outputs: &[&str]) -> (String, u32) {
    let embedder = save(&net.finish(&[0, 3, 32, 32], outputs)).open();
    let embedder = embedder.unwrap_or_else(|error| panic!("{error}"));
    (embedder.space().layer.clone(), embedder.space().dimension)
}

#[test]
fn a_classifier_gives_the_sum_after_its_activation() {
    let mut net = Net::new();
    let block = trunk(&mut net, "image");
    net.head(block, 8);
    // Concatenated maxima and means of 8 channels in 4 x 4 cells.
    assert_eq!(
        chosen(net, &["classes"]),
        ("block_relu2".to_owned(), 2 * 8 * 16)
    );
}

#[test]
fn a_trunk_without_an_end_gives_its_output() {
    let mut net = Net::new();
    let block = trunk(&mut net, "image");
    assert_eq!(chosen(net, &[block]).0, "block_relu2");
}

/// x * clip(x + 3, 0, 6) / 6, as exporters write a hard swish, behind a gate of its own channels.
#[test]
fn an_activation_written_as_a_product_is_followed_through() {
    let mut net = Net::new();
    let block = trunk(&mut net, "image");
    let pooled = net.node("GlobalAveragePool", &[block], "gate_pool");
    let gate = net.conv(pooled, "gate_conv", (8, 8), (1, 1));
    let gate = net.node("Sigmoid", &[gate], "gate");
    let gated = net.node("Mul", &[block, gate], "gated");
    let last = net.conv(gated, "last_conv", (8, 8), (1, 1));
    let (three, six) = (
        net.weight("three", &[], &[3.0]),
        net.weight("six", &[], &[6.0]),
    );
    let zero = net.weight("zero", &[], &[0.0]);
    let shifted = net.node("Add", &[last, three], "shifted");
    let clipped = net.node("Clip", &[shifted, zero, six], "clipped");
    let product = net.node("Mul", &[last, clipped], "product");
    let swish = net.node("Div", &[product, six], "swish");
    net.head(swish, 8);
    assert_eq!(chosen(net, &["classes"]).0, "swish");
}

/// The last convolution of the file feeds a gate; the block ends where the gate is applied.
#[test]
fn a_gate_is_not_the_last_block() {
    let mut net = Net::new();
    let block = trunk(&mut net, "image");
    let pooled = net.node("GlobalAveragePool", &[block], "gate_pool");
    let gate = net.conv(pooled, "gate_conv", (8, 8), (1, 1));
    let gate = net.node("Sigmoid", &[gate], "gate");
    let gated = net.node("Mul", &[block, gate], "gated");
    net.head(gated, 8);
    assert_eq!(chosen(net, &["classes"]).0, "gated");
}

/// A convolution of 1 x 1 behind global pooling is a classifier.
#[test]
fn a_convolution_behind_pooling_is_not_the_last_block() {
    for by_kernel in [false, true] {
        let mut net = Net::new();
        let block = trunk(&mut net, "image");
        match by_kernel {
            false => net.node("GlobalAveragePool", &[block], "mean"),
            true => net.node("AveragePool", &[block], "mean"),
        };
        if by_kernel {
            net.with("kernel_shape", &[8, 8]);
        }
        let logits = net.conv("mean", "logits", (8, 5), (1, 1));
        net.node("Flatten", &[logits], "flat");
        assert_eq!(
            chosen(net, &["flat"]).0,
            "block_relu2",
            "by kernel: {by_kernel}"
        );
    }
}

#[test]
fn joined_branches_end_behind_the_join() {
    let mut net = Net::new();
    let block = trunk(&mut net, "image");
    let branch = net.conv(block, "branch", (8, 4), (1, 1));
    net.node("Concat", &[block, branch], "joined");
    net.with("axis", &[1]);
    let end = net.node("LeakyRelu", &["joined"], "end");
    net.head(end, 12);
    assert_eq!(chosen(net, &["classes"]), ("end".to_owned(), 2 * 12 * 16));
}

/// As exported from channels-last frameworks: the end is turned before it is averaged.
#[test]
fn channels_in_the_last_place_are_known() {
    let mut net = Net::new();
    let block = trunk(&mut net, "image");
    net.node("Transpose", &[block], "turned");
    net.with("perm", &[0, 2, 3, 1]);
    net.node("ReduceMean", &["turned"], "mean");
    net.with("axes", &[1, 2]);
    assert_eq!(chosen(net, &["mean"]), ("turned".to_owned(), 2 * 8 * 16));
}

#[test]
fn what_leads_to_no_output_is_no_block() {
    let mut net = Net::new();
    let block = trunk(&mut net, "image");
    net.conv(block, "forgotten", (8, 8), (3, 1));
    net.head(block, 8);
    assert_eq!(chosen(net, &["classes"]).0, "block_relu2");
}

#[test]
fn any_tensor_or_node_can_be_named() {
    let saved = save(&classifier(&[0, 3, 32, 32]));
    let open = |layer: &str| {
        let mut options = saved.options(lookalike_embed::Backend::Rten);
        options.layer = layer.to_owned();
        let embedder = lookalike_embed::Embedder::open(&options);
        let embedder = embedder.unwrap_or_else(|error| panic!("{layer}: {error}"));
        (embedder.space().layer.clone(), embedder.space().dimension)
    };
    assert_eq!(open("stem_relu"), ("stem_relu".to_owned(), 256));
    assert_eq!(open("block_conv2_node"), ("block_conv2".to_owned(), 256));
    // N x C is C activations of one place: the default pooling does not repeat them 16 times.
    assert_eq!(open("logits"), ("logits".to_owned(), 2 * 5));
}

/// Free sides: seven strides, at least 32.
#[test]
fn a_free_size_follows_the_stride() {
    let open = |layer: &str, halvings: usize| {
        let mut net = Net::new();
        let mut last = trunk(&mut net, "image").to_owned();
        for index in 0..halvings {
            let name = format!("more{index}");
            net.conv(&last, &name, (8, 8), (3, 2));
            last = name;
        }
        net.head(&last, 8);
        let saved = save(&net.finish(&[0, 3, 0, 0], &["classes"]));
        let mut options = saved.options(lookalike_embed::Backend::Rten);
        options.layer = layer.to_owned();
        let embedder = lookalike_embed::Embedder::open(&options);
        embedder
            .unwrap_or_else(|error| panic!("{error}"))
            .space()
            .preprocessing
            .size
    };
    assert_eq!(open("", 0), 32);
    assert_eq!(open("", 1), 56);
    assert_eq!(open("", 3), 224);
}
