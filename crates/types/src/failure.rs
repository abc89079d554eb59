//! Why an image is in the report without features.

use std::fmt;
use std::str::FromStr;

/// The class of a failure, as it stands in `images.parquet`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// A file of no bytes.
    Empty,
    /// The data ends before the picture does.
    Truncated,
    /// The bytes are not those of any image format that we know.
    NotAnImage,
    /// An image of a format or kind that this build does not read.
    Unsupported,
    /// Damaged data: a wrong checksum, an impossible header, a decoder's refusal.
    Corrupt,
    /// More pixels or bytes than the limits allow; refused from the header.
    TooLarge,
    /// The file or folder could not be opened or read.
    Unreadable,
    /// The file was found, then gone or changing while it was read.
    Vanished,
    /// Decoding took longer than the limit.
    Timeout,
    /// The model gave no usable vector (zero, NaN or infinite).
    NoFeatures,
}

impl Reason {
    /// Every reason, in the order of the documentation.
    pub const ALL: [Self; 10] = [
        Self::Empty,
        Self::Truncated,
        Self::NotAnImage,
        Self::Unsupported,
        Self::Corrupt,
        Self::TooLarge,
        Self::Unreadable,
        Self::Vanished,
        Self::Timeout,
        Self::NoFeatures,
    ];

    /// The word in the tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Truncated => "truncated",
            Self::NotAnImage => "not-an-image",
            Self::Unsupported => "unsupported",
            Self::Corrupt => "corrupt",
            Self::TooLarge => "too-large",
            Self::Unreadable => "unreadable",
            Self::Vanished => "vanished",
            Self::Timeout => "timeout",
            Self::NoFeatures => "no-features",
        }
    }

    /// Whether the same bytes, decoder and model will fail again. The others depend on limits or
    /// on the moment, and are tried again at the next scan.
    pub const fn belongs_to_the_bytes(self) -> bool {
        !matches!(
            self,
            Self::TooLarge | Self::Unreadable | Self::Vanished | Self::Timeout
        )
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Reason {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|reason| reason.as_str() == text)
            .ok_or_else(|| format!("`{text}` is not a reason"))
    }
}

/// What went wrong with one image. It is data, not an error: it travels with the results and
/// becomes a row of the report, and the run goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// The class.
    pub reason: Reason,
    /// The words of the decoder or of the system.
    pub detail: String,
}

impl Failed {
    /// A failure of this class, with the words of whoever noticed it.
    pub fn new(reason: Reason, detail: impl fmt::Display) -> Self {
        Self {
            reason,
            detail: detail.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_survives_its_word() {
        for reason in Reason::ALL {
            assert_eq!(reason.as_str().parse(), Ok(reason));
        }
    }
}
