//! What changed since the scan before: from the pairs of a scan to those that are new, gone or back.

use std::collections::{BTreeMap, HashMap, HashSet};

use lookalike_report::{Findings, GroupSince, Since};
use lookalike_store::{History, PairChange, PairKey, PairSeen, Snapshot};
use lookalike_types::{ContentId, PairKind, PixelsId, SpaceId};

use crate::output::LastScan;

/// What a scan found, against the scan before in its space.
pub(crate) struct Compared {
    /// For `run.json`; `None` where there is nothing to compare with.
    pub since: Option<Since>,
    /// To be stored, where it is new.
    pub history: Option<History>,
    /// What a person should know.
    pub warning: Option<String>,
}

/// Compares these findings, which are those of scan number `scan`, and marks their groups.
pub(crate) fn compare(
    snapshot: &Snapshot,
    space: &SpaceId,
    findings: &mut Findings,
    (threshold, scan): (f32, u64),
    last: Option<&LastScan>,
) -> Compared {
    let (before, warning) = match snapshot.history(space) {
        Ok(history) => (history, None),
        // It is worth a word, and no reason to report nothing at all.
        Err(error) => (
            None,
            Some(format!("what is new is not known this time: {error}")),
        ),
    };
    let pairs = Pairs::of(findings);
    let began = last.and_then(|last| last.scanned.get(space.as_str()));
    let (Some(before), Some(began)) = (before, began) else {
        return Compared {
            since: None,
            history: Some(History::first(&pairs.seen, threshold)),
            warning,
        };
    };
    let (now, changes) = before.next(&pairs.seen, threshold, scan);
    pairs.mark(&now, scan, findings);
    let since = Since {
        last: began.clone(),
        new: changes.new,
        resolved: changes.resolved,
        back: changes.back,
    };
    Compared {
        since: Some(since),
        history: (now != before).then_some(now),
        warning,
    }
}

/// Marks the groups of findings as the scan did that they repeat.
///
/// # Errors
/// Where the store cannot be read.
pub(crate) fn mark_again(
    snapshot: &Snapshot,
    space: &SpaceId,
    findings: &mut Findings,
    scan: u64,
) -> anyhow::Result<()> {
    if let Some(history) = snapshot.history(space)? {
        Pairs::of(findings).mark(&history, scan, findings);
    }
    Ok(())
}

/// The pairs of a scan by what they join, which survives renames, and a group of each.
struct Pairs {
    seen: BTreeMap<PairKey, PairSeen>,
    group: HashMap<PairKey, i64>,
}

impl Pairs {
    fn of(findings: &Findings) -> Self {
        let mut pairs = Self {
            seen: BTreeMap::new(),
            group: HashMap::new(),
        };
        let mut files: HashMap<ContentId, (u32, usize)> = HashMap::new();
        let mut contents: HashMap<PixelsId, (HashSet<ContentId>, usize)> = HashMap::new();
        for (index, image) in findings.images.iter().enumerate() {
            let (Some(content), Some(facts)) = (image.content, &image.facts) else {
                continue;
            };
            if findings.group_of(index).is_some() {
                files.entry(content).or_insert((0, index)).0 += 1;
                let picture = contents.entry(facts.pixels);
                picture
                    .or_insert_with(|| (HashSet::new(), index))
                    .0
                    .insert(content);
            }
        }
        for (content, (count, image)) in files {
            let id = content.as_bytes();
            let key = key(PairKind::Identical, id, id);
            pairs.add(key, count - 1, 1.0, findings.group_of(image));
        }
        for (picture, (contents, image)) in contents {
            let id = picture.as_bytes();
            let key = key(PairKind::Pixels, id, id);
            let count = u32::try_from(contents.len() - 1).unwrap_or(u32::MAX);
            pairs.add(key, count, 1.0, findings.group_of(image));
        }
        let near = findings
            .pairs
            .iter()
            .filter(|pair| pair.kind == PairKind::Near);
        for pair in near.filter(|pair| pair.group.is_some()) {
            let pixels = |image: usize| Some(findings.images[image].facts.as_ref()?.pixels);
            if let (Some(a), Some(b)) = (pixels(pair.a), pixels(pair.b)) {
                let key = key(PairKind::Near, a.min(b).as_bytes(), a.max(b).as_bytes());
                pairs.add(key, 1, pair.similarity, pair.group);
            }
        }
        pairs
    }

    fn add(&mut self, key: PairKey, count: u32, similarity: f32, group: Option<i64>) {
        if let (1.., Some(group)) = (count, group) {
            self.seen.insert(key, PairSeen { count, similarity });
            self.group.insert(key, group);
        }
    }

    fn mark(&self, history: &History, scan: u64, findings: &mut Findings) {
        for (key, change) in history.changed_in(scan) {
            let mark = match change {
                PairChange::New => GroupSince::New,
                PairChange::Back => GroupSince::Back,
                PairChange::Resolved => continue,
            };
            let number = self
                .group
                .get(key)
                .and_then(|group| usize::try_from(group - 1).ok());
            if let Some(group) = number.and_then(|number| findings.groups.get_mut(number)) {
                group.since = group.since.max(Some(mark));
            }
        }
    }
}

/// As `docs/store.md` documents it.
fn key(kind: PairKind, a: &[u8; 32], b: &[u8; 32]) -> PairKey {
    let mut hasher = blake3::Hasher::new();
    hasher.update(kind.as_str().as_bytes());
    hasher.update(&[0]).update(a).update(b);
    let digest = hasher.finalize();
    *digest
        .as_bytes()
        .first_chunk()
        .expect("a digest has more bytes")
}
