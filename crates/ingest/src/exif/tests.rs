//! EXIF data of every format that carries it, and of none; whole, cut, and changed at random.

use std::io::Cursor;

use exif::experimental::Writer;
use exif::{Context, Field, In, Rational, Tag, Value};
use proptest::prelude::*;

use super::*;
use crate::names::name_of;

fn field(tag: Tag, value: Value) -> Field {
    Field {
        tag,
        ifd_num: In::PRIMARY,
        value,
    }
}

fn ascii(text: &str) -> Value {
    Value::Ascii(vec![text.as_bytes().to_vec()])
}

fn rational(num: u32, denom: u32) -> Rational {
    Rational { num, denom }
}

fn fields() -> Vec<Field> {
    let comment = [&b"UNICODE\0"[..], &[0, b'h', 0, b'i']].concat();
    let degrees = vec![rational(48, 1), rational(12, 1), rational(305, 10)];
    vec![
        field(Tag::Make, ascii("Ca\nnon ")),
        field(Tag::Orientation, Value::Short(vec![6])),
        field(Tag::XResolution, Value::Rational(vec![rational(72, 1)])),
        field(Tag::DateTime, ascii("2020:01:01 00:00:00")),
        field(Tag::DateTimeOriginal, ascii("2019:05:04 03:02:01")),
        field(Tag::OffsetTimeOriginal, ascii("+02:00")),
        field(Tag::ExposureTime, Value::Rational(vec![rational(1, 250)])),
        field(Tag::MakerNote, Value::Undefined(vec![7; 5000], 0)),
        field(Tag::UserComment, Value::Undefined(comment, 0)),
        field(Tag(Context::Exif, 0xfde8), Value::Long((0..40).collect())),
        field(Tag::GPSLatitudeRef, ascii("N")),
        field(Tag::GPSLatitude, Value::Rational(degrees)),
    ]
}

/// A block with these fields.
fn block(fields: &[Field], little: bool) -> Vec<u8> {
    let mut writer = Writer::new();
    fields.iter().for_each(|field| writer.push_field(field));
    let mut block = Cursor::new(Vec::new());
    writer.write(&mut block, little).expect("it can be written");
    block.into_inner()
}

fn segment(marker: u8, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len() + 2).expect("a short segment");
    [&[0xff, marker], &length.to_be_bytes()[..], data].concat()
}

fn jpeg(block: &[u8]) -> Vec<u8> {
    let other = segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0<x/>");
    let exif = segment(0xe1, &[b"Exif\0\0", block].concat());
    let scan = segment(0xda, &[0; 8]);
    [
        &[0xff, 0xd8],
        &other[..],
        &[0xff],
        &exif,
        &scan,
        &[0xff, 0xd9],
    ]
    .concat()
}

fn png(block: &[u8]) -> Vec<u8> {
    let chunk = |kind: &[u8], data: &[u8]| {
        let length = u32::try_from(data.len()).expect("a short chunk");
        [&length.to_be_bytes(), kind, data, &[0; 4]].concat()
    };
    let chunks = [
        chunk(b"IHDR", &[0; 13]),
        chunk(b"IDAT", &[1; 9]),
        chunk(b"eXIf", block),
    ];
    [
        &b"\x89PNG\r\n\x1a\n"[..],
        &chunks.concat(),
        &chunk(b"IEND", b""),
    ]
    .concat()
}

fn webp(block: &[u8]) -> Vec<u8> {
    let chunk = |kind: &[u8], data: &[u8]| {
        let length = u32::try_from(data.len()).expect("a short chunk");
        let padding = vec![0; data.len() % 2];
        [kind, &length.to_le_bytes(), data, &padding].concat()
    };
    let exif = [b"Exif\0\0", block].concat();
    let chunks = [
        chunk(b"VP8X", &[0; 10]),
        chunk(b"odd_", b"x"),
        chunk(b"EXIF", &exif),
    ]
    .concat();
    let length = u32::try_from(chunks.len() + 4).expect("a short file");
    [b"RIFF", &length.to_le_bytes()[..], b"WEBP", &chunks].concat()
}

fn bmff(kind: &[u8], inside: &[u8]) -> Vec<u8> {
    let length = u32::try_from(inside.len() + 8).expect("a short box");
    [&length.to_be_bytes(), kind, inside].concat()
}

fn heic(block: &[u8]) -> Vec<u8> {
    let item = [&0u32.to_be_bytes()[..], b"Exif\0\0", block].concat();
    let item = [&6u32.to_be_bytes()[..], &item[4..]].concat();
    let infe = bmff(b"infe", b"\x02\0\0\0\0\x07\0\0Exif\0");
    let iinf = bmff(b"iinf", &[b"\0\0\0\0\0\x01", &infe[..]].concat());
    let ftyp = bmff(b"ftyp", b"heic\0\0\0\0mif1heic");
    let meta = |start: usize| {
        let place = [start, item.len()].map(|n| u32::try_from(n).expect("short").to_be_bytes());
        let locations = b"\x01\0\0\0\x44\0\0\x01\0\x07\0\0\0\0\0\x01";
        let iloc = bmff(b"iloc", &[&locations[..], &place.concat()].concat());
        bmff(b"meta", &[&[0; 4], &iinf[..], &iloc].concat())
    };
    let start = ftyp.len() + meta(0).len() + 8;
    [ftyp, meta(start), bmff(b"mdat", &item)].concat()
}

fn jxl(block: &[u8]) -> Vec<u8> {
    let exif = bmff(b"Exif", &[&[0; 4], block].concat());
    [
        bmff(b"JXL ", b"\r\n\x87\n"),
        bmff(b"ftyp", b"jxl \0\0\0\0jxl "),
        exif,
    ]
    .concat()
}

#[test]
fn every_format_tells_the_same() {
    for little in [false, true] {
        let block = block(&fields(), little);
        let alone = exif(&block);
        assert_eq!(
            alone.fields, 11,
            "all but the resolution: {:?}",
            alone.shown
        );
        let taken = alone.taken.expect("it has a date");
        assert_eq!(taken.to_string(), "2019-05-04 03:02:01 +02:00");
        for make in [jpeg, png, webp, heic, jxl] {
            assert_eq!(exif(&make(&block)), alone);
        }
    }
}

#[test]
fn values_are_words_and_long_ones_are_short() {
    let shown = exif(&jpeg(&block(&fields(), true))).shown;
    let lines: Vec<String> = shown
        .iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    Make: Ca\x0anon
    Orientation: row 0 at right and column 0 at top
    DateTime: 2020-01-01 00:00:00
    ExposureTime: 1/250 s
    DateTimeOriginal: 2019-05-04 03:02:01
    OffsetTimeOriginal: +02:00
    MakerNote: 5000 bytes
    UserComment: hi
    0xfde8: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    GPSLatitudeRef: N
    GPSLatitude: 48 deg 12 min 30.5 sec N
    ");
}

#[test]
fn without_exif_there_is_none() {
    let none = Exif::default();
    for bytes in [
        &b""[..],
        b"\xff\xd8\xff\xd9",
        b"GIF89a\x01\0\x01\0\0\0\0;",
        b"no picture, but a file of some bytes",
        &png(b""),
        &jpeg(b"MM\0*\0\0\0\x63"),
    ] {
        assert_eq!(exif(bytes), none);
    }
}

#[test]
fn damage_costs_no_more_than_what_it_hits() {
    let whole = block(&fields(), false);
    let told = exif(&whole);
    for length in 0..whole.len() {
        let cut = exif(&jpeg(&whole[..length]));
        assert!(cut.fields <= told.fields);
        let known = |field: &(String, String)| told.shown.iter().any(|(name, _)| *name == field.0);
        assert!(cut.shown.iter().all(known));
    }
}

#[test]
fn a_block_that_points_everywhere_costs_little() {
    // Each of 5,000 fields has all 64 KiB as its value, and each may be a pointer to the others.
    let count = 5000u16;
    let mut bomb = [b"MM\0*\0\0\0\x08", &count.to_be_bytes()[..]].concat();
    for n in 0..count {
        let tag = if n % 2 == 0 { 0x8769 } else { 0x010e_u16 };
        bomb.extend([&tag.to_be_bytes()[..], b"\0\x02\0\0\xf0\0\0\0\0\x08"].concat());
    }
    bomb.resize(64_000, 0);
    let started = std::time::Instant::now();
    let told = exif(&png(&bomb));
    assert!(told.shown.len() <= 200 && told.fields <= 2 * 512);
    assert!(started.elapsed().as_secs() < 5);
}

#[test]
fn a_file_that_changed_since_is_not_read() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("a.jpg");
    std::fs::write(&path, jpeg(&block(&fields(), true))).expect("written");
    let stamp = stamp_of(&path.metadata().expect("it is there"));
    let told = exif_of_file(name_of(&path), stamp).expect("it is as it was");
    assert_eq!(told.fields, 11);
    let other = Stamp {
        bytes: stamp.bytes + 1,
        ..stamp
    };
    assert_eq!(exif_of_file(name_of(&path), other), None);
    assert_eq!(exif_of_file(name_of(dir.path()), stamp), None);
    assert_eq!(exif_of_file(b"/not/there", stamp), None);
}

fn bounded(told: &Exif) -> bool {
    let short = |(name, value): &(String, String)| name.len() < 60 && value.chars().count() <= 121;
    told.shown.len() <= 200 && told.shown.iter().all(short)
}

proptest! {
    /// Whatever is changed in a file of whatever format: an answer, and a short one.
    #[test]
    fn damaged_data_is_read_as_far_as_it_goes(
        which in 0_usize..6,
        little in any::<bool>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
        cut in any::<prop::sample::Index>(),
    ) {
        let block = block(&fields(), little);
        type Wrap = fn(&[u8]) -> Vec<u8>;
        let make: [Wrap; 6] = [|bytes: &[u8]| bytes.to_vec(), jpeg, png, webp, heic, jxl];
        let mut bytes = make[which](&block);
        for (index, byte) in changes {
            // Most of it is the note of the maker, where nothing happens.
            let at = index.index(bytes.len().min(700));
            bytes[at] = byte;
        }
        prop_assert!(bounded(&exif(&bytes)));
        bytes.truncate(cut.index(bytes.len()));
        prop_assert!(bounded(&exif(&bytes)));
    }

    #[test]
    fn any_bytes_have_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..400), little in any::<bool>()) {
        let head: &[u8] = if little { b"II*\0\x08\0\0\0" } else { b"MM\0*\0\0\0\x08" };
        prop_assert!(bounded(&exif(&[head, &bytes].concat())));
        prop_assert!(bounded(&exif(&bytes)));
    }
}
