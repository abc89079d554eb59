//! What can be said, and how it stands in the log.

use lookalike_types::{ContentId, Verdict};
use serde::{Deserialize, Serialize};

/// One thing that a person said. The two contents of a pair may come in either order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Event {
    /// A verdict on two contents, or on all files of one content where both are the same.
    Verdict {
        /// One content.
        #[serde(with = "hex")]
        a: ContentId,
        /// The other.
        #[serde(with = "hex")]
        b: ContentId,
        /// The verdict; `None` takes it away.
        #[serde(with = "word")]
        verdict: Option<Verdict>,
    },
    /// What is to become of one file.
    Choice {
        /// The place as people see it ([`Place::shown`](lookalike_types::Place::shown)).
        path: String,
        /// What lies there now.
        #[serde(with = "hex")]
        content: ContentId,
        /// Whether it stays; `None` takes the choice away.
        #[serde(deserialize_with = "Option::deserialize")]
        keep: Option<bool>,
    },
    /// Pairs that were drawn at random to be judged. It is no decision, so it is never undone.
    Sample(Sample),
    /// The answer to "is this the same picture?" for a drawn pair. `Some(false)` is the verdict
    /// [`Verdict::Different`] as well, as long as this is the last word on the pair.
    Judgement {
        /// One content.
        #[serde(with = "hex")]
        a: ContentId,
        /// The other.
        #[serde(with = "hex")]
        b: ContentId,
        /// The answer; `None` takes it away, with the verdict that came of it.
        #[serde(deserialize_with = "Option::deserialize")]
        same: Option<bool>,
        /// Their cosine when they were drawn.
        similarity: f32,
    },
}

/// How pairs were drawn, so that what they are judged to be can be counted up to all pairs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// Where the chance came from.
    pub seed: u64,
    /// The strata, from the lowest similarity up.
    pub strata: Vec<Stratum>,
    /// The pairs in the order in which they are shown.
    pub pairs: Vec<Sampled>,
}

/// The pairs of a range of similarities. Each had the same chance of being drawn.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stratum {
    /// The lowest cosine in it.
    pub low: f32,
    /// The highest cosine in it.
    pub high: f32,
    /// How many pairs it held when they were drawn.
    pub pairs: u64,
}

/// A pair that was drawn.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sampled {
    /// One content.
    #[serde(with = "hex")]
    pub a: ContentId,
    /// The other.
    #[serde(with = "hex")]
    pub b: ContentId,
    /// Their cosine.
    pub similarity: f32,
    /// The place of its stratum in [`Sample::strata`].
    pub stratum: u32,
}

impl Event {
    /// What keeps this from being remembered.
    pub(super) fn fault(&self) -> Option<String> {
        let cosine = |x: f32| !x.is_finite();
        match self {
            Self::Verdict { .. } => None,
            Self::Choice { path, .. } => path.is_empty().then(|| "a choice names no path".into()),
            Self::Judgement { similarity, .. } => {
                cosine(*similarity).then(|| "a similarity is no number".into())
            }
            Self::Sample(sample) => sample.fault(),
        }
    }
}

impl Sample {
    fn fault(&self) -> Option<String> {
        let strata = self.strata.iter().flat_map(|s| [s.low, s.high]);
        let mut numbers = strata.chain(self.pairs.iter().map(|pair| pair.similarity));
        if numbers.any(|x| !x.is_finite()) {
            return Some("a similarity of the sample is no number".to_owned());
        }
        let lost = |pair: &&Sampled| pair.stratum as usize >= self.strata.len();
        let pair = self.pairs.iter().find(lost)?;
        Some(format!(
            "a drawn pair is of stratum {}, which the sample has not",
            pair.stratum
        ))
    }
}

/// Contents as 64 hexadecimal digits.
mod hex {
    use super::ContentId;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(id: &ContentId, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(id)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<ContentId, D::Error> {
        String::deserialize(d)?.parse().map_err(D::Error::custom)
    }
}

/// Verdicts as their word, or null.
mod word {
    use super::Verdict;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(
        said: &Option<Verdict>,
        s: S,
    ) -> Result<S::Ok, S::Error> {
        said.map(Verdict::as_str).serialize(s)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        d: D,
    ) -> Result<Option<Verdict>, D::Error> {
        let word = Option::<String>::deserialize(d)?;
        let verdict = |word: String| {
            Verdict::parse(&word).ok_or_else(|| D::Error::custom(format!("`{word}` is no verdict")))
        };
        word.map(verdict).transpose()
    }
}
