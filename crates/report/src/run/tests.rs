//! The keys of `run.json`: their order, and that they are documented.

use crate::sample;

#[test]
fn the_keys_stand_in_the_documented_order() {
    let mut run = sample::run(&sample::findings());
    run.warnings.clear();
    let json = run.to_json().expect("plain data");
    insta::assert_snapshot!(String::from_utf8(json).expect("JSON is UTF-8"), @r##"
    {
      "lookalike": "0.1.0",
      "generation": "dfdf7d4da70c3506",
      "started": "2026-11-24T21:38:25Z",
      "inputs": [
        "a",
        "b",
        "c",
        "d",
        "e"
      ],
      "config": {
        "join": {
          "threshold": "auto"
        }
      },
      "warnings": [],
      "seconds": {
        "total": 3.442,
        "gather": 3.1,
        "join": 0.04,
        "report": 0.3
      },
      "space": {
        "id": "0123456789abcdef",
        "model": "builtin",
        "digest": "abababababababababababababababababababababababababababababababab",
        "layer": "layer4",
        "preprocessing": "squash 32 px",
        "pooling": "concat 4",
        "dimension": 4096,
        "dtype": "float32"
      },
      "runtime": {
        "engine": "rten",
        "version": "0.27",
        "threads": 2
      },
      "counts": {
        "images": 9,
        "new": 9,
        "changed": 0,
        "removed": 0,
        "unchanged": 0,
        "decoded": 5,
        "embedded": 5,
        "failed": 2,
        "failed_by_reason": {
          "empty": 1,
          "truncated": 1,
          "not-an-image": 0,
          "unsupported": 0,
          "corrupt": 0,
          "too-large": 0,
          "unreadable": 0,
          "vanished": 0,
          "timeout": 0,
          "no-features": 0
        },
        "identical": 2,
        "pixels": 1,
        "near": 1,
        "dismissed": 0,
        "groups": 2,
        "freeable_bytes": 480000,
        "leaks": 0,
        "label_conflicts": 0
      },
      "labels": {
        "label_from": "folder",
        "split_from": "folder",
        "labels": 0,
        "labelled": 0,
        "splits": []
      },
      "splits": [],
      "since": null,
      "join": {
        "engine": "exact",
        "reason": "5 vectors are few",
        "estimated_cpu_s": 0.5,
        "threshold": 0.9,
        "threshold_source": "calibrated for the built-in model",
        "recall": {
          "estimate": 1.0,
          "low": 1.0,
          "high": 1.0,
          "sample": 0
        }
      },
      "memory": {
        "budget_mib": 1024,
        "peak_rss_mib": 310,
        "peak_anon_mib": 240
      }
    }
    "##);
}

/// `docs/format.md` has one table of keys per object, under a heading that names it.
#[test]
fn the_keys_are_the_documented_ones() {
    let mut run = sample::run(&sample::split_findings());
    run.since = Some(crate::Since {
        last: run.started.clone(),
        new: 1,
        resolved: 0,
        back: 0,
    });
    let json = run.to_json().expect("plain data");
    let json: serde_json::Value = serde_json::from_slice(&json).expect("just written");
    let keys = |value: &serde_json::Value| {
        let object = value.as_object().expect("an object");
        object.keys().cloned().collect::<Vec<_>>()
    };
    let documented = |heading: &str| {
        let mut names = crate::sample::documented(heading)
            .into_iter()
            .map(|row| row.0)
            .collect::<Vec<_>>();
        names.sort_unstable();
        names
    };
    assert_eq!(keys(&json), documented("## `run.json`"));
    for object in ["space", "runtime", "counts", "labels", "join", "memory"] {
        assert_eq!(
            keys(&json[object]),
            documented(&format!("### `{object}`")),
            "{object}"
        );
    }
    assert_eq!(
        keys(&json["join"]["recall"]),
        documented("### `join.recall`")
    );
    assert_eq!(keys(&json["since"]), documented("### `since`"));
    assert_eq!(keys(&json["splits"][0]), documented("### `splits`"));
    let reasons = lookalike_types::Reason::ALL.map(|reason| reason.to_string());
    let mut reasons = reasons.to_vec();
    reasons.sort_unstable();
    assert_eq!(keys(&json["counts"]["failed_by_reason"]), reasons);
}
