//! `api/judge` and `api/precision`: pairs drawn by chance, answers to them, and what these say.

use serde::Deserialize;

use super::answer::Refusal;
use super::desk::Desk;
use super::params::Params;
use super::shapes;

/// The body of `api/judge`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Judged {
    id: usize,
    #[serde(deserialize_with = "Option::deserialize")]
    same: Option<bool>,
}

impl Desk {
    /// The next pair to be judged.
    pub(crate) fn judge(&mut self) -> Result<shapes::Judge<'_>, Refusal> {
        Ok(shapes::Judge { asked: 0, answered: 0, pair: None })
    }

    /// Takes an answer, and gives the next pair.
    pub(crate) fn judged(&mut self, asked: &Judged) -> Result<shapes::Judge<'_>, Refusal> {
        let _ = (asked.id, asked.same);
        self.judge()
    }

    /// What the answers say.
    pub(crate) fn precision(&self, params: &Params) -> Result<shapes::Precision, Refusal> {
        let target = params.number("target")?.unwrap_or(0.99);
        Ok(shapes::Precision { points: Vec::new(), judged: 0, target, proposed: None, sure: false, said: String::new() })
    }
}
