//! What a person reads after a plan was carried out or taken back.

use lookalike_types::human::{bytes, count, counted, shell};

use crate::outcome::{Outcome, Why};

/// How many of those that were left alone are named.
const NAMED: usize = 10;

/// What was done, what was left alone and why, and what to type next. Plain text, no colour.
pub fn summary(outcome: &Outcome) -> String {
    let mut text = done(outcome);
    let rows = [
        (outcome.earlier, "earlier", earlier(outcome)),
        (
            outcome.recovered,
            "recovered",
            "had been left half-done by an interrupted run",
        ),
        (
            outcome.renamed,
            "renamed",
            "got another name, because theirs was taken",
        ),
        (
            outcome.sidecars,
            "beside them",
            "captions and the like, left out with their images",
        ),
    ];
    for (number, name, meaning) in rows.into_iter().filter(|(number, ..)| *number > 0) {
        row(&mut text, name, &count(number), meaning);
    }
    if outcome.action == "rewrite" && outcome.shards > 0 {
        let meaning = "shards that lose nothing are not written again: use the old ones";
        row(&mut text, "the others", "", meaning);
    }
    if outcome.freed_bytes > 0 {
        let meaning = if outcome.dry_run {
            "would be freed"
        } else {
            "freed"
        };
        row(&mut text, "bytes", &bytes(outcome.freed_bytes), meaning);
    }
    text.push_str(&skipped(outcome));
    text.push_str(&next(outcome));
    text
}

fn row(text: &mut String, name: &str, number: &str, meaning: &str) {
    text.push_str(format!("  {name:<12} {number:>9}   {meaning}").trim_end());
    text.push('\n');
}

fn is_undo(outcome: &Outcome) -> bool {
    outcome.undone.is_some()
}

fn earlier(outcome: &Outcome) -> &'static str {
    match is_undo(outcome) {
        true => "had been put back before",
        false => "had been done before, with the same journal",
    }
}

fn done(outcome: &Outcome) -> String {
    if outcome.planned == 0 {
        return match is_undo(outcome) {
            true => {
                "Nothing was done by this journal, so there is nothing to put back.\n".to_owned()
            }
            false => "The plan removes nothing.\n".to_owned(),
        };
    }
    let of = match outcome.done == outcome.planned {
        true => String::new(),
        false => format!(" of {}", count(outcome.planned)),
    };
    let images = |number| if number == 1 { "image" } else { "images" };
    let what = match is_undo(outcome) && outcome.shards > 0 {
        true => {
            if outcome.planned == 1 {
                "shard"
            } else {
                "shards"
            }
        }
        false => images(outcome.planned),
    };
    let size = match outcome.bytes {
        0 => String::new(),
        size => format!(" ({})", bytes(size)),
    };
    format!(
        "{}{of} {what} {}{size}.\n",
        count(outcome.done),
        verb(outcome)
    )
}

/// What was done to them.
fn verb(outcome: &Outcome) -> String {
    let target = outcome.target.as_deref().unwrap_or_default();
    let shards = counted(outcome.shards, "shard", "shards");
    let action = match (outcome.action.as_str(), outcome.dry_run) {
        ("move", _) => format!("moved to {target}"),
        ("trash", _) => "moved to the bin".to_owned(),
        ("delete", _) => "deleted".to_owned(),
        ("hardlink", _) => "replaced by hard links to what stays".to_owned(),
        ("symlink", _) => "replaced by symbolic links to what stays".to_owned(),
        ("rewrite", _) => format!("left out of {shards} below {target}"),
        _ if outcome.undone.as_deref() == Some("rewrite") => "taken away again".to_owned(),
        _ => "put back".to_owned(),
    };
    match (outcome.dry_run, outcome.done) {
        (true, _) => format!("would be {action}"),
        (false, 1) => format!("was {action}"),
        (false, _) => format!("were {action}"),
    }
}

fn skipped(outcome: &Outcome) -> String {
    let total = outcome.skipped.len();
    if total == 0 {
        return String::new();
    }
    let head = if outcome.dry_run {
        "Would be left alone"
    } else {
        "Left alone"
    };
    let mut text = format!("\n{head}\n");
    for (why, number) in &outcome.skipped_by_reason {
        row(&mut text, "", &count(*number), why.words());
    }
    text.push('\n');
    for skipped in outcome.skipped.iter().take(NAMED) {
        text.push_str(&format!("  {}: {}\n", skipped.path, skipped.detail));
    }
    if total > NAMED {
        let more = count((total - NAMED) as u64);
        let place = if outcome.dry_run {
            "with --json"
        } else {
            "in the journal, or with --json"
        };
        text.push_str(&format!("  and {more} more, {place}\n"));
    }
    text
}

fn next(outcome: &Outcome) -> String {
    if outcome.dry_run {
        let touched = "Nothing was touched: this was a dry run";
        return format!("\n{touched}\nNext     the same command without --dry-run\n");
    }
    let Some(journal) = &outcome.journal else {
        return String::new();
    };
    let mut text = format!("\nJournal  {journal}\n");
    let done = outcome.done + outcome.earlier > 0;
    if !is_undo(outcome) && done && outcome.action != "delete" {
        let undo = format!("lookalike undo {}", shell(journal));
        text.push_str(&format!("Next     {undo}, to put everything back\n"));
    }
    text
}

impl Why {
    /// The reason in a few words, for the summary.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Gone => "not there any more",
            Self::Changed => "with other bytes than in the plan",
            Self::Link => "symbolic links",
            Self::NotAFile => "no regular files",
            Self::KeptGone => "whose kept image is not there any more",
            Self::KeptChanged => "whose kept image has other bytes now",
            Self::LastCopy => "the last of their kind, reached by two paths",
            Self::Member => "members of shards, which are never changed: use list or rewrite:DIR",
            Self::NotAMember => "files of their own: use move:DIR or another action",
            Self::NotIdentical => "with other bytes than what stays, so no link can stand for them",
            Self::SameFile => "one file with what stays already",
            Self::OtherDisk => "on another file system",
            Self::AlreadyThere => "where they would go",
            Self::Shard => "in shards that cannot be read, or changed",
            Self::LinkedTo => "that another member is a hard link to",
            Self::Occupied => "with something else in their place",
            Self::Deleted => "deleted for good",
            Self::Refused => "refused by the system",
        }
    }
}

#[cfg(test)]
mod tests;
