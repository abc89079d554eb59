//! Damage is named and never a crash, and costs only what was damaged.

use std::sync::Arc;

use lookalike_store::{Disk, Error, Medium, Memory, Problem, Store, check};

use crate::sample::{content, feature, filled, space, state};

fn store() -> Memory {
    let memory = Memory::new();
    filled(Arc::new(memory.clone())).expect("filled");
    memory
}

fn names(memory: &Memory) -> Vec<String> {
    let names = memory.list().expect("listed");
    assert!(names.len() > 10, "a store of few files says little");
    names
}

/// Reads everything. What comes out does not matter, only that something does.
fn read_all(memory: &Memory) -> Result<(), Error> {
    let store = Store::open(Arc::new(memory.clone()))?;
    state(&store.snapshot()?).map(drop)
}

#[test]
fn a_whole_store_has_no_faults() {
    assert_eq!(check(&store()).expect("a store"), []);
}

#[test]
fn each_flipped_byte_is_named_and_nothing_panics() {
    let whole = store();
    for name in names(&whole) {
        let bytes = whole.read(&name).expect("listed");
        for at in (0..bytes.len()).step_by(1 + bytes.len() / 150) {
            let memory = whole.copy();
            let mut damaged = bytes.to_vec();
            damaged[at] ^= 0x55;
            memory.replace(&name, &damaged).expect("replaced");
            let faults = check(&memory).expect("a store");
            assert_eq!(faults.len(), 1, "{name} byte {at}: {faults:?}");
            assert_eq!(faults[0].name, name);
            let _ = read_all(&memory);
        }
    }
}

#[test]
fn each_cut_file_is_named_and_never_read_beyond_its_end() {
    let whole = store();
    for name in names(&whole) {
        let bytes = whole.read(&name).expect("listed");
        for length in [0, 1, bytes.len() / 2, bytes.len() - 1] {
            let memory = whole.copy();
            memory.replace(&name, &bytes[..length]).expect("replaced");
            let faults = check(&memory).expect("a store");
            assert_eq!(faults.len(), 1, "{name} cut at {length}: {faults:?}");
            assert_eq!(faults[0].name, name);
            let spared = ["report/", "index/", "CACHEDIR"];
            let spared =
                spared.iter().any(|start| name.starts_with(start)) && !name.ends_with(".parquet");
            match read_all(&memory) {
                Ok(()) => assert!(
                    spared || name.starts_with("report/"),
                    "{name} cut at {length}"
                ),
                Err(error) => assert!(error.to_string().contains(&name), "{error}"),
            }
        }
    }
}

#[test]
fn each_missing_file_is_named_and_the_next_scan_goes_on() {
    let whole = store();
    for name in names(&whole) {
        let memory = whole.copy();
        memory.remove(&name).expect("listed");
        let faults = check(&memory).expect("a store");
        assert_eq!(faults.len(), 1, "{name}: {faults:?}");
        assert_eq!(
            (&faults[0].name, &faults[0].problem),
            (&name, &Problem::Missing)
        );
        if name == "commit.json" {
            let opened = Store::create(Arc::new(memory)).map(drop);
            assert!(matches!(opened, Err(Error::Lost { .. })));
            continue;
        }
        let store = Store::open(Arc::new(memory.clone())).expect("made");
        let mut batch = store.begin(&space("second")).expect("begun");
        let derived = name.ends_with(".f32") || !name.contains('/') || name.starts_with("report/");
        assert_eq!(batch.lost().contains(&name), !derived, "{name}");
        batch.commit().expect("committed");
        batch
            .publish_report(&[("run.json", b"{}")])
            .expect("written");
        assert_eq!(check(&memory).expect("a store"), [], "{name}");
        read_all(&memory).expect("whole again");
    }
}

#[test]
fn vectors_come_from_parquet_where_the_mappable_copy_is_gone_and_it_is_made_again() {
    let whole = store();
    let expected = state(&open(&whole)).expect("whole");
    for name in names(&whole).iter().filter(|name| name.ends_with(".f32")) {
        let written = whole.read(name).expect("listed");
        let memory = whole.copy();
        memory.remove(name).expect("listed");
        assert_eq!(state(&open(&memory)).expect("decoded"), expected);
        memory.replace(name, &written[1..]).expect("replaced");
        assert_eq!(state(&open(&memory)).expect("decoded"), expected);
        let store = Store::open(Arc::new(memory.clone())).expect("made");
        drop(store.begin(&space("second")).expect("begun"));
        assert_eq!(memory.read(name).expect("made again"), written);
    }
}

fn open(memory: &Memory) -> lookalike_store::Snapshot {
    let store = Store::open(Arc::new(memory.clone())).expect("made");
    store.snapshot().expect("whole")
}

#[test]
fn a_lost_segment_costs_its_own_contents_only() {
    let memory = store();
    let id = space("second").id();
    let before = open(&memory).known(&id).expect("whole");
    assert!(before.contains_key(&content(1)));
    let first = space("first").id();
    memory
        .remove(&format!("features/{id}/00000002.parquet"))
        .expect("there");
    let store = Store::open(Arc::new(memory.clone())).expect("made");
    let mut batch = store.begin(&space("second")).expect("begun");
    assert_eq!(batch.snapshot().known(&id).expect("whole").len(), 0);
    assert_eq!(batch.snapshot().known(&first).expect("whole").len(), 1);
    assert_eq!(batch.snapshot().files().expect("whole").len(), 8);
    for number in 0..7 {
        batch.push(feature(number)).expect("of the space");
    }
    assert_eq!(
        batch
            .commit()
            .expect("committed")
            .known(&id)
            .expect("whole"),
        before
    );
}

#[test]
fn extra_files_are_named_and_only_our_own_are_swept() {
    let memory = store();
    let ours = ["files/00000077.parquet", "thumbs/00000001.parquet.tmp"];
    let foreign = ["files/mine.parquet", "photo.jpg", "report/notes.txt"];
    for name in ours.iter().chain(&foreign) {
        memory.create_new(name, b"x").expect("new");
    }
    let faults = check(&memory).expect("a store");
    let extra: Vec<&str> = faults.iter().map(|fault| fault.name.as_str()).collect();
    assert_eq!(
        extra,
        [ours[0], foreign[0], foreign[1], foreign[2], ours[1]]
    );
    assert!(faults.iter().all(|fault| fault.problem == Problem::Extra));
    let store = Store::open(Arc::new(memory.clone())).expect("made");
    drop(store.begin(&space("second")).expect("begun"));
    let names = names(&memory);
    assert!(
        foreign
            .iter()
            .all(|name| names.contains(&(*name).to_owned()))
    );
    assert!(!ours.iter().any(|name| names.contains(&(*name).to_owned())));
}

#[test]
fn a_cut_file_on_disk_is_an_error_in_words() {
    let folder = tempfile::tempdir().expect("a folder");
    let disk = Arc::new(Disk::new(folder.path()));
    let store = filled(disk.clone()).expect("filled");
    let id = space("second").id();
    for name in [
        format!("features/{id}/00000002.parquet"),
        "files/00000003.parquet".to_owned(),
    ] {
        let path = folder.path().join(&name);
        let bytes = std::fs::read(&path).expect("there");
        std::fs::write(&path, &bytes[..bytes.len() - 5]).expect("cut");
        let snapshot = store.snapshot().expect("the record is whole");
        let error = state(&snapshot).expect_err("cut").to_string();
        assert!(
            error.contains(&name) && error.contains("scan` again"),
            "{error}"
        );
        std::fs::write(&path, &bytes).expect("mended");
    }
}

#[test]
fn a_folder_of_somebody_else_is_left_alone() {
    let memory = Memory::new();
    memory.create_new("holiday/1.jpg", b"x").expect("new");
    assert!(matches!(check(&memory), Err(Error::NoStore { .. })));
    let error = Store::create(Arc::new(memory.clone()))
        .map(drop)
        .expect_err("occupied");
    insta::assert_snapshot!(error, @"memory: cannot become a lookalike folder: it already holds other files, such as holiday/1.jpg. Name an empty folder, or one that is not there yet");
    assert_eq!(memory.list().expect("listed"), ["holiday/1.jpg"]);
}

#[test]
fn another_format_is_refused_with_words() {
    let memory = store();
    memory
        .replace("commit.json", br#"{ "format": 2 }"#)
        .expect("there");
    let error = Store::open(Arc::new(memory.clone()))
        .map(drop)
        .expect_err("unknown");
    insta::assert_snapshot!(error, @"memory:commit.json says format 2, and this lookalike knows only format 1. Use the lookalike that wrote the folder or a newer one, or scan into another folder");
    let faults = check(&memory).expect("named");
    assert_eq!(faults[0].name, "commit.json");
}

#[test]
fn a_record_that_leads_out_of_the_folder_is_refused() {
    let memory = store();
    let text = memory.read("commit.json").expect("there");
    let text = String::from_utf8(text.to_vec()).expect("JSON");
    let text = text.replace("files/00000003.parquet", "files/../../secret.txt");
    let head = text.rsplit_once("  \"blake3\"").expect("the last line").0;
    let digest = blake3::hash(head.as_bytes());
    let text = format!("{head}  \"blake3\": \"{digest}\"\n}}\n");
    memory
        .replace("commit.json", text.as_bytes())
        .expect("there");
    let error = Store::open(Arc::new(memory))
        .map(drop)
        .expect_err("refused");
    assert!(error.to_string().contains("secret.txt"), "{error}");
}
