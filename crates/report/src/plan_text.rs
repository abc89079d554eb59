//! What `lookalike plan` prints.

use std::fmt::Write;

use crate::human::{self, visible};
use crate::outline::{Outline, Portion};
use crate::precision::{Bound, CONFIDENCE};
use crate::summary::{line, row, shell};

/// Folders that are named.
const FOLDERS: usize = 8;

/// What a person is told of a plan, beside its numbers.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PlanWords {
    /// The output folder of the scan, as it was typed.
    pub dir: String,
    /// The file, as it was typed.
    pub plan: String,
    /// From which similarity two pictures are near: the threshold, or the higher limit.
    pub least: f32,
    /// References as they were typed, each with the images below it.
    pub references: Vec<(String, u64)>,
    /// How many removals may be wrong; `None` where nobody judged anything.
    pub bound: Option<Bound>,
    /// What else should be known, one sentence each.
    pub notes: Vec<String>,
}

/// The summary of a plan: what goes and why, what stays although it might go, and what to type next.
/// Plain text, as [`summary`](crate::summary()).
pub fn plan_summary(outline: &Outline, words: &PlanWords) -> String {
    let sections = [
        in_all(outline),
        what_goes(outline, words),
        by("By rule", outline, |text| {
            outline
                .by_rule
                .iter()
                .for_each(|share| counted(text, share));
        }),
        by("By folder", outline, |text| {
            folders(text, &outline.by_folder)
        }),
        references(words),
        left(outline),
        sure(words),
        notes(outline, words),
        next(outline, words),
    ];
    joined(&sections)
}

/// What each rule alone would do, and all of them in their order; nothing was written.
pub fn simulation(together: &Outline, alone: &[(String, Outline)], words: &PlanWords) -> String {
    let images = human::counted(together.images, "image", "images");
    let groups = human::counted(together.groups, "group", "groups");
    let mut text = format!(
        "What each rule alone would remove, of {images} in {groups}. Nothing was written.\n"
    );
    for (name, outline) in alone {
        text.push('\n');
        text.push_str(&simulated(&visible(name), outline));
    }
    text.push('\n');
    text.push_str(&simulated("all rules in their order", together));
    joined(&[
        text,
        references(words),
        left(together),
        notes(together, words),
    ])
}

fn joined(sections: &[String]) -> String {
    let some = sections.iter().filter(|section| !section.is_empty());
    some.map(String::as_str).collect::<Vec<_>>().join("\n")
}

fn simulated(name: &str, outline: &Outline) -> String {
    let images = human::counted(outline.go, "image", "images");
    let mut text = format!("{name}: {images}, {}\n", human::bytes(outline.bytes));
    folders(&mut text, &outline.by_folder);
    text
}

fn in_all(outline: &Outline) -> String {
    if outline.images == 0 {
        return "There is nothing to plan: no two images resemble each other.\n".to_owned();
    }
    let images = human::counted(outline.images, "image", "images");
    let groups = human::counted(outline.groups, "group", "groups");
    format!(
        "{} of {images} in {groups} would go, {} would stay. Nothing was touched.\n",
        human::count(outline.go),
        human::count(outline.stay)
    )
}

fn what_goes(outline: &Outline, words: &PlanWords) -> String {
    if outline.go == 0 {
        return String::new();
    }
    let mut text = "What goes\n".to_owned();
    let near = format!("a similarity of {} or more", human::threshold(words.least));
    for share in &outline.by_kind {
        let (name, meaning) = match share.name.as_str() {
            "identical" => ("identical", "the same bytes as one that stays"),
            "pixels" => ("same pixels", "the same picture, in another file"),
            _ => ("near", near.as_str()),
        };
        let note = format!("{:>9}   {meaning}", human::bytes(share.bytes));
        row(&mut text, name, &human::count(share.images), &note);
    }
    if outline.by_kind.len() > 1 {
        let (images, bytes) = (human::count(outline.go), human::bytes(outline.bytes));
        row(&mut text, "together", &images, &format!("{bytes:>9}"));
    }
    if outline.members > 0 {
        let members = human::count(outline.members);
        let bytes = human::bytes(outline.member_bytes);
        let note =
            format!("{bytes:>9}   of these in tar shards, which only --action rewrite frees");
        row(&mut text, "", &members, &note);
    }
    text
}

fn by(title: &str, outline: &Outline, parts: impl Fn(&mut String)) -> String {
    if outline.go == 0 {
        return String::new();
    }
    let mut text = format!("{title}\n");
    parts(&mut text);
    text
}

fn folders(text: &mut String, shares: &[Portion]) {
    for share in shares.iter().take(FOLDERS) {
        counted(text, share);
    }
    if shares.len() > FOLDERS {
        let others = &shares[FOLDERS..];
        let rest = Portion {
            name: format!(
                "in {}",
                human::counted(others.len() as u64, "other folder", "other folders")
            ),
            images: others.iter().map(|share| share.images).sum(),
            bytes: others.iter().map(|share| share.bytes).sum(),
        };
        counted(text, &rest);
    }
}

/// Numbers first, since names may be long.
fn counted(text: &mut String, share: &Portion) {
    let (images, bytes) = (human::count(share.images), human::bytes(share.bytes));
    let name = visible(&share.name);
    line(text, &format!("{images:>9} {bytes:>9}   {name}"));
}

fn references(words: &PlanWords) -> String {
    if words.references.is_empty() {
        return String::new();
    }
    let mut text = "References, of which nothing goes\n".to_owned();
    for (path, images) in &words.references {
        let images = human::count(*images);
        line(
            &mut text,
            &format!("{images:>9}             {}", visible(path)),
        );
    }
    text
}

fn left(outline: &Outline) -> String {
    let mut text = String::new();
    for count in &outline.left {
        if text.is_empty() {
            text.push_str("Left where they are\n");
        }
        let why = match count.why.as_str() {
            "uncovered" => "chosen to be removed, but nothing that stays resembles them (enough)",
            "chosen-reference" => "chosen to be removed, but they are references",
            "reference" => "references that resemble something else that stays",
            "chosen-keep" => "chosen to be kept",
            "keep-both" => "to stay beside what they resemble, as you said",
            "not-chosen" => "not chosen to be removed",
            _ => "outside of the limits of this plan",
        };
        let images = human::count(count.images);
        line(&mut text, &format!("{images:>9}             {why}"));
    }
    text
}

fn sure(words: &PlanWords) -> String {
    let Some(bound) = &words.bound else {
        return String::new();
    };
    // Rounded up: a bound that is too low is none.
    let percent = (bound.wrong_at_most * 1000.0).ceil() / 10.0;
    format!(
        "Sure    of these {} at most {percent:.1} % are wrong, {:.0} % sure, by {}\n",
        human::counted(bound.removals as u64, "removal", "removals"),
        CONFIDENCE * 100.0,
        human::counted(bound.judged as u64, "judged pair", "judged pairs"),
    )
}

fn notes(outline: &Outline, words: &PlanWords) -> String {
    let mut text = String::new();
    let near = outline.by_kind.iter().any(|share| share.name == "near");
    let unjudged = (near && words.bound.is_none() && !words.plan.is_empty()).then(|| {
        let review = format!("lookalike review {}", shell(&words.dir));
        format!("nobody has judged how many of the near ones are right: {review} asks you")
    });
    let others = words.notes.iter().map(|note| visible(note).into_owned());
    for note in unjudged.into_iter().chain(others) {
        let start = if text.is_empty() { "Note" } else { "" };
        let _ = writeln!(text, "{start:<8}{note}");
    }
    text
}

fn next(outline: &Outline, words: &PlanWords) -> String {
    if words.plan.is_empty() {
        return String::new();
    }
    let mut text = format!("Plan    {}\n", visible(&words.plan));
    for (index, step) in next_steps(outline, &words.plan).iter().enumerate() {
        let start = if index == 0 { "Next" } else { "" };
        let _ = writeln!(text, "{start:<8}{step}");
    }
    text
}

/// What to type after a plan was made: the safest first.
pub fn next_steps(outline: &Outline, plan: &str) -> Vec<String> {
    if outline.go == 0 {
        return Vec::new();
    }
    let apply = |action: &str| format!("lookalike apply {} --action {action}", shell(plan));
    if outline.members == outline.go {
        return vec![
            format!("{} --dry-run", apply("rewrite:cleaned")),
            apply("rewrite:cleaned"),
        ];
    }
    vec![
        format!("{} --dry-run", apply("move:removed")),
        apply("move:removed"),
    ]
}

#[cfg(test)]
mod tests;
