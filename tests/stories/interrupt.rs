//! Ctrl-C, SIGTERM and a sudden death: what was committed stays and is not computed again.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::Desk;

/// What makes a scan slow enough to be stopped in the middle.
const SLOW: [&str; 6] = [
    "--threads",
    "1",
    "--set",
    "model.backend=rten",
    "--set",
    "model.size=512",
];

fn desk() -> Desk {
    let desk = Desk::new();
    for number in 0..60 {
        desk.draw(&format!("data/{number}.png"), number);
    }
    desk
}

fn wait_for(file: &Path) {
    let patience = Instant::now() + Duration::from_secs(60);
    while !file.exists() && Instant::now() < patience {
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Starts a slow scan, waits until it is at work and a little longer, and sends it a signal.
fn stopped_by(desk: &Desk, signal: &str, longer: u64) -> i32 {
    let mut child = desk.start(&[&["scan", "data"], &SLOW[..]].concat());
    wait_for(&desk.path("lookalike-out/commit.json"));
    std::thread::sleep(Duration::from_millis(longer));
    let sent = Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status()
        .expect("kill is there");
    assert!(sent.success());
    child.wait().expect("it ends").code().unwrap_or(-1)
}

#[test]
fn a_stopped_scan_keeps_what_is_done() {
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        // How long a scan needs until something is done, and how long until all is, is the
        // machine's business: the wait is stretched until the signal falls in between.
        let kept = [200, 400, 800, 1600, 3200, 6400].into_iter().any(|longer| {
            let desk = desk();
            if stopped_by(&desk, signal, longer) != code {
                return false;
            }
            let checked = desk.run(&["check", "lookalike-out"]);
            assert_eq!(checked.code, 0, "{checked:?}");
            let counts = desk.scan(&[&["data"], &SLOW[..]].concat());
            assert_eq!(counts["images"], 60);
            counts["embedded"].as_u64() < Some(60)
        });
        assert!(kept, "what was done before {signal} was always done again");
    }
}

/// Members that were committed before a stop must not pass for the whole of their shard.
#[test]
fn a_stopped_scan_of_a_shard_goes_on_with_the_rest_of_it() {
    let pack = |desk: &Desk| {
        let mut builder = tar::Builder::new(Vec::new());
        builder
            .append_dir_all("in", desk.path("data"))
            .expect("a tar");
        desk.write("shard.tar", &builder.into_inner().expect("a tar"));
    };
    let met = [200, 400, 800, 1600, 3200, 6400].into_iter().any(|longer| {
        let desk = desk();
        pack(&desk);
        desk.draw("first/only.png", 99);
        desk.scan(&[&["first"], &SLOW[..]].concat());
        let mut child = desk.start(&[&["scan", "first", "shard.tar"], &SLOW[..]].concat());
        std::thread::sleep(Duration::from_millis(longer));
        let id = child.id().to_string();
        Command::new("kill")
            .args(["-INT", &id])
            .status()
            .expect("kill is there");
        let stopped = child.wait().expect("it ends").code() == Some(130);
        let counts = desk.scan(&[&["first", "shard.tar"], &SLOW[..]].concat());
        assert_eq!(
            counts["images"], 61,
            "a part of the shard passed for the whole"
        );
        stopped && counts["embedded"].as_u64() < Some(60)
    });
    assert!(met, "no signal fell between the first and the last picture");
}

#[test]
fn a_killed_scan_leaves_a_folder_that_opens() {
    let desk = desk();
    assert_eq!(stopped_by(&desk, "-KILL", 300), -1);
    let counts = desk.scan(&["data"]);
    assert_eq!(
        (&counts["images"], &counts["failed"]),
        (&json!(60), &json!(0))
    );
    assert_eq!(desk.run(&["check", "lookalike-out"]).code, 0);
}

#[test]
fn two_scans_into_one_folder_do_not_meet() {
    let desk = desk();
    let mut first = desk.start(&[&["scan", "data"], &SLOW[..]].concat());
    wait_for(&desk.path("lookalike-out/LOCK"));
    std::thread::sleep(Duration::from_millis(200));
    let second = desk.run(&["scan", "data"]);
    let running = first.try_wait().expect("it can be asked").is_none();
    first.kill().expect("it can be stopped");
    first.wait().expect("it ends");
    assert!(
        running,
        "the first scan was over too soon for this test to say anything"
    );
    assert_eq!(second.code, 1, "{second:?}");
    assert!(
        second.err.contains("LOCK") || second.err.contains("writ"),
        "{second:?}"
    );
}
