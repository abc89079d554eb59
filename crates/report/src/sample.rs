//! Small findings for the tests of this crate.

use std::collections::BTreeMap;

use lookalike_types::{ContentId, Facts, Failed, PixelsId, Reason};

use crate::{
    Changes, Component, Counts, Findings, Generation, Image, Images, JoinInfo, KeepRule, LabelInfo,
    Memory, Near, Recall, Run, Runtime, Seconds, SpaceInfo,
};

/// 2014-05-01 00:00 UTC.
const DAY_NS: i64 = 1_398_902_400_000_000_000;

/// A decoded image of 640 x 480 pixels with these digests.
pub(crate) fn image(path: &str, content: u8, pixels: u8) -> Image {
    Image {
        path: path.into(),
        archive: None,
        member: None,
        bytes: Some(120_000),
        modified_ns: Some(DAY_NS),
        content: Some(ContentId::from_bytes([content; 32])),
        facts: Some(Facts {
            pixels: PixelsId::from_bytes([pixels; 32]),
            format: "jpeg".into(),
            width: 640,
            height: 480,
            detail: 40.0,
        }),
        failed: None,
        flat: Some(false),
        label: None,
        split: None,
        exif: None,
    }
}

/// An image that could not be read.
pub(crate) fn failed(path: &str, reason: Reason, detail: &str) -> Image {
    Image {
        path: path.into(),
        archive: None,
        member: None,
        bytes: None,
        modified_ns: None,
        content: None,
        facts: None,
        failed: Some(Failed::new(reason, detail)),
        flat: None,
        label: None,
        split: None,
        exif: None,
    }
}

/// The components of links and near pairs at or above the threshold, by brute force: every vertex
/// takes the smallest label it can reach. `weakest` is right for chains, which is all we need here.
pub(crate) fn components(images: &Images, near: &[Near], threshold: f32) -> Vec<Component> {
    let strong = near.iter().filter(|pair| pair.similarity >= threshold);
    let strong = strong.map(|pair| (pair.a, pair.b, pair.similarity));
    let links = images.links().into_iter();
    let edges: Vec<(usize, usize, f32)> = links
        .map(|pair| (pair.a, pair.b, 1.0))
        .chain(strong)
        .collect();
    let mut label: Vec<usize> = (0..images.len()).collect();
    let mut settled = false;
    while !settled {
        settled = true;
        for &(a, b, _) in &edges {
            let least = label[a].min(label[b]);
            settled &= label[a] == label[b];
            (label[a], label[b]) = (least, least);
        }
    }
    let mut components: BTreeMap<usize, Component> = BTreeMap::new();
    for (image, &label) in label.iter().enumerate() {
        let alone = || Component {
            members: Vec::new(),
            weakest: 1.0,
        };
        components
            .entry(label)
            .or_insert_with(alone)
            .members
            .push(image);
    }
    for (a, _, similarity) in edges {
        if let Some(component) = components.get_mut(&label[a]) {
            component.weakest = component.weakest.min(similarity);
        }
    }
    components.into_values().collect()
}

/// Findings of these images and near pairs at threshold 0.9 by the default rules.
pub(crate) fn found(images: Vec<Image>, near: &[Near]) -> Findings {
    found_with(images, near, &[])
}

/// The same, where a person said that both stay of these pairs of contents.
pub(crate) fn found_with(images: Vec<Image>, near: &[Near], both: &[(u8, u8)]) -> Findings {
    let images = Images::new(images).expect("paths differ");
    let components = components(&images, near, 0.9);
    let id = |content: u8| ContentId::from_bytes([content; 32]);
    let both: Vec<_> = both.iter().map(|&(a, b)| (id(a), id(b))).collect();
    let keep = KeepRule::defaults();
    Findings::new(images, near, components, 0.9, &keep, &both).expect("indices are right")
}

/// A group of three kinds, a group of two files, a pair below the threshold and two failures.
pub(crate) fn findings() -> Findings {
    let mut large = image("b/large.png", 4, 4);
    let facts = large.facts.as_mut().expect("sample images are decoded");
    (facts.width, facts.height, facts.format) = (4000, 3000, "png".into());
    large.bytes = Some(2_100_000);
    let mut member = image("d/shard.tar!/one.jpg", 6, 6);
    member.archive = Some("d/shard.tar".into());
    member.member = Some("one.jpg".into());
    let images = vec![
        image("a/first.jpg", 1, 1),
        image("a/second.jpg", 1, 1),
        image("a/third.jpg", 2, 1),
        large,
        image("c/pair.jpg", 5, 5),
        image("c/pair copy.jpg", 5, 5),
        member,
        failed("e/empty.jpg", Reason::Empty, "the file has no bytes"),
        failed("e/short.jpg", Reason::Truncated, "unexpected end of file"),
    ];
    let near = |a, b, similarity| Near { a, b, similarity };
    found(images, &[near(0, 3, 0.981), near(3, 6, 0.85)])
}

/// The same with labels and splits, so that there are leaks and conflicts.
pub(crate) fn split_findings() -> Findings {
    let mut images = findings().images.to_vec();
    for (number, image) in images.iter_mut().enumerate() {
        image.label = Some(["cat", "dog"][number % 2].to_owned());
        image.split = Some(["train", "test", "val"][number % 3].to_owned());
    }
    let near = |a, b, similarity| Near { a, b, similarity };
    found(images, &[near(0, 3, 0.981), near(3, 6, 0.85)])
}

/// A run that led to these findings.
pub(crate) fn run(findings: &Findings) -> Run {
    let changes = Changes {
        new: 9,
        decoded: 5,
        embedded: 5,
        ..Changes::default()
    };
    Run {
        lookalike: "0.1.0".into(),
        generation: Generation::of(findings).expect("known types").into(),
        started: "2026-11-24T21:38:25Z".into(),
        inputs: vec!["a".into(), "b".into(), "c".into(), "d".into(), "e".into()],
        config: serde_json::json!({ "join": { "threshold": "auto" } }),
        warnings: vec!["`d/shard.tar` ends in the middle of a member".into()],
        seconds: Seconds {
            total: 3.4416,
            stages: vec![("gather", 3.1), ("join", 0.04), ("report", 0.3)],
        },
        space: SpaceInfo {
            id: "0123456789abcdef".into(),
            model: "builtin".into(),
            digest: "ab".repeat(32),
            layer: "layer4".into(),
            preprocessing: "squash 32 px".into(),
            pooling: "concat 4".into(),
            dimension: 4096,
            dtype: "float32".into(),
        },
        runtime: Runtime {
            engine: "rten".into(),
            version: "0.27".into(),
            threads: 2,
        },
        counts: Counts::new(findings, changes),
        labels: LabelInfo::new(findings, "folder", "folder"),
        splits: findings.split_counts.clone(),
        since: None,
        join: JoinInfo {
            engine: "exact".into(),
            reason: "5 vectors are few".into(),
            estimated_cpu_s: 0.5,
            threshold: 0.9,
            threshold_source: "calibrated for the built-in model".into(),
            recall: Recall::COMPLETE,
        },
        memory: Memory {
            budget_mib: 1024,
            peak_rss_mib: Some(310),
            peak_anon_mib: Some(240),
        },
    }
}

/// The rows of the table under a heading of `docs/format.md`: name and type without backticks.
pub(crate) fn documented(heading: &str) -> Vec<(String, String)> {
    let doc = include_str!("../../../docs/format.md");
    let lines = doc.lines().skip_while(|line| *line != heading);
    let lines = lines.skip_while(|line| !line.starts_with("| `"));
    let rows = lines.take_while(|line| line.starts_with('|'));
    let cells = |line: &str| {
        let mut cells = line
            .trim_matches('|')
            .split('|')
            .map(|cell| cell.trim().replace('`', ""));
        Some((cells.next()?, cells.next()?))
    };
    rows.filter_map(cells).collect()
}
