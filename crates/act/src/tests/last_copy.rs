//! The last copy stays, also where looking at two files does not tell that they are one, and
//! where two runs are after each other's kept image.

use std::cell::{Cell, RefCell};
use std::fs;
use std::ops::ControlFlow;

use lookalike_types::Place;

use super::desk::{Desk, without};
use super::tar::shard_desk;
use crate::action::Step;
use crate::apply::apply_on;
use crate::disk::{Disk, Rename};
use crate::{Error, Outcome, Plan, Why};

const DESTROY: [&str; 3] = ["delete", "symlink", "hardlink"];

fn copies(kept: &str, removed: &str) -> Desk {
    let mut desk = Desk::new();
    desk.write("a.jpg", b"one");
    desk.write("b.jpg", b"one");
    desk.keep(kept);
    desk.remove(removed, kept);
    desk
}

/// Carries out a plan on the files of a desk, and tells what is asked.
fn apply(
    desk: &Desk,
    (plan, action, journal): (&Plan, &str, &str),
    rename: Rename,
    ask: &dyn Fn(Step<'_>),
) -> Result<Outcome, Error> {
    let ask = |step: Step<'_>| {
        ask(step);
        ControlFlow::Continue(())
    };
    let (action, journal) = (desk.action(action), desk.at(journal));
    apply_on(
        Disk::with(&ask, rename),
        plan,
        &action,
        &journal,
        &desk.options(),
    )
}

fn holds(desk: &Desk) -> bool {
    let reads = |name| fs::read(desk.photo(name)).is_ok_and(|bytes| bytes == b"one");
    reads("a.jpg") || reads("b.jpg")
}

/// The second run happens whole, between any two calls of the first.
#[test]
fn two_runs_leave_one_copy() {
    for (action, rename) in DESTROY
        .into_iter()
        .zip([super::desk::system, without, without])
    {
        for moment in 0.. {
            let desk = copies("a.jpg", "b.jpg");
            let mut mirrored = copies("b.jpg", "a.jpg").plan();
            mirrored.root = desk.plan().root;
            let calls = Cell::new(0);
            let second = RefCell::new(None);
            let ask = |_: Step<'_>| {
                if calls.replace(calls.get() + 1) == moment {
                    let job = (&mirrored, action, "second.jsonl");
                    second.replace(Some(apply(&desk, job, rename, &|_| ())));
                }
            };
            let first = apply(&desk, (&desk.plan(), action, "first.jsonl"), rename, &ask);
            let context = format!("{action} at call {moment}: {first:?}, {second:?}");
            assert!(holds(&desk), "{context}");
            if calls.get() <= moment {
                assert!(moment > 5, "{context}");
                break;
            }
        }
    }
}

/// As over two mounts: what is done under one name is seen under the other.
#[test]
fn one_file_under_two_names_that_nothing_tells_apart() {
    for action in ["delete", "symlink"] {
        let desk = copies("a.jpg", "b.jpg");
        let (a, b) = (desk.photo("a.jpg"), desk.photo("b.jpg"));
        let mirror = |_: Step<'_>| {
            if b.symlink_metadata().is_err() {
                let _gone_already = fs::remove_file(&a);
            }
        };
        let job = (&desk.plan(), action, "plan.journal.jsonl");
        let outcome = apply(&desk, job, super::desk::system, &mirror).expect("carried out");
        assert_eq!(outcome.skipped[0].why, Why::KeptChanged, "{action}");
        assert_eq!(fs::read(&b).expect("it is back"), b"one", "{action}");
        assert!(b.symlink_metadata().expect("there").is_file(), "{action}");
        assert_eq!(
            desk.tree("photos").len(),
            1,
            "{action}: nothing is left aside"
        );
    }
}

/// What somebody saves while a file is set aside is not lost, and neither is the file.
#[test]
fn a_name_that_is_taken_meanwhile() {
    for action in ["delete", "symlink"] {
        let desk = copies("a.jpg", "b.jpg");
        let (a, b) = (desk.photo("a.jpg"), desk.photo("b.jpg"));
        let save = |_: Step<'_>| {
            if b.symlink_metadata().is_err() {
                fs::write(&b, "new").expect("written");
                fs::write(&a, "changed").expect("written");
            }
        };
        let job = (&desk.plan(), action, "plan.journal.jsonl");
        let outcome = apply(&desk, job, super::desk::system, &save).expect("carried out");
        assert_eq!(outcome.done, 0, "{action}");
        assert_eq!(fs::read(&b).expect("theirs"), b"new", "{action}");
        let tree = desk.tree("photos");
        let aside = tree
            .keys()
            .find(|name| name.ends_with(".tmp"))
            .expect("the old one");
        assert_eq!(
            fs::read(desk.photo(aside)).expect("there"),
            b"one",
            "{action}"
        );
        let told = format!("{outcome:?}");
        assert!(told.contains(aside.as_str()), "{told}");
    }
}

#[test]
fn a_new_shard_stays_where_the_old_one_is_gone() {
    for gone in [true, false] {
        let desk = shard_desk();
        assert_eq!(desk.apply("rewrite:out").shards, 2);
        match gone {
            true => fs::remove_file(desk.photo("train/0.tar")).expect("removed"),
            false => fs::write(desk.photo("train/0.tar"), "junk").expect("written"),
        }
        let before = fs::read(desk.at("out/train/0.tar")).expect("there");
        let outcome = desk.undo();
        assert_eq!((outcome.done, outcome.skipped[0].why), (1, Why::KeptGone));
        assert_eq!(fs::read(desk.at("out/train/0.tar")).expect("there"), before);
    }
}

/// Moved, and the program died before it said so; then a new file came into the old place.
#[test]
fn a_newcomer_is_not_taken_for_what_was_moved() {
    for action in ["move:out", "trash"] {
        let desk = copies("a.jpg", "b.jpg");
        desk.apply(action);
        let journal = fs::read_to_string(desk.journal()).expect("there");
        let lines: Vec<&str> = journal.lines().collect();
        let (done, before) = lines.split_last().expect("lines");
        assert!(done.contains("done"), "{done}");
        fs::write(desk.journal(), before.join("\n") + "\n").expect("written");
        fs::write(desk.photo("b.jpg"), "new").expect("written");
        let outcome = desk.undo();
        assert_eq!(
            outcome.skipped[0].why,
            Why::Occupied,
            "{action}: {outcome:?}"
        );
        fs::remove_file(desk.photo("b.jpg")).expect("removed");
        assert_eq!(desk.undo().done, 1, "{action}");
        assert_eq!(
            fs::read(desk.photo("b.jpg")).expect("back"),
            b"one",
            "{action}"
        );
    }
}

/// A kept member of a shard counts like a file.
#[test]
fn a_kept_shard_that_goes_at_the_last_moment() {
    let mut desk = Desk::new();
    desk.write("s.tar", &super::tar::plain(&[("a.jpg", b"one")]));
    desk.write("b.jpg", b"one");
    desk.keep_place(Place::member("s.tar", "a.jpg"));
    desk.remove_place(Place::file("b.jpg"), Place::member("s.tar", "a.jpg"));
    let (shard, b) = (desk.photo("s.tar"), desk.photo("b.jpg"));
    let ask = |_: Step<'_>| {
        if b.symlink_metadata().is_err() {
            let _gone_already = fs::remove_file(&shard);
        }
    };
    let job = (&desk.plan(), "delete", "plan.journal.jsonl");
    let outcome = apply(&desk, job, super::desk::system, &ask).expect("carried out");
    assert_eq!(outcome.skipped[0].why, Why::KeptChanged);
    assert_eq!(fs::read(&b).expect("it is back"), b"one");
}
