//! Rules as people write them.

use std::str::FromStr;

use super::KeepRule;
use crate::Error;

/// The rules that are one word.
const PLAIN: [(&str, KeepRule); 9] = [
    ("largest-pixels", KeepRule::LargestPixels),
    ("largest-bytes", KeepRule::LargestBytes),
    ("oldest", KeepRule::Oldest),
    ("newest", KeepRule::Newest),
    ("oldest-taken", KeepRule::OldestTaken),
    ("newest-taken", KeepRule::NewestTaken),
    ("richest-exif", KeepRule::RichestExif),
    ("label-majority", KeepRule::LabelMajority),
    ("shortest-path", KeepRule::ShortestPath),
];

const FORMATS: &str = "format:png>jpeg";
const PATHS: &str = "path:photos/originals/";

/// The word of a rule that is one word.
pub(super) fn word(rule: &KeepRule) -> &'static str {
    let same = PLAIN.iter().find(|(_, plain)| plain == rule);
    same.map_or("", |(word, _)| word)
}

impl FromStr for KeepRule {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let rule = text.trim();
        match rule.split_once(':') {
            None => plain(rule),
            Some(("format", list)) => formats(rule, list),
            Some(("path", "")) => Err(incomplete(rule, PATHS)),
            Some(("path", prefix)) => Ok(Self::Path(prefix.to_owned())),
            Some(_) => Err(unknown(rule)),
        }
    }
}

fn plain(rule: &str) -> Result<KeepRule, Error> {
    match rule {
        "format" => Err(incomplete(rule, FORMATS)),
        "path" => Err(incomplete(rule, PATHS)),
        _ => {
            let found = PLAIN.iter().find(|(word, _)| *word == rule);
            found
                .map(|(_, rule)| rule.clone())
                .ok_or_else(|| unknown(rule))
        }
    }
}

/// Formats are called by their content's name, so the usual extensions are taken for it.
fn formats(rule: &str, list: &str) -> Result<KeepRule, Error> {
    let name = |word: &str| match word.trim().to_ascii_lowercase().as_str() {
        "jpg" => "jpeg".to_owned(),
        "tif" => "tiff".to_owned(),
        other => other.to_owned(),
    };
    let names: Vec<String> = list.split('>').map(name).collect();
    if names.iter().any(String::is_empty) {
        return Err(incomplete(rule, FORMATS));
    }
    Ok(KeepRule::Format(names))
}

fn unknown(rule: &str) -> Error {
    Error::UnknownRule {
        rule: rule.to_owned(),
    }
}

fn incomplete(rule: &str, example: &'static str) -> Error {
    Error::IncompleteRule {
        rule: rule.to_owned(),
        example,
    }
}
