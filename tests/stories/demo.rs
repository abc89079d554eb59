//! `lookalike demo`: the first minute of somebody with no images at hand.

use serde_json::json;

use crate::support::Desk;

#[test]
fn the_demonstration_says_what_it_planted_and_what_was_found() {
    let desk = Desk::new();
    let said = desk.run(&["demo"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("planted copies"), "{}", said.out);
    assert!(
        desk.path("lookalike-demo/lookalike-out/report/index.html")
            .is_file()
    );
    let json = desk.run(&["demo", "--json"]).json();
    assert_eq!(
        json["run"]["counts"]["embedded"], 0,
        "the second time nothing is new"
    );
    for edit in ["same file", "other format", "recompressed", "half the size"] {
        assert_eq!(json["by_edit"][edit], 4, "{json}");
    }
    assert_eq!(json["strangers_grouped"], json!(0));
}

#[test]
fn a_folder_of_somebody_else_is_left_alone() {
    let desk = Desk::new();
    desk.write("mine/letter.txt", b"dear");
    assert_eq!(desk.run(&["demo", "--out", "mine"]).code, 2);
}
