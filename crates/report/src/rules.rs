//! The rules that say which image of a group is the best.

mod parse;
mod ranking;

use std::cmp::Ordering;
use std::fmt;

use crate::human;
use crate::images::Image;

pub(crate) use ranking::Ranking;

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
    /// The earliest date in the EXIF data; an image without one comes last.
    OldestTaken,
    /// The latest date in the EXIF data; an image without one comes last.
    NewestTaken,
    /// The most EXIF fields.
    RichestExif,
    /// The label that most images of the group carry; where no label leads, none is better.
    LabelMajority,
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

    /// Whether it goes by the EXIF data, which is in no table: [`Image::exif`] must be filled.
    pub fn needs_exif(&self) -> bool {
        matches!(
            self,
            Self::OldestTaken | Self::NewestTaken | Self::RichestExif
        )
    }

    /// `Less` where `a` is better. `majority` is the label that most images of the group carry.
    fn compare(&self, majority: Option<&str>, a: &Image, b: &Image) -> Ordering {
        match self {
            Self::LargestPixels => b.area().cmp(&a.area()),
            Self::LargestBytes => b.bytes.cmp(&a.bytes),
            Self::Oldest => earliest(a.modified_ns, b.modified_ns),
            Self::Newest => b.modified_ns.cmp(&a.modified_ns),
            Self::OldestTaken => earliest(a.taken(), b.taken()),
            Self::NewestTaken => b.taken().cmp(&a.taken()),
            Self::RichestExif => b.exif_fields().cmp(&a.exif_fields()),
            Self::LabelMajority => {
                let other =
                    |image: &Image| majority.is_some() && image.label.as_deref() != majority;
                other(a).cmp(&other(b))
            }
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
            Self::Oldest => dated("oldest", image.modified_ns),
            Self::Newest => dated("newest", image.modified_ns),
            Self::OldestTaken => dated("taken first", nanoseconds(image.taken())),
            Self::NewestTaken => dated("taken last", nanoseconds(image.taken())),
            Self::RichestExif => format!("most EXIF fields: {}", image.exif_fields()),
            Self::LabelMajority => {
                let label = image.label.as_deref().unwrap_or_default();
                format!("label of most of its group: {}", human::visible(label))
            }
            Self::Format(_) => {
                let format = image.facts.as_ref().map_or("", |facts| &facts.format);
                format!("preferred format: {format}")
            }
            Self::Path(prefix) => format!("preferred path: {prefix}"),
            Self::ShortestPath => "shortest path".to_owned(),
        }
    }
}

impl fmt::Display for KeepRule {
    /// As it is written in `report.keep`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Format(wanted) => write!(f, "format:{}", wanted.join(">")),
            Self::Path(prefix) => write!(f, "path:{prefix}"),
            plain => f.write_str(parse::word(plain)),
        }
    }
}

/// What is not known comes last.
fn earliest(a: Option<i64>, b: Option<i64>) -> Ordering {
    (a.is_none(), a).cmp(&(b.is_none(), b))
}

fn nanoseconds(seconds: Option<i64>) -> Option<i64> {
    seconds.map(|seconds| seconds.saturating_mul(1_000_000_000))
}

fn dated(word: &str, nanoseconds: Option<i64>) -> String {
    match nanoseconds.and_then(human::date) {
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

#[cfg(test)]
mod tests;
