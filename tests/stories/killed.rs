//! A plan under way that is stopped or dies at any moment: nothing is lost, the same command goes
//! on, and undo brings everything back.

use std::process::{Child, Command};
use std::time::Duration;

use crate::cleaning::{files, run};
use crate::support::Desk;

/// Pictures, and files of each.
const PICTURES: u64 = 15;
const FILES: u64 = 20;

/// Three hundred files of fifteen pictures, under a plan to keep one of each.
fn desk() -> Desk {
    let desk = Desk::new();
    for picture in 0..PICTURES {
        let first = format!("data/00/{picture}.png");
        desk.draw(&first, picture);
        let bytes = std::fs::read(desk.path(&first)).expect("a file");
        for file in 1..FILES {
            desk.write(&format!("data/{file:02}/{picture}.png"), &bytes);
        }
    }
    desk.scan(&["data"]);
    run(
        &desk,
        0,
        &["plan", "lookalike-out", "--keep", "path:data/00/"],
    );
    desk
}

fn send(child: &Child, signal: &str) {
    let sent = Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status();
    assert!(sent.expect("kill is there").success());
}

/// Runs until it comes to its end, killed at first after a moment, then after longer and longer
/// ones. How often it died.
fn through_deaths(desk: &Desk, arguments: &[&str]) -> u32 {
    let mut deaths = 0;
    for round in 0..40 {
        let mut child = desk.start(arguments);
        // The moments are spread by a fixed rule, and what the machine makes of them is chance.
        std::thread::sleep(Duration::from_millis(
            5 + round * 17 % 40 + round * round / 4,
        ));
        if child.try_wait().expect("it can be asked").is_none() {
            send(&child, "-KILL");
        }
        match child.wait().expect("it ends").code() {
            Some(code) => {
                assert_eq!(code, 0, "{:?}", desk.run(arguments));
                return deaths;
            }
            None => deaths += 1,
        }
    }
    run(desk, 0, arguments);
    deaths
}

#[test]
fn death_at_any_moment_loses_nothing() {
    let removed = (PICTURES * (FILES - 1)) as usize;
    for action in ["move:removed", "hardlink", "symlink"] {
        let desk = desk();
        let before = files(&desk, &["data"]);
        let apply = ["apply", "plan.parquet", "--action", action];
        let deaths = through_deaths(&desk, &apply);
        assert!(deaths > 0, "{action}: it was too quick to be killed");
        let again = run(&desk, 0, &[&apply[..], &["--json"]].concat()).json();
        assert_eq!(again["earlier"], removed, "{again}");
        let now = files(&desk, &["data", "removed"]);
        assert_eq!(
            now.len(),
            before.len(),
            "{action}: a file is lost, or half of one is left"
        );
        for (path, seen) in &before {
            let stays = path.starts_with(desk.path("data/00"));
            assert!(
                !stays || now.get(path) == Some(seen),
                "{} stays as it is",
                path.display()
            );
        }
        through_deaths(&desk, &["undo", "plan.journal.jsonl"]);
        run(&desk, 0, &["undo", "plan.journal.jsonl"]);
        assert_eq!(files(&desk, &["data", "removed"]), before, "{action}");
    }
}

#[test]
fn half_a_plan_can_be_taken_back() {
    let desk = desk();
    let before = files(&desk, &["data"]);
    let met = (0..20).any(|round| {
        let mut child = desk.start(&["apply", "plan.parquet", "--action", "move:removed"]);
        std::thread::sleep(Duration::from_millis(20 + 15 * round));
        send(&child, "-KILL");
        let died = child.wait().expect("it ends").code().is_none();
        let moved = files(&desk, &["removed"]).len();
        if desk.path("plan.journal.jsonl").exists() {
            run(&desk, 0, &["undo", "plan.journal.jsonl"]);
        }
        assert_eq!(files(&desk, &["data", "removed"]), before);
        died && moved > 0
    });
    assert!(met, "it never died in the middle");
}

#[test]
fn a_signal_ends_it_after_the_step_at_hand() {
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let desk = desk();
        let before = files(&desk, &["data"]);
        let apply = ["apply", "plan.parquet", "--action", "move:removed"];
        let met = (0..20).any(|round| {
            let child = desk.start(&apply);
            std::thread::sleep(Duration::from_millis(20 + 15 * round));
            let _ = Command::new("kill")
                .args([signal, &child.id().to_string()])
                .status();
            let output = child.wait_with_output().expect("it ends");
            let said = String::from_utf8_lossy(&output.stderr);
            let stopped = output.status.code() == Some(code);
            assert!(
                !stopped || said.contains("lookalike undo plan.journal.jsonl"),
                "{said}"
            );
            stopped && !files(&desk, &["removed"]).is_empty()
        });
        assert!(met, "{signal} never came in the middle");
        run(&desk, 0, &apply);
        assert_eq!(
            files(&desk, &["removed"]).len() as u64,
            PICTURES * (FILES - 1)
        );
        run(&desk, 0, &["undo", "plan.journal.jsonl"]);
        assert_eq!(files(&desk, &["data", "removed"]), before);
    }
}
