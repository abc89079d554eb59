//! A page of Markdown for a pull request: what was found, how much of it, and the worst of it.

use std::fmt::Write;

use super::Export;
use crate::human::{self, visible};
use crate::images::Image;
use crate::matrix::Cell;
use crate::run::Run;
use crate::{Crossing, Findings, GroupSince};

/// So many rows of a list are shown.
const ROWS: usize = 10;
/// A matrix of more splits is not drawn.
const SPLITS: usize = 8;

pub(super) fn markdown(findings: &Findings, run: &Run) -> Export {
    let mut text = found(run);
    text.push_str(&new_groups(findings));
    if run.labels.is_data_set() {
        text.push_str(&matrix(run));
        let leaks = ("Pairs across splits", "leaks.parquet");
        text.push_str(&crossings(findings, &findings.leaks, leaks, |image| {
            &image.split
        }));
        let conflicts = (
            "Look-alikes with different labels",
            "label_conflicts.parquet",
        );
        let list = &findings.label_conflicts;
        text.push_str(&crossings(findings, list, conflicts, |image| &image.label));
    }
    Export {
        bytes: text.into_bytes(),
        note: None,
    }
}

fn found(run: &Run) -> String {
    let counts = &run.counts;
    let mut text = format!(
        "## {} of look-alikes in {}\n\n",
        human::counted(counts.groups, "group", "groups"),
        human::counted(counts.images, "image", "images")
    );
    let threshold = human::threshold(run.join.threshold);
    let rows = [
        ("pairs with the same bytes", human::count(counts.identical)),
        ("pairs with the same pixels", human::count(counts.pixels)),
        (
            "near pairs",
            format!("{}, from {threshold} on", human::count(counts.near)),
        ),
        ("could be freed", human::bytes(counts.freeable_bytes)),
        ("images that failed", human::count(counts.failed)),
    ];
    text.push_str("| | |\n|---|---|\n");
    for (name, value) in rows {
        let _ = writeln!(text, "| {name} | {value} |");
    }
    if let Some(since) = &run.since {
        let [new, resolved, back] = [since.new, since.resolved, since.back].map(human::count);
        let last = human::minute(&since.last);
        let _ = writeln!(
            text,
            "\n**{new} new**, {resolved} resolved, {back} back since {}.",
            visible(&last)
        );
    }
    text
}

/// The first groups that hold a pair which was not there at the last scan.
fn new_groups(findings: &Findings) -> String {
    let groups = (1..).zip(&findings.groups);
    let new = groups.filter(|(_, group)| group.since == Some(GroupSince::New));
    let new: Vec<_> = new.collect();
    if new.is_empty() {
        return String::new();
    }
    let mut text = "\n### New since the last scan\n\n".to_owned();
    for (number, group) in new.iter().take(ROWS) {
        let path = |place: usize| code(&findings.images[group.members[place].image].path);
        let members = human::count(group.members.len() as u64);
        let _ = writeln!(
            text,
            "- group {number}, {members} images: {}, {}",
            path(0),
            path(1)
        );
    }
    more(&mut text, new.len(), "groups.parquet");
    text
}

fn matrix(run: &Run) -> String {
    let splits = &run.labels.splits;
    if splits.len() < 2 || splits.len() > SPLITS {
        return String::new();
    }
    let mut text = "\n### Images with a look-alike in another split\n\n|".to_owned();
    for split in splits {
        let _ = write!(text, " | in {}", cell_text(&split.split));
    }
    let _ = writeln!(text, " |\n|---{}|", "|---".repeat(splits.len()));
    for a in splits {
        let _ = write!(
            text,
            "| of {} ({})",
            cell_text(&a.split),
            human::count(a.images)
        );
        for b in splits {
            let cell = Cell::of(run, &a.split, &b.split);
            let words = match (a == b, cell.total()) {
                (true, _) => "–".to_owned(),
                (false, 0) => "0".to_owned(),
                (false, total) => format!("**{}**: {}", human::count(total), cell.kinds()),
            };
            let _ = write!(text, " | {words}");
        }
        text.push_str(" |\n");
    }
    text
}

fn crossings(
    findings: &Findings,
    all: &[Crossing],
    (title, table): (&str, &str),
    value: impl Fn(&Image) -> &Option<String>,
) -> String {
    if all.is_empty() {
        return String::new();
    }
    let number = human::count(all.len() as u64);
    let mut text =
        format!("\n### {title}: {number}\n\n| similarity | kind | | |\n|---|---|---|---|\n");
    let place = |index: usize| {
        let image = &findings.images[index];
        let value = value(image).as_deref().unwrap_or_default();
        format!("{} {}", cell_text(value), code(&image.path))
    };
    for pair in all.iter().take(ROWS) {
        let similarity = human::similarity(pair.similarity);
        let (a, b) = (place(pair.a), place(pair.b));
        let _ = writeln!(
            text,
            "| {similarity} | {} | {a} | {b} |",
            pair.kind.as_str()
        );
    }
    more(&mut text, all.len(), table);
    text
}

fn more(text: &mut String, all: usize, table: &str) {
    if let Some(more) = all.checked_sub(ROWS).filter(|more| *more > 0) {
        let _ = writeln!(text, "\n{} more in `{table}`.", human::count(more as u64));
    }
}

/// A name as code, which no name can leave: in a table, even a bar in code ends the cell.
fn code(name: &str) -> String {
    let name = visible(name).replace('|', "\\|");
    let longest = name.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    match longest {
        0 => format!("{fence}{name}{fence}"),
        _ => format!("{fence} {name} {fence}"),
    }
}

/// A word of the user's as text and nothing else.
fn cell_text(word: &str) -> String {
    let mut text = String::with_capacity(word.len());
    for c in visible(word).chars() {
        if c.is_ascii_punctuation() {
            text.push('\\');
        }
        text.push(c);
    }
    text
}
