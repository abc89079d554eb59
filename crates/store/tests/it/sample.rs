//! Small made-up scans, and everything that a snapshot says in one comparable value.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use lookalike_store::{
    Error, FeatureRow, History, Known, Medium, PairSeen, Snapshot, Store, StoredPairs,
};
use lookalike_types::{
    Channels, ContentId, Facts, Failed, FileRow, PixelsId, Place, PoolKind, Pooling, Preprocessing,
    Reason, Resize, Space, SpaceId, Stamp, VectorTable,
};

pub(crate) const SIDE: u32 = 64;

pub(crate) fn space(layer: &str) -> Space {
    Space {
        model: "toy".into(),
        digest: "d1".into(),
        layer: layer.into(),
        preprocessing: Preprocessing {
            size: 32,
            resize: Resize::Squash,
            mean: [0.485, 0.456, 0.406],
            std: [0.229, 0.224, 0.225],
            channels: Channels::Rgb,
        },
        pooling: Pooling {
            kind: PoolKind::Concat,
            size: 4,
        },
        decode_policy: 1,
        dimension: 4,
    }
}

pub(crate) fn content(number: u8) -> ContentId {
    ContentId::from_bytes(*blake3::hash(&[number]).as_bytes())
}

/// Every third content failed: one before it was decoded, the next after it.
pub(crate) fn feature(number: u8) -> FeatureRow {
    let facts = Facts {
        pixels: PixelsId::from_bytes([number; 32]),
        format: "png".into(),
        width: 10 + u32::from(number),
        height: 20,
        detail: 0.1 + f32::from(number),
    };
    let failed = |reason| Err(Failed::new(reason, format!("number {number}")));
    let result = match number % 6 {
        2 => failed(Reason::Truncated),
        5 => failed(Reason::NoFeatures),
        _ => Ok(vec![
            f32::from(number),
            -0.0,
            f32::MIN_POSITIVE / 2.0,
            1.0 / 3.0,
        ]),
    };
    FeatureRow {
        content: content(number),
        facts: (number % 6 != 2).then_some(facts),
        result,
    }
}

pub(crate) fn file(path: &str, number: u8) -> FileRow {
    let stamp = Stamp {
        bytes: u64::MAX - u64::from(number),
        modified_ns: i64::MIN + i64::from(number),
    };
    FileRow {
        place: Place::file(path),
        stamp: Some(stamp),
        source: Some(stamp),
        content: Some(content(number)),
        failed: None,
        settled: number.is_multiple_of(2),
    }
}

/// A tar member with names that are not UTF-8, which could not be read.
pub(crate) fn odd_file() -> FileRow {
    FileRow {
        place: Place::member(b"a\xff.tar".to_vec(), b"m\n\xfe.jpg".to_vec()),
        stamp: None,
        source: None,
        content: None,
        failed: Some(Failed::new(Reason::Unreadable, "permission denied")),
        settled: false,
    }
}

pub(crate) fn pairs() -> StoredPairs {
    StoredPairs {
        key: "exact-1".into(),
        floor: 0.1 + 0.2,
        contents: vec![content(3), content(0), content(1)],
        pairs: vec![
            (content(1), content(0), 0.93),
            (content(0), content(3), 0.7),
        ],
        notes: serde_json::json!({ "engine": "exact", "recall": null }),
    }
}

/// A pair that was gone and is back, and one that is gone.
pub(crate) fn history() -> History {
    let seen = |numbers: &[u8]| {
        let pair = |number: &u8| {
            let seen = PairSeen {
                count: 1,
                similarity: 0.9,
            };
            ([*number; 16], seen)
        };
        numbers.iter().map(pair).collect()
    };
    let (history, _) = History::first(&seen(&[1, 2]), 0.7).next(&seen(&[]), 0.7, 2);
    history.next(&seen(&[1]), 0.7, 3).0
}

/// Everything that a snapshot says of two spaces, but the generation.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct State {
    pub(crate) files: Vec<FileRow>,
    /// Per layer: what is known, and the bits of the vectors.
    pub(crate) known: BTreeMap<String, BTreeMap<ContentId, (Known, Vec<u32>)>>,
    pub(crate) pairs: BTreeMap<String, StoredPairs>,
    pub(crate) histories: BTreeMap<String, History>,
    pub(crate) thumbs: BTreeMap<ContentId, Vec<u8>>,
    pub(crate) current: Option<Space>,
}

pub(crate) fn state(snapshot: &Snapshot) -> Result<State, Error> {
    let thumbed: BTreeSet<ContentId> = snapshot.thumbed(SIDE)?.into_iter().collect();
    let thumbed: Vec<ContentId> = thumbed.into_iter().collect();
    let mut state = State {
        files: snapshot.files()?,
        thumbs: snapshot.thumbs(SIDE, &thumbed)?.into_iter().collect(),
        current: snapshot.current().cloned(),
        ..State::default()
    };
    for (id, space) in snapshot.spaces() {
        let known = known(snapshot, id)?;
        state.known.insert(space.layer.clone(), known);
        if let Some(pairs) = snapshot.pairs(id)? {
            state.pairs.insert(space.layer.clone(), pairs);
        }
        if let Some(history) = snapshot.history(id)? {
            state.histories.insert(space.layer.clone(), history);
        }
    }
    Ok(state)
}

type KnownBits = BTreeMap<ContentId, (Known, Vec<u32>)>;

fn known(snapshot: &Snapshot, id: &SpaceId) -> Result<KnownBits, Error> {
    let known: BTreeMap<ContentId, Known> = snapshot.known(id)?.into_iter().collect();
    let good = known.iter().filter(|(_, known)| known.failed.is_none());
    let mut good: Vec<ContentId> = good.map(|(content, _)| *content).collect();
    // Another order than the one on disk.
    good.reverse();
    let vectors = snapshot.vectors(id, &good)?;
    assert_eq!(vectors.len(), good.len());
    let bits = |row: usize| vectors.row(row).iter().map(|x| x.to_bits()).collect();
    let rows = good.iter().enumerate();
    let mut bits: BTreeMap<ContentId, Vec<u32>> =
        rows.map(|(row, content)| (*content, bits(row))).collect();
    let with_bits = known.into_iter().map(|(content, known)| {
        let bits = bits.remove(&content).unwrap_or_default();
        (content, (known, bits))
    });
    Ok(with_bits.collect())
}

/// A store of two scans with everything in it.
pub(crate) fn filled(medium: Arc<dyn Medium>) -> Result<Store, Error> {
    let store = Store::create(medium)?;
    let mut batch = store.begin(&space("first"))?;
    batch.push(feature(9))?;
    batch.saw(file("gone.png", 9));
    batch.commit()?;
    drop(batch);
    let mut batch = store.begin(&space("second"))?;
    for number in 0..7 {
        batch.push(feature(number))?;
        batch.saw(file(&format!("{number}.png"), number));
    }
    batch.saw(odd_file());
    batch.commit()?;
    batch.put_thumb(SIDE, content(1), b"a small picture".to_vec());
    batch.set_pairs(pairs());
    batch.set_history(history());
    let mut rows: Vec<FileRow> = (0..7).map(|n| file(&format!("{n}.png"), n)).collect();
    rows.push(odd_file());
    batch.finish(rows)?;
    batch.publish_report(&[("run.json", b"{}"), ("index.html", b"<!doctype html>")])?;
    Ok(store)
}
