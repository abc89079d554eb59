//! What the summary says of splits, labels, and the time since the last scan.

use super::row;
use crate::human::{self, visible};
use crate::matrix::Cell;
use crate::run::{Run, Since};

/// So many splits have a line; `run.json` has all.
const SPLITS: usize = 12;

/// Splits and labels, where the images are a data set that has them.
pub(super) fn labels(run: &Run) -> String {
    if run.counts.images == 0 || !run.labels.is_data_set() {
        return String::new();
    }
    let mut text = "Splits and labels\n".to_owned();
    let splits = &run.labels.splits;
    if splits.len() > 1 {
        for split in splits.iter().take(SPLITS) {
            let number = human::count(split.images);
            let note = format!("images, {}", elsewhere(run, &split.split));
            row(&mut text, &visible(&split.split), &number, &note);
        }
        if let Some(more) = splits.len().checked_sub(SPLITS).filter(|more| *more > 0) {
            let more = human::counted(more as u64, "split", "splits");
            row(&mut text, "", "", &format!("and {more} more, in run.json"));
        }
    }
    if run.labels.labels > 0 {
        let labelled = human::counted(run.labels.labelled, "image", "images");
        let note = format!("different ones, on {labelled}");
        row(&mut text, "labels", &human::count(run.labels.labels), &note);
        let conflicts = human::count(run.counts.label_conflicts);
        let note = "pairs of look-alikes with different labels";
        row(&mut text, "conflicts", &conflicts, note);
    }
    text
}

/// How many images of a split have a look-alike in another, and in which.
fn elsewhere(run: &Run, split: &str) -> String {
    let others = run
        .labels
        .splits
        .iter()
        .filter(|other| other.split != split);
    let found = others.filter_map(|other| {
        let total = Cell::of(run, split, &other.split).total();
        let place = visible(&other.split);
        (total > 0).then(|| (human::count(total), format!("in {place}")))
    });
    let mut words = String::new();
    for (number, place) in found {
        words.push_str(&match words.is_empty() {
            true => format!("{number} of them with a look-alike {place}"),
            false => format!(", {number} {place}"),
        });
    }
    if words.is_empty() {
        words.push_str("none of them with a look-alike in another split");
    }
    words
}

/// `Pairs: 3 new, 1 resolved, 0 back since 2026-11-24 21:38 UTC`.
pub(crate) fn since(since: &Since) -> String {
    let Since {
        last,
        new,
        resolved,
        back,
    } = since;
    let [new, resolved, back] = [new, resolved, back].map(|number| human::count(*number));
    let last = human::minute(last);
    format!(
        "Pairs: {new} new, {resolved} resolved, {back} back since {}",
        visible(&last)
    )
}
