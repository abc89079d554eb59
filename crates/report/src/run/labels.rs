//! What `run.json` says of labels and splits.

use serde::Serialize;

use crate::Findings;

/// Where labels and splits come from, and how many there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LabelInfo {
    /// `file`, `folder` or `none`.
    pub label_from: String,
    /// `file`, `folder` or `none`.
    pub split_from: String,
    /// Different labels of the images that could be compared.
    pub labels: u64,
    /// How many of those have one.
    pub labelled: u64,
    /// The splits with their sizes: `train`, `val` and `test` first, then the others by name.
    pub splits: Vec<SplitSize>,
}

/// How large a split is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SplitSize {
    /// What it is called.
    pub split: String,
    /// Its images that could be compared.
    pub images: u64,
}

impl LabelInfo {
    /// Counts the labels and splits of the findings.
    pub fn new(findings: &Findings, label_from: &str, split_from: &str) -> Self {
        let compared = findings.images.iter().filter(|image| image.facts.is_some());
        let labels = compared.filter_map(|image| image.label.as_deref());
        let labels: Vec<&str> = labels.collect();
        let different: std::collections::HashSet<&str> = labels.iter().copied().collect();
        let sizes = findings
            .splits()
            .into_iter()
            .map(|(split, images)| SplitSize {
                split: split.to_owned(),
                images,
            });
        Self {
            label_from: label_from.to_owned(),
            split_from: split_from.to_owned(),
            labels: different.len() as u64,
            labelled: labels.len() as u64,
            splits: sizes.collect(),
        }
    }

    /// Whether the images are a data set with labels that somebody gave, and not photographs in
    /// folders: only then do people want to read of labels.
    pub(crate) fn is_data_set(&self) -> bool {
        self.splits.len() > 1 || self.label_from == "file"
    }
}
