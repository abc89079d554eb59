//! `lookalike query`: the nearest images for a picture that need not be among them.

use crate::support::{Desk, text};

fn desk() -> Desk {
    let desk = Desk::new();
    for number in 0..12 {
        desk.draw(&format!("data/{number}.png"), number);
    }
    desk.scan(&["data"]);
    desk
}

#[test]
fn a_copy_finds_its_original() {
    let desk = desk();
    let picture = lookalike::demo::scene::draw(5);
    desk.save(
        "stranger.jpg",
        &image::imageops::thumbnail(&picture, 200, 150),
    );
    let answers = desk
        .run(&[
            "query",
            "lookalike-out",
            "stranger.jpg",
            "--top",
            "3",
            "--json",
        ])
        .json();
    let nearest = answers[0]["nearest"].as_array().expect("a list");
    assert_eq!(nearest.len(), 3);
    assert_eq!(text(&nearest[0]["path"]), "data/5.png");
    assert!(nearest[0]["similarity"].as_f64() > Some(0.9));
}

#[test]
fn the_model_of_the_last_scan_is_used_again() {
    let desk = desk();
    desk.scan(&["data", "--set", "model.size=96"]);
    let said = desk.run(&["query", "lookalike-out", "data/3.png"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("1.0000  data/3.png"), "{}", said.out);
    let said = desk.run(&[
        "query",
        "lookalike-out",
        "data/3.png",
        "--set",
        "model.size=64",
    ]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("no features"), "{said:?}");
}

#[test]
fn a_picture_that_cannot_be_read_is_named() {
    let desk = desk();
    desk.write("bad.jpg", b"not a picture at all, sorry");
    let said = desk.run(&["query", "lookalike-out", "bad.jpg", "data/1.png"]);
    assert_eq!(said.code, 1);
    assert!(
        said.out.contains("not-an-image") && said.out.contains("1.0000  data/1.png"),
        "{said:?}"
    );
}
