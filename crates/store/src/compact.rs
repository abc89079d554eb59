//! Merges small segments, so that a store of many short scans opens as fast as one of a single scan.

use std::collections::{BTreeMap, HashSet};

use lookalike_types::{ContentId, VectorTable};

use crate::batch::Batch;
use crate::error::Result;
use crate::features::{self, Known, Row};
use crate::layout::{Kind, vectors_of};
use crate::snapshot::Snapshot;
use crate::thumbs;

/// Segments are merged when there are more small ones than this.
const MANY: usize = 16;
/// A merged segment holds at most this many bytes of vectors or pictures, and a segment of less
/// than half of it is small. Bounds the memory of a merge: about twice as much.
const MOST_BYTES: u64 = 64 << 20;

/// What a merge does with contents that no file has any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreferenced {
    /// Keeps them: a file that comes back costs nothing.
    Keep,
    /// Leaves them out of the merged segments. Safe only after [`Batch::finish`], when all files
    /// are known.
    Drop,
}

impl Batch {
    /// Commits, then merges small segments of this space and of the small pictures as long as
    /// there are more than sixteen. Other spaces stay as they are. Each merge is a generation of
    /// its own, so that an interrupt loses one at most.
    ///
    /// # Errors
    /// As [`Batch::commit`]; and where a segment to merge is damaged.
    pub fn compact(&mut self, unreferenced: Unreferenced) -> Result<Snapshot> {
        self.commit()?;
        let live = match unreferenced {
            Unreferenced::Keep => None,
            Unreferenced::Drop => {
                let files = self.snapshot().files()?;
                Some(files.into_iter().filter_map(|row| row.content).collect())
            }
        };
        while self.merge_features(live.as_ref())? {}
        while self.merge_thumbs(live.as_ref())? {}
        Ok(self.snapshot().clone())
    }

    fn merge_features(&mut self, live: Option<&HashSet<ContentId>>) -> Result<bool> {
        let (space, id) = self.space();
        let snapshot = self.snapshot();
        let names = snapshot.names(&Kind::Features(id.clone()));
        let Some(merged) = run(sizes(snapshot, &names)) else {
            return Ok(false);
        };
        let known = winners(snapshot, &merged, &Kind::Features(id.clone()), live)?;
        let with_vector = known.iter().filter(|(_, known)| known.failed.is_none());
        let contents: Vec<ContentId> = with_vector.map(|(content, _)| *content).collect();
        let vectors = snapshot.vectors(&id, &contents)?;
        let mut next = 0..;
        let rows = known.iter().map(|(content, known)| Row {
            content: *content,
            facts: known.facts.as_ref(),
            result: match &known.failed {
                Some(failed) => Err(failed),
                None => Ok(vectors.row(next.next().unwrap_or_default())),
            },
        });
        let rows: Vec<Row<'_>> = rows.collect();
        let mut draft = self.draft();
        for name in &merged {
            draft.drop_file(name);
            vectors_of(name)
                .iter()
                .for_each(|name| draft.drop_file(name));
        }
        if !rows.is_empty() {
            draft.features(space, &rows)?;
        }
        self.close(draft)?;
        Ok(true)
    }

    fn merge_thumbs(&mut self, live: Option<&HashSet<ContentId>>) -> Result<bool> {
        let snapshot = self.snapshot();
        let names = snapshot.names(&Kind::Thumbs);
        let Some(merged) = run(sizes(snapshot, &names)) else {
            return Ok(false);
        };
        let mut kept = BTreeMap::new();
        for name in &merged {
            let mut each = |key: thumbs::Key, jpeg: &[u8]| {
                if live.is_none_or(|live| live.contains(&key.1)) {
                    kept.insert(key, jpeg.to_vec());
                }
            };
            let read = thumbs::read(&snapshot.verified(name)?, &mut each);
            snapshot.in_words(name, read)?;
        }
        let mut draft = self.draft();
        merged.iter().for_each(|name| draft.drop_file(name));
        if !kept.is_empty() {
            draft.table(&Kind::Thumbs, |g| thumbs::encode(g, &kept))?;
        }
        self.close(draft)?;
        Ok(true)
    }
}

/// What the segments to merge know and no later segment overrules, sorted by content. The merged
/// segment comes last, and so must not bring back what was overruled.
fn winners(
    snapshot: &Snapshot,
    merged: &[String],
    kind: &Kind,
    live: Option<&HashSet<ContentId>>,
) -> Result<BTreeMap<ContentId, Known>> {
    let mut known = BTreeMap::new();
    for name in snapshot.names(kind) {
        let ours = merged.contains(&name);
        let mut each = |content, row| {
            if ours && live.is_none_or(|live| live.contains(&content)) {
                known.insert(content, row);
            } else {
                known.remove(&content);
            }
        };
        let read = features::read_known(&snapshot.sized(&name)?, &mut each);
        snapshot.in_words(&name, read)?;
    }
    Ok(known)
}

/// Each segment with the bytes of its vectors, or of itself where it has none.
fn sizes(snapshot: &Snapshot, names: &[String]) -> Vec<(String, u64)> {
    let files = &snapshot.commit().files;
    let size = |name: &String| {
        let vectors = vectors_of(name).and_then(|vectors| files.get(&vectors));
        vectors
            .or_else(|| files.get(name))
            .map_or(0, |entry| entry.bytes)
    };
    names
        .iter()
        .map(|name| (name.clone(), size(name)))
        .collect()
}

/// The segments to merge next: the oldest small ones that fit together; `None` where there are
/// few. Two small ones always fit, so merging again and again comes to an end.
fn run(segments: Vec<(String, u64)>) -> Option<Vec<String>> {
    let small = |segment: &(String, u64)| segment.1 < MOST_BYTES / 2;
    let small: Vec<(String, u64)> = segments.into_iter().filter(small).collect();
    if small.len() <= MANY {
        return None;
    }
    let mut total = 0;
    let fits = |segment: &(String, u64)| {
        total += segment.1;
        total <= MOST_BYTES
    };
    Some(
        small
            .into_iter()
            .take_while(fits)
            .map(|segment| segment.0)
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segments(sizes: &[u64]) -> Vec<(String, u64)> {
        let named = sizes.iter().enumerate();
        named
            .map(|(number, size)| (number.to_string(), *size))
            .collect()
    }

    #[test]
    fn few_or_large_segments_are_left() {
        assert_eq!(run(segments(&[1; MANY])), None);
        assert_eq!(run(segments(&[MOST_BYTES; 100])), None);
    }

    #[test]
    fn at_least_two_and_at_most_the_limit_are_merged() {
        let all = run(segments(&[1; MANY + 1])).expect("many");
        assert_eq!(all.len(), MANY + 1);
        let pairs = run(segments(&[MOST_BYTES / 2 - 1; MANY + 1])).expect("many");
        assert_eq!(pairs, ["0", "1"]);
    }
}
