//! Both engines against the same small models.

use std::fs;
use std::path::{Path, PathBuf};

use super::*;

/// An environment of Python below `root` that holds these files of the package.
fn python(root: &Path, names: &[&str]) -> PathBuf {
    let capi = root.join("lib/python3.11/site-packages/onnxruntime/capi");
    fs::create_dir_all(&capi).expect("the folder is ours");
    for name in names {
        fs::write(capi.join(name), "not a library").expect("the folder is ours");
    }
    root.to_owned()
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("there is room for a temporary folder")
}

#[test]
fn the_newest_library_of_the_active_environment_comes_first() {
    let (active, other) = (folder(), folder());
    let names = [
        "libonnxruntime.so.1.9.0",
        "libonnxruntime.so.1.24.4",
        "libonnxruntime_providers_shared.so",
        "onnxruntime_pybind11_state.cpython-311.so",
    ];
    fs::write(other.path().join("libonnxruntime.so"), "").expect("the folder is ours");
    let around = Surroundings {
        variable: None,
        prefixes: vec![python(active.path(), &names)],
        folders: vec![other.path().to_owned(), PathBuf::from("/nowhere")],
    };
    let found = around.candidates();
    let names: Vec<_> = found.iter().filter_map(|path| path.file_name()).collect();
    assert_eq!(
        names,
        [
            "libonnxruntime.so.1.24.4",
            "libonnxruntime.so.1.9.0",
            "libonnxruntime.so"
        ]
    );
}

#[test]
fn the_configuration_is_asked_before_the_environment() {
    let around = Surroundings {
        variable: Some("variable.so".into()),
        ..Surroundings::default()
    };
    let (path, asked) = around
        .named(Some(Path::new("key.so")))
        .expect("one is named");
    assert_eq!(
        (path.as_path(), asked),
        (Path::new("key.so"), "`model.onnxruntime`")
    );
    let (path, asked) = around.named(None).expect("one is named");
    assert_eq!(
        (path.as_path(), asked),
        (Path::new("variable.so"), "`ORT_DYLIB_PATH`")
    );
    assert_eq!(Surroundings::default().named(None), None);
}

fn refusal(options: &ModelOptions, around: &Surroundings) -> String {
    match choose(options, around) {
        Ok((_, runtime)) => panic!("{runtime:?} was taken"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_library_that_was_asked_for_and_fails_is_an_error() {
    let around = Surroundings {
        variable: Some("/nowhere/libonnxruntime.so".into()),
        ..Surroundings::default()
    };
    insta::assert_snapshot!(refusal(&ModelOptions::default(), &around), @"the ONNX Runtime library `/nowhere/libonnxruntime.so` (from `ORT_DYLIB_PATH`) cannot be used: No such file or directory (os error 2). Name the file `libonnxruntime` of version 1.24 or newer, or take the setting away.");
}

#[test]
fn a_damaged_library_in_the_way_is_told_and_passed_over() {
    let active = folder();
    let around = Surroundings {
        prefixes: vec![python(active.path(), &["libonnxruntime.so.1.24.4"])],
        ..Surroundings::default()
    };
    let (library, runtime) = choose(&ModelOptions::default(), &around).expect("rten is there");
    assert!(library.is_none());
    assert_eq!(runtime.engine, "rten");
    let note = runtime.note.expect("the faster engine is spoken of");
    assert!(note.contains("libonnxruntime.so.1.24.4: "), "{note}");
}

#[test]
fn the_note_says_how_the_faster_engine_is_had() {
    let (_, runtime) =
        choose(&ModelOptions::default(), &Surroundings::default()).expect("rten is there");
    insta::assert_snapshot!(runtime.note.unwrap_or_default(), @"the built-in engine computes, because no usable ONNX Runtime library was found; with the Python package `onnxruntime` in the active environment, or its library named in `model.onnxruntime`, it goes two to three times as fast");
    let rten = ModelOptions {
        backend: Backend::Rten,
        ..ModelOptions::default()
    };
    let (_, runtime) = choose(&rten, &Surroundings::default()).expect("rten is there");
    assert_eq!(runtime.note, None);
}

#[test]
fn an_engine_that_was_asked_for_and_is_nowhere_is_an_error() {
    let options = ModelOptions {
        backend: Backend::OnnxRuntime,
        ..ModelOptions::default()
    };
    insta::assert_snapshot!(refusal(&options, &Surroundings::default()), @r#"no usable ONNX Runtime library was found. Install the Python package `onnxruntime` (1.24 or newer) into the active environment, name the library in `model.onnxruntime`, or set `model.backend = "auto"`."#);
}
