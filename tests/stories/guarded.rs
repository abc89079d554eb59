//! What the review does not show, and to whom.

use serde_json::json;

use crate::client::Review;
use crate::support::{Desk, text};

/// A folder of four pictures: two copies, a third of its own, and one that lies outside of the scan.
fn desk() -> Desk {
    let desk = Desk::new();
    let picture = desk.draw("in/a.png", 1);
    desk.save("in/b.bmp", &picture);
    desk.draw("in/other.png", 2);
    desk.draw("secret.png", 3);
    desk.scan(&["in"]);
    desk
}

const DIR: &str = "lookalike-out";

#[test]
fn only_this_machine_with_the_secret_is_answered() {
    let desk = desk();
    let review = Review::start(&desk, DIR);
    let (port, home) = (review.port, review.home.clone());
    let host = format!("host: 127.0.0.1:{port}");
    let get = |path: &str, headers: &str| {
        review
            .raw(&format!("GET {path} HTTP/1.1\n{headers}"), b"")
            .status
    };
    assert_eq!(get(&home, &host), 200);
    assert_eq!(get(&home, &format!("host: localhost:{port}")), 200);
    for wrong in [
        "host: evil.example".to_owned(),
        format!("host: evil.example:{port}"),
        "host: 127.0.0.1".to_owned(),
        format!("{host}\nsec-fetch-site: cross-site\nsec-fetch-mode: no-cors"),
        format!("{host}\nsec-fetch-site: same-site\nsec-fetch-mode: cors"),
        format!("{host}\norigin: http://evil.example"),
    ] {
        assert_eq!(get(&format!("{home}api/state"), &wrong), 403, "{wrong}");
        assert_eq!(get(&format!("{home}thumb?i=0"), &wrong), 403, "{wrong}");
    }
    let guess = format!("/{}/", "0".repeat(home.len() - 2));
    for path in [
        "/",
        "/api/state",
        &guess,
        &format!("{guess}api/state"),
        "/favicon.ico",
        "//",
        "/%2e%2e/",
    ] {
        assert_eq!(get(path, &host), 404, "{path}");
    }
    let slash = review.raw(
        &format!("GET {} HTTP/1.1\n{host}", home.trim_end_matches('/')),
        b"",
    );
    assert_eq!(
        (slash.status, slash.header("location")),
        (303, Some(home.as_str()))
    );
}

#[test]
fn nothing_changes_on_the_word_of_another_page() {
    let desk = desk();
    let review = Review::start(&desk, DIR);
    let body = br#"{"choices":[{"i":0,"choice":"keep"}]}"#;
    let json = "content-type: application/json";
    let post = |headers: &str| {
        let head = format!(
            "POST {}api/choose HTTP/1.1\nhost: 127.0.0.1:{}\n{headers}",
            review.home, review.port
        );
        review.raw(&head, body).status
    };
    for wrong in [
        format!("{json}\norigin: http://evil.example"),
        format!("{json}\norigin: null"),
        format!("{json}\norigin: http://127.0.0.1:1"),
        format!("{json}\nsec-fetch-site: cross-site"),
    ] {
        assert_eq!(post(&wrong), 403, "{wrong}");
    }
    for wrong in [
        "content-type: text/plain",
        "content-type: application/x-www-form-urlencoded",
        "x: y",
    ] {
        assert_eq!(post(wrong), 415, "{wrong}");
    }
    assert_eq!(review.ask("api/state")["can_undo"], false);
    assert_eq!(
        post(&format!("{json}\norigin: http://127.0.0.1:{}", review.port)),
        200
    );
    let huge = vec![b' '; 9 << 20];
    let head = format!(
        "POST {}api/choose HTTP/1.1\nhost: 127.0.0.1:{}\n{json}",
        review.home, review.port
    );
    assert_eq!(review.raw(&head, &huge).status, 413);
    let asked = review.get("api/choose");
    assert_eq!(asked.status, 404, "a choice is posted");
}

#[test]
fn every_answer_carries_its_guards() {
    let desk = desk();
    let review = Review::start(&desk, DIR);
    for path in [
        "",
        "main.js",
        "api/state",
        "thumb?i=0",
        "image?i=0",
        "nothing",
        "image?i=99",
    ] {
        let answer = review.get(path);
        let policy = answer.header("content-security-policy").unwrap_or_default();
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self'"),
            "{path}: {policy}"
        );
        assert!(policy.contains("frame-ancestors 'none'"), "{path}");
        assert_eq!(
            answer.header("x-content-type-options"),
            Some("nosniff"),
            "{path}"
        );
        assert_eq!(
            answer.header("referrer-policy"),
            Some("no-referrer"),
            "{path}"
        );
        assert_eq!(
            answer.header("cross-origin-resource-policy"),
            Some("same-origin"),
            "{path}"
        );
        assert!(answer.header("cache-control").is_some(), "{path}");
        assert!(!answer.head.contains("access-control"), "{path}");
    }
}

#[test]
fn only_reported_images_are_shown_and_only_as_they_were() {
    let desk = desk();
    let review = Review::start(&desk, DIR);
    // By path: in/a.png, in/b.bmp, in/other.png.
    let a = review.get("image?i=0");
    assert_eq!(
        (a.status, a.header("content-type")),
        (200, Some("image/png"))
    );
    assert_eq!(
        a.body,
        std::fs::read(desk.path("in/a.png")).expect("a picture")
    );
    assert_eq!(
        review.get("image?i=1").header("content-type"),
        Some("image/bmp")
    );
    assert_eq!(
        review.get("thumb?i=1").header("content-type"),
        Some("image/jpeg")
    );
    for path in [
        "image?i=2",
        "thumb?i=2",
        "image?i=3",
        "image?i=-1",
        "image?i=0x0",
        "image?i=",
        "image",
        "image?i=99999999999999999999",
        "image?path=secret.png",
        "image?i=secret.png",
        "image?i=../secret.png",
        "../secret.png",
        "..%2fsecret.png",
        "page/../../secret.png",
        "/etc/passwd",
        "image/0",
        "api/../image",
        "in/a.png",
        "secret.png",
        "api/meta?i=2",
    ] {
        let answer = review.get(path);
        assert!(
            matches!(answer.status, 400 | 404),
            "{path}: {}",
            answer.status
        );
    }
    let meta = review.ask("api/meta?i=0");
    assert_eq!(
        (&meta["missing"], &meta["changed"]),
        (&json!(false), &json!(false))
    );

    std::fs::remove_file(desk.path("in/a.png")).expect("it is there");
    std::os::unix::fs::symlink(desk.path("secret.png"), desk.path("in/a.png")).expect("a link");
    let swapped = review.get("image?i=0");
    assert_eq!(swapped.status, 404);
    assert!(
        swapped.error().contains("not what it was"),
        "{}",
        swapped.error()
    );
    assert_eq!(review.ask("api/meta?i=0")["changed"], true);
    std::fs::remove_file(desk.path("in/b.bmp")).expect("it is there");
    let gone = review.get("image?i=1");
    assert_eq!(gone.status, 404);
    assert_eq!(review.ask("api/meta?i=1")["missing"], true);
    assert_eq!(
        review.get("thumb?i=0").status,
        200,
        "the small one was made by the scan"
    );
}

#[test]
fn other_formats_and_members_of_shards_are_shown() {
    let desk = Desk::new();
    let picture = desk.draw("in/a.tiff", 1);
    for (name, number) in [("x/1.png", 5), ("x/2.png", 6), ("x/3.png", 7)] {
        desk.draw(name, number);
    }
    desk.save("x/0.png", &picture);
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_dir_all("x", desk.path("x")).expect("a tar");
    let tar = builder.into_inner().expect("a tar");
    desk.write("plain.tar", &tar);
    desk.write(
        "packed.tar.zst",
        &zstd::encode_all(&tar[..], 1).expect("it packs"),
    );
    desk.scan(&["in", "plain.tar", "packed.tar.zst"]);
    let review = Review::start(&desk, DIR);
    let images = review.images();
    assert_eq!(images.len(), 9, "{images:?}");
    for (path, image) in &images {
        let shown = review.get(&format!("image?i={}", image["i"]));
        assert_eq!(
            (shown.status, shown.header("content-type")),
            (200, Some("image/png")),
            "{path}"
        );
        if let Some((_, member)) = path.split_once("!/") {
            assert_eq!(
                shown.body,
                std::fs::read(desk.path(member)).expect("a picture"),
                "{path}"
            );
            assert_eq!(image["shard"], true);
        }
        assert_eq!(
            review.get(&format!("thumb?i={}", image["i"])).status,
            200,
            "{path}"
        );
    }
    let tiff = review.get(&format!("image?i={}", images["in/a.tiff"]["i"]));
    let shown = image::load_from_memory(&tiff.body)
        .expect("a PNG")
        .to_rgb8();
    assert_eq!(shown, picture);
    desk.write("plain.tar", &tar[..1024]);
    let cut = review.get(&format!("image?i={}", images["plain.tar!/x/3.png"]["i"]));
    assert_eq!(cut.status, 404, "{}", text(&cut.json()["error"]));
}

#[test]
fn a_port_is_the_one_that_was_asked_for() {
    let desk = desk();
    let first = Review::start(&desk, DIR);
    let port = first.port.to_string();
    drop(first);
    let review = Review::start_with(&desk, &[DIR, "--port", &port]);
    assert_eq!(review.port.to_string(), port);
    let other = Desk::new();
    other.draw("in/a.png", 1);
    other.scan(&["in"]);
    let taken = other.run(&["review", DIR, "--no-open", "--port", &port]);
    assert_eq!(taken.code, 2, "{taken:?}");
    assert!(taken.err.contains(&port), "{taken:?}");
}
