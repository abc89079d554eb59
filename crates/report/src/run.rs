//! `run.json`: what a run did, with what, and how long it took.

use std::collections::BTreeMap;

use lookalike_types::{PairKind, Reason, Space};
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};

use crate::{Error, Findings, SplitCount};

mod labels;
mod since;

pub use labels::{LabelInfo, SplitSize};
pub use since::Since;

/// One run. The keys of `run.json` are the fields, in this order.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Run {
    /// The version of the program.
    pub lookalike: String,
    /// The digest that also stands in the tables that belong to this run.
    pub generation: String,
    /// When it began: RFC 3339, UTC.
    pub started: String,
    /// The inputs as they were typed.
    pub inputs: Vec<String>,
    /// The effective configuration.
    pub config: serde_json::Value,
    /// What a person should know, one sentence each.
    pub warnings: Vec<String>,
    /// Where the time went.
    pub seconds: Seconds,
    /// What shaped the vectors.
    pub space: SpaceInfo,
    /// What computed them.
    pub runtime: Runtime,
    /// How many of what.
    pub counts: Counts,
    /// What the images are called and where they belong.
    pub labels: LabelInfo,
    /// How many images of one split have a look-alike in another.
    pub splits: Vec<SplitCount>,
    /// What changed since the scan before; `None` where there is nothing to compare with.
    pub since: Option<Since>,
    /// How the pairs were found.
    pub join: JoinInfo,
    /// How much memory it took.
    pub memory: Memory,
}

impl Run {
    /// The file: the keys in the documented order, indented, with a newline at the end.
    ///
    /// # Errors
    /// [`Error::Json`] where the configuration cannot be written as JSON.
    pub fn to_json(&self) -> Result<Vec<u8>, Error> {
        let mut json = serde_json::to_vec_pretty(self).map_err(|source| Error::Json {
            file: "run.json",
            source,
        })?;
        json.push(b'\n');
        Ok(json)
    }
}

/// Seconds, in JSON one object: `total` first, then one key per stage.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Seconds {
    /// From start to end.
    pub total: f64,
    /// The stages in the order in which they began; they may overlap.
    pub stages: Vec<(&'static str, f64)>,
}

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let milliseconds = |value: f64| (value * 1000.0).round() / 1000.0;
        let mut map = serializer.serialize_map(Some(1 + self.stages.len()))?;
        map.serialize_entry("total", &milliseconds(self.total))?;
        for (stage, seconds) in &self.stages {
            map.serialize_entry(stage, &milliseconds(*seconds))?;
        }
        map.end()
    }
}

/// What shaped the vectors, in words.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SpaceInfo {
    /// The space's id: names its folders in DIR.
    pub id: String,
    /// `builtin`, or the name of the model's file.
    pub model: String,
    /// BLAKE3 of the model's file, hex.
    pub digest: String,
    /// The tensor whose activations were taken.
    pub layer: String,
    /// From pixels to the model's input.
    pub preprocessing: String,
    /// From activations to the vector.
    pub pooling: String,
    /// Length of the vectors.
    pub dimension: u32,
    /// How they are stored.
    pub dtype: String,
}

impl From<&Space> for SpaceInfo {
    fn from(space: &Space) -> Self {
        Self {
            id: space.id().to_string(),
            model: space.model.clone(),
            digest: space.digest.clone(),
            layer: space.layer.clone(),
            preprocessing: space.preprocessing.describe(),
            pooling: space.pooling.describe(),
            dimension: space.dimension,
            dtype: Space::DTYPE.to_owned(),
        }
    }
}

/// What computed the vectors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Runtime {
    /// The name of the engine that ran the model.
    pub engine: String,
    /// Its version.
    pub version: String,
    /// How many threads it could use.
    pub threads: usize,
}

/// What a scan did with the files, against the scan before; zeros where nothing was scanned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Changes {
    /// Images at places where none was.
    pub new: u64,
    /// Images whose bytes are others than at the last scan.
    pub changed: u64,
    /// Places where no image is any more.
    pub removed: u64,
    /// Images whose bytes are those of the last scan.
    pub unchanged: u64,
    /// Contents that were decoded.
    pub decoded: u64,
    /// Contents that went through the model.
    pub embedded: u64,
}

/// How many of what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Rows of `images.parquet`.
    pub images: u64,
    /// See [`Changes::new`].
    pub new: u64,
    /// See [`Changes::changed`].
    pub changed: u64,
    /// See [`Changes::removed`].
    pub removed: u64,
    /// See [`Changes::unchanged`].
    pub unchanged: u64,
    /// See [`Changes::decoded`].
    pub decoded: u64,
    /// See [`Changes::embedded`].
    pub embedded: u64,
    /// Images with `status = failed`.
    pub failed: u64,
    /// The same by reason: every reason, also those with 0.
    #[serde(serialize_with = "by_reason")]
    pub failed_by_reason: BTreeMap<Reason, u64>,
    /// Pairs of this kind.
    pub identical: u64,
    /// Pairs of this kind.
    pub pixels: u64,
    /// Pairs of this kind at or above the threshold.
    pub near: u64,
    /// See [`Findings::dismissed`].
    pub dismissed: u64,
    /// Groups of two or more.
    pub groups: u64,
    /// The bytes of the images that are not kept, each place counted as a file of its own.
    pub freeable_bytes: u64,
    /// Rows of `leaks.parquet`.
    pub leaks: u64,
    /// Rows of `label_conflicts.parquet`.
    pub label_conflicts: u64,
}

impl Counts {
    /// Counts the findings.
    pub fn new(findings: &Findings, changes: Changes) -> Self {
        let mut failed_by_reason: BTreeMap<Reason, u64> =
            Reason::ALL.into_iter().map(|reason| (reason, 0)).collect();
        for failed in findings.images.iter().filter_map(|i| i.failed.as_ref()) {
            *failed_by_reason.entry(failed.reason).or_default() += 1;
        }
        let grouped = findings.pairs.iter().filter(|pair| pair.group.is_some());
        let pairs =
            |kind: PairKind| grouped.clone().filter(|pair| pair.kind == kind).count() as u64;
        Self {
            images: findings.images.len() as u64,
            new: changes.new,
            changed: changes.changed,
            removed: changes.removed,
            unchanged: changes.unchanged,
            decoded: changes.decoded,
            embedded: changes.embedded,
            failed: failed_by_reason.values().sum(),
            failed_by_reason,
            identical: pairs(PairKind::Identical),
            pixels: pairs(PairKind::Pixels),
            near: pairs(PairKind::Near),
            dismissed: findings.dismissed,
            groups: findings.groups.len() as u64,
            freeable_bytes: findings.freeable_bytes(),
            leaks: findings.leaks.len() as u64,
            label_conflicts: findings.label_conflicts.len() as u64,
        }
    }
}

fn by_reason<S: Serializer>(
    counts: &BTreeMap<Reason, u64>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(
        counts
            .iter()
            .map(|(reason, count)| (reason.as_str(), count)),
    )
}

/// How the pairs were found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JoinInfo {
    /// `exact`, `ivf` or `hnsw`.
    pub engine: String,
    /// Why this one, and by which way.
    pub reason: String,
    /// What the model of costs expected of it, in CPU seconds of the machine it was made on.
    pub estimated_cpu_s: f64,
    /// The cosine from which two pictures are `near`.
    pub threshold: f32,
    /// Where that number comes from.
    pub threshold_source: String,
    /// How many of the true pairs were found.
    pub recall: Recall,
}

/// The share of the true pairs that was found, measured on the pairs of some pictures.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Recall {
    /// The measured share, 0..1. `None` where the sample has no pair to be found.
    pub estimate: Option<f64>,
    /// The lower end of its 95 % interval.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
    /// True pairs that it was measured on; 0 for the exact engine, which needs none.
    pub sample: u64,
}

impl Recall {
    /// Nothing was missed: the exact engine compares all with all.
    pub const COMPLETE: Self = Self {
        estimate: Some(1.0),
        low: Some(1.0),
        high: Some(1.0),
        sample: 0,
    };
}

/// How much memory the run took, in MiB; `None` where the system does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Memory {
    /// What the configuration allowed.
    pub budget_mib: u64,
    /// The most that was resident, mapped files included.
    pub peak_rss_mib: Option<u64>,
    /// The most that was resident without the pages of mapped files: what the budget bounds.
    pub peak_anon_mib: Option<u64>,
}

impl Counts {
    /// Whether a scan found everything as the scan before had left it.
    pub(crate) fn nothing_changed(&self) -> bool {
        let done = self.new + self.changed + self.removed + self.decoded + self.embedded;
        self.unchanged > 0 && done == 0
    }
}

#[cfg(test)]
mod tests;
