//! EXIF fields as people read them. The names and most values are those of the `exif` crate.

use exif::{Context, Field, In, Rational, SRational, Tag, Value};
use lookalike_types::escape;

use super::walk::Raw;

/// Fields that are shown.
const MAX_SHOWN: usize = 200;

/// Characters of a shown value.
const MAX_TEXT: usize = 120;

/// Numbers of a shown value, and bytes of one that is no text.
const MAX_NUMBERS: usize = 16;

const ASCII: u16 = 2;
const UNDEFINED: u16 = 7;

/// `XPTitle` to `XPSubject`: text of Windows, UTF-16 in bytes.
const WINDOWS_TEXT: std::ops::RangeInclusive<u16> = 0x9c9b..=0x9c9f;

/// Whether a field says something of the picture: not where further fields lie or how the samples
/// are stored (TIFF 6.0), which every TIFF file must say.
pub(super) fn tells(field: &Raw) -> bool {
    const STORED: [u16; 24] = [
        0xfe, 0xff, 0x100, 0x101, 0x102, 0x103, 0x106, 0x10a, 0x111, 0x115, 0x116, 0x117, 0x118,
        0x119, 0x11a, 0x11b, 0x11c, 0x128, 0x13d, 0x140, 0x152, 0x153, 0x15b, 0x213,
    ];
    let Tag(context, number) = field.tag;
    let pointer = [
        Tag::ExifIFDPointer,
        Tag::GPSInfoIFDPointer,
        Tag::InteropIFDPointer,
    ];
    let tiles = 0x142..=0x145;
    let stored = STORED.contains(&number) || tiles.contains(&number);
    !(pointer.contains(&field.tag) || context == Context::Tiff && stored)
}

/// Name and value of each field that tells something.
pub(super) fn shown(fields: &[Raw]) -> Vec<(String, String)> {
    let telling = fields.iter().filter(|field| tells(field));
    telling
        .take(MAX_SHOWN)
        .map(|field| (name(field.tag), shortened(value(field, fields))))
        .collect()
}

fn name(tag: Tag) -> String {
    match tag.description() {
        Some(_) => tag.to_string(),
        None if WINDOWS_TEXT.contains(&tag.number()) => {
            const NAMES: [&str; 5] = ["Title", "Comment", "Author", "Keywords", "Subject"];
            let index = usize::from(tag.number() - WINDOWS_TEXT.start());
            format!("XP{}", NAMES[index])
        }
        None => format!("{:#06x}", tag.number()),
    }
}

fn value(field: &Raw, all: &[Raw]) -> String {
    let bytes = field.bytes.as_slice();
    if field.tag == Tag::UserComment {
        return comment(field);
    }
    if field.tag.context() == Context::Tiff && WINDOWS_TEXT.contains(&field.tag.number()) {
        return utf16(bytes, true);
    }
    if field.kind == UNDEFINED && field.length > MAX_NUMBERS as u64 {
        return format!("{} bytes", field.length);
    }
    let Some(value) = parsed(field) else {
        return format!("{} bytes", field.length);
    };
    let words = with_unit(field.tag, value, all);
    // So the crate writes text that means nothing more to it.
    match field.kind == ASCII && words.starts_with('"') {
        true => text(bytes),
        false => words,
    }
}

fn with_unit(tag: Tag, value: Value, all: &[Raw]) -> String {
    let field = |tag: Tag, value: Value| Field {
        tag,
        ifd_num: In::PRIMARY,
        value,
    };
    let unit = unit(tag).and_then(|unit| {
        let raw = all.iter().find(|field| field.tag == unit)?;
        Some(field(unit, parsed(raw)?))
    });
    let field = field(tag, value);
    match &unit {
        Some(unit) => field.display_value().with_unit(unit).to_string(),
        // Of a place without its hemisphere the crate would say what is missing.
        None if tag.context() == Context::Gps => field.display_value().to_string(),
        None => field.display_value().with_unit(()).to_string(),
    }
}

/// The field that holds the unit, or the side, of another.
fn unit(tag: Tag) -> Option<Tag> {
    match tag {
        Tag::FocalPlaneXResolution | Tag::FocalPlaneYResolution => {
            Some(Tag::FocalPlaneResolutionUnit)
        }
        Tag(Context::Gps, number @ (2 | 4 | 6 | 13 | 15 | 17 | 20 | 22 | 24 | 26)) => {
            Some(Tag(Context::Gps, number - 1))
        }
        _ => None,
    }
}

/// The value as the crate knows it; of many numbers the first.
fn parsed(field: &Raw) -> Option<Value> {
    let bytes = field.bytes.as_slice();
    let pairs = || elements(field, u32::from_be_bytes);
    Some(match field.kind {
        1 => Value::Byte(elements(field, u8::from_be_bytes)),
        ASCII => Value::Ascii(vec![trimmed(bytes).to_vec()]),
        3 => Value::Short(elements(field, u16::from_be_bytes)),
        4 => Value::Long(elements(field, u32::from_be_bytes)),
        5 => Value::Rational(two(&pairs(), |num, denom| Rational { num, denom })),
        6 => Value::SByte(elements(field, i8::from_be_bytes)),
        UNDEFINED => Value::Undefined(bytes.to_vec(), 0),
        8 => Value::SShort(elements(field, i16::from_be_bytes)),
        9 => Value::SLong(elements(field, i32::from_be_bytes)),
        10 => Value::SRational(two(&pairs(), |num, denom| SRational {
            num: num as i32,
            denom: denom as i32,
        })),
        11 => Value::Float(elements(field, f32::from_be_bytes)),
        12 => Value::Double(elements(field, f64::from_be_bytes)),
        _ => return None,
    })
}

fn elements<const N: usize, T>(field: &Raw, number: fn([u8; N]) -> T) -> Vec<T> {
    let chunks = field.bytes.chunks_exact(N).take(MAX_NUMBERS);
    let chunks = chunks.filter_map(|chunk| chunk.first_chunk().copied());
    chunks
        .map(|mut chunk| {
            if field.little {
                chunk.reverse();
            }
            number(chunk)
        })
        .collect()
}

fn two<T>(numbers: &[u32], pair: fn(u32, u32) -> T) -> Vec<T> {
    let pairs = numbers.chunks_exact(2);
    pairs.map(|two| pair(two[0], two[1])).collect()
}

fn trimmed(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|&byte| byte == 0);
    bytes[..end.unwrap_or(bytes.len())].trim_ascii()
}

fn text(bytes: &[u8]) -> String {
    escape(trimmed(bytes))
}

/// Eight bytes that name the character set, then the text.
fn comment(field: &Raw) -> String {
    let Some((set, rest)) = field.bytes.split_at_checked(8) else {
        return text(&field.bytes);
    };
    match set {
        b"UNICODE\0" => {
            // The order of the bytes is not always that of the file: the one that gives more plain
            // letters is meant.
            let [same, other] = [field.little, !field.little].map(|little| utf16(rest, little));
            let plain = |text: &str| text.chars().filter(char::is_ascii).count();
            if plain(&other) > plain(&same) {
                other
            } else {
                same
            }
        }
        _ if set.is_ascii() => text(rest),
        _ => format!("{} bytes", field.length),
    }
}

fn utf16(bytes: &[u8], little: bool) -> String {
    let unit = |two: &[u8]| match little {
        true => u16::from_le_bytes([two[0], two[1]]),
        false => u16::from_be_bytes([two[0], two[1]]),
    };
    let units = bytes
        .chunks_exact(2)
        .map(unit)
        .take_while(|&unit| unit != 0);
    let text: String = char::decode_utf16(units)
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect();
    escape(text.trim().as_bytes())
}

/// No longer than a line of a page holds.
fn shortened(words: String) -> String {
    match words.char_indices().nth(MAX_TEXT) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words,
    }
}
