//! What holds for every engine.

use lookalike_embed::{Backend, Embedder, ModelOptions};
use lookalike_types::{Channels, PoolKind, Reason, Resize};

use super::helpers::{backends, cosine, prepared, save, vectors};
use super::zoo::{Net, classifier, trunk};

fn open(options: &ModelOptions) -> Embedder {
    Embedder::open(options).unwrap_or_else(|error| panic!("{error}"))
}

/// The same weights behind other inputs.
fn nhwc(input: &[i64]) -> Vec<u8> {
    let mut net = Net::new();
    net.node("Transpose", &["image"], "turned");
    net.with("perm", &[0, 3, 1, 2]);
    let block = trunk(&mut net, "turned");
    net.head(block, 8);
    net.finish(input, &["classes"])
}

/// One net behind eight kinds of input and output. Not bit by bit: ONNX Runtime takes other kernels
/// where it does not know the number of channels. Another file is another space anyway.
#[test]
fn fixed_and_free_batches_and_both_layouts_give_the_same_vectors() {
    let models = [
        classifier(&[0, 3, 32, 32]),
        classifier(&[1, 3, 32, 32]),
        classifier(&[4, 3, 32, 32]),
        classifier(&[0, 0, 0, 0]),
        nhwc(&[0, 32, 32, 3]),
        nhwc(&[4, 32, 32, 3]),
        nhwc(&[0, 0, 0, 0]),
        channels_last(),
    ];
    for backend in backends() {
        let mut first = None;
        for (number, model) in models.iter().enumerate() {
            let embedder = open(&save(model).options(backend));
            assert_eq!(embedder.space().preprocessing.size, 32);
            let found = vectors(&embedder, 6);
            let wanted = first.get_or_insert_with(|| found.clone());
            for (a, b) in found.iter().zip(wanted) {
                assert!(cosine(a, b) > 0.999_999, "{backend:?}, model {number}");
            }
        }
    }
}

/// The rows, columns and channels of the layer turned at the end of the model.
fn channels_last() -> Vec<u8> {
    let mut net = Net::new();
    let block = trunk(&mut net, "image");
    net.node("Transpose", &[block], "turned");
    net.with("perm", &[0, 2, 3, 1]);
    net.finish(&[0, 3, 32, 32], &["turned"])
}

#[test]
fn neighbours_and_their_number_do_not_shape_a_vector() {
    let fixed = save(&classifier(&[4, 3, 32, 32]));
    let free = save(&classifier(&[0, 3, 0, 0]));
    for backend in backends() {
        let builtin = ModelOptions {
            backend,
            ..ModelOptions::default()
        };
        for options in [builtin, fixed.options(backend), free.options(backend)] {
            let embedder = open(&options);
            let together = vectors(&embedder, 9);
            let mut session = embedder.session().expect("the model was opened");
            for (number, picture) in prepared(&embedder, 9).into_iter().enumerate().rev() {
                let alone = session.embed(&[picture]).expect("the model runs").remove(0);
                assert_eq!(alone.as_ref(), Ok(&together[number]), "{options:?}");
            }
        }
    }
}

#[test]
fn threads_have_sessions_of_their_own_and_agree() {
    for backend in backends() {
        let options = ModelOptions {
            backend,
            ..ModelOptions::default()
        };
        let embedder = open(&options);
        let wanted = vectors(&embedder, 2);
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..3)
                .map(|_| scope.spawn(|| vectors(&embedder, 2)))
                .collect();
            for thread in threads {
                assert_eq!(thread.join().expect("it does not panic"), wanted);
            }
        });
    }
}

#[test]
fn the_engines_agree() {
    let saved = save(&classifier(&[0, 3, 32, 32]));
    let of = |backend| vectors(&open(&saved.options(backend)), 4);
    for backend in backends() {
        for (a, b) in of(Backend::Rten).iter().zip(&of(backend)) {
            assert!(cosine(a, b) > 0.999_999);
        }
    }
}

#[test]
fn weights_may_lie_beside_the_model_and_are_part_of_the_digest() {
    let apart = || {
        let mut net = Net::new();
        let block = trunk(&mut net, "image");
        net.head(block, 8);
        net.finish_apart(&[0, 3, 32, 32], &["classes"], "net.onnx.data")
    };
    let (model, mut weights) = apart();
    let saved = save(&model);
    let beside = saved.folder().join("net.onnx.data");
    for backend in backends() {
        std::fs::write(&beside, &weights).expect("the folder is ours");
        let before = open(&saved.options(backend));
        let whole = open(&save(&classifier(&[0, 3, 32, 32])).options(backend));
        assert_eq!(vectors(&before, 3), vectors(&whole, 3), "{backend:?}");
        weights[1] ^= 1;
        std::fs::write(&beside, &weights).expect("the folder is ours");
        weights[1] ^= 1;
        let after = open(&saved.options(backend));
        assert_ne!(before.space().id(), after.space().id(), "{backend:?}");
    }
}

#[test]
fn a_picture_without_usable_activations_fails_alone() {
    let mut net = Net::new();
    let image = net.conv("image", "conv", (3, 4), (3, 2));
    // sqrt of a negative number for dark pictures, 0 for none.
    let root = net.node("Sqrt", &[image], "root");
    let dark = save(&net.finish(&[0, 3, 32, 32], &[root]));
    let mut net = Net::new();
    let image = net.conv("image", "conv", (3, 4), (3, 2));
    let zero = net.weight("zero", &[], &[0.0]);
    let none = net.node("Mul", &[image, zero], "none");
    let none = save(&net.finish(&[0, 3, 32, 32], &[none]));
    for backend in backends() {
        for saved in [&dark, &none] {
            let embedder = open(&saved.options(backend));
            let mut session = embedder.session().expect("the model was opened");
            let found = session
                .embed(&prepared(&embedder, 2))
                .expect("the model runs");
            assert_eq!(found.len(), 2);
            for vector in found {
                let failed = vector.expect_err("NaN and zeros have no direction");
                assert_eq!(failed.reason, Reason::NoFeatures);
            }
        }
    }
}

#[test]
fn every_setting_shapes_the_space_and_the_vector() {
    let saved = save(&classifier(&[0, 3, 0, 0]));
    let changes: [fn(&mut ModelOptions); 9] = [
        |o| o.layer = "stem_relu".into(),
        |o| o.size = 48,
        |o| o.resize = Some(Resize::Pad),
        |o| o.resize = Some(Resize::Crop),
        |o| o.mean = Some([0.1, 0.2, 0.3]),
        |o| o.std = Some([0.5, 0.2, 0.3]),
        |o| o.channels = Some(Channels::Bgr),
        |o| o.pooling = Some(PoolKind::Gem),
        |o| o.pool_size = 2,
    ];
    let plain = open(&saved.options(Backend::Rten));
    for change in changes {
        let mut options = saved.options(Backend::Rten);
        change(&mut options);
        let other = open(&options);
        assert_ne!(other.space().id(), plain.space().id(), "{options:?}");
        assert_ne!(vectors(&other, 1), vectors(&plain, 1), "{options:?}");
    }
}

#[test]
fn operators_behind_the_layer_need_not_be_known_to_rten() {
    let mut net = Net::new();
    let block = trunk(&mut net, "image");
    net.node("Sparkle", &[block], "sparkle");
    net.foreign();
    let saved = save(&net.finish(&[0, 3, 32, 32], &["sparkle"]));
    let mut options = saved.options(Backend::Rten);
    options.layer = block.to_owned();
    assert_eq!(vectors(&open(&options), 1).len(), 1);
}
