//! Ctrl-C, SIGTERM and a sudden death: what was committed stays and is not computed again.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::Desk;

fn desk() -> Desk {
    let desk = Desk::new();
    for number in 0..60 {
        desk.draw(&format!("data/{number}.png"), number);
    }
    desk
}

/// Starts a slow scan, waits until it is at work, and sends it a signal.
fn stopped_by(desk: &Desk, signal: &str) -> i32 {
    let mut child = desk.start(&[
        "scan",
        "data",
        "--threads",
        "1",
        "--set",
        "model.backend=rten",
        "--set",
        "model.size=512",
    ]);
    let lock = desk.path("lookalike-out/commit.json");
    let patience = Instant::now() + Duration::from_secs(60);
    while !lock.exists() && Instant::now() < patience {
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis(400));
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
        let desk = desk();
        assert_eq!(stopped_by(&desk, signal), code);
        let checked = desk.run(&["check", "lookalike-out"]);
        assert_eq!(checked.code, 0, "{checked:?}");
        let counts = desk.scan(&[
            "data",
            "--set",
            "model.backend=rten",
            "--set",
            "model.size=512",
        ]);
        let embedded = counts["embedded"].as_u64().expect("a number");
        assert!(
            embedded < 60,
            "what was done before {signal} was done again"
        );
        assert_eq!(counts["images"], 60);
    }
}

#[test]
fn a_killed_scan_leaves_a_folder_that_opens() {
    let desk = desk();
    assert_eq!(stopped_by(&desk, "-KILL"), -1);
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
    let mut first = desk.start(&[
        "scan",
        "data",
        "--threads",
        "1",
        "--set",
        "model.backend=rten",
        "--set",
        "model.size=512",
    ]);
    let patience = Instant::now() + Duration::from_secs(60);
    while !desk.path("lookalike-out/LOCK").exists() && Instant::now() < patience {
        std::thread::sleep(Duration::from_millis(5));
    }
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
