//! What people judged of a sample of the pairs, and what it says of a plan.

use lookalike_store::{Event, Sample, Sampled, Stratum};
use lookalike_types::ContentId;
use serde_json::json;

use crate::cleaning::{desk, run, say};
use crate::support::text;

#[test]
fn judged_pairs_bound_what_may_be_wrong() {
    let desk = desk();
    let images = desk.table("images");
    let content = |path: &serde_json::Value| -> ContentId {
        let row = images
            .iter()
            .find(|row| row["path"] == *path)
            .expect("an image");
        text(&row["content"]).parse().expect("an id")
    };
    let near: Vec<Sampled> = desk
        .table("pairs")
        .iter()
        .filter(|row| row["kind"] == "near")
        .map(|row| Sampled {
            a: content(&row["path_a"]),
            b: content(&row["path_b"]),
            similarity: row["similarity"].as_f64().expect("a number") as f32,
            stratum: 0,
        })
        .collect();
    assert_eq!(near.len(), 3);
    let strata = vec![Stratum {
        low: 0.5,
        high: 1.0,
        pairs: 3,
    }];
    say(
        &desk,
        Event::Sample(Sample {
            seed: 1,
            strata,
            pairs: near.clone(),
        }),
    );
    for pair in near {
        let Sampled {
            a, b, similarity, ..
        } = pair;
        let same = Some(true);
        say(
            &desk,
            Event::Judgement {
                a,
                b,
                same,
                similarity,
            },
        );
    }
    let said = run(&desk, 0, &["plan", "lookalike-out"]);
    assert!(
        said.out
            .contains("% are wrong, 95 % sure, by 3 judged pairs"),
        "{}",
        said.out
    );
    let bound = run(&desk, 0, &["plan", "lookalike-out", "--json"]).json()["bound"].clone();
    assert_eq!(
        (&bound["removals"], &bound["near"]),
        (&json!(6), &json!(3)),
        "{bound}"
    );
    assert_eq!(
        (&bound["judged"], &bound["confidence"]),
        (&json!(3), &json!(0.95))
    );
    let wrong = bound["wrong_at_most"].as_f64().expect("a share");
    assert!(wrong > 0.0 && wrong <= 0.5, "three of six at most: {wrong}");
}
