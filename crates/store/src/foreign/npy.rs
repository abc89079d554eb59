//! The `.npy` format of NumPy, versions 1 to 3: what its header says.
//!
//! Source: NEP 1 and the documentation of `numpy.lib.format`. The crates that read `.npy` build on
//! a parser generator for a header of three keys, so it is read by hand here.

use super::fault::VectorFault;
use super::rows::{Kind, Layout};

/// The first bytes of every `.npy` file.
pub(crate) const MAGIC: &[u8] = b"\x93NUMPY";

/// An array of two dimensions, row after row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) layout: Layout,
    pub(crate) rows: usize,
    /// Where the numbers begin.
    pub(crate) offset: usize,
}

impl Header {
    /// Reads the header of the file that `bytes` holds, and checks that its numbers are there.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, VectorFault> {
        let (text, offset) = dictionary(bytes)?;
        let fields = Fields::parse(text)?;
        let (kind, big_endian) = number_type(fields.descr)?;
        if fields.fortran_order {
            return Err(VectorFault::Fortran);
        }
        let shape = || VectorFault::Shape {
            found: fields.shape.to_owned(),
        };
        let sizes = sizes(fields.shape).ok_or_else(shape)?;
        let &[rows, dimension @ 1..=usize::MAX] = &sizes[..] else {
            return Err(shape());
        };
        let layout = Layout {
            kind,
            big_endian,
            dimension,
        };
        let wanted = (kind.width() as u64)
            .checked_mul(dimension as u64)
            .and_then(|row| row.checked_mul(rows as u64))
            .ok_or_else(shape)?;
        let found = (bytes.len() - offset) as u64;
        if found < wanted {
            return Err(VectorFault::Cut { wanted, found });
        }
        Ok(Self {
            layout,
            rows,
            offset,
        })
    }
}

fn header(why: impl Into<String>) -> VectorFault {
    VectorFault::Header { why: why.into() }
}

/// The dictionary of the header, and where the numbers begin.
fn dictionary(bytes: &[u8]) -> Result<(&str, usize), VectorFault> {
    let cut = || header("it ends within its header");
    let version = bytes.get(MAGIC.len()).ok_or_else(cut)?;
    let start = MAGIC.len() + 2;
    let (length, start) = match version {
        1 => {
            let length = bytes
                .get(start..)
                .and_then(<[u8]>::first_chunk)
                .ok_or_else(cut)?;
            (usize::from(u16::from_le_bytes(*length)), start + 2)
        }
        2 | 3 => {
            let length = bytes
                .get(start..)
                .and_then(<[u8]>::first_chunk)
                .ok_or_else(cut)?;
            (u32::from_le_bytes(*length) as usize, start + 4)
        }
        other => return Err(header(format!("its version {other} is none of 1, 2 and 3"))),
    };
    let text = bytes[start..].get(..length).ok_or_else(cut)?;
    let text = std::str::from_utf8(text).map_err(|_| header("its header is no text"))?;
    Ok((text, start + length))
}

/// The three values of the dictionary, as they stand there.
struct Fields<'a> {
    descr: &'a str,
    fortran_order: bool,
    shape: &'a str,
}

impl<'a> Fields<'a> {
    fn parse(text: &'a str) -> Result<Self, VectorFault> {
        let inside = text
            .trim()
            .strip_prefix('{')
            .and_then(|t| t.strip_suffix('}'));
        let inside = inside.ok_or_else(|| header("its header is no dictionary"))?;
        let (mut descr, mut fortran_order, mut shape) = (None, None, None);
        for entry in split(inside).filter(|entry| !entry.is_empty()) {
            let (key, value) = entry.split_once(':').unwrap_or((entry, ""));
            let value = value.trim();
            match unquoted(key.trim()) {
                Some("descr") => descr = Some(value),
                Some("fortran_order") => fortran_order = Some(value),
                Some("shape") => shape = Some(value),
                _ => return Err(header(format!("its header has an unknown entry {key}"))),
            }
        }
        let missing = |key| move || header(format!("its header has no {key}"));
        Ok(Self {
            descr: descr.ok_or_else(missing("descr"))?,
            fortran_order: match fortran_order.ok_or_else(missing("fortran_order"))? {
                "True" => true,
                "False" => false,
                other => return Err(header(format!("fortran_order is {other}"))),
            },
            shape: shape.ok_or_else(missing("shape"))?,
        })
    }
}

/// The parts of a Python literal between the commas that are in no bracket and no string.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let (mut depth, mut quote) = (0i32, None);
    text.split(move |c| {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth -= 1,
            (None, ',') => return depth == 0,
            _ => {}
        }
        false
    })
    .map(str::trim)
}

fn unquoted(text: &str) -> Option<&str> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    text.strip_prefix(quote)?.strip_suffix(quote)
}

fn number_type(descr: &str) -> Result<(Kind, bool), VectorFault> {
    let found = unquoted(descr).unwrap_or(descr);
    let (order, kind) = found.split_at_checked(1).unwrap_or_default();
    let kind = match kind {
        "f2" => Kind::F16,
        "f4" => Kind::F32,
        "f8" => Kind::F64,
        _ => {
            return Err(VectorFault::Numbers {
                found: found.to_owned(),
            });
        }
    };
    match order {
        "<" => Ok((kind, false)),
        ">" => Ok((kind, true)),
        _ => Err(VectorFault::Numbers {
            found: found.to_owned(),
        }),
    }
}

/// The sizes in a tuple such as `(3, 4)`. Python 2 wrote `3L`.
fn sizes(shape: &str) -> Option<Vec<usize>> {
    let inside = shape.strip_prefix('(')?.strip_suffix(')')?;
    let sizes = inside
        .split(',')
        .map(str::trim)
        .filter(|size| !size.is_empty());
    sizes
        .map(|size| size.trim_end_matches('L').parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn file(version: u8, dictionary: &str, numbers: usize) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend([version, 0]);
        match version {
            1 => bytes.extend((dictionary.len() as u16).to_le_bytes()),
            _ => bytes.extend((dictionary.len() as u32).to_le_bytes()),
        }
        bytes.extend(dictionary.as_bytes());
        bytes.resize(bytes.len() + numbers, 0);
        bytes
    }

    fn said(dictionary: &str, numbers: usize) -> String {
        match Header::parse(&file(1, dictionary, numbers)) {
            Ok(header) => format!("{header:?}"),
            Err(fault) => fault.to_string(),
        }
    }

    #[test]
    fn each_version_and_spelling_is_read() {
        let spellings = [
            "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }      \n",
            "{\"shape\":(2L,3L),\"fortran_order\":False,\"descr\":\"<f4\"}",
        ];
        for (version, spelling) in [1, 2, 3]
            .into_iter()
            .flat_map(|v| spellings.map(|s| (v, s)))
        {
            let bytes = file(version, spelling, 24);
            let header = Header::parse(&bytes).expect("a header");
            assert_eq!((header.rows, header.layout.dimension), (2, 3));
            assert_eq!(
                (header.layout.kind, header.layout.big_endian),
                (Kind::F32, false)
            );
            assert_eq!(header.offset + 24, bytes.len());
        }
        for (descr, kind, big) in [
            ("<f2", Kind::F16, false),
            (">f2", Kind::F16, true),
            (">f4", Kind::F32, true),
            ("<f8", Kind::F64, false),
            (">f8", Kind::F64, true),
        ] {
            let text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': (0, 3)}}");
            let layout = Header::parse(&file(1, &text, 0)).expect("a header").layout;
            assert_eq!((layout.kind, layout.big_endian), (kind, big));
        }
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        insta::assert_snapshot!(said("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3)}", 24), @"is in Fortran order, column after column, so no row lies in one piece. Write it again with np.save(path, np.ascontiguousarray(x).astype(np.float32))");
        insta::assert_snapshot!(said("{'descr': '<i8', 'fortran_order': False, 'shape': (2, 3)}", 48), @"holds values of type `<i8`, but float16, float32 or float64 is needed. Write it again with np.save(path, np.ascontiguousarray(x).astype(np.float32))");
        insta::assert_snapshot!(said("{'descr': [('a', '<f4'), ('b', '<f4', (2,))], 'fortran_order': False, 'shape': (2,)}", 48), @"holds values of type `[('a', '<f4'), ('b', '<f4', (2,))]`, but float16, float32 or float64 is needed. Write it again with np.save(path, np.ascontiguousarray(x).astype(np.float32))");
        insta::assert_snapshot!(said("{'descr': '<f4', 'fortran_order': False, 'shape': (6,)}", 24), @"holds an array of shape (6,), but one vector per row is needed: two dimensions, the second not 0. Write it again with np.save(path, x.reshape(len(x), -1))");
        insta::assert_snapshot!(said("{'descr': '<f4', 'fortran_order': False, 'shape': (6, 0)}", 24), @"holds an array of shape (6, 0), but one vector per row is needed: two dimensions, the second not 0. Write it again with np.save(path, x.reshape(len(x), -1))");
        insta::assert_snapshot!(said("{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 3)}", 24), @"holds an array of shape (9223372036854775807, 3), but one vector per row is needed: two dimensions, the second not 0. Write it again with np.save(path, x.reshape(len(x), -1))");
        insta::assert_snapshot!(said("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}", 23), @"is cut: its header says 24 bytes of numbers, and 23 are there. Copy or write it again");
        insta::assert_snapshot!(said("{'descr': '<f4', 'shape': (2, 3)}", 24), @"cannot be read as .npy: its header has no fortran_order. Write it again with `np.save`");
        insta::assert_snapshot!(said("[1, 2]", 24), @"cannot be read as .npy: its header is no dictionary. Write it again with `np.save`");
        let old = Header::parse(&file(9, "{}", 0)).expect_err("no such version");
        insta::assert_snapshot!(old, @"cannot be read as .npy: its version 9 is none of 1, 2 and 3. Write it again with `np.save`");
    }

    #[test]
    fn every_cut_is_noticed() {
        let whole = file(
            1,
            "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}",
            24,
        );
        for length in MAGIC.len()..whole.len() {
            assert!(Header::parse(&whole[..length]).is_err(), "{length} bytes");
        }
    }

    proptest! {
        #[test]
        fn no_header_panics(text in "[{}()\\[\\]'\":,<>a-zTF0-9L é]{0,60}", version in 0u8..5) {
            let _ = Header::parse(&file(version, &text, 8));
        }
    }
}
