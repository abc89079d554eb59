//! The same inputs give the same bytes: whatever the number of threads, the order of arrival, the
//! history of the folder, and the engine.

use std::fs;

use crate::support::Desk;

fn fill(desk: &Desk, numbers: std::ops::Range<u64>) {
    for number in numbers {
        let picture = desk.draw(&format!("data/{number:03}.png"), number);
        if number % 3 == 0 {
            let half = image::imageops::thumbnail(&picture, 160, 120);
            desk.save(&format!("data/small/{number:03}.jpg"), &half);
        }
        if number % 7 == 0 {
            desk.save(&format!("data/{number:03}.bmp"), &picture);
        }
    }
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    for engine in ["exact", "hnsw"] {
        let desk = Desk::new();
        fill(&desk, 0..24);
        let tables = ["1", "2", "4"].map(|threads| {
            let out = format!("out-{threads}");
            let engine = format!("join.engine={engine}");
            desk.scan(&[
                "data",
                "--out",
                &out,
                "--threads",
                threads,
                "--set",
                &engine,
                "--top",
                "30",
            ]);
            desk.tables(&out)
        });
        assert!(tables[0] == tables[1] && tables[0] == tables[2], "{engine}");
    }
}

#[test]
fn a_scan_in_steps_equals_a_scan_from_scratch() {
    for engine in ["exact", "hnsw"] {
        let desk = Desk::new();
        let engine = format!("join.engine={engine}");
        let scan = |out: &str| desk.scan(&["data", "--out", out, "--set", &engine, "--top", "20"]);
        fill(&desk, 0..10);
        desk.draw("data/gone.png", 3);
        scan("steps");
        fill(&desk, 10..17);
        fs::remove_file(desk.path("data/gone.png")).expect("removed");
        scan("steps");
        fill(&desk, 17..20);
        desk.draw("data/005.png", 77);
        scan("steps");
        scan("scratch");
        assert!(desk.tables("steps") == desk.tables("scratch"), "{engine}");
        let near = desk.run(&["report", "steps", "--json"]).json()["counts"]["near"].clone();
        assert!(near.as_u64() > Some(0), "this would pass on nothing");
    }
}

#[test]
fn batches_of_one_and_of_many_give_the_same_bytes() {
    for backend in ["rten", "auto"] {
        let desk = Desk::new();
        fill(&desk, 0..9);
        let backend = format!("model.backend={backend}");
        let tables = ["1", "5", "8"].map(|batch| {
            let out = format!("out-{batch}");
            let batch = format!("model.batch={batch}");
            desk.scan(&[
                "data", "--out", &out, "--set", &batch, "--set", &backend, "--top", "40",
            ]);
            desk.tables(&out)
        });
        assert!(
            tables[0] == tables[1] && tables[0] == tables[2],
            "{backend}"
        );
    }
}
