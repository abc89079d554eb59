//! What `lookalike join` says at its end: one object for programs, a few lines for people.
//!
//! The keys are those of `docs/format.md`.

use serde::{Serialize, Serializer};

use crate::human::{self, visible};
use crate::run::{Memory, Recall};
use crate::summary::{fact, recall, shell};

/// A join of vectors that people already had.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JoinRun {
    /// The file of vectors, as it was typed.
    pub vectors: String,
    /// The second file, where one was joined with the other and not with itself.
    pub against: Option<String>,
    /// Vectors in the first file.
    pub rows: u64,
    /// Vectors in the second.
    pub rows_against: Option<u64>,
    /// Numbers of a vector; 0 where no file has one.
    pub dimension: u64,
    /// The cosine from which two vectors are a pair.
    #[serde(serialize_with = "shortest")]
    pub threshold: f32,
    /// Pairs that were written.
    pub pairs: u64,
    /// The file that they were written to, as it was typed.
    pub out: String,
    /// How long it took.
    pub seconds: JoinSeconds,
    /// Seconds that all threads computed together; `None` where the system does not say.
    pub cpu_seconds: Option<f64>,
    /// The engine that was taken.
    pub engine: String,
    /// Why this one, and by which way.
    pub reason: String,
    /// What the model of costs expected, in CPU seconds of the machine that it was made on.
    pub estimated_cpu_s: f64,
    /// How many of the true pairs were found.
    pub recall: Recall,
    /// How much memory it took.
    pub memory: Memory,
}

/// Seconds by the clock.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct JoinSeconds {
    /// From start to end.
    pub total: f64,
    /// Reading the vectors, checking them, and normalising them where they need it.
    pub read: f64,
    /// Finding the pairs.
    pub join: f64,
    /// Sorting and writing them.
    pub write: f64,
}

/// The number that was typed, and not the digits that an f32 adds to it as an f64.
fn shortest<S: Serializer>(value: &f32, serializer: S) -> Result<S::Ok, S::Error> {
    let typed = value.to_string().parse().unwrap_or(f64::from(*value));
    serializer.serialize_f64(typed)
}

/// What a person wants to know after a join: how many pairs of what, how they were found, where
/// they are and what to type next.
pub fn join_summary(run: &JoinRun) -> String {
    let mut text = found(run);
    let missed = recall(&run.recall);
    let (engine, reason) = (visible(&run.engine), visible(&run.reason));
    fact(&mut text, "join", &format!("{engine}, {reason}; {missed}"));
    fact(&mut text, "time", &time(run));
    if let Some(peak) = run.memory.peak_anon_mib {
        let (peak, budget) = (human::count(peak), human::count(run.memory.budget_mib));
        let words = format!("{peak} MiB at most, of {budget} MiB allowed");
        fact(&mut text, "memory", &words);
    }
    text.push_str(&format!("\nPairs   {}\n", visible(&run.out)));
    if run.pairs > 0 {
        let out = shell(&run.out);
        text.push_str(&match out == run.out {
            true => format!("Next    duckdb -c \"SELECT * FROM '{out}' LIMIT 20\"\n"),
            false => "Next    read it with duckdb, pandas or polars\n".to_owned(),
        });
    }
    text
}

fn found(run: &JoinRun) -> String {
    let pairs = match run.pairs {
        0 => "No pair".to_owned(),
        pairs => human::counted(pairs, "pair", "pairs"),
    };
    let vectors = human::counted(run.rows, "vector", "vectors");
    let numbers = human::counted(run.dimension, "number", "numbers");
    let similarity = human::threshold(run.threshold);
    match run.rows_against {
        None => {
            format!(
                "{pairs} among {vectors} of {numbers}, with a similarity of {similarity} or more.\n"
            )
        }
        Some(others) => format!(
            "{pairs} of {vectors} with {} others, {numbers} each, with a similarity of {similarity} or more.\n",
            human::count(others)
        ),
    }
}

fn time(run: &JoinRun) -> String {
    let JoinSeconds {
        total,
        read,
        join,
        write,
    } = run.seconds;
    let [total, read, join, write] = [total, read, join, write].map(human::seconds);
    let cpu = run
        .cpu_seconds
        .map(|seconds| format!("; {} of computing", human::seconds(seconds)));
    let cpu = cpu.unwrap_or_default();
    format!("{total}: read {read}, join {join}, write {write}{cpu}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run() -> JoinRun {
        JoinRun {
            vectors: "clip.npy".to_owned(),
            against: None,
            rows: 100_000,
            rows_against: None,
            dimension: 512,
            threshold: 0.9,
            pairs: 12_345,
            out: "pairs.parquet".to_owned(),
            seconds: JoinSeconds {
                total: 3.25,
                read: 0.25,
                join: 2.5,
                write: 0.5,
            },
            cpu_seconds: Some(6.0),
            engine: "exact".to_owned(),
            reason: "the cheapest for 100,000 vectors".to_owned(),
            estimated_cpu_s: 2.0,
            recall: Recall::COMPLETE,
            memory: Memory {
                budget_mib: 1024,
                peak_rss_mib: Some(300),
                peak_anon_mib: Some(120),
            },
        }
    }

    #[test]
    fn a_person_reads_it() {
        insta::assert_snapshot!(join_summary(&run()), @r#"
        12,345 pairs among 100,000 vectors of 512 numbers, with a similarity of 0.900 or more.
          join         exact, the cheapest for 100,000 vectors; no pair is missed
          time         3.2 s: read 0.2 s, join 2.5 s, write 0.5 s; 6.0 s of computing
          memory       120 MiB at most, of 1,024 MiB allowed

        Pairs   pairs.parquet
        Next    duckdb -c "SELECT * FROM 'pairs.parquet' LIMIT 20"
        "#);
        let other = JoinRun {
            against: Some("other.npy".to_owned()),
            rows: 1,
            rows_against: Some(2000),
            pairs: 0,
            out: "two words.parquet".to_owned(),
            cpu_seconds: None,
            engine: "ivf".to_owned(),
            recall: Recall {
                estimate: Some(0.9996),
                low: Some(0.9981),
                high: Some(1.0),
                sample: 4000,
            },
            memory: Memory {
                budget_mib: 1024,
                peak_rss_mib: None,
                peak_anon_mib: None,
            },
            ..run()
        };
        insta::assert_snapshot!(join_summary(&other), @r#"
        No pair of 1 vector with 2,000 others, 512 numbers each, with a similarity of 0.900 or more.
          join         ivf, the cheapest for 100,000 vectors; 99.9 % of the pairs found (at least 99.8 %), measured on 4,000 pairs
          time         3.2 s: read 0.2 s, join 2.5 s, write 0.5 s

        Pairs   two words.parquet
        "#);
    }

    #[test]
    fn a_program_reads_it() {
        let json = serde_json::to_string_pretty(&run()).expect("JSON");
        insta::assert_snapshot!(json, @r#"
        {
          "vectors": "clip.npy",
          "against": null,
          "rows": 100000,
          "rows_against": null,
          "dimension": 512,
          "threshold": 0.9,
          "pairs": 12345,
          "out": "pairs.parquet",
          "seconds": {
            "total": 3.25,
            "read": 0.25,
            "join": 2.5,
            "write": 0.5
          },
          "cpu_seconds": 6.0,
          "engine": "exact",
          "reason": "the cheapest for 100,000 vectors",
          "estimated_cpu_s": 2.0,
          "recall": {
            "estimate": 1.0,
            "low": 1.0,
            "high": 1.0,
            "sample": 0
          },
          "memory": {
            "budget_mib": 1024,
            "peak_rss_mib": 300,
            "peak_anon_mib": 120
          }
        }
        "#);
    }
}
