//! What people said: nothing is lost, nothing is made up, whatever happens to the file.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use lookalike_store::{
    Disk, Error, Event, Medium, Memory, Remembered, ReviewLog, Sample, Sampled, Store, Stratum,
    check, remembered,
};
use lookalike_types::{ContentId, Verdict};
use tempfile::TempDir;

use crate::sample::space;

pub(crate) fn id(number: u8) -> ContentId {
    ContentId::of(&[number])
}

pub(crate) fn verdict(a: u8, b: u8, verdict: Option<Verdict>) -> Event {
    Event::Verdict {
        a: id(a),
        b: id(b),
        verdict,
    }
}

pub(crate) fn choice(path: &str, content: u8, keep: Option<bool>) -> Event {
    Event::Choice {
        path: path.to_owned(),
        content: id(content),
        keep,
    }
}

fn judged(a: u8, b: u8, same: Option<bool>) -> Event {
    Event::Judgement {
        a: id(a),
        b: id(b),
        same,
        similarity: 0.83,
    }
}

fn sample() -> Event {
    Event::Sample(Sample {
        seed: 7,
        strata: vec![Stratum {
            low: 0.8,
            high: 0.9,
            pairs: 40,
        }],
        pairs: vec![Sampled {
            a: id(1),
            b: id(2),
            similarity: 0.812_345_6,
            stratum: 0,
        }],
    })
}

pub(crate) fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

pub(crate) fn open(folder: &TempDir) -> ReviewLog {
    ReviewLog::open(folder.path()).expect("nobody else writes")
}

fn said(log: &ReviewLog, a: u8, b: u8) -> Option<Verdict> {
    Some(log.remembered().verdict(id(a), id(b))?.verdict)
}

fn log_of(folder: &TempDir) -> PathBuf {
    folder.path().join("review/log.jsonl")
}

pub(crate) const DIFFERENT: Option<Verdict> = Some(Verdict::Different);
pub(crate) const BOTH: Option<Verdict> = Some(Verdict::KeepBoth);

/// One of everything, in three clicks.
fn filled(folder: &TempDir) -> Remembered {
    let mut log = open(folder);
    log.append(&[sample()], 10, "").expect("written");
    let events = [judged(2, 1, Some(false)), judged(3, 4, Some(true))];
    log.append(&events, 11, "ana").expect("written");
    let events = [
        choice("a/é.jpg", 5, Some(true)),
        choice("b\\x0a.jpg", 6, Some(false)),
        verdict(5, 6, BOTH),
    ];
    log.append(&events, 12, "ben").expect("written");
    log.remembered().clone()
}

#[test]
fn a_line_reads_like_this() {
    let folder = folder();
    let mut log = open(&folder);
    log.append(&[verdict(1, 2, DIFFERENT)], 1_700_000_000, "ana")
        .expect("written");
    log.undo(1_700_000_001, "").expect("written");
    let text = fs::read_to_string(log_of(&folder)).expect("there");
    insta::assert_snapshot!(text, @r#"
    {"batch":1,"at":1700000000,"by":"ana","said":[{"event":"verdict","a":"48fc721fbbc172e0925fa27af1671de225ba927134802998b10a1568a188652b","b":"ab13bedf42e84bae0f7c62c7dd6a8ada571e8829bed6ea558217f0361b5e25d0","verdict":"different"}]}
    {"batch":2,"at":1700000001,"by":"","undo":1}
    "#);
}

#[test]
fn where_nobody_said_anything_nothing_is_remembered() {
    let folder = folder();
    assert_eq!(
        remembered(folder.path()).expect("empty"),
        Remembered::default()
    );
    assert!(
        !folder.path().join("review").exists(),
        "a reader makes nothing"
    );
    let mut log = open(&folder);
    assert!(!log.can_undo());
    assert_eq!(log.undo(1, "").expect("nothing to do"), None);
    log.append(&[], 1, "").expect("nothing to do");
    assert_eq!(fs::read(log_of(&folder)).expect("there"), b"");
}

#[test]
fn a_restart_forgets_nothing_and_a_reader_needs_no_lock() {
    let folder = folder();
    let before = filled(&folder);
    assert_eq!(before.verdicts.len(), 2, "one of them by a judgement");
    assert_eq!((before.choices.len(), before.judgements.len()), (2, 2));
    assert_eq!(before.samples[0].pairs[0].similarity, 0.812_345_6);
    let log = open(&folder);
    assert_eq!(log.remembered(), &before);
    assert_eq!(remembered(folder.path()).expect("no lock"), before);
}

#[test]
fn a_choice_holds_only_while_the_content_lies_there() {
    let folder = folder();
    let remembered = filled(&folder);
    assert_eq!(remembered.choice("a/é.jpg", id(5)), Some(true));
    assert_eq!(remembered.choice("a/é.jpg", id(6)), None);
    assert_eq!(remembered.choice("other", id(5)), None);
}

#[test]
fn not_the_same_is_a_verdict_as_long_as_it_is_the_last_word() {
    let folder = folder();
    let mut log = open(&folder);
    let mut say = |event: Event| {
        log.append(&[event], 1, "").expect("written");
        (
            said(&log, 1, 2),
            log.remembered().judgement(id(2), id(1)).map(|j| j.same),
        )
    };
    assert_eq!(say(verdict(1, 2, BOTH)), (BOTH, None));
    assert_eq!(
        say(judged(1, 2, Some(true))),
        (BOTH, Some(true)),
        "both may stay all the same"
    );
    assert_eq!(say(judged(2, 1, Some(false))), (DIFFERENT, Some(false)));
    assert_eq!(
        say(judged(1, 2, None)),
        (BOTH, None),
        "cleared with its verdict alone"
    );
    assert_eq!(say(verdict(2, 1, DIFFERENT)), (DIFFERENT, None));
    assert_eq!(
        say(judged(1, 2, Some(true))),
        (None, Some(true)),
        "they are the same after all"
    );
    assert_eq!(say(judged(1, 2, Some(false))), (DIFFERENT, Some(false)));
    assert_eq!(say(verdict(1, 2, None)), (None, Some(false)));
}

#[test]
fn undo_goes_back_step_by_step_also_after_a_restart() {
    let folder = folder();
    filled(&folder);
    let mut log = open(&folder);
    log.append(&[verdict(5, 6, DIFFERENT)], 13, "")
        .expect("written");
    let undone = log.undo(14, "").expect("written").expect("one is left");
    insta::assert_snapshot!(undone, @"called 1 pair no duplicate");
    assert_eq!(said(&log, 5, 6), BOTH, "what was said before counts again");
    drop(log);
    let mut log = open(&folder);
    insta::assert_snapshot!(log.last().expect("two are left"), @"chose 1 image to keep, chose 1 image to remove and said that both stay of 1 pair");
    log.undo(15, "").expect("written");
    assert_eq!(log.remembered().choices.len(), 0);
    log.append(&[choice("c", 7, Some(true))], 16, "")
        .expect("written");
    for wanted in [
        "chose 1 image to keep",
        "judged 1 pair the same picture and judged 1 pair not the same picture",
    ] {
        assert_eq!(log.undo(17, "").expect("written").as_deref(), Some(wanted));
    }
    assert!(!log.can_undo(), "drawing a sample is no decision");
    assert_eq!(log.undo(18, "").expect("nothing is left"), None);
    let left = log.remembered().clone();
    assert_eq!(
        (
            left.samples.len(),
            left.verdicts.len(),
            left.judgements.len()
        ),
        (1, 0, 0)
    );
    drop(log);
    assert_eq!(open(&folder).remembered(), &left);
}

#[test]
fn a_second_writer_is_told_who_writes() {
    let folder = folder();
    let log = open(&folder);
    let error = ReviewLog::open(folder.path()).map(drop).expect_err("held");
    let Error::ReviewHeld { holder, .. } = &error else {
        panic!("{error}");
    };
    assert!(
        holder.starts_with(&format!("process {} on ", std::process::id())),
        "{holder}"
    );
    assert!(
        error
            .to_string()
            .ends_with("Go on there, or end that process, then run again")
    );
    drop(log);
    open(&folder);
}

#[test]
fn what_cannot_be_read_again_is_not_written() {
    let folder = folder();
    let mut log = open(&folder);
    let nan = Event::Judgement {
        a: id(1),
        b: id(2),
        same: Some(true),
        similarity: f32::NAN,
    };
    let mut sampled = sample();
    if let Event::Sample(sample) = &mut sampled {
        sample.pairs[0].stratum = 1;
    }
    for event in [nan, sampled, choice("", 1, None)] {
        let refused = log.append(&[verdict(1, 2, BOTH), event], 1, "");
        assert!(matches!(refused, Err(Error::Unsayable { .. })));
    }
    let refused = log.append(&[verdict(1, 2, BOTH)], i64::MAX, "");
    assert!(matches!(refused, Err(Error::Unsayable { .. })));
    assert_eq!(log.remembered(), &Remembered::default());
    assert_eq!(fs::read(log_of(&folder)).expect("there"), b"");
}

/// Everything that a crash may leave: the log up to any byte. What a click said is there whole or not
/// at all, and the next click goes behind it.
#[test]
fn a_log_cut_at_any_byte_holds_whole_clicks_and_goes_on() {
    let folder = folder();
    filled(&folder);
    let bytes = fs::read(log_of(&folder)).expect("there");
    let ends: Vec<usize> = (0..bytes.len()).filter(|&at| bytes[at] == b'\n').collect();
    for cut in 0..=bytes.len() {
        fs::write(log_of(&folder), &bytes[..cut]).expect("cut");
        let read = remembered(folder.path()).expect("a torn line is passed over");
        let mut log = open(&folder);
        assert_eq!(log.remembered(), &read, "cut at {cut}");
        // A line that lacks nothing but its end is whole.
        let lines = ends.iter().filter(|&&end| end <= cut).count();
        let clicks = [
            read.samples.len(),
            read.judgements.len() / 2,
            read.choices.len() / 2,
        ];
        assert_eq!(clicks.iter().sum::<usize>(), lines, "cut at {cut}");
        log.append(&[verdict(8, 9, BOTH)], 20, "").expect("written");
        drop(log);
        assert_eq!(said(&open(&folder), 8, 9), BOTH, "cut at {cut}");
    }
}

/// A flipped byte may change what was said, or be named with its line; it never panics, and `open`
/// and `remembered` agree.
#[test]
fn damage_at_any_byte_is_never_a_panic() {
    let folder = folder();
    filled(&folder);
    let bytes = fs::read(log_of(&folder)).expect("there");
    for at in 0..bytes.len() {
        for flip in [0x01, 0x20, 0x80] {
            let mut damaged = bytes.clone();
            damaged[at] ^= flip;
            fs::write(log_of(&folder), &damaged).expect("damaged");
            let read = remembered(folder.path());
            let opened = ReviewLog::open(folder.path());
            match (read, opened) {
                (Ok(read), Ok(log)) => assert_eq!(log.remembered(), &read),
                (Err(read), Err(open)) => assert_eq!(read.to_string(), open.to_string()),
                (read, open) => panic!("byte {at}: {read:?} {:?}", open.map(drop)),
            }
        }
    }
}

#[test]
fn a_damaged_line_is_named_and_can_be_taken_out() {
    let folder = folder();
    filled(&folder);
    let text = fs::read_to_string(log_of(&folder)).expect("there");
    let damaged = text.replacen("\"same\":false", "\"same\":folse", 1);
    fs::write(log_of(&folder), &damaged).expect("damaged");
    let error = remembered(folder.path()).expect_err("line 2").to_string();
    let error = error.replace(&folder.path().display().to_string(), "DIR");
    insta::assert_snapshot!(error, @"DIR/review/log.jsonl, line 2 is damaged: expected ident at column 210. Restore the file from a backup, or delete that line: only what it said is forgotten then");
    assert_eq!(
        fs::read_to_string(log_of(&folder)).expect("there"),
        damaged,
        "nothing is touched"
    );
    let lines: Vec<&str> = text.lines().collect();
    fs::write(log_of(&folder), format!("{}\n{}\n", lines[0], lines[2])).expect("taken out");
    assert_eq!(remembered(folder.path()).expect("whole").choices.len(), 2);
}

#[test]
fn words_of_a_later_version_are_refused_with_their_line() {
    let folder = folder();
    filled(&folder);
    let text = fs::read_to_string(log_of(&folder)).expect("there");
    for (old, new) in [
        ("\"event\":\"choice\"", "\"event\":\"chance\""),
        ("\"keep\":true", "\"kept\":true"),
        ("\"batch\":3", "\"batch\":0"),
        ("\"at\":12", "\"at\":-1"),
        ("\"verdict\":\"keep-both\"", "\"verdict\":\"keep-all\""),
        (",\"verdict\":\"keep-both\"", ""),
    ] {
        assert!(text.contains(old));
        fs::write(log_of(&folder), text.replacen(old, new, 1)).expect("written");
        let error = remembered(folder.path()).expect_err(new);
        assert!(matches!(error, Error::Review { line: 3, .. }), "{error}");
    }
}

#[test]
fn no_scan_touches_it_and_check_knows_it() {
    let memory = Memory::new();
    let store = crate::sample::filled(Arc::new(memory.clone())).expect("filled");
    let folder = folder();
    filled(&folder);
    let bytes = fs::read(log_of(&folder)).expect("there");
    memory.replace("review/log.jsonl", &bytes).expect("copied");
    memory.replace("review/LOCK", b"").expect("copied");
    drop(store.begin(&space("second")).expect("begun"));
    assert_eq!(memory.read("review/log.jsonl").expect("there"), bytes);
    assert_eq!(check(&memory).expect("a store"), []);
    let snapshot = store.snapshot().expect("whole");
    assert_eq!(snapshot.remembered().expect("whole").choices.len(), 2);
    let text = String::from_utf8(bytes.to_vec()).expect("JSON");
    let text = text.replace("\"keep\":true", "\"keep\":7") + "{\"batch\":4,";
    let text = text.replacen("\"seed\":7", "\"seed\":-7", 1);
    memory
        .replace("review/log.jsonl", text.as_bytes())
        .expect("damaged");
    let faults = check(&memory).expect("a store");
    let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(faults.join("\n"), @r"
    review/log.jsonl: line 1 is damaged: invalid value: integer `-7`, expected u64 at column 298. Restore the file from a backup, or delete that line: only what it said is forgotten then
    review/log.jsonl: line 3 is damaged: invalid type: integer `7`, expected a boolean at column 161. Restore the file from a backup, or delete that line: only what it said is forgotten then
    review/log.jsonl: line 4 is damaged: it has no end. A crash left it, or it is being written now: the next `lookalike review` cuts it off
    ");
}

#[test]
fn a_store_can_be_made_again_around_what_people_said() {
    let folder = folder();
    let said = filled(&folder);
    let store = Store::create(Arc::new(Disk::new(folder.path()))).expect("nothing is in the way");
    drop(store.begin(&space("x")).expect("begun"));
    assert_eq!(remembered(folder.path()).expect("whole"), said);
}
