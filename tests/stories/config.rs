//! Settings: where they come from, which wins, and what a wrong one is told.

use std::fs;
use std::path::Path;

use crate::support::Desk;

#[test]
fn each_layer_wins_over_the_one_below() {
    let desk = Desk::new();
    desk.write(
        "my.toml",
        b"[join]\nthreshold = 0.8\nseed = 7\n[pool]\nkind = \"gem\"\n",
    );
    let mut command = desk.command(&["config", "--config", "my.toml", "--set", "join.seed=9"]);
    command.env("LOOKALIKE_POOL__KIND", "avg");
    let text = String::from_utf8(command.output().expect("runs").stdout).expect("UTF-8");
    let line = |key: &str| {
        text.lines()
            .find(|line| line.starts_with(key))
            .expect(key)
            .to_owned()
    };
    assert!(
        line("threshold").contains("0.8") && line("threshold").contains("my.toml, line 2"),
        "{text}"
    );
    assert!(
        line("kind").contains("avg") && line("kind").contains("LOOKALIKE_POOL__KIND"),
        "{text}"
    );
    assert!(
        line("seed").contains('9') && line("seed").contains("--set"),
        "{text}"
    );
    assert!(line("batch").contains("# default"), "{text}");
    text.parse::<toml::Table>()
        .expect("what `config` prints is a configuration");
}

#[test]
fn what_config_prints_can_be_given_back() {
    let desk = Desk::new();
    let text = desk.run(&["config"]).out;
    desk.write("all.toml", text.as_bytes());
    assert_eq!(desk.run(&["config", "--config", "all.toml"]).code, 0);
}

#[test]
fn the_examples_are_valid() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    let mut seen = 0;
    for entry in fs::read_dir(folder).expect("the folder of examples") {
        let path = entry.expect("an entry").path();
        let said = Desk::new().run(&["config", "--config", path.to_str().expect("plain")]);
        assert_eq!(said.code, 0, "{}: {said:?}", path.display());
        seen += 1;
    }
    assert!(seen >= 4, "default, cifar10, photos, nightly");
}

/// Each file of `tests/configs/invalid` holds one mistake; its first line is a comment with the
/// words that the error must have.
#[test]
fn each_mistake_is_named_with_its_place() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/configs/invalid");
    let mut seen = 0;
    for entry in fs::read_dir(folder).expect("the folder of mistakes") {
        let path = entry.expect("an entry").path();
        let text = fs::read_to_string(&path).expect("a file");
        let expected = text
            .lines()
            .next()
            .expect("a first line")
            .trim_start_matches("# ");
        let said = Desk::new().run(&["config", "--config", path.to_str().expect("plain")]);
        assert_eq!(said.code, 2, "{}: {said:?}", path.display());
        for words in expected.split(" | ") {
            assert!(
                said.err.contains(words),
                "{}: `{words}` is not in: {}",
                path.display(),
                said.err
            );
        }
        seen += 1;
    }
    assert!(
        seen >= 6,
        "{seen} mistakes are too few for this test to mean anything"
    );
}

#[test]
fn help_fits_one_screen_and_each_verb_has_its_own() {
    let desk = Desk::new();
    let help = desk.run(&["--help"]);
    assert_eq!(help.code, 0);
    assert!(help.out.lines().count() <= 40, "{}", help.out);
    for verb in [
        "scan", "report", "query", "check", "join", "verdicts", "demo", "config",
    ] {
        assert!(help.out.contains(verb), "{verb}");
        assert_eq!(desk.run(&[verb, "--help"]).code, 0, "{verb}");
    }
    assert_eq!(desk.run(&["scan"]).code, 2, "an input is missing");
    assert!(desk.run(&["completions", "bash"]).out.contains("lookalike"));
    assert!(desk.run(&["man"]).out.contains(".TH lookalike"));
    let reserved = desk.run(&["merge", "a", "b"]);
    assert_eq!(reserved.code, 2);
    assert!(reserved.err.contains("reserved"), "{reserved:?}");
}
