//! The cost model: what each way to join would cost, and which one is taken.
//!
//! Costs are CPU seconds of one machine (x86-64 with AVX-512, `docs/join.md`), whatever machine
//! this is, so that a table is joined the same way everywhere.

use crate::error::IndexError;
use crate::join::{Choice, Engine, JoinPlan};
use crate::kernel::Level;
use crate::sketch::Sketcher;
use crate::survey::{Pass, Survey};

/// f32 operations a second of the blocked products.
const BLOCKS: f64 = 100e9;
/// Seconds a pair and word of four values in the integer kernel.
const WORD: f64 = 18e-12;
/// Seconds a pair for the test of a level.
const TEST: f64 = 20e-12;
/// Pairs that a kernel leaves together or not at all.
const TOGETHER: f64 = 256.0;
/// Seconds to score a pair in full: finding its rows, and each of their values.
const SCORE: f64 = 60e-9;
const SCORE_VALUE: f64 = 0.4e-9;
/// Seconds to sketch a row: reading and checking a value, and each coordinate.
const READ_VALUE: f64 = 0.4e-9;
const QUANTISE: f64 = 4e-9;
/// f32 operations below which nothing cheaper is looked for.
const SMALL: f64 = 1e9;
/// CPU seconds up to which missing nothing is worth its price.
const PATIENCE: f64 = 1800.0;
/// Cells that a row visits, as long as no sample says how many.
const VISITS: f64 = 16.0;
/// Rows that a row of a graph is held against, and more of them for each neighbour in reach.
const MET: f64 = 5000.0;
const MET_MORE: f64 = 40.0;
/// Seconds for each of them, and for each byte of the sketch: most of it is waiting for memory.
const MEET: f64 = 150e-9;
const MEET_VALUE: f64 = 0.3e-9;
/// Bytes of a point in a graph, without its sketch: measured with `hnsw_rs` 0.3.5.
const POINT: f64 = 600.0;
/// Bytes of a link, both ends of it counted.
const LINK: f64 = 96.0;
/// Bytes of scratch of a thread.
const SCRATCH: f64 = (4 << 20) as f64;

/// How pairs are ruled out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Way {
    /// By nothing: all products in f32.
    Blocks,
    /// By sketches that end after so many coordinates on each level.
    Projected(Vec<usize>),
    /// By the quantised rows themselves.
    Whole,
}

/// A way and what it costs in CPU seconds, with the share of the pairs that reach its last level.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Estimate {
    pub(crate) way: Way,
    pub(crate) seconds: f64,
    /// Seconds to make the sketches, part of `seconds`.
    sketching: f64,
    /// Bytes of a sketch.
    stride: f64,
    /// The share of the pairs that it does not rule out.
    left: f64,
}

/// What is to be joined.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) rows: usize,
    pub(crate) dimension: usize,
    pub(crate) pairs: f64,
}

impl Size {
    fn n(self) -> f64 {
        self.rows as f64
    }

    fn d(self) -> f64 {
        self.dimension as f64
    }
}

/// The way that is taken, and the words for it.
pub(crate) struct Chosen {
    pub(crate) way: Way,
    pub(crate) choice: Choice,
}

/// Whether looking for a better way than f32 products costs more than it saves.
pub(crate) fn is_small(size: Size) -> bool {
    2.0 * size.pairs * size.d() < SMALL
}

/// The words for a table that is small.
pub(crate) fn small(size: Size, estimate: Estimate) -> Choice {
    choice(
        size,
        Engine::Exact,
        &estimate,
        "few enough to be multiplied out",
    )
}

/// The engine and the way for a plan.
///
/// # Errors
/// Where the engine that was asked for cannot keep to the memory of the plan.
pub(crate) fn choose(plan: &JoinPlan, size: Size, survey: &Survey) -> Result<Chosen, IndexError> {
    let room = plan.memory as f64 / 2.0 - plan.threads as f64 * SCRATCH;
    let fits = |e: &Estimate| e.stride * size.n() <= room;
    let mut best = blocks(size);
    best.seconds += size.pairs * survey.near * score(size);
    let sketched = cheapest(sketches(size, survey).filter(fits));
    let exact = cheapest(sketched.clone().into_iter().chain([best.clone()])).unwrap_or(best);
    let asked = "asked for by the configuration";
    let (engine, estimate, why) = match (plan.engine, sketched) {
        (Engine::Exact, _) => (Engine::Exact, exact, asked),
        (Engine::Auto, sketched) => automatic(size, exact, sketched, room),
        (engine, _) => match cheapest_for(engine, size, survey, fits) {
            None => (Engine::Exact, exact, "too few for sketches of them"),
            Some(sketched) => {
                let needs = memory(engine, size, &sketched, plan);
                if needs > plan.memory as f64 {
                    return Err(refused(engine, size, plan, needs));
                }
                (engine, sketched, asked)
            }
        },
    };
    Ok(Chosen {
        choice: choice(size, engine, &estimate, why),
        way: estimate.way,
    })
}

fn automatic(
    size: Size,
    exact: Estimate,
    sketched: Option<Estimate>,
    room: f64,
) -> (Engine, Estimate, &'static str) {
    if exact.seconds <= PATIENCE {
        return (Engine::Exact, exact, "misses nothing and is quick enough");
    }
    let mut cells = match sketched {
        Some(sketched) if ivf_bytes(size, &sketched) <= room => sketched,
        _ => return (Engine::Exact, exact, "the budget leaves no room for cells"),
    };
    let seconds = ivf_seconds(size, &cells);
    if seconds * 3.0 > exact.seconds {
        return (
            Engine::Exact,
            exact,
            "misses nothing, and cells would save little",
        );
    }
    cells.seconds = seconds;
    (
        Engine::Ivf,
        cells,
        "comparing all with all would take too long",
    )
}

/// Bytes that an engine takes. Half of them at the most are left to sketches.
fn memory(engine: Engine, size: Size, estimate: &Estimate, plan: &JoinPlan) -> f64 {
    let (kept, scratch) = (size.n() * estimate.stride, plan.threads as f64 * SCRATCH);
    let own = match engine {
        Engine::Ivf => ivf_bytes(size, estimate) + scratch,
        Engine::Hnsw => {
            let links = plan.hnsw.connections as f64 * LINK;
            2.0 * kept + size.n() * (POINT + links) + scratch
        }
        Engine::Auto | Engine::Exact => kept,
    };
    own.max(2.0 * (kept + scratch))
}

/// Sketches, the cells of each row, and the lists of a pass.
fn ivf_bytes(size: Size, estimate: &Estimate) -> f64 {
    size.n() * (estimate.stride + VISITS * 4.0 * 1.25)
}

/// The words for sketches that were kept.
pub(crate) fn kept(sketcher: &Sketcher, pairs: f64) -> Choice {
    let levels = sketcher.levels();
    // As a rule the first level decides.
    let words = levels.first().map_or(0, Level::words) as f64;
    let ends: Vec<String> = sketcher.ends.iter().map(usize::to_string).collect();
    Choice {
        engine: Engine::Exact,
        reason: format!(
            "misses nothing; new ones compared with all by {} coordinates that were kept",
            ends.join(", then ")
        ),
        estimate: pairs * (words * WORD + TEST),
    }
}

fn refused(engine: Engine, size: Size, plan: &JoinPlan, needs: f64) -> IndexError {
    IndexError::Memory {
        engine: engine.as_str(),
        needs: (needs / f64::from(1 << 20)).ceil() as u64,
        rows: size.rows,
        memory: plan.memory >> 20,
    }
}

fn choice(size: Size, engine: Engine, estimate: &Estimate, why: &str) -> Choice {
    let how = match &estimate.way {
        Way::Blocks => "compared as they are".to_owned(),
        Way::Whole => format!("compared by {} bytes each first", size.dimension),
        Way::Projected(ends) => {
            let ends: Vec<String> = ends.iter().map(usize::to_string).collect();
            format!("compared by {} coordinates first", ends.join(", then "))
        }
    };
    Choice {
        engine,
        reason: format!("{why}; {how}"),
        estimate: estimate.seconds,
    }
}

/// The cost of f32 products.
pub(crate) fn blocks(size: Size) -> Estimate {
    Estimate {
        way: Way::Blocks,
        seconds: size.pairs * 2.0 * size.d() / BLOCKS,
        sketching: 0.0,
        stride: 0.0,
        left: 1.0,
    }
}

fn cheapest(estimates: impl IntoIterator<Item = Estimate>) -> Option<Estimate> {
    estimates
        .into_iter()
        .min_by(|x, y| x.seconds.total_cmp(&y.seconds))
}

/// The way with which an engine that was asked for is cheapest; where none fits, that of the
/// shortest sketches.
fn cheapest_for(
    engine: Engine,
    size: Size,
    survey: &Survey,
    fits: impl Fn(&Estimate) -> bool,
) -> Option<Estimate> {
    let with_costs = sketches(size, survey).filter(fits).map(|way| Estimate {
        seconds: match engine {
            Engine::Hnsw => graph_seconds(size, &way),
            _ => ivf_seconds(size, &way),
        },
        ..way
    });
    cheapest(with_costs).or_else(|| shortest(size, survey))
}

/// Pairs that meet in cells resemble each other, so that sketches are read to their end.
fn ivf_seconds(size: Size, way: &Estimate) -> f64 {
    let share = (VISITS / size.n().sqrt()).min(1.0);
    let (words, visited) = (way.stride / 4.0, 2.0 * size.pairs * share);
    let assigned = size.n() * size.n().sqrt() * 2.0 * way.stride / BLOCKS;
    way.sketching + assigned + visited * (words * WORD + TEST) + size.pairs * way.left * score(size)
}

/// Each row is held against some thousands when it is linked and searched, and again against some
/// for each neighbour that its sketch cannot rule out.
fn graph_seconds(size: Size, way: &Estimate) -> f64 {
    let met = MET + way.left * size.n() * MET_MORE;
    way.sketching + size.n() * met * (MEET + way.stride * MEET_VALUE)
}

/// The way whose sketches take the least memory.
fn shortest(size: Size, survey: &Survey) -> Option<Estimate> {
    sketches(size, survey).min_by(|x, y| x.stride.total_cmp(&y.stride))
}

/// Every way that compares by sketches: each choice of levels, and the rows themselves.
fn sketches<'a>(size: Size, survey: &'a Survey) -> impl Iterator<Item = Estimate> + 'a {
    let passes = &survey.passes;
    let projected = (1usize..1 << passes.len()).map(move |subset| {
        let some = passes
            .iter()
            .enumerate()
            .filter(|(i, _)| subset >> i & 1 == 1);
        let levels: Vec<Pass> = some.map(|(_, pass)| *pass).collect();
        let way = Way::Projected(levels.iter().map(|pass| pass.end).collect());
        estimate(size, way, &levels, 1.0)
    });
    let whole = survey
        .whole
        .map(|pass| estimate(size, Way::Whole, &[pass], 0.0));
    projected.chain(whole)
}

/// The cost of a way whose sketches have these levels, `own` words of each tested alone.
fn estimate(size: Size, way: Way, levels: &[Pass], own: f64) -> Estimate {
    let width = levels.last().map_or(0, |pass| pass.end) as f64;
    let projecting = if own > 0.0 {
        2.0 * size.d() * width / BLOCKS
    } else {
        0.0
    };
    let sketching = size.n() * (size.d() * READ_VALUE + projecting + width * QUANTISE);
    let (mut reached, mut start, mut a_pair) = (1.0, 0, 0.0);
    for level in levels {
        let words = (level.end - start) as f64 / 4.0 + own;
        a_pair += reached * (words * WORD + TEST);
        reached = 1.0 - (1.0 - level.share).powf(TOGETHER);
        start = level.end;
    }
    let left = levels.last().map_or(1.0, |level| level.share);
    Estimate {
        way,
        seconds: sketching + size.pairs * (a_pair + left * score(size)),
        sketching,
        stride: width + levels.len() as f64 * 4.0 * (own + 1.0),
        left,
    }
}

fn score(size: Size) -> f64 {
    SCORE + SCORE_VALUE * size.d()
}
