//! `api/chosen` and `api/plan`: what was chosen, and the file that says what would go.

use std::collections::BTreeMap;
use std::path::PathBuf;

use lookalike_report::{KeepRule, Policy};
use serde::Deserialize;

use super::answer::Refusal;
use super::desk::Desk;
use super::params::Params;
use super::shapes;
use crate::exit::UsageError;
use crate::output;
use crate::plan::{self, KINDS, Request};

/// So many plans may lie in one folder, each with its journal.
const NAMES: u32 = 1000;

/// The body of `api/plan`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    chosen: bool,
    #[serde(default)]
    rules: Vec<String>,
    threshold: Option<f32>,
}

impl Desk {
    /// What was chosen, by folder: where most is freed first. A removal counts where a plan at this
    /// threshold would have it.
    pub(crate) fn chosen(&self, params: &Params) -> Result<shapes::Chosen, Refusal> {
        let threshold = self.threshold(params.cosine("threshold")?)?;
        let (going, lower) = self.going(threshold);
        let kept = self.choices().iter().filter(|(_, keep)| **keep);
        let kept = kept.map(|(&image, _)| (image, true));
        let all = kept.chain(going.into_iter().map(|image| (image, false)));
        let mut folders: BTreeMap<&str, shapes::Folder> = BTreeMap::new();
        for (image, keep) in all {
            let image = &self.all.images()[image];
            let folder = image.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let row = folders.entry(folder).or_default();
            if keep {
                row.keep += 1;
            } else {
                row.remove += 1;
                row.bytes += image.bytes.unwrap_or_default();
            }
        }
        let named = folders.into_iter().map(|(folder, row)| shapes::Folder {
            folder: folder.to_owned(),
            ..row
        });
        let mut folders: Vec<shapes::Folder> = named.collect();
        folders.sort_by_key(|row| std::cmp::Reverse(row.bytes));
        Ok(shapes::Chosen {
            keep: folders.iter().map(|row| row.keep).sum(),
            remove: folders.iter().map(|row| row.remove).sum(),
            bytes: folders.iter().map(|row| row.bytes).sum(),
            lower: lower.len(),
            folders,
        })
    }

    /// The file of the plan, in the folder where the person works. It is written over as often as the plan
    /// is made again, but never once it was carried out, and nothing else of that name is touched.
    fn free(&self) -> anyhow::Result<PathBuf> {
        let name = |number: u32| match number {
            1 => PathBuf::from("plan.parquet"),
            _ => PathBuf::from(format!("plan-{number}.parquet")),
        };
        let mut refused = None;
        for out in (1..=NAMES).map(name) {
            match plan::must_be_free(&out, &self.dir) {
                Ok(()) => return Ok(out),
                Err(error) => refused = Some(error),
            }
        }
        refused.map_or_else(|| Ok(name(1)), Err)
    }

    /// Rules decide what nobody chose, so they must not meet groups that nobody has seen.
    fn must_be_reviewed(&self) -> Result<(), Refusal> {
        let snapshot = output::open(&self.dir).and_then(|store| Ok(store.snapshot()?));
        let last = output::last_scan(&snapshot.map_err(refused)?)?;
        match last.map(|last| last.scan) == self.all.scan() {
            true => Ok(()),
            false => Err(Refusal::conflict(
                "a scan ended since this review began, and its groups were not shown here: start the review again, or write a plan of only what you chose",
            )),
        }
    }

    /// Writes the plan, as `lookalike plan` does.
    pub(crate) fn plan(&self, asked: &Plan) -> Result<shapes::Plan, Refusal> {
        let threshold = self.threshold(asked.threshold)?;
        if !asked.chosen {
            self.must_be_reviewed()?;
        }
        let rules = asked.rules.iter().map(|rule| rule.parse::<KeepRule>());
        let rules = rules.collect::<Result<Vec<_>, _>>();
        let mut rules = rules.map_err(|error| Refusal::senseless(error.to_string()))?;
        if rules.is_empty() {
            rules.clone_from(&self.all.settings().report.keep);
        }
        let request = Request {
            dir: self.dir.clone(),
            // Also where it is that of the scan: another scan may have ended since, at another one.
            threshold: Some(threshold),
            policy: Policy {
                rules,
                min_similarity: None,
                kinds: KINDS.to_vec(),
                chosen_only: asked.chosen,
            },
            references: Vec::new(),
        };
        let out = self.free().map_err(refused)?;
        let written = plan::write(&request, self.all.settings(), &out).map_err(refused)?;
        Ok(shapes::Plan {
            path: std::path::absolute(&out)
                .unwrap_or(out)
                .display()
                .to_string(),
            removals: written.removals,
            freeable_bytes: written.freeable_bytes,
            bound: written.bound,
            text: written.text,
            next: written.next,
        })
    }
}

/// What the person can mend is no failure of the server.
fn refused(error: anyhow::Error) -> Refusal {
    match error.downcast_ref::<UsageError>() {
        Some(usage) => Refusal::conflict(usage.to_string()),
        None => error.into(),
    }
}
