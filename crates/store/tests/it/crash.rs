//! A scan that stops before any call to the medium leaves the last generation or the next, never a
//! third, and the next scan ends where an undisturbed one does. Without this a power cut in the
//! night costs a day of embedding.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;

use lookalike_store::{Error, Medium, Memory, Snapshot, Store, Unreferenced, check};
use lookalike_types::FileRow;

use crate::crashing::{Counts, Crashing, Leaves};
use crate::sample::{SIDE, State, content, feature, file, pairs, space, state};

/// A scan of two commits, its end, its reports and a merge. `reached` is told each of them.
fn scan(medium: Arc<dyn Medium>, reached: &dyn Fn(&Snapshot)) -> Result<(), Error> {
    let store = Store::create(medium)?;
    let mut batch = store.begin(&space("scan"))?;
    batch.push(feature(100))?;
    batch.saw(file("100.png", 100));
    reached(&batch.commit()?);
    batch.push(feature(101))?;
    batch.saw(file("101.png", 101));
    reached(&batch.commit()?);
    batch.put_thumb(SIDE, content(100), vec![7; 90]);
    batch.set_pairs(pairs());
    let rows: Vec<FileRow> = vec![file("100.png", 100), file("101.png", 101)];
    reached(&batch.finish(rows)?);
    batch.publish_report(&[("pairs.parquet", b"pairs"), ("run.json", b"{}")])?;
    reached(&batch.compact(Unreferenced::Drop)?);
    Ok(())
}

/// Many small segments, a lost mappable copy, a cut segment, and an orphan: the start of the next
/// scan and its merge have work to do.
fn worn() -> Memory {
    let memory = Memory::new();
    let store = Store::create(Arc::new(memory.clone())).expect("made");
    let mut batch = store.begin(&space("scan")).expect("begun");
    for number in 0..18 {
        batch.push(feature(number)).expect("of the space");
        batch.put_thumb(SIDE, content(number), vec![number; 50]);
        batch.saw(file(&format!("{number}.png"), number));
        batch.commit().expect("committed");
    }
    drop(batch);
    let id = space("scan").id();
    let name = format!("features/{id}/00000004.parquet");
    memory.replace(&name, b"cut").expect("there");
    memory
        .remove(&format!("index/{id}/00000002.f32"))
        .expect("there");
    memory
        .create_new("files/00000099.parquet", b"orphan")
        .expect("new");
    memory
}

/// Stops the scan before each of its calls and looks at what is left.
fn stops_anywhere(start: &Memory, counts: Counts, leaves: Leaves) {
    let first = Store::open(Arc::new(start.copy())).and_then(|store| store.snapshot());
    let first = first.map_or(0, |snapshot| snapshot.generation());
    let undisturbed = undisturbed(start);
    let last = undisturbed.values().last().expect("it commits").clone();
    for calls in 1.. {
        let memory = start.copy();
        let crashing = Arc::new(Crashing::new(memory.clone(), calls, counts, leaves));
        let told = Cell::new(first);
        let outcome = scan(crashing.clone(), &|snapshot| {
            told.set(snapshot.generation())
        });
        if !crashing.has_stopped() {
            outcome.expect("nothing stopped it");
            assert!(calls > 30, "the script has become too short to say much");
            break;
        }
        let reopened = Store::open(Arc::new(memory.clone())).and_then(|store| store.snapshot());
        match reopened {
            Err(Error::NoStore { .. }) => assert_eq!(told.get(), 0, "call {calls}"),
            other => {
                let generation = other.expect("old or new").generation();
                let told = told.get();
                assert!((told..=told + MERGES).contains(&generation), "call {calls}");
                holds(&memory, undisturbed.get(&generation), calls);
            }
        }
        completes(&memory, &last, calls);
    }
}

/// `compact` makes generations that the script is not told of; there are at most two.
const MERGES: u64 = 2;

fn undisturbed(start: &Memory) -> BTreeMap<u64, State> {
    let states = std::cell::RefCell::new(BTreeMap::new());
    let tell = |snapshot: &Snapshot| {
        let state = state(snapshot).expect("whole");
        states.borrow_mut().insert(snapshot.generation(), state);
    };
    scan(Arc::new(start.copy()), &tell).expect("nothing stops it");
    states.into_inner()
}

/// What a reader finds is what an undisturbed scan had at this generation.
fn holds(memory: &Memory, undisturbed: Option<&State>, calls: usize) {
    let store = Store::open(Arc::new(memory.clone())).expect("opened before");
    let found = store.snapshot().and_then(|snapshot| state(&snapshot));
    if let Some(undisturbed) = undisturbed {
        assert_eq!(&found.expect("whole"), undisturbed, "call {calls}");
    }
}

fn completes(memory: &Memory, last: &State, calls: usize) {
    let end = Cell::new(None);
    let tell = |snapshot: &Snapshot| end.set(Some(snapshot.clone()));
    scan(Arc::new(memory.clone()), &tell).unwrap_or_else(|error| panic!("call {calls}: {error}"));
    let end = end.take().expect("it ended");
    assert_eq!(&state(&end).expect("whole"), last, "call {calls}");
    assert_eq!(check(memory).expect("a store"), [], "call {calls}");
}

#[test]
fn a_first_scan() {
    for leaves in [Leaves::Nothing, Leaves::Torn, Leaves::Everything] {
        stops_anywhere(&Memory::new(), Counts::Every, leaves);
    }
}

#[test]
fn a_scan_into_a_worn_store() {
    // Opening it takes some hundred calls that change nothing; between two changes the medium is
    // the same, and stopping once is enough.
    for leaves in [Leaves::Torn, Leaves::Everything] {
        stops_anywhere(&worn(), Counts::Changes, leaves);
    }
}

#[test]
fn torn_reports_are_named_and_written_again() {
    let memory = Memory::new();
    scan(Arc::new(memory.clone()), &|_| {}).expect("nothing stops it");
    let store = Store::open(Arc::new(memory.clone())).expect("made");
    memory
        .replace("report/pairs.parquet", b"new pairs")
        .expect("there");
    let faults = check(&memory).expect("a store");
    assert_eq!(faults.len(), 1);
    insta::assert_snapshot!(faults[0], @"report/pairs.parquet: damaged: 9 bytes instead of 5. Run `lookalike report` for this folder to write the reports again");
    let mut batch = store.begin(&space("scan")).expect("begun");
    batch
        .publish_report(&[("run.json", b"{}")])
        .expect("written");
    assert_eq!(check(&memory).expect("a store"), []);
    let names = memory.list().expect("listed");
    assert!(
        !names.contains(&"report/pairs.parquet".to_owned()),
        "an old report stays"
    );
}
