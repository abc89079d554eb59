//! Real classifiers of the CIFAR-10 pictures, as their author exported them: nothing is told but
//! the path.

use lookalike_embed::{Embedder, Session};

use super::helpers::{backends, cosine, prepared, save, shared, vectors};
use super::zoo::classifier;

#[test]
fn the_last_block_of_a_classifier_is_found() {
    for (name, layer) in [
        ("resnet20-cifar10.onnx", "layer3/block2/relu2"),
        ("resnet56-cifar10.onnx", "layer3/block8/relu2"),
    ] {
        let Some(path) = shared(&format!("models/{name}")) else {
            return;
        };
        let mut of_engines: Vec<Vec<Vec<f32>>> = Vec::new();
        for backend in backends() {
            let mut options = save(&classifier(&[0, 3, 32, 32])).options(backend);
            options.path = Some(path.clone());
            let embedder = Embedder::open(&options).unwrap_or_else(|error| panic!("{error}"));
            let space = embedder.space();
            assert_eq!((space.model.as_str(), space.layer.as_str()), (name, layer));
            assert_eq!(
                (space.preprocessing.size, space.dimension),
                (32, 2 * 64 * 16)
            );
            assert_eq!(embedder.threshold(), None);
            let together = vectors(&embedder, 8);
            let mut session: Session = embedder.session().expect("the model was opened");
            for (number, picture) in prepared(&embedder, 8).into_iter().enumerate() {
                let alone = session.embed(&[picture]).expect("the model runs").remove(0);
                assert_eq!(alone.as_ref(), Ok(&together[number]), "{name} {backend:?}");
            }
            of_engines.push(together);
        }
        for other in &of_engines[1..] {
            for (a, b) in of_engines[0].iter().zip(other) {
                assert!(cosine(a, b) > 0.999_99, "{name}");
            }
        }
    }
}
