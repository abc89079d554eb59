//! All that shapes a vector. Vectors are comparable within one space, never across two.

use crate::SpaceId;

/// How a picture is brought to the size of the model's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resize {
    /// Width and height each to the wanted size; the aspect is lost.
    Squash,
    /// The whole picture inside the frame, the rest filled with the channel means.
    Pad,
    /// The frame filled, what stands over at the longer side is cut off evenly.
    Crop,
}

/// The order of the colour planes that the model was trained with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channels {
    /// Red first.
    Rgb,
    /// Blue first.
    Bgr,
}

/// From RGB8 pixels to the tensor of the model.
#[derive(Debug, Clone, PartialEq)]
pub struct Preprocessing {
    /// Width and height of the model's input, in pixels.
    pub size: u32,
    /// How the picture gets there.
    pub resize: Resize,
    /// Subtracted from samples in 0..1, per channel in RGB order.
    pub mean: [f32; 3],
    /// What is left is divided by this, per channel in RGB order.
    pub std: [f32; 3],
    /// The order of the planes.
    pub channels: Channels,
}

/// How the activations (C x H x W) become a vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PoolKind {
    /// Adaptive maximum and adaptive mean, joined on channels, maximum first (fastai's
    /// `AdaptiveConcatPool2d`): 2 C p².
    Concat,
    /// Adaptive mean: C p².
    Avg,
    /// Adaptive maximum: C p².
    Max,
    /// Generalised mean with exponent 3 (Radenović et al. 2018): C p².
    Gem,
    /// The activations as they are: C H W.
    None,
}

/// Kind and size of the pooling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pooling {
    /// What is taken of each cell.
    pub kind: PoolKind,
    /// Cells per side (p); without meaning for [`PoolKind::None`].
    pub size: u32,
}

macro_rules! words {
    ($type:ident { $($variant:ident = $word:literal),+ }) => {
        impl $type {
            /// The word in configuration and tables.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::str::FromStr for $type {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(format!("`{text}` is none of: {}", [$($word),+].join(", "))),
                }
            }
        }
    };
}

words!(Resize { Squash = "squash", Pad = "pad", Crop = "crop" });
words!(Channels { Rgb = "rgb", Bgr = "bgr" });
words!(PoolKind { Concat = "concat", Avg = "avg", Max = "max", Gem = "gem", None = "none" });

/// All that shapes a vector. Any change here is another space with another [`SpaceId`], and the
/// vectors of both lie side by side on disk.
#[derive(Debug, Clone, PartialEq)]
pub struct Space {
    /// What a person calls the model: `builtin`, or the name of its file.
    pub model: String,
    /// BLAKE3 of the model file, hex.
    pub digest: String,
    /// The tensor whose activations are taken.
    pub layer: String,
    /// From pixels to the model's input.
    pub preprocessing: Preprocessing,
    /// From activations to the vector.
    pub pooling: Pooling,
    /// The version of the decode policy (`docs/decode.md`), which shapes the pixels.
    pub decode_policy: u32,
    /// Length of the vectors.
    pub dimension: u32,
}

impl Space {
    /// How vectors are stored.
    pub const DTYPE: &'static str = "float32";

    /// The digest of every field but the model's name, which shapes nothing.
    pub fn id(&self) -> SpaceId {
        let Self {
            model: _,
            digest,
            layer,
            pooling,
            decode_policy,
            dimension,
            ..
        } = self;
        let pool = pooling.kind.as_str();
        let p = pooling.size;
        SpaceId::of(&format!(
            "lookalike space 1\n{digest}\n{layer}\n{}\n{pool} {p}\n{decode_policy}\n{dimension}\n{}",
            self.preprocessing.describe(),
            Self::DTYPE,
        ))
    }
}

impl Preprocessing {
    /// One line that names every field, for `run.json`, for people, and for the digest.
    pub fn describe(&self) -> String {
        format!(
            "{} {} px, antialiased bilinear, {}, mean {:?}, std {:?}",
            self.resize.as_str(),
            self.size,
            self.channels.as_str(),
            self.mean,
            self.std,
        )
    }
}

impl Pooling {
    /// One line for people: `concat 4`, or `none`.
    pub fn describe(&self) -> String {
        match self.kind {
            PoolKind::None => self.kind.as_str().to_owned(),
            kind => format!("{} {}", kind.as_str(), self.size),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn space() -> Space {
        Space {
            model: "net.onnx".into(),
            digest: "00".into(),
            layer: "relu".into(),
            preprocessing: Preprocessing {
                size: 32,
                resize: Resize::Squash,
                mean: [0.0; 3],
                std: [1.0; 3],
                channels: Channels::Rgb,
            },
            pooling: Pooling {
                kind: PoolKind::Concat,
                size: 4,
            },
            decode_policy: 1,
            dimension: 2048,
        }
    }

    #[test]
    fn every_field_but_the_name_makes_another_space() {
        let changes: [fn(&mut Space); 10] = [
            |s| s.digest = "01".into(),
            |s| s.layer = "conv".into(),
            |s| s.preprocessing.size = 64,
            |s| s.preprocessing.resize = Resize::Pad,
            |s| s.preprocessing.mean[1] = 0.5,
            |s| s.preprocessing.std[2] = 0.5,
            |s| s.preprocessing.channels = Channels::Bgr,
            |s| s.pooling.size = 1,
            |s| s.decode_policy = 2,
            |s| s.dimension = 512,
        ];
        for change in changes {
            let mut other = space();
            change(&mut other);
            assert_ne!(other.id(), space().id(), "{other:?}");
        }
        let mut renamed = space();
        renamed.model = "copy.onnx".into();
        assert_eq!(renamed.id(), space().id());
    }
}
