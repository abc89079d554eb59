//! Forms of a report for other programs, read back as they would.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use crate::support::{Desk, python};

const ALL: &str = "cleaned,keep,remove,keep0,remove0,json,fiftyone,huggingface,markdown,splits";
const FILES: [&str; 10] = [
    "cleaned.csv",
    "keep.txt",
    "remove.txt",
    "keep0.txt",
    "remove0.txt",
    "report.json",
    "fiftyone.json",
    "metadata.csv",
    "summary.md",
    "splits.csv",
];

fn desk() -> Desk {
    let desk = Desk::new();
    for number in 0..6 {
        desk.draw(&format!("data/train/cat/{number}.png"), number);
        desk.draw(&format!("data/test/dog/{number}, one.png"), 20 + number);
    }
    desk.draw("data/test/dog/a copy.png", 2);
    desk.draw("data/train/cat/again.png", 3);
    desk.write(
        "data/train/cat/broken.png",
        b"no picture, but a file of some bytes",
    );
    desk
}

fn lines(desk: &Desk, name: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(desk.path(&format!("lookalike-out/report/{name}")));
    text.expect(name).lines().map(str::to_owned).collect()
}

#[test]
fn exports_belong_to_their_report() {
    let desk = desk();
    desk.scan(&["data"]);
    let said = desk.run(&["report", "lookalike-out", "--format", ALL]);
    assert_eq!(said.code, 0, "{said:?}");
    for name in FILES {
        assert!(
            said.out.contains(&format!("report/{name}")),
            "{name}: {}",
            said.out
        );
        assert!(
            desk.path(&format!("lookalike-out/report/{name}")).is_file(),
            "{name}"
        );
    }
    assert!(said.err.contains("splits.csv: train"), "{said:?}");
    assert_eq!(desk.run(&["check", "lookalike-out"]).code, 0);
    let (keep, remove) = (lines(&desk, "keep.txt"), lines(&desk, "remove.txt"));
    assert_eq!((keep.len(), remove.len()), (12, 2));
    assert!(keep.is_disjoint(&remove) && remove.iter().all(|path| desk.path(path).is_file()));
    // What stays can be scanned as a list, and has no copies.
    desk.write(
        "keep.txt",
        &fs::read(desk.path("lookalike-out/report/keep0.txt")).expect("a list"),
    );
    let counts = desk.scan(&["@0keep.txt", "--out", "clean"]);
    assert_eq!(
        (counts["images"].as_u64(), counts["groups"].as_u64()),
        (Some(12), Some(0))
    );
    // A report without them takes them away, so that none is older than its tables.
    assert_eq!(desk.run(&["report", "lookalike-out"]).code, 0);
    for name in FILES {
        assert!(
            !desk.path(&format!("lookalike-out/report/{name}")).exists(),
            "{name}"
        );
    }
    assert_eq!(
        desk.run(&["scan", "data", "--format", "markdown, cleaned"])
            .code,
        0
    );
    assert!(lines(&desk, "summary.md").contains("### Images with a look-alike in another split"));
}

#[test]
fn what_is_no_format_is_refused() {
    let desk = desk();
    desk.scan(&["data"]);
    let said = desk.run(&["report", "lookalike-out", "--format", "cleaned,pdf"]);
    assert_eq!(said.code, 2);
    assert!(
        said.err.contains("`pdf`") && said.err.contains("huggingface"),
        "{said:?}"
    );
    let none = [
        "report",
        "lookalike-out",
        "--set",
        "labels.split=none",
        "--format",
        "splits",
    ];
    let said = desk.run(&none);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("labels.shares"), "{said:?}");
    let shares = "labels.shares=a:0.5,b:0.5";
    assert_eq!(desk.run(&[&none[..], &["--set", shares]].concat()).code, 0);
}

/// pandas and DuckDB read what a person would give them.
const PROGRAM: &str = "
import json, pathlib
import duckdb, pandas as pd

report = pathlib.Path('lookalike-out/report')
images = pd.read_parquet(report / 'images.parquet')
groups = pd.read_parquet(report / 'groups.parquet')
ok = images[images['status'] == 'ok']

cleaned = pd.read_csv(report / 'cleaned.csv')
assert list(cleaned.columns) == ['name', 'label'] and len(cleaned) == 12, cleaned
assert set(cleaned['label']) == {'cat', 'dog'}
assert all((pathlib.Path('data') / name).is_file() for name in cleaned['name'])

metadata = pd.read_csv(report / 'metadata.csv')
assert len(metadata) == len(ok) and metadata['keep'].sum() == 12, metadata
assert all((pathlib.Path('data') / name).is_file() for name in metadata['file_name'])
assert set(metadata['split']) == {'train', 'test'}

splits = duckdb.sql(f\"select * from '{report}/splits.csv'\").df()
both = splits.merge(images, on='path', suffixes=('_new', '')).dropna(subset=['group'])
assert both.groupby('group')['split_new'].nunique().max() == 1
assert len(splits) == len(ok)

whole = json.loads((report / 'report.json').read_text())
for name in ('images', 'pairs', 'groups', 'leaks', 'label_conflicts'):
    table = pd.read_parquet(report / f'{name}.parquet')
    assert len(whole[name]) == len(table), name
    if len(table):
        assert list(whole[name][0]) == sorted(table.columns), name

samples = json.loads((report / 'fiftyone.json').read_text())['samples']
assert len(samples) == len(ok)
assert all(pathlib.Path(sample['filepath']).is_file() for sample in samples)
assert sum('duplicate' in sample['tags'] for sample in samples) == 2
assert sum('leak' in sample['tags'] for sample in samples) == 2
print('read')
";

#[test]
fn other_programs_read_them() {
    let Some(python) = python() else { return };
    let desk = desk();
    desk.scan(&["data", "--format", ALL]);
    let output = Command::new(python)
        .args(["-c", PROGRAM])
        .current_dir(desk.path(""))
        .output()
        .expect("Python starts");
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words}");
}
