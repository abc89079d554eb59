//! Searches in folders and lists.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use lookalike_ingest::{Found, IngestError, InputOptions, check_inputs};
use tempfile::TempDir;

use crate::common::{all, lines, options};

fn tree(files: &[&str]) -> TempDir {
    let root = TempDir::new().expect("a temporary folder");
    for file in files {
        let path = root.path().join(file);
        fs::create_dir_all(path.parent().expect("it has one")).expect("a folder");
        fs::write(path, file.as_bytes()).expect("a file");
    }
    root
}

fn found(root: &Path, inputs: &[&Path], options: &InputOptions) -> Vec<String> {
    let inputs: Vec<OsString> = inputs.iter().map(|path| path.into()).collect();
    check_inputs(&inputs, options).expect("the inputs are there");
    lines(root, &all(&inputs, options).expect("the inputs are there"))
}

#[test]
fn a_folder_is_walked_in_the_order_of_bytes() {
    let root = tree(&[
        "b.jpg",
        "a/z.PNG",
        "B.jpg",
        "a/é.jpg",
        "x.jpg/in.png",
        "note.txt",
        "jpg",
    ]);
    let walked = found(root.path(), &[root.path()], &options());
    assert_eq!(
        walked,
        ["B.jpg", "a/z.PNG", "a/é.jpg", "b.jpg", "x.jpg/in.png"]
    );
}

#[test]
fn names_are_what_was_typed_joined_with_what_was_found() {
    let root = tree(&["a/b.jpg"]);
    let typed = |text: &str| {
        let input = OsString::from(format!("{}{text}", root.path().display()));
        lines(
            root.path(),
            &all(&[input], &options()).expect("it is there"),
        )
    };
    assert_eq!(typed("/a/"), ["a/b.jpg"]);
    assert_eq!(typed("/./a"), ["./a/b.jpg"]);
    assert_eq!(typed("/a/../a"), ["a/../a/b.jpg"]);
}

#[test]
fn hidden_names_excludes_and_the_folder_of_results_are_left_out() {
    let files = [
        "a.jpg",
        ".b.jpg",
        ".c/d.jpg",
        "e/f_small.jpg",
        "e/g.jpg",
        "h/i/j.jpg",
        "out/k.jpg",
    ];
    let root = tree(&files);
    let mut options = InputOptions {
        exclude: vec!["*_small.*".into(), "h/**".into()],
        skip: vec![root.path().join("out"), root.path().join("not/there")],
        ..options()
    };
    assert_eq!(
        found(root.path(), &[root.path()], &options),
        ["a.jpg", "e/g.jpg"]
    );
    let out = root.path().join("out");
    assert!(found(root.path(), &[&out, &out.join("k.jpg")], &options).is_empty());
    options.hidden = true;
    let walked = found(root.path(), &[root.path()], &options);
    assert_eq!(walked, [".b.jpg", ".c/d.jpg", "a.jpg", "e/g.jpg"]);
    let named = root.path().join(".c");
    options.hidden = false;
    assert_eq!(found(root.path(), &[&named], &options), [".c/d.jpg"]);
}

#[test]
fn a_file_that_is_named_is_taken_whatever_it_is_called() {
    let root = tree(&["scan.0001", "b.jpg"]);
    let file = root.path().join("scan.0001");
    assert_eq!(found(root.path(), &[&file], &options()), ["scan.0001"]);
}

#[test]
fn a_file_belongs_to_the_first_input_that_reaches_it() {
    let root = tree(&["a/b.jpg", "a/c.jpg"]);
    let (a, file) = (root.path().join("a"), root.path().join("a/c.jpg"));
    let walked = found(root.path(), &[&file, &a, root.path(), &a], &options());
    assert_eq!(walked, ["a/c.jpg", "a/b.jpg"]);
}

#[test]
fn inputs_that_are_not_there_and_patterns_that_are_none_are_errors() {
    let root = tree(&["a.jpg"]);
    let missing = [root.path().into(), root.path().join("no").into()];
    for outcome in [
        check_inputs(&missing, &options()),
        all(&missing, &options()).map(drop),
    ] {
        assert!(
            matches!(outcome, Err(IngestError::Missing { .. })),
            "{outcome:?}"
        );
    }
    let options = InputOptions {
        exclude: vec!["{a".into()],
        ..options()
    };
    let outcome = check_inputs(&[root.path().into()], &options);
    assert!(
        matches!(outcome, Err(IngestError::Glob { .. })),
        "{outcome:?}"
    );
    insta::assert_snapshot!(
        check_inputs(&["no/such\nfolder".into()], &InputOptions::default()).expect_err("it is missing"),
        @r"input `no/such\x0afolder` does not exist. Check the spelling, or whether its disk is mounted"
    );
}

#[test]
fn a_list_names_files_and_folders_and_what_is_gone_is_a_row() {
    let root = tree(&["a/b.jpg", "c.bin", "list"]);
    let path = |name: &str| root.path().join(name).display().to_string();
    let text = [
        path("c.bin"),
        String::new(),
        path("gone.jpg"),
        path("a/"),
        path("c.bin"),
    ]
    .join("\n");
    fs::write(root.path().join("list"), &text).expect("a file");
    let list = OsString::from(format!("@{}", path("list")));
    let walked = lines(
        root.path(),
        &all(&[list], &options()).expect("the list is there"),
    );
    assert_eq!(walked, ["c.bin", "gone.jpg vanished", "a/b.jpg"]);

    fs::write(root.path().join("list"), text.replace('\n', "\0")).expect("a file");
    let list = OsString::from(format!("@0{}", path("list")));
    check_inputs(std::slice::from_ref(&list), &options()).expect("it is there");
    assert_eq!(
        lines(root.path(), &all(&[list], &options()).expect("it is there")),
        walked
    );
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn links_to_files_are_followed_and_a_file_is_met_once() {
        let root = tree(&["d/real.jpg", "other/x.jpg"]);
        let link = |to: &str, at: &str| symlink(to, root.path().join(at)).expect("a link");
        link("real.jpg", "d/a_link.jpg");
        link("../other/x.jpg", "d/x_link.jpg");
        link("nowhere", "d/dead.jpg");
        link("nowhere", "d/dead.txt");
        link("../other", "d/folder");
        let d = root.path().join("d");
        let walked = found(root.path(), &[&d], &options());
        assert_eq!(
            walked,
            ["d/a_link.jpg", "d/dead.jpg vanished", "d/x_link.jpg"]
        );
        let follow = InputOptions {
            follow_links: true,
            ..options()
        };
        assert_eq!(
            found(root.path(), &[&d], &follow),
            ["d/a_link.jpg", "d/dead.jpg vanished", "d/folder/x.jpg"]
        );
    }

    #[test]
    fn loops_of_links_end() {
        let root = tree(&["a/b/c.jpg"]);
        symlink("..", root.path().join("a/b/up")).expect("a link");
        symlink("self", root.path().join("a/self")).expect("a link");
        let follow = InputOptions {
            follow_links: true,
            ..options()
        };
        assert_eq!(found(root.path(), &[root.path()], &follow), ["a/b/c.jpg"]);
    }

    #[test]
    fn hard_links_are_files_of_their_own() {
        let root = tree(&["a.jpg"]);
        fs::hard_link(root.path().join("a.jpg"), root.path().join("b.jpg")).expect("a link");
        assert_eq!(
            found(root.path(), &[root.path()], &options()),
            ["a.jpg", "b.jpg"]
        );
    }

    #[test]
    fn a_link_into_the_folder_of_results_leads_nowhere() {
        let root = tree(&["out/k.jpg", "in/a.jpg"]);
        symlink("../out", root.path().join("in/o")).expect("a link");
        symlink("../out/k.jpg", root.path().join("in/k.jpg")).expect("a link");
        let skip = vec![root.path().join("out")];
        let options = InputOptions {
            follow_links: true,
            skip,
            ..options()
        };
        assert_eq!(found(root.path(), &[root.path()], &options), ["in/a.jpg"]);
    }

    #[test]
    fn names_that_are_no_text_stay_bytes() {
        let root = tree(&["a.jpg"]);
        let name = std::ffi::OsStr::from_bytes(b"\xff\n.jpg");
        fs::write(root.path().join(name), b"x").expect("a file");
        let walked = all(&[root.path().into()], &options()).expect("it is there");
        let ends = |found: &Found| matches!(found, Found::File { place, .. } if place.path.ends_with(b"/\xff\n.jpg"));
        assert!(walked.iter().any(ends), "{walked:?}");
    }

    #[test]
    fn pipes_are_no_images() {
        let root = tree(&["a.jpg"]);
        let pipe = root.path().join("p.jpg");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        if !made.is_ok_and(|status| status.success()) {
            eprintln!("skipped: no mkfifo");
            return;
        }
        assert_eq!(found(root.path(), &[root.path()], &options()), ["a.jpg"]);
        let outcome = check_inputs(&[pipe.into()], &options());
        assert!(
            matches!(outcome, Err(IngestError::NotAnInput { .. })),
            "{outcome:?}"
        );
    }

    #[test]
    fn a_folder_that_cannot_be_read_is_a_row() {
        let root = tree(&["a.jpg", "locked/b.jpg"]);
        let locked = root.path().join("locked");
        let mode =
            |bits| fs::set_permissions(&locked, fs::Permissions::from_mode(bits)).expect("ours");
        mode(0o000);
        if fs::read_dir(&locked).is_ok() {
            mode(0o755);
            eprintln!("skipped: this user reads everything");
            return;
        }
        let walked = found(root.path(), &[root.path()], &options());
        mode(0o755);
        assert_eq!(walked, ["a.jpg", "locked unreadable"]);
    }
}
