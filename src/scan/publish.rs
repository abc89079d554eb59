//! The report: thumbnails that are still missing, then the files, `run.json` last.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use lookalike_report::{
    Counts, Error, ExportOptions, Findings, Format, Generation, LabelInfo, Memory, PageOptions,
    Run, Seconds, SpaceInfo, Table, export, page,
};
use lookalike_store::Batch;
use lookalike_types::{ContentId, Place, Space};

use crate::labels::Labels;
use crate::output::LastScan;
use crate::pipeline::budget::Budget;
use crate::pipeline::stopwatch::Stopwatch;
use crate::pipeline::thumbs::{self, Wanted};
use crate::settings::Settings;
use crate::signal::{Signal, Signals};
use crate::terminal::Terminal;
use crate::{memory, model};

/// All that a report says.
pub(crate) struct Publication<'a> {
    /// Images, pairs, groups.
    pub findings: &'a Findings,
    /// The space of the vectors.
    pub space: &'a Space,
    /// What was done, when, and how.
    pub last: LastScan,
    /// Where labels and splits come from, and what a person should know of them.
    pub labels: (&'a Labels, Vec<String>),
    /// Forms of the report besides tables and page.
    pub formats: &'a [Format],
    /// The settings of the report.
    pub settings: &'a Settings,
}

impl Publication<'_> {
    /// The contents on the page, each with the one whose thumbnail stands for it: that of the
    /// first image of the same picture. Members of the groups, and pairs below the threshold.
    fn shown(&self) -> HashMap<ContentId, ContentId> {
        let report = &self.settings.report;
        if report.page == 0 || report.thumbnails == 0 {
            return HashMap::new();
        }
        let images = &self.findings.images;
        let pictures = images.pictures();
        let groups = self.findings.groups.iter().take(report.page);
        let members = groups
            .flat_map(|group| &group.members)
            .map(|member| member.image);
        let loose = self
            .findings
            .pairs
            .iter()
            .filter(|pair| pair.group.is_none());
        let pairs = loose.flat_map(|pair| [pair.a, pair.b]);
        let lists = [&self.findings.leaks, &self.findings.label_conflicts];
        let crossings = lists
            .into_iter()
            .flat_map(|list| list.iter().take(report.page));
        let pairs = pairs.chain(crossings.flat_map(|crossing| [crossing.a, crossing.b]));
        let content =
            |image: usize| Some((images[image].content?, images[pictures[image]].content?));
        members.chain(pairs).filter_map(content).collect()
    }

    /// Makes the thumbnails that the page needs and the store does not have, and commits them.
    /// Returns the signal that ended it early.
    ///
    /// # Errors
    /// Where the store cannot be read or written.
    pub(crate) async fn thumbnails(
        &self,
        batch: &mut Batch,
        threads: usize,
        (signals, terminal): (&mut Signals, &Terminal),
    ) -> anyhow::Result<Option<Signal>> {
        let side = self.settings.report.thumbnails;
        let there = batch.snapshot().thumbed(side)?;
        let shown = self.shown().into_values();
        let missing: HashSet<ContentId> =
            shown.filter(|content| !there.contains(content)).collect();
        if missing.is_empty() {
            return Ok(None);
        }
        let mut places: HashMap<ContentId, Place> = HashMap::new();
        for row in batch.snapshot().files()? {
            if let Some(content) = row.content.filter(|content| missing.contains(content)) {
                places.entry(content).or_insert(row.place);
            }
        }
        let wanted = Wanted {
            places: places
                .into_iter()
                .map(|(content, place)| (place, content))
                .collect(),
            side,
            options: model::input_options(self.settings, std::path::Path::new("")),
            limits: model::limits(self.settings),
            threads,
            pixels: Budget::new(self.settings.runtime.memory_budget_mib << 20),
        };
        let mut keep = |content, jpeg| batch.put_thumb(side, content, jpeg);
        let stopped = thumbs::make(wanted, (signals, terminal), &mut keep).await;
        tokio::task::block_in_place(|| batch.commit())?;
        Ok(stopped)
    }
}

/// A report that was written.
pub(crate) struct Published {
    /// What `run.json` says.
    pub run: Run,
    /// What a person should know of its files.
    pub notes: Vec<String>,
}

/// Writes the files of the report.
///
/// # Errors
/// Where a file cannot be made or written.
pub(crate) fn publish(
    publication: &Publication<'_>,
    batch: &mut Batch,
    mut watch: Stopwatch,
    start: Instant,
) -> anyhow::Result<Published> {
    let writing = Instant::now();
    let Publication {
        findings, settings, ..
    } = publication;
    let generation = Generation::of(findings)?;
    let mut files: Vec<File> = Vec::new();
    for table in Table::ALL {
        files.push((table.file_name(), table.to_parquet(findings, &generation)?));
    }
    let mut run = run(publication, &generation);
    if settings.report.page > 0 {
        let shown = publication.shown();
        let contents: Vec<ContentId> = shown.values().copied().collect();
        let thumbs = batch
            .snapshot()
            .thumbs(settings.report.thumbnails, &contents)?;
        let thumb = |content: ContentId| thumbs.get(shown.get(&content)?).cloned();
        let options = PageOptions {
            groups: settings.report.page,
        };
        let page = page(findings, &run, &thumb, &options)?;
        files.push(("index.html", page));
    }
    let (exports, notes) = exports(publication, &run)?;
    files.extend(exports);
    watch.add("report", writing.elapsed());
    run.seconds = Seconds {
        total: start.elapsed().as_secs_f64(),
        stages: watch.stages(),
    };
    files.push(("run.json", run.to_json()?));
    let files: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(name, bytes)| (*name, bytes.as_slice()))
        .collect();
    batch.publish_report(&files)?;
    Ok(Published { run, notes })
}

/// A file of the report: its name and its bytes.
type File = (&'static str, Vec<u8>);

/// The forms that were asked for, and what a person should know of them.
fn exports(publication: &Publication<'_>, run: &Run) -> anyhow::Result<(Vec<File>, Vec<String>)> {
    let options = ExportOptions {
        shares: &publication.settings.labels.shares,
        seed: publication.settings.labels.seed,
    };
    let (mut files, mut notes) = (Vec::new(), Vec::new());
    for &format in publication.formats {
        match export(format, publication.findings, run, &options) {
            Ok(export) => {
                files.push((format.file_name(), export.bytes));
                notes.extend(export.note);
            }
            // A scan is done all the same.
            Err(error @ Error::NoShares) => {
                notes.push(format!("{} is not written: {error}", format.file_name()));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok((files, notes))
}

fn run(publication: &Publication<'_>, generation: &Generation) -> Run {
    let Publication {
        findings,
        space,
        last,
        labels: (labels, label_warnings),
        settings,
        ..
    } = publication;
    let (label_from, split_from) = (labels.label_from(), labels.split_from());
    let warnings = last.warnings.iter().chain(label_warnings);
    let (peak_rss_mib, peak_anon_mib) = memory::peaks();
    Run {
        lookalike: env!("CARGO_PKG_VERSION").to_owned(),
        generation: generation.to_string(),
        started: last.started.clone(),
        inputs: last.inputs.clone(),
        config: last.config.clone(),
        warnings: warnings.cloned().collect(),
        seconds: Seconds::default(),
        space: SpaceInfo::from(*space),
        runtime: last.runtime.clone(),
        counts: Counts::new(findings, last.changes),
        labels: LabelInfo::new(findings, label_from, split_from),
        splits: findings.split_counts.clone(),
        since: last.since.clone(),
        join: last.join.clone(),
        memory: Memory {
            budget_mib: settings.runtime.memory_budget_mib,
            peak_rss_mib,
            peak_anon_mib,
        },
    }
}
