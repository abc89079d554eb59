//! A journal that was cut, torn or damaged.

use std::ops::ControlFlow;

use super::*;
use crate::Options;

fn plan() -> Plan {
    Plan {
        generation: "g".to_owned(),
        root: PathBuf::from("/photos"),
        settings: serde_json::Value::Null,
        bound: None,
        rows: Vec::new(),
    }
}

fn begin(step: u64) -> Event {
    let seen = crate::disk::seen(&std::fs::metadata(".").expect("a folder"));
    Event::Begin(Begin {
        step,
        from: Name(crate::name::path_of(b"/photos/a\xff\n.jpg")),
        content: Some(Hex(lookalike_types::ContentId::of(b"one"))),
        was: seen,
        folders: vec![Name("/out".into())],
        deed: Deed::Move {
            to: Name("/out/a.jpg".into()),
        },
    })
}

/// A journal of two steps, of which one is done, as its lines.
fn lines() -> (tempfile::TempDir, PathBuf, Vec<u8>) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("journal");
    let ask = |_: crate::Step<'_>| ControlFlow::Continue(());
    let disk = Disk::new(&ask);
    let header = Header::new(&plan(), &Action::Move("/out".into()));
    let mut journal = Journal::resume(&disk, &path, header).expect("opened");
    for event in [begin(1), Event::Done { step: 1 }, begin(2)] {
        journal.note(&disk, event, true).expect("noted");
    }
    drop(journal);
    let bytes = std::fs::read(&path).expect("there");
    (folder, path, bytes)
}

#[test]
fn a_journal_survives_its_lines() {
    let (_folder, path, _) = lines();
    let (header, steps) = Journal::read(&path).expect("read").expect("there");
    assert_eq!(
        (header.action.as_str(), header.plan),
        ("move", plan().digest())
    );
    assert_eq!(steps.newest(Phase::Done).len(), 1);
    assert_eq!(steps.newest(Phase::Begun).len(), 1);
    let Event::Begin(wanted) = begin(1) else {
        unreachable!("it is one")
    };
    assert_eq!(steps.get(1).expect("there").begin.from, wanted.from);
    let text = std::fs::read_to_string(&path).expect("text");
    assert!(text.contains(r"/photos/a\\xff\\x0a.jpg"), "{text}");
}

#[test]
fn wherever_it_is_cut_the_whole_lines_count() {
    let (_folder, path, bytes) = lines();
    for end in 0..bytes.len() {
        std::fs::write(&path, &bytes[..end]).expect("written");
        let whole = bytes[..end].iter().filter(|&&byte| byte == b'\n').count();
        let found = Journal::read(&path).unwrap_or_else(|error| panic!("{end}: {error}"));
        assert_eq!(found.is_some(), whole > 0, "{end}");
        let steps = found.map(|(_, steps)| steps).unwrap_or_default();
        let open = steps.newest(Phase::Begun).len() + steps.newest(Phase::Done).len();
        assert_eq!(open, [0, 0, 1, 1, 2][whole], "{end}");
    }
}

#[test]
fn a_damaged_line_is_refused_and_never_a_panic() {
    let (_folder, path, bytes) = lines();
    let ask = |_: crate::Step<'_>| ControlFlow::Continue(());
    let last = bytes[..bytes.len() - 1]
        .iter()
        .rposition(|&byte| byte == b'\n')
        .expect("lines");
    for at in 0..last {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x15;
        std::fs::write(&path, &damaged).expect("written");
        let options = Options {
            dry_run: true,
            ..Options::default()
        };
        // A digit of a size may change unseen; what it means for files is checked on the files.
        drop(crate::undo(&path, &options, &ask));
    }
    let mut damaged = bytes.clone();
    damaged[bytes.len() / 2] = b'\n';
    std::fs::write(&path, &damaged).expect("written");
    assert!(matches!(Journal::read(&path), Err(Error::Journal { .. })));
    let double = [
        &bytes[..],
        &bytes[bytes.iter().position(|&b| b == b'\n').expect("lines") + 1..],
    ]
    .concat();
    std::fs::write(&path, &double).expect("written");
    let refused = Journal::read(&path).expect_err("step 1 cannot begin twice");
    assert!(refused.to_string().contains("line 5"), "{refused}");
}

#[test]
fn a_torn_line_is_cut_off_before_the_next() {
    let (_folder, path, bytes) = lines();
    let torn = [&bytes[..], "{\"event\": ".as_bytes(), &[b'x'; 500]].concat();
    std::fs::write(&path, &torn).expect("written");
    let ask = |_: crate::Step<'_>| ControlFlow::Continue(());
    let disk = Disk::new(&ask);
    let mut journal = Journal::open(&path).expect("opened");
    let event = Event::Done { step: 2 };
    journal.note(&disk, event, true).expect("noted");
    drop(journal);
    let text = std::fs::read_to_string(&path).expect("text");
    assert!(
        text.ends_with("}\n{\"event\":\"done\",\"step\":2}\n"),
        "{text}"
    );
}
