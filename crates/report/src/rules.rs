//! The rules that say which image of a group is the best.

use std::cmp::Ordering;
use std::str::FromStr;

use crate::images::Image;
use crate::{Error, human};

/// What makes one copy better than another. Rules are asked in the order of `report.keep`; the
/// first that tells two images apart decides, and the path decides where none does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeepRule {
    /// The most pixels, width times height.
    LargestPixels,
    /// The most bytes.
    LargestBytes,
    /// The earliest modification; an image without a time comes last.
    Oldest,
    /// The latest modification; an image without a time comes last.
    Newest,
    /// Formats, the most wanted first; one that is not named comes last.
    Format(Vec<String>),
    /// Images whose shown path starts with this, before all others.
    Path(String),
    /// The path of the fewest bytes.
    ShortestPath,
}

impl KeepRule {
    /// The rules where the configuration names none.
    pub fn defaults() -> Vec<Self> {
        vec![
            Self::LargestPixels,
            Self::LargestBytes,
            Self::Oldest,
            Self::ShortestPath,
        ]
    }

    /// `Less` where `a` is better.
    fn compare(&self, a: &Image, b: &Image) -> Ordering {
        match self {
            Self::LargestPixels => b.area().cmp(&a.area()),
            Self::LargestBytes => b.bytes.cmp(&a.bytes),
            Self::Oldest => {
                let time = |image: &Image| (image.modified_ns.is_none(), image.modified_ns);
                time(a).cmp(&time(b))
            }
            Self::Newest => b.modified_ns.cmp(&a.modified_ns),
            Self::Format(wanted) => place_in(wanted, a).cmp(&place_in(wanted, b)),
            Self::Path(prefix) => {
                let other = |image: &Image| !image.path.starts_with(prefix.as_str());
                other(a).cmp(&other(b))
            }
            Self::ShortestPath => a.path.len().cmp(&b.path.len()),
        }
    }

    /// Why this rule prefers `image`, in a few words.
    fn reason(&self, image: &Image) -> String {
        match self {
            Self::LargestPixels => format!("most pixels: {}", human::size(image)),
            Self::LargestBytes => {
                format!("largest file: {}", human::bytes(image.bytes.unwrap_or(0)))
            }
            Self::Oldest => dated("oldest", image),
            Self::Newest => dated("newest", image),
            Self::Format(_) => {
                let format = image.facts.as_ref().map_or("", |facts| &facts.format);
                format!("preferred format: {format}")
            }
            Self::Path(prefix) => format!("preferred path: {prefix}"),
            Self::ShortestPath => "shortest path".to_owned(),
        }
    }
}

fn dated(word: &str, image: &Image) -> String {
    match image.modified_ns.and_then(human::date) {
        Some(date) => format!("{word}: {date}"),
        None => word.to_owned(),
    }
}

fn place_in(wanted: &[String], image: &Image) -> usize {
    let format = image.facts.as_ref().map(|facts| facts.format.as_str());
    wanted
        .iter()
        .position(|name| Some(name.as_str()) == format)
        .unwrap_or(wanted.len())
}

/// `Less` where `a` is better by the first rule that tells them apart, and then by path. Paths
/// differ, so two images are never equal.
pub(crate) fn better(rules: &[KeepRule], a: &Image, b: &Image) -> Ordering {
    rules
        .iter()
        .map(|rule| rule.compare(a, b))
        .find(|order| order.is_ne())
        .unwrap_or_else(|| a.path.cmp(&b.path))
}

/// Why `best` is better than `next`, in a few words.
pub(crate) fn why(rules: &[KeepRule], best: &Image, next: &Image) -> String {
    rules
        .iter()
        .find(|rule| rule.compare(best, next).is_ne())
        .map_or_else(|| "path comes first".to_owned(), |rule| rule.reason(best))
}

impl FromStr for KeepRule {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let rule = text.trim();
        match rule.split_once(':') {
            None => plain(rule),
            Some(("format", list)) => formats(rule, list),
            Some(("path", "")) => Err(incomplete(rule, "path:photos/originals/")),
            Some(("path", prefix)) => Ok(Self::Path(prefix.to_owned())),
            Some(_) => Err(unknown(rule)),
        }
    }
}

fn plain(rule: &str) -> Result<KeepRule, Error> {
    match rule {
        "largest-pixels" => Ok(KeepRule::LargestPixels),
        "largest-bytes" => Ok(KeepRule::LargestBytes),
        "oldest" => Ok(KeepRule::Oldest),
        "newest" => Ok(KeepRule::Newest),
        "shortest-path" => Ok(KeepRule::ShortestPath),
        "format" => Err(incomplete(rule, "format:png>jpeg")),
        "path" => Err(incomplete(rule, "path:photos/originals/")),
        _ => Err(unknown(rule)),
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
        return Err(incomplete(rule, "format:png>jpeg"));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::image;

    const YEAR_NS: i64 = 365 * 86_400 * 1_000_000_000;

    /// `left` is larger, younger, a PNG and deeper down; `right` is older and a JPEG.
    fn two() -> (Image, Image) {
        let (mut left, mut right) = (image("in/new/left.png", 1, 1), image("right.jpg", 2, 2));
        let facts = |image: &mut Image, width, height, format: &str| {
            let facts = image.facts.as_mut().expect("sample images are decoded");
            (facts.width, facts.height) = (width, height);
            facts.format = format.into();
        };
        facts(&mut left, 4000, 3000, "png");
        facts(&mut right, 800, 600, "jpeg");
        (left.bytes, right.bytes) = (Some(2_100_000), Some(90_000));
        (left.modified_ns, right.modified_ns) = (Some(40 * YEAR_NS), Some(30 * YEAR_NS));
        (left, right)
    }

    #[test]
    fn each_rule_prefers_what_it_says_and_says_so() {
        let table = [
            ("largest-pixels", "left", "most pixels: 4000 x 3000"),
            ("largest-bytes", "left", "largest file: 2.1 MB"),
            ("oldest", "right", "oldest: 1999-12-25"),
            ("newest", "left", "newest: 2009-12-22"),
            ("format:png>jpeg", "left", "preferred format: png"),
            ("format:jpg>png", "right", "preferred format: jpeg"),
            ("format:webp > JPEG", "right", "preferred format: jpeg"),
            ("path:in/", "left", "preferred path: in/"),
            ("path:right", "right", "preferred path: right"),
            ("shortest-path", "right", "shortest path"),
        ];
        let (left, right) = two();
        for (text, winner, words) in table {
            let rules = [text.parse::<KeepRule>().expect(text)];
            let left_wins = better(&rules, &left, &right).is_lt();
            assert_eq!(left_wins, winner == "left", "{text}");
            let (best, next) = if left_wins {
                (&left, &right)
            } else {
                (&right, &left)
            };
            assert_eq!(why(&rules, best, next), words, "{text}");
        }
    }

    #[test]
    fn the_first_rule_that_tells_them_apart_decides_and_the_path_at_last() {
        let (left, mut right) = two();
        right.facts = left.facts.clone();
        let rules = [KeepRule::LargestPixels, KeepRule::Oldest];
        assert!(better(&rules, &right, &left).is_lt());
        assert_eq!(why(&rules, &right, &left), "oldest: 1999-12-25");
        assert!(better(&[KeepRule::LargestPixels], &left, &right).is_lt());
        assert_eq!(why(&[], &left, &right), "path comes first");
    }

    #[test]
    fn an_image_without_a_time_is_neither_oldest_nor_newest() {
        let (mut left, right) = two();
        left.modified_ns = None;
        assert!(better(&[KeepRule::Oldest], &right, &left).is_lt());
        assert!(better(&[KeepRule::Newest], &right, &left).is_lt());
    }

    #[test]
    fn a_wrong_rule_says_what_is_right() {
        for wrong in ["", "bigest", "size:9", "Largest-Pixels"] {
            let error = wrong.parse::<KeepRule>();
            assert!(matches!(error, Err(Error::UnknownRule { .. })), "{wrong}");
        }
        for short in ["format", "format:", "format:png>", "path", "path:"] {
            let error = short.parse::<KeepRule>();
            assert!(
                matches!(error, Err(Error::IncompleteRule { .. })),
                "{short}"
            );
        }
    }
}
