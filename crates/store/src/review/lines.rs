//! The log as text: one JSON object a line.

use serde::{Deserialize, Serialize};

use super::event::Event;
use crate::error::{Error, Result};

/// The end of the year 9999 in seconds since 1970: beyond it a time is damage.
pub(super) const LAST_SECOND: i64 = 253_402_300_799;
/// Numbers above this are not whole in every program that reads JSON.
const LAST_BATCH: u64 = 1 << 53;

/// One line: what one click said, or that an earlier batch does not count any more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    /// Lines of one number are undone together.
    pub(super) batch: u64,
    /// Seconds since 1970-01-01 UTC.
    pub(super) at: i64,
    /// Who said it; may be empty.
    pub(super) by: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) said: Vec<Event>,
    /// The batch that is taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) undo: Option<u64>,
}

impl Line {
    /// The line with its end, checked by reading it again: what cannot be read must not be written.
    pub(super) fn to_text(&self) -> Result<String> {
        let unsayable = |why| Error::Unsayable { why };
        let broken = |error: serde_json::Error| unsayable(error.to_string());
        let text = serde_json::to_string(self).map_err(broken)?;
        Self::parse(text.as_bytes()).map_err(unsayable)?;
        Ok(text + "\n")
    }

    fn parse(text: &[u8]) -> std::result::Result<Self, String> {
        let line: Self = serde_json::from_slice(text).map_err(|error| plain(&error))?;
        if !(0..=LAST_SECOND).contains(&line.at) {
            return Err(format!("{} is no time", line.at));
        }
        if !(1..=LAST_BATCH).contains(&line.batch) {
            return Err(format!("{} is no number of a batch", line.batch));
        }
        if line.said.is_empty() == line.undo.is_none() {
            return Err("it must either say something or undo something".to_owned());
        }
        line.said
            .iter()
            .find_map(Event::fault)
            .map_or(Ok(line), Err)
    }
}

/// The words of the parser without its count of lines, which is always 1 here.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.replace(" at line 1 column ", " at column ");
    // What it quotes may be anything.
    lookalike_types::escape(text.as_bytes())
}

/// A log, read.
pub(super) struct Lines {
    pub(super) lines: Vec<Line>,
    /// Number and fault of each line that says nothing.
    pub(super) faults: Vec<(usize, String)>,
    /// How many lines there are, but for a torn one.
    pub(super) count: usize,
    /// How many bytes they take; the end of the last is there or not.
    pub(super) bytes: usize,
    /// Whether something comes after them that has no end and is no line.
    pub(super) torn: bool,
}

impl Lines {
    pub(super) fn parse(bytes: &[u8]) -> Self {
        let mut read = Self {
            lines: Vec::new(),
            faults: Vec::new(),
            count: 0,
            bytes: 0,
            torn: false,
        };
        for text in bytes.split_inclusive(|&byte| byte == b'\n') {
            let (body, ended) = match text.strip_suffix(b"\n") {
                Some(body) => (body, true),
                None => (text, false),
            };
            match Line::parse(body) {
                Ok(line) => read.lines.push(line),
                Err(_) if !ended => {
                    read.torn = true;
                    break;
                }
                Err(why) => read.faults.push((read.count + 1, why)),
            }
            read.count += 1;
            read.bytes += text.len();
        }
        read
    }

    /// The lines, where all of them say something.
    pub(super) fn whole(self, path: &str) -> Result<Vec<Line>> {
        match self.faults.into_iter().next() {
            None => Ok(self.lines),
            Some((line, why)) => Err(Error::Review {
                path: path.to_owned(),
                line,
                why,
            }),
        }
    }
}
