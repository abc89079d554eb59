//! The definition of a space as it stands in `commit.json` and in the metadata of its tables.

use lookalike_types::{Pooling, Preprocessing, Space};
use serde::{Deserialize, Serialize};

/// More numbers than any layer has; 4 MiB a vector.
const MOST_DIMENSIONS: u32 = 1 << 20;

/// A [`Space`] in JSON. The words are those of the configuration.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SpaceRecord {
    model: String,
    digest: String,
    layer: String,
    size: u32,
    resize: String,
    mean: [f32; 3],
    std: [f32; 3],
    channels: String,
    pool: String,
    pool_size: u32,
    decode_policy: u32,
    dimension: u32,
    dtype: String,
}

impl From<&Space> for SpaceRecord {
    fn from(space: &Space) -> Self {
        let Preprocessing {
            size,
            resize,
            mean,
            std,
            channels,
        } = space.preprocessing;
        Self {
            model: space.model.clone(),
            digest: space.digest.clone(),
            layer: space.layer.clone(),
            size,
            resize: resize.as_str().to_owned(),
            mean,
            std,
            channels: channels.as_str().to_owned(),
            pool: space.pooling.kind.as_str().to_owned(),
            pool_size: space.pooling.size,
            decode_policy: space.decode_policy,
            dimension: space.dimension,
            dtype: Space::DTYPE.to_owned(),
        }
    }
}

impl SpaceRecord {
    /// The space, or what about the record makes no sense.
    pub(crate) fn to_space(&self) -> Result<Space, String> {
        if self.dtype != Space::DTYPE {
            return Err(format!("vectors of type `{}` are unknown", self.dtype));
        }
        if !(1..=MOST_DIMENSIONS).contains(&self.dimension) {
            return Err(format!(
                "a vector has 1 to {MOST_DIMENSIONS} numbers, not {}",
                self.dimension
            ));
        }
        // JSON has no word for the others, so they would not come back.
        if !self.mean.iter().chain(&self.std).all(|x| x.is_finite()) {
            return Err("a mean or standard deviation is not a number".to_owned());
        }
        Ok(Space {
            model: self.model.clone(),
            digest: self.digest.clone(),
            layer: self.layer.clone(),
            preprocessing: Preprocessing {
                size: self.size,
                resize: self.resize.parse()?,
                mean: self.mean,
                std: self.std,
                channels: self.channels.parse()?,
            },
            pooling: Pooling {
                kind: self.pool.parse()?,
                size: self.pool_size,
            },
            decode_policy: self.decode_policy,
            dimension: self.dimension,
        })
    }
}

/// All that shapes the vectors of a table, for its metadata: it can then be understood without
/// the rest of the store.
pub(crate) fn metadata(space: &Space) -> Vec<(&'static str, String)> {
    vec![
        ("lookalike.space", space.id().to_string()),
        ("lookalike.model", space.model.clone()),
        ("lookalike.digest", space.digest.clone()),
        ("lookalike.layer", space.layer.clone()),
        ("lookalike.preprocessing", space.preprocessing.describe()),
        ("lookalike.pooling", space.pooling.describe()),
        ("lookalike.decode_policy", space.decode_policy.to_string()),
        ("lookalike.dimension", space.dimension.to_string()),
        ("lookalike.dtype", Space::DTYPE.to_owned()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use lookalike_types::{Channels, PoolKind, Resize};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_space_survives_its_json(bits in proptest::array::uniform6(any::<u32>()), pool: u32) {
            let x = bits.map(f32::from_bits);
            let space = Space {
                model: "net \u{1f984}.onnx".into(),
                digest: "0f".into(),
                layer: "\"relu\"".into(),
                preprocessing: Preprocessing {
                    size: 224,
                    resize: Resize::Pad,
                    mean: [x[0], x[1], x[2]],
                    std: [x[3], x[4], x[5]],
                    channels: Channels::Bgr,
                },
                pooling: Pooling { kind: PoolKind::Gem, size: pool },
                decode_policy: 1,
                dimension: 2048,
            };
            let text = serde_json::to_string(&SpaceRecord::from(&space)).expect("JSON");
            let finite = x.iter().all(|x| x.is_finite());
            match serde_json::from_str::<SpaceRecord>(&text).map(|record| record.to_space()) {
                Ok(again) => prop_assert_eq!(again, Ok(space)),
                Err(error) => prop_assert!(!finite, "{error}"),
            }
        }
    }
}
