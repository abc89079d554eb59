//! A plan that is whole, damaged, foreign, or makes no sense.

use std::path::PathBuf;

use bytes::Bytes;
use lookalike_types::{ContentId, PairKind, Place};
use proptest::prelude::*;

use super::{Copy, Decision, Plan, PlanRow};
use crate::Error;

fn row(path: &[u8], content: &[u8], copy: Option<(&[u8], &[u8])>) -> PlanRow {
    let kind = |kept: &[u8]| {
        if kept == content {
            PairKind::Identical
        } else {
            PairKind::Near
        }
    };
    PlanRow {
        group: 1,
        place: Place::file(path),
        decision: if copy.is_some() {
            Decision::Remove
        } else {
            Decision::Keep
        },
        reason: "copy of the kept image: same bytes".to_owned(),
        rule: copy.is_none().then(|| "largest-pixels".to_owned()),
        content: ContentId::of(content),
        bytes: Some(3),
        copy: copy.map(|(path, kept)| Copy {
            place: Place::file(path),
            content: ContentId::of(kept),
            similarity: 0.97,
            kind: kind(kept),
        }),
        goes_to: copy.is_some().then(|| "b/c.jpg".to_owned()),
    }
}

fn plan() -> Plan {
    let mut member = row(b"s.tar", b"three", Some((b"a.jpg", b"one")));
    member.place.member = Some(b"m\xff.jpg".to_vec());
    member.goes_to = None;
    Plan {
        generation: "0123456789abcdef".to_owned(),
        root: crate::name::path_of(b"/photos \xff"),
        settings: serde_json::json!({"rules": ["largest-pixels"], "min_similarity": 0.9}),
        bound: Some(serde_json::json!({"removals": 2, "wrong_at_most": 0.011})),
        rows: vec![
            row(b"a.jpg", b"one", None),
            row(b"b/\xff\n.jpg", b"one", Some((b"a.jpg", b"one"))),
            row(b"c.jpg", b"two", Some((b"a.jpg", b"one"))),
            member,
        ],
    }
}

fn bytes() -> Vec<u8> {
    plan().to_parquet().expect("a plan")
}

fn read(bytes: Vec<u8>) -> Result<Plan, Error> {
    Plan::from_parquet(Bytes::from(bytes))
}

#[test]
fn a_plan_survives_its_table() {
    assert_eq!(read(bytes()).expect("a plan"), plan());
    assert_eq!(bytes(), bytes());
    let empty = Plan {
        rows: Vec::new(),
        bound: None,
        ..plan()
    };
    assert_eq!(
        read(empty.to_parquet().expect("a plan")).expect("a plan"),
        empty
    );
}

#[test]
fn every_value_is_in_the_digest() {
    let changes: [fn(&mut Plan); 13] = [
        |plan| plan.generation.push('0'),
        |plan| plan.root.push("x"),
        |plan| plan.settings = serde_json::Value::Null,
        |plan| plan.bound = None,
        |plan| plan.rows.truncate(3),
        |plan| plan.rows[0].group = 2,
        |plan| plan.rows[0].reason.clear(),
        |plan| plan.rows[0].rule = None,
        |plan| plan.rows[0].bytes = None,
        |plan| plan.rows[1].goes_to = None,
        |plan| plan.rows[1].place.path.push(b'x'),
        |plan| plan.rows[3].place.member = None,
        |plan| plan.rows[1].copy.as_mut().expect("a copy").similarity = 0.5,
    ];
    for (index, change) in changes.into_iter().enumerate() {
        let mut other = plan();
        change(&mut other);
        assert_ne!(other.digest(), plan().digest(), "change {index}");
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    type Change = fn(&mut Plan);
    let changes: [(Change, &str); 14] = [
        (
            |plan| plan.root = PathBuf::from("photos"),
            "not an absolute folder",
        ),
        (
            |plan| plan.rows[1].place = Place::file("a.jpg"),
            "is in the plan twice",
        ),
        (
            |plan| plan.rows[1].place = Place::file("./a.jpg"),
            "is in the plan twice",
        ),
        (
            |plan| plan.rows[1].copy = None,
            "must be a copy of a kept one",
        ),
        (
            |plan| plan.rows[0].copy = plan.rows[1].copy.clone(),
            "no copy of another",
        ),
        (
            |plan| copy_of(plan).place = Place::file("z.jpg"),
            "is not in the plan",
        ),
        (
            |plan| copy_of(plan).place = Place::file("c.jpg"),
            "is itself removed",
        ),
        (
            |plan| copy_of(plan).kind = PairKind::Near,
            "does not fit the contents",
        ),
        (
            |plan| copy_of(plan).similarity = f32::NAN,
            "a similarity of NaN",
        ),
        (
            |plan| plan.rows[1].goes_to = Some("../x".into()),
            "leads out of the target",
        ),
        (
            |plan| plan.rows[1].goes_to = Some("/x".into()),
            "leads out of the target",
        ),
        (
            |plan| plan.rows[1].place = Place::file("b/.."),
            "name of a file",
        ),
        (
            |plan| plan.rows[1].place = Place::file("s.tar"),
            "a shard whose members",
        ),
        (
            |plan| plan.rows[0].content = ContentId::of(b"x"),
            "another content in its own row",
        ),
    ];
    for (change, words) in changes {
        let mut other = plan();
        change(&mut other);
        let refused = other.to_parquet().expect_err("no sense").to_string();
        assert!(refused.contains(words), "{refused}");
        let written = super::write::write(&other).expect("encoded");
        let refused = read(written).expect_err("no sense").to_string();
        assert!(refused.contains(words), "{refused}");
    }
}

fn copy_of(plan: &mut Plan) -> &mut Copy {
    plan.rows[1].copy.as_mut().expect("a copy")
}

#[test]
fn what_is_no_plan_is_said() {
    let said = |bytes: &[u8]| read(bytes.to_vec()).expect_err("no plan").to_string();
    insta::assert_snapshot!(said(b""), @"the plan is damaged: EOF: Parquet file too small. Size is 0 but need 8. Nothing was touched; make it again with `lookalike plan DIR`");
    let table = arrow::array::RecordBatch::new_empty(super::write::schema());
    let mut writer =
        parquet::arrow::ArrowWriter::try_new(Vec::new(), table.schema(), None).expect("made");
    writer.write(&table).expect("written");
    insta::assert_snapshot!(said(&writer.into_inner().expect("closed")), @"this is not a plan: its metadata has no `lookalike.plan`. Make one with `lookalike plan DIR`");
}

#[test]
fn a_plan_that_was_changed_says_so() {
    let mut other = plan();
    other.rows.pop();
    let mine = plan().digest();
    let (written, theirs) = (
        super::write::write(&other).expect("encoded"),
        other.digest(),
    );
    let at = written
        .windows(theirs.len())
        .position(|w| w == theirs.as_bytes())
        .expect("a digest");
    let mut forged = written;
    forged[at..at + mine.len()].copy_from_slice(mine.as_bytes());
    let refused = read(forged).expect_err("changed").to_string();
    assert!(
        refused.contains("its rows are not those that were written"),
        "{refused}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever happens to the bytes: an error, or the very plan that was written.
    #[test]
    fn damage_is_an_error(flips in prop::collection::vec((any::<prop::sample::Index>(), 1u8..), 1..4), cut in any::<Option<prop::sample::Index>>()) {
        let mut bytes = bytes();
        for (at, bits) in flips {
            let at = at.index(bytes.len());
            bytes[at] ^= bits;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(found) = read(bytes) {
            prop_assert_eq!(found, plan());
        }
    }
}
