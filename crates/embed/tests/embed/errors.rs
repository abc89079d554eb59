//! The words of every error that a person can meet.

use lookalike_embed::{Backend, Embedder, ModelOptions, prepare};
use lookalike_types::{Preprocessing, Resize};
use rten_onnx::onnx::DataType;

use super::helpers::{Saved, picture, save};
use super::zoo::{Net, classifier, trunk, value};

/// What opening says, with the temporary folder written as `DIR`.
fn words(saved: &Saved, change: impl FnOnce(&mut ModelOptions)) -> String {
    let mut options = saved.options(Backend::Rten);
    change(&mut options);
    match Embedder::open(&options) {
        Ok(embedder) => panic!("it was opened: {:?}", embedder.space()),
        Err(error) => error
            .to_string()
            .replace(&saved.folder().display().to_string(), "DIR"),
    }
}

/// What opening a classifier with such inputs says.
fn with_inputs(inputs: Vec<rten_onnx::onnx::ValueInfoProto>) -> String {
    let mut net = Net::new();
    let block = trunk(&mut net, "image");
    words(&save(&net.finish_with(inputs, &[block])), |_| {})
}

fn with_input(dims: &[i64]) -> String {
    with_inputs(vec![value("image", dims, DataType::FLOAT)])
}

#[test]
fn files_that_are_no_models() {
    let missing = save(b"");
    std::fs::remove_file(&missing.path).expect("it was just written");
    insta::assert_snapshot!(words(&missing, |_| {}), @"cannot read `DIR/net.onnx`: No such file or directory (os error 2). Check `model.path`.");
    insta::assert_snapshot!(words(&save(b""), |_| {}), @"`DIR/net.onnx` is not a whole ONNX model: it has no bytes. `model.path` must name an `.onnx` file; copy or export it again.");
    insta::assert_snapshot!(words(&save(b"PK\x03\x04 a zip file"), |_| {}), @"`DIR/net.onnx` is not a whole ONNX model: its bytes end too early, or are those of another format. `model.path` must name an `.onnx` file; copy or export it again.");
    insta::assert_snapshot!(words(&save(&[8, 8]), |_| {}), @"`DIR/net.onnx` is not a whole ONNX model: it holds no graph. `model.path` must name an `.onnx` file; copy or export it again.");
    let model = classifier(&[0, 3, 32, 32]);
    insta::assert_snapshot!(words(&save(&model[..model.len() / 2]), |_| {}), @"`DIR/net.onnx` is not a whole ONNX model: its bytes end too early, or are those of another format. `model.path` must name an `.onnx` file; copy or export it again.");
}

/// The last 30 bytes are the versions of the operators.
#[test]
fn a_model_cut_anywhere_is_refused() {
    let model = classifier(&[0, 3, 32, 32]);
    for length in (0..model.len() - 30).step_by(97) {
        let saved = save(&model[..length]);
        assert!(saved.open().is_err(), "{length} bytes of {}", model.len());
    }
}

#[test]
fn inputs_that_are_no_image() {
    insta::assert_snapshot!(with_inputs(vec![]), @"`DIR/net.onnx` does not take one RGB image: it has no input. Export it with one float input of N x 3 x H x W or N x H x W x 3.");
    let two = ["image", "mask"].map(|name| value(name, &[0, 3, 32, 32], DataType::FLOAT));
    insta::assert_snapshot!(with_inputs(two.into()), @"`DIR/net.onnx` does not take one RGB image: it has 2 inputs (image, mask). Export it with one float input of N x 3 x H x W or N x H x W x 3.");
    let bytes = value("image", &[0, 3, 32, 32], DataType::UINT8);
    insta::assert_snapshot!(with_inputs(vec![bytes]), @"`DIR/net.onnx` does not take one RGB image: its input `image` takes UINT8, not FLOAT. Export it with one float input of N x 3 x H x W or N x H x W x 3.");
    insta::assert_snapshot!(with_input(&[0, 3072]), @"`DIR/net.onnx` does not take one RGB image: its input `image` is ? x 3072, not of four dimensions. Export it with one float input of N x 3 x H x W or N x H x W x 3.");
    insta::assert_snapshot!(with_input(&[1, 1, 32, 32]), @"`DIR/net.onnx` does not take one RGB image: its input `image` is 1 x 1 x 32 x 32, without 3 channels. Export it with one float input of N x 3 x H x W or N x H x W x 3.");
    insta::assert_snapshot!(with_input(&[0, 3, 32, 64]), @"`DIR/net.onnx` does not take one RGB image: its input `image` is ? x 3 x 32 x 64, not a square. Export it with one float input of N x 3 x H x W or N x H x W x 3.");
}

#[test]
fn layers_that_are_not_there_or_cannot_be_pooled() {
    let saved = save(&classifier(&[0, 3, 32, 32]));
    let layer = |name: &str| words(&saved, |options| options.layer = name.to_owned());
    insta::assert_snapshot!(layer("block_relu3"), @"`DIR/net.onnx` has no tensor and no node named `block_relu3`. Nearest: `block_relu1`, `block_relu2`, `block_add`. Leave `model.layer` empty for the last convolutional block.");
    let mut net = Net::new();
    let block = trunk(&mut net, "image");
    let shape = net.integers("shape", &[0, 8, -1]);
    let tokens = net.node("Reshape", &[block, shape], "tokens");
    let tokens = save(&net.finish(&[0, 3, 32, 32], &[tokens]));
    insta::assert_snapshot!(words(&tokens, |o| o.layer = "tokens".into()), @"layer `tokens` of `DIR/net.onnx` gives [1, 8, 64] for 1 image; wanted are floats of N x C x H x W (or N x C). Name another tensor in `model.layer`.");
    let mut net = Net::new();
    let flat = net.node("Flatten", &["image"], "flat");
    let flat = save(&net.finish(&[0, 3, 32, 32], &[flat]));
    insta::assert_snapshot!(words(&flat, |_| {}), @"`DIR/net.onnx` has no convolution on the way to its outputs, so its last convolutional block cannot be found. Name the tensor to take in `model.layer`.");
}

#[test]
fn operators_that_nobody_knows() {
    let mut net = Net::new();
    net.node("Sparkle", &["image"], "sparkle");
    let block = trunk(&mut net, "sparkle");
    let saved = save(&net.finish(&[0, 3, 32, 32], &[block]));
    insta::assert_snapshot!(words(&saved, |_| {}), @r#"rten cannot load `DIR/net.onnx`: in node "sparkle_node": operator error: Sparkle operator not supported or not enabled. ONNX Runtime knows more operators: install the Python package `onnxruntime`, or export the model with standard operators."#);
}

#[test]
fn settings_that_do_not_fit() {
    let saved = save(&classifier(&[0, 3, 32, 32]));
    insta::assert_snapshot!(words(&saved, |o| o.size = 64), @"`model.size` cannot be 64: `DIR/net.onnx` takes 32 x 32 pixels and nothing else; leave it 0.");
    insta::assert_snapshot!(words(&saved, |o| o.size = 100_000), @"`model.size` cannot be 100000: the largest input is 4096 pixels.");
    insta::assert_snapshot!(words(&saved, |o| o.std = Some([0.2, 0.0, 0.2])), @"`model.std` cannot be [0.2, 0.0, 0.2]: samples are divided by it, so it must be above 0.");
    insta::assert_snapshot!(words(&saved, |o| o.pool_size = 5000), @"`pool.size` cannot be 5000: concat 5000 of 8 x 8 x 8 activations would be longer than 1048576 values.");
}

/// A linear layer whose weights fix the size that the input leaves free.
#[test]
fn sizes_that_the_model_does_not_take() {
    let mut net = Net::new();
    let block = trunk(&mut net, "image");
    let flat = net.node("Flatten", &[block], "flat");
    let weight = net.drawn("linear.weight", &[8 * 8 * 8, 5]);
    let logits = net.node("MatMul", &[flat, weight], "logits");
    let saved = save(&net.finish(&[0, 3, 0, 0], &[logits]));
    let words = words(&saved, |o| {
        o.layer = "logits".into();
        o.size = 40;
    });
    assert!(
        words.starts_with("rten failed in `DIR/net.onnx` on 40 x 40 pixels: "),
        "{words}"
    );
    assert!(words.ends_with(". Where the model was made for another size, set `model.size`."));
    let mut options = saved.options(Backend::Rten);
    options.layer = "logits".into();
    // 224 is refused and 32 is found.
    let embedder = Embedder::open(&options).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(embedder.space().dimension, 10);
}

#[test]
fn weights_outside_the_folder() {
    let mut net = Net::new();
    let block = trunk(&mut net, "image");
    let (model, _) = net.finish_apart(&[0, 3, 32, 32], &[block], "../secret");
    insta::assert_snapshot!(words(&save(&model), |_| {}), @"the weights of `DIR/net.onnx` lie in `../secret`, which is not below the folder of the model. Export the model with its weights inside, or beside it.");
    let mut net = Net::new();
    let block = trunk(&mut net, "image");
    let (model, _) = net.finish_apart(&[0, 3, 32, 32], &[block], "gone.data");
    insta::assert_snapshot!(words(&save(&model), |_| {}), @"cannot read `DIR/gone.data`: No such file or directory (os error 2). Check `model.path`.");
}

#[test]
fn a_picture_prepared_for_another_model() {
    let embedder = save(&classifier(&[0, 3, 32, 32])).open();
    let embedder = embedder.unwrap_or_else(|error| panic!("{error}"));
    let other = Preprocessing {
        size: 16,
        resize: Resize::Squash,
        ..embedder.space().preprocessing.clone()
    };
    let mut session = embedder.session().expect("the model was opened");
    let error = session
        .embed(&[prepare(&picture(0), &other)])
        .expect_err("16 is not 32");
    insta::assert_snapshot!(error, @"a picture of 16 x 16 pixels was handed to a model of 32 x 32. Prepare pictures with the preprocessing of the embedder's own space.");
}
