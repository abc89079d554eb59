//! Ids that are digests: of bytes, of pixels, of all that shapes a vector.

use std::fmt;
use std::str::FromStr;

/// A digest was written in a form that is not 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an id: expected 64 hexadecimal digits")]
pub struct ParseIdError(String);

macro_rules! digest_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 32]);

        impl $name {
            /// The id with these 32 bytes.
            pub const fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// The 32 bytes of the digest.
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&blake3::Hash::from_bytes(self.0).to_hex())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                // Twelve digits tell ids apart in a failing test and leave the line readable.
                write!(f, concat!(stringify!($name), "({:.12})"), self.to_string())
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                blake3::Hash::from_hex(text)
                    .map(|hash| Self(*hash.as_bytes()))
                    .map_err(|_| ParseIdError(text.to_owned()))
            }
        }
    };
}

digest_id! {
    /// BLAKE3 of the bytes of a file or tar member: the same id, the same file.
    ContentId
}

digest_id! {
    /// BLAKE3 of width, height and decoded 8-bit RGB pixels: the same id, the same picture,
    /// whatever format it was saved in.
    PixelsId
}

impl ContentId {
    /// The id of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }
}

/// Sixteen hexadecimal digits of the digest of a [`Space`](crate::Space); names its folders on disk.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SpaceId(String);

impl SpaceId {
    pub(crate) fn of(canonical: &str) -> Self {
        Self(blake3::hash(canonical.as_bytes()).to_hex()[..16].to_owned())
    }

    /// The id written as `text`, or `None` where that is not 16 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        (text.len() == 16 && text.bytes().all(digit)).then(|| Self(text.to_owned()))
    }

    /// The sixteen digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SpaceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_its_text() {
        let id = ContentId::of(b"x");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!("zz".parse::<ContentId>().is_err());
    }

    #[test]
    fn a_space_id_is_sixteen_lower_case_digits() {
        assert!(SpaceId::parse("0123456789abcdef").is_some());
        assert!(SpaceId::parse("0123456789ABCDEF").is_none());
        assert!(SpaceId::parse("../../etc/passwd").is_none());
    }
}
