//! The findings in the forms of other programs: lists of paths, CSV, JSON, Markdown.

mod json;
mod lists;
mod markdown;
mod spreadsheets;

use std::str::FromStr;

use lookalike_types::unescape;

use crate::human;
use crate::images::Image;
use crate::resplit::Share;
use crate::run::Run;
use crate::{Error, Findings};

/// A form that a report can take besides its tables and its page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// `cleaned.csv`: name and label of what stays.
    Cleaned,
    /// `keep.txt`: the path of what stays, one a line.
    Keep,
    /// `remove.txt`: the path of what need not stay, one a line.
    Remove,
    /// `keep0.txt`: the same with a NUL behind each, which no path can hold.
    Keep0,
    /// `remove0.txt`, likewise.
    Remove0,
    /// `report.json`: the tables as lists of objects.
    Json,
    /// `fiftyone.json`: samples for FiftyOne.
    FiftyOne,
    /// `metadata.csv`: for an image folder of Hugging Face.
    HuggingFace,
    /// `summary.md`: for a pull request.
    Markdown,
    /// `splits.csv`: a split without leaks.
    Splits,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Cleaned,
        Self::Keep,
        Self::Remove,
        Self::Keep0,
        Self::Remove0,
        Self::Json,
        Self::FiftyOne,
        Self::HuggingFace,
        Self::Markdown,
        Self::Splits,
    ];

    /// The word that asks for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cleaned => "cleaned",
            Self::Keep => "keep",
            Self::Remove => "remove",
            Self::Keep0 => "keep0",
            Self::Remove0 => "remove0",
            Self::Json => "json",
            Self::FiftyOne => "fiftyone",
            Self::HuggingFace => "huggingface",
            Self::Markdown => "markdown",
            Self::Splits => "splits",
        }
    }

    /// Its file in `report/`.
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Cleaned => "cleaned.csv",
            Self::Keep => "keep.txt",
            Self::Remove => "remove.txt",
            Self::Keep0 => "keep0.txt",
            Self::Remove0 => "remove0.txt",
            Self::Json => "report.json",
            Self::FiftyOne => "fiftyone.json",
            Self::HuggingFace => "metadata.csv",
            Self::Markdown => "summary.md",
            Self::Splits => "splits.csv",
        }
    }
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|format| format.name() == word);
        found.ok_or_else(|| Error::UnknownFormat {
            word: word.to_owned(),
            known: Self::ALL.map(Self::name).join(", "),
        })
    }
}

/// What an export needs to know besides the findings.
#[derive(Debug, Clone, Copy)]
pub struct ExportOptions<'a> {
    /// The shares of a new split; none for those of now.
    pub shares: &'a [Share],
    /// Seeds the choices of a new split.
    pub seed: u64,
}

/// The bytes of a file, and what a person should know of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Export {
    /// The file.
    pub bytes: Vec<u8>,
    /// One sentence, where there is something to say.
    pub note: Option<String>,
}

/// The findings in this form. Equal arguments give equal bytes.
///
/// # Errors
/// [`Error::NoShares`] for a split of no parts; [`Error::Csv`], [`Error::Json`] and [`Error::Table`]
/// where the file cannot be encoded.
pub fn export(
    format: Format,
    findings: &Findings,
    run: &Run,
    options: &ExportOptions<'_>,
) -> Result<Export, Error> {
    let stays = Stays::new(findings);
    match format {
        Format::Cleaned => spreadsheets::cleaned(findings, run, &stays),
        Format::Keep => Ok(lists::lines(format, findings, |image| stays.keep(image))),
        Format::Remove => Ok(lists::lines(format, findings, |image| stays.remove(image))),
        Format::Keep0 => Ok(lists::nul(findings, |image| stays.keep(image))),
        Format::Remove0 => Ok(lists::nul(findings, |image| stays.remove(image))),
        Format::Json => json::tables(findings, run),
        Format::FiftyOne => json::fiftyone(findings, &stays),
        Format::HuggingFace => spreadsheets::huggingface(findings, run, &stays),
        Format::Markdown => Ok(markdown::markdown(findings, run)),
        Format::Splits => spreadsheets::splits(findings, options),
    }
}

/// Which images stay. One that failed neither stays nor goes: nobody could see it.
struct Stays<'a> {
    findings: &'a Findings,
    /// Of what each image is a copy, by index.
    copy: Vec<Option<(usize, f32)>>,
}

impl<'a> Stays<'a> {
    fn new(findings: &'a Findings) -> Self {
        let mut copy = vec![None; findings.images.len()];
        for member in findings.groups.iter().flat_map(|group| &group.members) {
            copy[member.image] = member.copy_of.zip(member.similarity);
        }
        Self { findings, copy }
    }

    fn is_ok(&self, image: usize) -> bool {
        self.findings.images[image].failed.is_none()
    }

    fn keep(&self, image: usize) -> bool {
        self.is_ok(image) && self.copy[image].is_none()
    }

    fn remove(&self, image: usize) -> bool {
        self.copy[image].is_some()
    }

    /// The path of the image that this one is a copy of, and how alike they are.
    fn copy_of(&self, image: usize) -> Option<(&'a str, f32)> {
        let (kept, similarity) = self.copy[image]?;
        Some((self.findings.images[kept].path.as_str(), similarity))
    }
}

/// What programs call an image: below the only input, if there is one, and without escapes where it
/// is text at all.
fn name(image: &Image, run: &Run) -> String {
    let path = image.path.as_str();
    let below = match run.inputs.as_slice() {
        [input] => {
            let rest = path.strip_prefix(input.trim_end_matches('/'));
            rest.and_then(|rest| rest.strip_prefix("!/").or(rest.strip_prefix('/')))
        }
        _ => None,
    };
    plain(below.unwrap_or(path))
}

/// A name without escapes, where it is text at all.
fn plain(shown: &str) -> String {
    String::from_utf8(unescape(shown)).unwrap_or_else(|_| shown.to_owned())
}

/// A cosine with as many digits as it has.
fn shortest(value: f32) -> f64 {
    value.to_string().parse().unwrap_or(f64::from(value))
}

/// That so many images are not in a file, and why.
fn left_out(format: Format, count: u64, why: &str) -> Option<String> {
    let images = human::counted(count, "image", "images");
    (count > 0).then(|| format!("{} leaves out {images}: {why}", format.file_name()))
}

#[cfg(test)]
mod tests;
