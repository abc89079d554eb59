//! The near pairs of a snapshot: stored ones where nothing changed, joined ones where something did.

use std::collections::HashSet;

use lookalike_index::{self as index, Engine, HnswOptions, JoinPlan};
use lookalike_report::{JoinInfo, Near, Recall};
use lookalike_store::{Snapshot, StoredPairs};
use lookalike_types::{ContentId, VectorTable};
use serde::{Deserialize, Serialize};

use super::levels::Sampled;
use super::pictures::Pictures;
use super::{Levels, Question};
use crate::exit::UsageError;
use crate::settings::{EngineChoice, Hnsw};

type ContentPair = (ContentId, ContentId, f32);

/// Pairs by content, and how they were found.
pub(crate) struct Joined {
    /// All pairs down to the floor at least.
    pub pairs: Vec<ContentPair>,
    /// Threshold and floor.
    pub levels: Levels,
    /// For `run.json`.
    pub info: JoinInfo,
    /// To be stored, where that is new.
    pub store: Option<StoredPairs>,
}

/// What is kept with stored pairs, so that a scan that changes nothing looks at no vector.
#[derive(Serialize, Deserialize)]
struct Notes {
    sampled: Sampled,
    recall: Option<RecallNote>,
}

#[derive(Serialize, Deserialize, Clone, Copy)]
struct RecallNote {
    estimate: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    sample: u64,
}

/// The pairs of these pictures.
///
/// # Errors
/// Where the store cannot be read or a vector cannot be used.
pub(crate) fn join(
    snapshot: &Snapshot,
    pictures: &Pictures,
    question: &Question,
    progress: &dyn Fn(f64),
) -> anyhow::Result<Joined> {
    let engine = engine(question);
    let key = key(engine, question);
    let space = question.space.id();
    let stored = snapshot.pairs(&space)?.filter(|stored| stored.key == key);
    if let Some(stored) = stored
        .as_ref()
        .filter(|stored| stored.contents == pictures.contents)
    {
        let notes: Notes = serde_json::from_value(stored.notes.clone())?;
        let levels = Levels::of(question, &notes.sampled);
        let enough = stored.pairs.len() >= question.top.min(possible(pictures));
        if enough && stored.floor <= levels.floor {
            let info = info(engine, &levels, notes.recall, pictures);
            return Ok(Joined {
                pairs: stored.pairs.clone(),
                levels,
                info,
                store: None,
            });
        }
    }
    let vectors = snapshot.vectors(&space, &pictures.contents)?;
    let sampled = Sampled::of(&vectors)?;
    let levels = Levels::of(question, &sampled);
    let old = stored.filter(|stored| engine == Engine::Exact && stored.floor <= levels.floor);
    let work = Work {
        pictures,
        question,
        vectors: &vectors,
        levels: &levels,
        engine,
    };
    let found = work.grown(old.as_ref(), progress)?;
    let info = info(engine, &levels, found.recall, pictures);
    let store = StoredPairs {
        key,
        floor: found.complete_to,
        contents: pictures.contents.clone(),
        pairs: found.pairs.clone(),
        notes: serde_json::to_value(Notes {
            sampled,
            recall: found.recall,
        })?,
    };
    Ok(Joined {
        pairs: found.pairs,
        levels,
        info,
        store: Some(store),
    })
}

/// The pairs that a report lists: all at or above the threshold, and at least the `top` most alike.
pub(crate) fn listed(
    pairs: &[ContentPair],
    pictures: &Pictures,
    threshold: f32,
    top: usize,
) -> Vec<Near> {
    let mut order: Vec<&ContentPair> = pairs.iter().collect();
    // Equal similarities are cut by content, as the join cuts them, so that it makes no
    // difference whether more pairs are stored than are listed.
    order.sort_by(|x, y| y.2.total_cmp(&x.2).then((x.0, x.1).cmp(&(y.0, y.1))));
    let reached = order.partition_point(|pair| pair.2 >= threshold);
    order.truncate(reached.max(top));
    let near = |&(a, b, similarity): &ContentPair| {
        let (a, b) = (pictures.image_of(&a)?, pictures.image_of(&b)?);
        Some(Near { a, b, similarity })
    };
    order.into_iter().filter_map(near).collect()
}

/// Checks that stored pairs answer a question that was asked after the scan.
///
/// # Errors
/// Where they do not reach that far.
pub(crate) fn reaches(
    stored: &StoredPairs,
    pictures: &Pictures,
    threshold: f32,
    top: usize,
) -> anyhow::Result<()> {
    if threshold < stored.floor {
        return Err(UsageError::new(format!(
            "--threshold {threshold}: pairs are stored down to {:.4}. Choose a higher one, or scan with --set join.floor={threshold}",
            stored.floor
        ))
        .into());
    }
    if stored.pairs.len() < top.min(possible(pictures)) {
        return Err(UsageError::new(format!(
            "--top {top}: {} pairs are stored. Scan with --top {top}",
            stored.pairs.len()
        ))
        .into());
    }
    Ok(())
}

fn possible(pictures: &Pictures) -> usize {
    let n = pictures.contents.len();
    n.saturating_mul(n.saturating_sub(1)) / 2
}

fn engine(question: &Question) -> Engine {
    match question.settings.join.engine {
        EngineChoice::Auto | EngineChoice::Exact => Engine::Exact,
        EngineChoice::Hnsw => Engine::Hnsw,
    }
}

/// All that the stored pairs depend on beside the contents and the floor. Settings of the other
/// engine do not count. The number rises when the join or the measure of the background changes.
fn key(engine: Engine, question: &Question) -> String {
    let join = &question.settings.join;
    match engine {
        Engine::Exact => format!("exact 2, seed {}", join.seed),
        Engine::Hnsw => format!(
            "hnsw 2, seed {}, {:?}, recall {} at {:?}",
            join.seed, join.hnsw, join.recall_sample, join.threshold
        ),
    }
}

fn info(
    engine: Engine,
    levels: &Levels,
    recall: Option<RecallNote>,
    pictures: &Pictures,
) -> JoinInfo {
    let n = pictures.contents.len();
    let (name, reason) = match engine {
        Engine::Exact => (
            "exact",
            format!("compares all of {n} pictures with all, misses nothing"),
        ),
        Engine::Hnsw => ("hnsw", "asked for by the configuration".to_owned()),
    };
    JoinInfo {
        engine: name.to_owned(),
        reason,
        threshold: levels.threshold,
        threshold_source: levels.source.clone(),
        recall: recall.map_or(Recall::COMPLETE, |note| Recall {
            estimate: note.estimate,
            low: note.low,
            high: note.high,
            sample: note.sample,
        }),
    }
}

struct Found {
    pairs: Vec<ContentPair>,
    complete_to: f32,
    recall: Option<RecallNote>,
}

/// One join to be done.
struct Work<'a> {
    pictures: &'a Pictures,
    question: &'a Question,
    vectors: &'a dyn VectorTable,
    levels: &'a Levels,
    engine: Engine,
}

impl Work<'_> {
    /// The pairs, by joining only what is new with all where old pairs can be used.
    fn grown(&self, old: Option<&StoredPairs>, progress: &dyn Fn(f64)) -> anyhow::Result<Found> {
        let Some(old) = old else {
            return self.run(None, progress);
        };
        let before: HashSet<&ContentId> = old.contents.iter().collect();
        let fresh: Vec<bool> = self
            .pictures
            .contents
            .iter()
            .map(|c| !before.contains(c))
            .collect();
        // Joining m new with n in all costs m (n - m / 2); above half of them all is as cheap.
        if fresh.iter().filter(|&&fresh| fresh).count() * 2 > fresh.len() {
            return self.run(None, progress);
        }
        let mut found = self.run(Some(&fresh), progress)?;
        let here = |content: &ContentId| self.pictures.contents.binary_search(content).is_ok();
        let kept = old
            .pairs
            .iter()
            .filter(|(a, b, similarity)| *similarity >= self.levels.floor && here(a) && here(b));
        found.pairs.extend(kept);
        found.pairs.sort_by_key(|&(a, b, _)| (a, b));
        found.complete_to = self.levels.floor;
        if found.pairs.len() < self.question.top.min(possible(self.pictures)) {
            return self.run(None, progress);
        }
        Ok(found)
    }

    fn run(&self, fresh: Option<&[bool]>, progress: &dyn Fn(f64)) -> anyhow::Result<Found> {
        let join = &self.question.settings.join;
        let Hnsw {
            connections,
            ef_construction,
            ef_search,
        } = join.hnsw;
        let plan = JoinPlan {
            engine: self.engine,
            floor: self.levels.floor,
            top: if fresh.is_some() {
                0
            } else {
                self.question.top
            },
            threads: self.question.threads,
            seed: join.seed,
            hnsw: HnswOptions {
                connections,
                ef_construction,
                ef_search,
            },
            recall_sample: join.recall_sample,
            threshold: self.levels.threshold,
        };
        let joined = index::join(self.vectors, fresh, &plan, progress)?;
        let content = |row: u32| self.pictures.contents[row as usize];
        let pairs = joined
            .pairs
            .iter()
            .map(|pair| (content(pair.a), content(pair.b), pair.similarity));
        let recall = (self.engine != Engine::Exact).then_some(RecallNote {
            estimate: Some(joined.recall.estimate),
            low: Some(joined.recall.low),
            high: Some(joined.recall.high),
            sample: joined.recall.sample,
        });
        Ok(Found {
            pairs: pairs.collect(),
            complete_to: joined.complete_to,
            recall,
        })
    }
}
