//! Reviewing in the page: what it shows is what the report says, what is chosen is saved at once, and
//! nothing that would lose a picture is accepted.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::client::Review;
use crate::support::{Desk, Row, rows, text};

const DIR: &str = "demo/lookalike-out";

/// A desk with the collection of the demonstration, scanned.
fn desk() -> Desk {
    let desk = Desk::new();
    let said = desk.run(&["demo", "--out", "demo"]);
    assert_eq!(said.code, 0, "{said:?}");
    desk
}

fn reported(desk: &Desk) -> BTreeMap<i64, Vec<Row>> {
    let mut groups: BTreeMap<i64, Vec<Row>> = BTreeMap::new();
    for row in rows(&desk.path(&format!("{DIR}/report/groups.parquet"))) {
        let group = row["group"].as_i64().expect("a number");
        groups.entry(group).or_default().push(row);
    }
    groups
}

fn i(image: &Value) -> u64 {
    image["i"].as_u64().expect("a number")
}

/// The images of the first group with so many members, and its key.
fn group_of(review: &Review, members: u64) -> (String, Vec<Value>) {
    let groups = review.groups("state=all");
    let group = groups.iter().find(|group| group["members"] == members);
    let key = text(&group.unwrap_or_else(|| panic!("no group of {members}"))["key"]);
    let whole = review.ask(&format!("api/group?key={key}"));
    (key, whole["images"].as_array().expect("images").clone())
}

/// Compares what the review says, group by group, with the tables that a report wrote.
fn says_what_the_report_says(desk: &Desk, review: &Review, query: &str) {
    let reported = reported(desk);
    let listed = review.groups(&format!("state=all&{query}"));
    assert_eq!(listed.len(), reported.len());
    for (group, (number, rows)) in listed.iter().zip(&reported) {
        assert_eq!(group["number"], *number);
        assert_eq!(group["kind"], rows[0]["kind"]);
        assert_eq!(group["members"], rows.len());
        let whole = review.ask(&format!("api/group?key={}&{query}", text(&group["key"])));
        let images = whole["images"].as_array().expect("images");
        let path_of = |number: &Value| {
            let image = images.iter().find(|image| image["i"] == *number);
            image.map_or(Value::Null, |image| image["path"].clone())
        };
        for (image, row) in images.iter().zip(rows) {
            assert_eq!(image["path"], row["path"]);
            assert_eq!(image["suggest"] == "keep", row["keep"] == true);
            assert_eq!(image["why"], row["why"]);
            assert_eq!(path_of(&image["copy_of"]), row["copy_of"]);
            assert_eq!(
                image["similarity"].as_f64().map(|s| s as f32),
                row["similarity"].as_f64().map(|s| s as f32)
            );
            assert_eq!(
                (&image["bytes"], &image["width"]),
                (&row["bytes"], &row["width"])
            );
        }
        assert_eq!(images.len(), rows.len());
    }
}

#[test]
fn the_list_is_the_report_at_every_threshold() {
    let desk = desk();
    let review = Review::start(&desk, DIR);
    says_what_the_report_says(&desk, &review, "");
    let state = review.ask("api/state");
    let counts = &state["counts"];
    assert_eq!(state["name"], DIR);
    assert_eq!(
        (&counts["open"], &counts["decided"]),
        (&counts["groups"], &json!(0))
    );
    assert_eq!(
        (&state["can_undo"], &state["last"]),
        (&json!(false), &Value::Null)
    );
    for threshold in ["0.95", "0.86", "1"] {
        let said = desk.run(&["report", DIR, "--threshold", threshold]);
        assert_eq!(said.code, 0, "{said:?}");
        says_what_the_report_says(&desk, &review, &format!("threshold={threshold}"));
    }
    let floor = state["floor"].as_f64().expect("a number");
    let below = review.get(&format!("api/groups?threshold={}", floor - 0.01));
    assert_eq!(below.status, 400, "{}", below.error());
}

#[test]
fn filters_and_orders_are_those_that_were_asked_for() {
    let desk = desk();
    let review = Review::start(&desk, DIR);
    let all = review.groups("state=all");
    let total = |query: &str| review.groups(query).len();
    let kinds: usize = ["identical", "pixels", "near"]
        .map(|kind| total(&format!("kinds={kind}")))
        .iter()
        .sum();
    assert_eq!(kinds, all.len());
    assert_eq!(total("kinds=none"), 0);
    assert_eq!(total("least=2&most=2") + total("least=3"), all.len());
    assert_eq!(total("min=0.9") + total("max=0.89999"), all.len());
    assert_eq!(
        (total("state=open"), total("state=decided")),
        (all.len(), 0)
    );
    let path = text(&all[3]["images"][0]["path"]);
    let found = review.groups(&format!("search={}", path.to_uppercase()));
    assert!(found.iter().any(|group| group["key"] == all[3]["key"]));
    assert!(found.len() < all.len());
    assert_eq!(total("search=no+such+path"), 0);
    let (folder, _) = path.rsplit_once('/').expect("a folder");
    assert!(total(&format!("folder={folder}")) > 0);
    assert_eq!(
        total(&format!("folder={}", &folder[..folder.len() - 1])),
        0,
        "a part of a name is no folder"
    );
    let by = |sort: &str, key: &str| -> Vec<f64> {
        let groups = review.groups(&format!("sort={sort}"));
        groups
            .iter()
            .map(|group| group[key].as_f64().expect("a number"))
            .collect()
    };
    for (sort, key) in [
        ("similarity", "weakest"),
        ("size", "members"),
        ("bytes", "freeable_bytes"),
    ] {
        assert!(by(sort, key).is_sorted_by(|a, b| a >= b), "{sort}");
    }
    for wrong in [
        "sort=colour",
        "state=maybe",
        "min=x",
        "kinds=same",
        "least=-1",
        "limit=x",
        "since=ever",
    ] {
        assert_eq!(
            review.get(&format!("api/groups?{wrong}")).status,
            400,
            "{wrong}"
        );
    }
}

#[test]
fn what_is_chosen_survives_a_sudden_end() {
    let desk = desk();
    let review = Review::start(&desk, DIR);
    let (key, images) = group_of(&review, 2);
    let (keep, remove) = (i(&images[0]), i(&images[1]));
    let choices = json!({ "choices": [{ "i": keep, "choice": "keep" }, { "i": remove, "choice": "remove" }] });
    let done = review.tell("api/choose", &choices);
    assert_eq!(done["state"]["counts"]["chosen_remove"], 1);
    assert_eq!(done["state"]["counts"]["decided"], 1);
    assert!(!text(&done["said"]).is_empty());
    review.stop("-KILL");

    let review = Review::start(&desk, DIR);
    let whole = review.ask(&format!("api/group?key={key}"));
    assert_eq!(whole["group"]["state"], "decided");
    assert_eq!(whole["images"][1]["choice"], "remove");
    let state = review.ask("api/state");
    assert_eq!(
        (&state["can_undo"], &state["counts"]["chosen_remove"]),
        (&json!(true), &json!(1))
    );
    let chosen = review.ask("api/chosen");
    assert_eq!((&chosen["keep"], &chosen["remove"]), (&json!(1), &json!(1)));

    let undone = review.tell("api/undo", &json!({}));
    assert_eq!(undone["state"]["counts"]["decided"], 0);
    assert_eq!(undone["state"]["can_undo"], false);
    assert_eq!(review.post("api/undo", &json!({})).status, 409);
    let whole = review.ask(&format!("api/group?key={key}"));
    assert_eq!(
        (&whole["group"]["state"], &whole["images"][1]["choice"]),
        (&json!("open"), &Value::Null)
    );
}

#[test]
fn the_last_copy_is_never_chosen_away() {
    let desk = desk();
    let review = Review::start(&desk, DIR);
    let (_, images) = group_of(&review, 2);
    let (a, b) = (i(&images[0]), i(&images[1]));
    let remove = |i: u64| json!({ "i": i, "choice": "remove" });
    let both = review.post("api/choose", &json!({ "choices": [remove(a), remove(b)] }));
    assert_eq!(both.status, 409);
    assert!(
        both.error().contains("resembles it directly"),
        "{}",
        both.error()
    );
    assert_eq!(
        review.ask("api/state")["counts"]["chosen_remove"],
        0,
        "nothing of it was taken"
    );
    review.tell("api/choose", &json!({ "choices": [remove(b)] }));
    assert_eq!(
        review
            .post("api/choose", &json!({ "choices": [remove(a)] }))
            .status,
        409
    );
    // The other way round: what was to be kept goes, and what was to go stays.
    let turned = json!({ "choices": [{ "i": b, "choice": "keep" }, remove(a)] });
    review.tell("api/choose", &turned);
    let (_, images) = group_of(&review, 2);
    let suggested: BTreeMap<u64, String> = images
        .iter()
        .map(|image| (i(image), text(&image["suggest"])))
        .collect();
    assert_eq!(
        (suggested[&a].as_str(), suggested[&b].as_str()),
        ("remove", "keep")
    );
    for wrong in [
        json!({ "choices": [{ "i": 1_000_000, "choice": "keep" }] }),
        json!({ "choices": [{ "i": a, "choice": "burn" }] }),
        json!({ "choices": [{ "i": -1, "choice": "keep" }] }),
        json!({ "choice": [] }),
        json!([]),
    ] {
        assert!(
            matches!(review.post("api/choose", &wrong).status, 400 | 404),
            "{wrong}"
        );
    }
}

#[test]
fn a_verdict_parts_two_pictures_until_it_is_taken_back() {
    let desk = desk();
    let review = Review::start(&desk, DIR);
    let before = review.groups("kinds=near&least=2&most=2");
    let group = &before[0];
    let pair = [i(&group["images"][0]), i(&group["images"][1])];
    let key = text(&group["key"]);
    let say = |verdict: Value| json!({ "pairs": [pair], "verdict": verdict });
    review.tell("api/verdict", &say(json!("different")));
    assert_eq!(review.get(&format!("api/group?key={key}")).status, 404);
    assert_eq!(
        review.groups("kinds=near&least=2&most=2").len(),
        before.len() - 1
    );
    // The report knows it too.
    let said = desk.run(&["report", DIR, "--json"]);
    assert_eq!(said.code, 0, "{said:?}");
    says_what_the_report_says(&desk, &review, "");

    review.tell("api/verdict", &say(Value::Null));
    let whole = review.ask(&format!("api/group?key={key}"));
    assert_eq!(whole["pairs"][0]["verdict"], Value::Null);
    review.tell("api/verdict", &say(json!("keep-both")));
    let whole = review.ask(&format!("api/group?key={key}"));
    assert_eq!(whole["group"]["state"], "settled");
    assert_eq!(whole["pairs"][0]["verdict"], "keep-both");
    assert!(
        whole["images"]
            .as_array()
            .expect("images")
            .iter()
            .all(|image| image["suggest"] == "keep")
    );
    let remove = json!({ "choices": [{ "i": pair[1], "choice": "remove" }] });
    assert_eq!(
        review.post("api/choose", &remove).status,
        409,
        "nothing covers it"
    );
    review.tell("api/undo", &json!({}));
    let whole = review.ask(&format!("api/group?key={key}"));
    assert_eq!(whole["group"]["state"], "open");
}

#[test]
fn a_second_review_is_told_who_has_the_folder() {
    let desk = desk();
    let review = Review::start(&desk, DIR);
    let second = desk.run(&["review", DIR, "--no-open"]);
    assert_eq!(second.code, 1, "{second:?}");
    assert!(second.err.contains("review"), "{second:?}");
    // A scan is not disturbed, and does not disturb.
    let before = review.ask("api/groups?limit=500");
    let scan = desk.run(&["scan", "demo/pictures", "--out", DIR]);
    assert_eq!(scan.code, 0, "{scan:?}");
    assert_eq!(review.ask("api/groups?limit=500"), before);
    let ended = review.stop("-INT");
    assert_eq!(ended.code, 0, "{ended:?}");
    let third = Review::start(&desk, DIR);
    assert_eq!(third.stop("-TERM").code, 143);
}

#[test]
fn at_its_end_it_says_what_is_saved_and_what_comes_next() {
    let desk = desk();
    let review = Review::start(&desk, DIR);
    let (_, images) = group_of(&review, 2);
    let choices = json!({ "choices": [{ "i": i(&images[1]), "choice": "remove" }] });
    review.tell("api/choose", &choices);
    let ended = review.stop("-INT");
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.out.contains("1 choice"), "{}", ended.out);
    assert!(
        ended
            .out
            .contains(&format!("lookalike plan {DIR} --chosen")),
        "{}",
        ended.out
    );
    assert_eq!(ended.err, "");
}

#[test]
fn judged_pairs_give_a_curve() {
    let desk = desk();
    let review = Review::start(&desk, DIR);
    let mut next = review.ask("api/judge");
    assert!(next["asked"].as_u64() > Some(0), "{next}");
    let mut answered = 0;
    while answered < 12 && next["pair"].is_object() {
        let same = next["pair"]["similarity"].as_f64() > Some(0.8);
        let id = next["pair"]["id"].clone();
        next = review.tell("api/judge", &json!({ "id": id, "same": same }));
        answered += 1;
        assert_eq!(next["answered"], answered);
    }
    let precision = review.ask("api/precision?target=0.9");
    assert_eq!(precision["judged"], answered);
    assert!(!precision["points"].as_array().expect("points").is_empty());
    assert_eq!(review.get("api/precision?target=2").status, 400);
    review.stop("-KILL");
    let review = Review::start(&desk, DIR);
    assert_eq!(review.ask("api/judge")["answered"], answered);
}

#[test]
fn what_was_chosen_becomes_a_plan() {
    let desk = desk();
    let review = Review::start(&desk, DIR);
    let (_, images) = group_of(&review, 2);
    review.tell(
        "api/choose",
        &json!({ "choices": [{ "i": i(&images[1]), "choice": "remove" }] }),
    );
    let plan = review.tell("api/plan", &json!({ "chosen": true, "rules": [] }));
    assert_eq!(plan["removals"], 1, "{plan}");
    assert_eq!(plan["freeable_bytes"], images[1]["bytes"]);
    assert!(desk.path(&text(&plan["path"])).exists());
    let next = plan["next"].as_array().expect("commands");
    assert!(
        next.iter()
            .all(|command| text(command).starts_with("lookalike apply ")),
        "{plan}"
    );
    let more = review.tell(
        "api/plan",
        &json!({ "chosen": false, "rules": ["largest-bytes"] }),
    );
    assert!(more["removals"].as_u64() > Some(1), "{more}");
    let wrong = json!({ "chosen": false, "rules": ["prettiest"] });
    assert_eq!(review.post("api/plan", &wrong).status, 400);
}

#[test]
fn rules_meet_no_group_that_nobody_has_seen() {
    let desk = desk();
    let review = Review::start(&desk, DIR);
    let (_, images) = group_of(&review, 2);
    let choice = json!({ "choices": [{ "i": i(&images[1]), "choice": "remove" }] });
    review.tell("api/choose", &choice);
    let scan = ["scan", "demo/pictures", "--out", DIR];
    let said = desk.run(&[&scan[..], &["--set", "join.threshold=0.6"]].concat());
    assert_eq!(said.code, 0, "{said:?}");
    let rules = json!({ "chosen": false, "rules": ["largest-bytes"] });
    let refused = review.post("api/plan", &rules);
    assert_eq!(refused.status, 409);
    assert!(refused.error().contains("start the review again"));
    // What was chosen was seen, and is planned at the threshold of this review.
    let plan = review.tell("api/plan", &json!({ "chosen": true }));
    assert_eq!(plan["removals"], 1, "{plan}");
    review.stop("-INT");
    let review = Review::start(&desk, DIR);
    assert!(review.tell("api/plan", &rules)["removals"].as_u64() > Some(1));
}
