//! The model that is compiled in, and its card. Nothing here is computed.

use lookalike_types::{Channels, PoolKind, Resize};
use serde::Deserialize;

use crate::EmbedError;

/// The ONNX file of the built-in model.
pub(crate) const MODEL: &[u8] = include_bytes!("../builtin/model.onnx");
const CARD: &str = include_str!("../builtin/card.toml");

/// What `builtin/card.toml` says and this crate needs; its other keys are for people.
#[derive(Debug, Deserialize)]
pub(crate) struct Card {
    /// The tensor to take.
    pub(crate) layer: String,
    /// From pixels to the tensor.
    pub(crate) input: Input,
    /// From activations to the vector.
    pub(crate) pool: Pool,
    /// What the vectors were calibrated for.
    pub(crate) join: Join,
}

/// `[input]` of the card.
#[derive(Debug, Deserialize)]
pub(crate) struct Input {
    /// Pixels per side.
    pub(crate) size: u32,
    /// A word of [`Resize`].
    #[serde(deserialize_with = "word")]
    pub(crate) resize: Resize,
    /// A word of [`Channels`].
    #[serde(deserialize_with = "word")]
    pub(crate) channels: Channels,
    /// Per channel, RGB.
    pub(crate) mean: [f32; 3],
    /// Per channel, RGB.
    pub(crate) std: [f32; 3],
}

/// `[pool]` of the card.
#[derive(Debug, Deserialize)]
pub(crate) struct Pool {
    /// A word of [`PoolKind`].
    #[serde(deserialize_with = "word")]
    pub(crate) kind: PoolKind,
    /// Cells per side.
    pub(crate) size: u32,
}

/// `[join]` of the card.
#[derive(Debug, Deserialize)]
pub(crate) struct Join {
    /// Cosine from which a pair is a copy.
    pub(crate) threshold: f32,
}

/// The card of the built-in model.
pub(crate) fn card() -> Result<Card, EmbedError> {
    toml::from_str(CARD).map_err(|error| EmbedError::Card {
        why: error.to_string(),
    })
}

fn word<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: std::str::FromStr<Err = String>,
{
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_card_belongs_to_the_model() {
        let table: toml::Table = CARD.parse().expect("the committed card is TOML");
        let digest = blake3::hash(MODEL).to_hex();
        assert_eq!(table["blake3"].as_str(), Some(digest.as_str()));
        let card = card().expect("the committed card is whole");
        assert!(card.join.threshold > 0.0 && card.join.threshold < 1.0);
    }
}
