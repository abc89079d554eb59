//! The near pairs of a snapshot: stored ones where nothing changed, joined ones where something did.

use std::collections::HashSet;

use lookalike_index::{self as index, Engine, JoinPlan, Scope};
use lookalike_report::{JoinInfo, Near, Recall};
use lookalike_store::{Sketches, Snapshot, StoredPairs};
use lookalike_types::{ContentId, VectorTable};
use serde::{Deserialize, Serialize};

use super::kept::Kept;
use super::levels::Sampled;
use super::pictures::Pictures;
use super::{Levels, Question};
use crate::exit::UsageError;
use crate::memory;

type ContentPair = (ContentId, ContentId, f32);

/// A collection may grow to so many times the size that its sketches were fitted to. They stay
/// right beyond that, but may rule out less than they could.
const GROWTH: usize = 4;

/// What is added to the words of an engine that may miss pairs.
const LATER: &str = "; what came later was compared with all";

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
    /// Likewise what the index keeps of the vectors.
    pub sketches: Option<Sketches>,
}

/// What is kept with stored pairs, so that a scan that changes nothing looks at no vector.
#[derive(Serialize, Deserialize)]
struct Notes {
    sampled: Sampled,
    how: How,
    recall: Option<RecallNote>,
}

/// How the last whole join went about it.
#[derive(Serialize, Deserialize, Clone)]
struct How {
    engine: String,
    reason: String,
    estimated_cpu_s: f64,
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
    let key = key(question);
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
            let info = info(&levels, &notes);
            return Ok(Joined {
                pairs: stored.pairs.clone(),
                levels,
                info,
                store: None,
                sketches: None,
            });
        }
    }
    let vectors = snapshot.vectors(&space, &pictures.contents)?;
    let sampled = Sampled::of(&vectors)?;
    let mut levels = Levels::of(question, &sampled);
    levels.stay(question, stored.as_ref().map(|stored| stored.floor));
    let old = stored.filter(|stored| stored.floor <= levels.floor);
    let work = Work {
        snapshot,
        pictures,
        question,
        vectors: &vectors,
        levels: &levels,
    };
    let found = work.grown(old.as_ref(), progress)?;
    let notes = Notes {
        sampled,
        how: found.how,
        recall: found.recall,
    };
    let store = StoredPairs {
        key,
        floor: found.complete_to,
        contents: pictures.contents.clone(),
        pairs: found.pairs.clone(),
        notes: serde_json::to_value(&notes)?,
    };
    Ok(Joined {
        pairs: found.pairs,
        info: info(&levels, &notes),
        levels,
        store: Some(store),
        sketches: found.sketches,
    })
}

/// Pairs by image, the most alike first. Equal similarities are in the order of the contents, as the
/// join cuts them, so that it makes no difference whether more pairs are stored than are listed.
pub(crate) fn in_order(pairs: &[ContentPair], pictures: &Pictures) -> Vec<Near> {
    let mut order: Vec<&ContentPair> = pairs.iter().collect();
    order.sort_by(|x, y| y.2.total_cmp(&x.2).then((x.0, x.1).cmp(&(y.0, y.1))));
    let near = |&(a, b, similarity): &ContentPair| {
        let (a, b) = (pictures.image_of(&a)?, pictures.image_of(&b)?);
        Some(Near { a, b, similarity })
    };
    order.into_iter().filter_map(near).collect()
}

/// The pairs that a report lists: all at or above the threshold, and at least the `top` most alike.
pub(crate) fn listed(in_order: &[Near], threshold: f32, top: usize) -> &[Near] {
    let reached = in_order.partition_point(|pair| pair.similarity >= threshold);
    &in_order[..reached.max(top).min(in_order.len())]
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

/// All that the stored pairs depend on beside the contents and the floor. Settings of another
/// engine do not count. The number rises when the join or the measure of the background changes.
fn key(question: &Question) -> String {
    let join = &question.settings.join;
    let sampled = format!("recall {} at {:?}", join.recall_sample, join.threshold);
    match join.engine {
        Engine::Auto | Engine::Exact => format!("{} 3, seed {}", join.engine.as_str(), join.seed),
        Engine::Ivf => format!("ivf 3, seed {}, {:?}, {sampled}", join.seed, join.ivf),
        Engine::Hnsw => format!("hnsw 3, seed {}, {:?}, {sampled}", join.seed, join.hnsw),
    }
}

fn info(levels: &Levels, notes: &Notes) -> JoinInfo {
    let how = notes.how.clone();
    JoinInfo {
        engine: how.engine,
        reason: how.reason,
        estimated_cpu_s: how.estimated_cpu_s,
        threshold: levels.threshold,
        threshold_source: levels.source.clone(),
        recall: notes.recall.map_or(Recall::COMPLETE, |note| Recall {
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
    how: How,
    recall: Option<RecallNote>,
    sketches: Option<Sketches>,
}

/// One join to be done.
struct Work<'a> {
    snapshot: &'a Snapshot,
    pictures: &'a Pictures,
    question: &'a Question,
    vectors: &'a dyn VectorTable,
    levels: &'a Levels,
}

impl Work<'_> {
    /// The pairs, by joining only what is new with all where old pairs can be used.
    fn grown(&self, old: Option<&StoredPairs>, progress: &dyn Fn(f64)) -> anyhow::Result<Found> {
        let Some(old) = old else {
            return self.run(None, progress);
        };
        let before: HashSet<&ContentId> = old.contents.iter().collect();
        let contents = self.pictures.contents.iter();
        let fresh: Vec<bool> = contents.map(|c| !before.contains(c)).collect();
        // Joining m new with n in all costs m (n - m / 2); above half of them all is as cheap.
        let new = fresh.iter().filter(|&&fresh| fresh).count();
        if new * 2 > fresh.len() {
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
        // What an engine missed among the old it still misses: its own words and recall stand.
        let notes: Notes = serde_json::from_value(old.notes.clone())?;
        if notes.recall.is_some() {
            found.recall = notes.recall;
            found.how = notes.how;
            if !found.how.reason.ends_with(LATER) {
                found.how.reason.push_str(LATER);
            }
        }
        Ok(found)
    }

    fn run(&self, fresh: Option<&[bool]>, progress: &dyn Fn(f64)) -> anyhow::Result<Found> {
        let (settings, threads) = (&self.question.settings, self.question.threads);
        let contents = &self.pictures.contents;
        let mut plan = settings.join_plan(self.levels.floor, self.levels.threshold, threads);
        plan.memory = memory::left(plan.memory);
        let anew = |plan: &JoinPlan, scope| -> anyhow::Result<Found> {
            let mut joined = index::join(self.vectors, scope, plan, progress)?;
            let sketches = joined.sketches.take().map(|made| {
                let (shape, stride) = (made.sketcher.to_bytes(), made.sketcher.stride());
                Sketches::new(shape.into(), contents, stride, made.records.into())
            });
            Ok(self.found(joined, sketches))
        };
        let Some(fresh) = fresh else {
            plan.top = self.question.top;
            return anew(&plan, Scope::All);
        };
        // No cells and no graph are kept: a few rows against all cost less than either.
        plan.engine = Engine::Auto;
        let scope = Scope::Fresh(fresh);
        let stored = self.snapshot.sketches(&self.question.space.id());
        let kept = Kept::of(stored, contents, self.vectors, threads)?;
        let fits = |kept: &Kept| contents.len() <= GROWTH * kept.sketcher.fitted();
        let Some(kept) = kept.filter(fits) else {
            return anew(&plan, scope);
        };
        let rows = index::Sketches {
            sketcher: &kept.sketcher,
            records: &kept,
        };
        let joined = index::join_kept(self.vectors, rows, scope, &plan, progress)?;
        Ok(self.found(joined, Some(kept.to_store(contents))))
    }

    fn found(&self, joined: index::Joined, sketches: Option<Sketches>) -> Found {
        let content = |row: u32| self.pictures.contents[row as usize];
        let pairs = joined
            .pairs
            .iter()
            .map(|pair| (content(pair.a), content(pair.b), pair.similarity));
        let recall = joined.recall;
        let measured = joined.choice.engine != Engine::Exact;
        // A sample without a pair says nothing.
        let told = |share: f64| (recall.sample > 0).then_some(share);
        Found {
            pairs: pairs.collect(),
            complete_to: joined.complete_to,
            how: How {
                engine: joined.choice.engine.as_str().to_owned(),
                reason: joined.choice.reason,
                estimated_cpu_s: joined.choice.estimate,
            },
            recall: measured.then_some(RecallNote {
                estimate: told(recall.estimate),
                low: told(recall.low),
                high: told(recall.high),
                sample: recall.sample,
            }),
            sketches,
        }
    }
}
