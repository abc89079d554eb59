//! The text on standard output at the end of a run.

use std::fmt::Write;

use crate::human::{self, visible};
use crate::run::{Counts, Recall, Run};

mod labels;

/// Where the report went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryOptions {
    /// DIR as it was typed.
    pub dir: String,
    /// Whether `index.html` was written.
    pub page: bool,
    /// Files that were written besides.
    pub exports: Vec<&'static str>,
}

/// What a person wants to know after a run: what was looked at, what was found, how, where it is
/// and what to type next. Plain text of at most 100 columns where names allow it, no colour.
pub fn summary(run: &Run, options: &SummaryOptions) -> String {
    let sections = [
        looked_at(run),
        copies(run),
        since(run),
        labels::labels(run),
        how(run),
        warnings(&run.warnings),
        next(run, options),
    ];
    let mut text = String::new();
    for section in sections.iter().filter(|section| !section.is_empty()) {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(section);
    }
    text
}

fn looked_at(run: &Run) -> String {
    let counts = &run.counts;
    let images = human::counted(counts.images, "image", "images");
    let mut text = if counts.images == 0 {
        "No image was found.\n".to_owned()
    } else if counts.nothing_changed() {
        format!("{images}, and nothing changed since the last scan.\n")
    } else {
        let time = human::seconds(run.seconds.total);
        format!("{images} in {time}.\n")
    };
    let rows = [
        ("new", counts.new),
        ("changed", counts.changed),
        ("removed", counts.removed),
        ("unchanged", counts.unchanged),
    ];
    for (name, number) in rows.into_iter().filter(|(_, number)| *number > 0) {
        row(&mut text, name, &human::count(number), "");
    }
    if counts.failed > 0 {
        let failed = human::count(counts.failed);
        row(&mut text, "failed", &failed, &reasons(counts));
    }
    text
}

fn reasons(counts: &Counts) -> String {
    let some = counts.failed_by_reason.iter().filter(|(_, n)| **n > 0);
    let words: Vec<String> = some
        .map(|(reason, n)| format!("{} {reason}", human::count(*n)))
        .collect();
    words.join(", ")
}

fn copies(run: &Run) -> String {
    let counts = &run.counts;
    if counts.images == 0 {
        return String::new();
    }
    if counts.failed == counts.images {
        return "No image could be compared: all of them failed.\n".to_owned();
    }
    if counts.groups == 0 {
        let threshold = human::threshold(run.join.threshold);
        let but = match counts.dismissed {
            0 => String::new(),
            n => format!(
                ", but for {} called different",
                human::counted(n, "pair", "pairs")
            ),
        };
        return format!(
            "No copies: no two images have the same bytes, the same pixels or a similarity of \
             {threshold} or more{but}.\n"
        );
    }
    let mut text = "Copies\n".to_owned();
    let near = format!(
        "pairs of pictures with a similarity of {} or more",
        human::threshold(run.join.threshold)
    );
    let rows = [
        (
            "identical",
            counts.identical,
            "pairs of files with the same bytes",
        ),
        (
            "same pixels",
            counts.pixels,
            "pairs of other files, the same picture",
        ),
        ("near", counts.near, near.as_str()),
        (
            "dismissed",
            counts.dismissed,
            "more such pairs, which somebody called different",
        ),
        ("groups", counts.groups, "of images that belong together"),
    ];
    let told = |(name, number, _): &(&str, u64, &str)| *name != "dismissed" || *number > 0;
    for (name, number, meaning) in rows.into_iter().filter(told) {
        row(&mut text, name, &human::count(number), meaning);
    }
    let freeable = human::bytes(counts.freeable_bytes);
    let note = "could be freed by keeping the best of each group; nothing was touched";
    row(&mut text, "bytes", &freeable, note);
    text
}

fn since(run: &Run) -> String {
    let Some(since) = &run.since else {
        return String::new();
    };
    format!("{}.\n", labels::since(since))
}

fn how(run: &Run) -> String {
    if run.counts.images == 0 {
        return String::new();
    }
    let join = &run.join;
    let mut text = "How\n".to_owned();
    let model = visible(&run.space.model);
    let (engine, version) = (visible(&run.runtime.engine), visible(&run.runtime.version));
    let threads = human::counted(run.runtime.threads as u64, "thread", "threads");
    let dimension = human::count(u64::from(run.space.dimension));
    fact(
        &mut text,
        "model",
        &format!("{model}, {dimension} numbers per image, {engine} {version}, {threads}"),
    );
    let threshold = human::threshold(join.threshold);
    fact(
        &mut text,
        "threshold",
        &format!("{threshold}, {}", visible(&join.threshold_source)),
    );
    let reason = visible(&join.reason);
    fact(
        &mut text,
        "join",
        &format!(
            "{}, {reason}; {}",
            visible(&join.engine),
            recall(&join.recall)
        ),
    );
    fact(&mut text, "time", &time(run));
    if let Some(peak) = run.memory.peak_anon_mib {
        let (peak, budget) = (human::count(peak), human::count(run.memory.budget_mib));
        fact(
            &mut text,
            "memory",
            &format!("{peak} MiB at most, of {budget} MiB allowed"),
        );
    }
    text
}

/// What the join may have missed, in words; `sample` is what one and many of the sample are called.
pub(crate) fn recall(recall: &Recall) -> String {
    let percent = |share: f64| format!("{:.1} %", (share * 1000.0).floor() / 10.0);
    match (recall.sample, recall.estimate, recall.low) {
        (0, Some(1.0), _) => "no pair is missed".to_owned(),
        (_, Some(estimate), Some(low)) => format!(
            "{} of the pairs found (at least {}), measured on {}",
            percent(estimate),
            percent(low),
            human::counted(recall.sample, "pair", "pairs"),
        ),
        _ => "how many pairs it missed could not be measured".to_owned(),
    }
}

fn time(run: &Run) -> String {
    let stage = |(name, seconds): &(&str, f64)| format!("{name} {}", human::seconds(*seconds));
    let stages: Vec<String> = run.seconds.stages.iter().map(stage).collect();
    let total = human::seconds(run.seconds.total);
    if stages.is_empty() {
        total
    } else {
        format!("{total}; over all threads: {}", stages.join(", "))
    }
}

fn warnings(warnings: &[String]) -> String {
    let mut text = String::new();
    if !warnings.is_empty() {
        text.push_str("Warnings\n");
    }
    for warning in warnings {
        line(&mut text, &visible(warning));
    }
    text
}

fn next(run: &Run, options: &SummaryOptions) -> String {
    let folder = format!("{}/report", visible(options.dir.trim_end_matches('/')));
    let report = if options.page { "/index.html" } else { "" };
    let mut text = format!("Report  {folder}{report}\n");
    for export in &options.exports {
        let _ = writeln!(text, "{:<8}{folder}/{export}", "");
    }
    for (index, step) in steps(&run.counts, options).iter().enumerate() {
        let label = if index == 0 { "Next" } else { "" };
        let _ = writeln!(text, "{label:<8}{step}");
    }
    text
}

fn steps(counts: &Counts, options: &SummaryOptions) -> Vec<String> {
    if counts.images == 0 {
        let see = "`lookalike config` shows which extensions are read";
        return vec![format!("give another folder; {see}")];
    }
    if counts.groups > 0 {
        let review = format!("lookalike review {}", shell(&options.dir));
        return vec![
            format!("{review}, to look at the groups and choose; or list what need not be kept:"),
            sql(&options.dir, "path, copy_of", "groups", "NOT keep"),
        ];
    }
    if counts.failed == counts.images {
        let failed = sql(
            &options.dir,
            "path, reason, detail",
            "images",
            "status = 'failed'",
        );
        return vec!["see what is wrong with each:".to_owned(), failed];
    }
    let report = format!("lookalike report {} --top 20", shell(&options.dir));
    vec![format!(
        "{report}, to see the most alike pictures all the same"
    )]
}

/// A query for a shell. A folder whose name the shell or SQL could misread is entered first.
fn sql(dir: &str, columns: &str, table: &str, condition: &str) -> String {
    let quoted = shell(dir);
    let (enter, folder) = if quoted == dir {
        (String::new(), format!("{}/", dir.trim_end_matches('/')))
    } else {
        (format!("cd {quoted} && "), String::new())
    };
    let from = format!("'{folder}report/{table}.parquet'");
    format!("{enter}duckdb -c \"SELECT {columns} FROM {from} WHERE {condition}\"")
}

pub(crate) fn row(text: &mut String, name: &str, number: &str, note: &str) {
    line(text, format!("{name:<12} {number:>9}   {note}").trim_end());
}

/// One line of what was done: its name, and the rest.
pub(crate) fn fact(text: &mut String, name: &str, value: &str) {
    line(text, &format!("{name:<12} {value}"));
}

pub(crate) fn line(text: &mut String, content: &str) {
    text.push_str("  ");
    text.push_str(content);
    text.push('\n');
}

/// A word as a POSIX shell takes it, and a terminal too.
pub(crate) fn shell(word: &str) -> String {
    human::shell(&visible(word))
}

#[cfg(test)]
mod tests;
