//! `rewrite`: new shards without the removed members, byte for byte otherwise.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;

use lookalike_types::{ContentId, Place};
use tar::{Builder, EntryType, Header};

use super::desk::{Desk, Item};
use crate::Why;

/// Members by name and bytes; a name longer than 100 bytes gets extended headers.
pub(crate) fn plain(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(1_000_000_000);
        builder
            .append_data(&mut header, name, *bytes)
            .expect("appended");
    }
    builder.into_inner().expect("finished")
}

pub(crate) fn packed(name: &str, bytes: &[u8]) -> Vec<u8> {
    if name.ends_with("gz") {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).expect("written");
        return encoder.finish().expect("finished");
    }
    if name.ends_with("zst") {
        return zstd::encode_all(bytes, 1).expect("packed");
    }
    bytes.to_vec()
}

pub(crate) fn unpacked(path: &Path) -> Vec<u8> {
    let (bytes, mut plain) = (fs::read(path).expect("there"), Vec::new());
    let name = path.to_str().expect("text");
    if name.ends_with("gz") {
        flate2::read::MultiGzDecoder::new(&bytes[..])
            .read_to_end(&mut plain)
            .expect("whole");
    } else if name.ends_with("zst") {
        plain = zstd::decode_all(&bytes[..]).expect("whole");
    } else {
        plain = bytes;
    }
    plain
}

/// The digest of a member; the first of its name.
pub(crate) fn member(shard: &Path, name: &[u8]) -> ContentId {
    let bytes = unpacked(shard);
    let mut archive = tar::Archive::new(&bytes[..]);
    for entry in archive.entries().expect("a shard") {
        let mut entry = entry.expect("a member");
        if *entry.path_bytes() == *name {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).expect("readable");
            return ContentId::of(&bytes);
        }
    }
    panic!("no such member")
}

/// New shards get the time they were written at; all else is as it was.
pub(crate) fn undated(path: &str, item: &Item) -> Item {
    match item {
        Item::File { bytes, mode, .. } if path.starts_with("out") && path.ends_with(".tar") => {
            Item::File {
                bytes: bytes.clone(),
                modified: 0,
                mode: *mode,
            }
        }
        other => other.clone(),
    }
}

const LONG: &str = "a-folder-whose-name-is-long/and-another-one-below-it-that-is-long-too/and-a-file-of-a-long-name-too.jpg";

fn members() -> Vec<(&'static str, &'static [u8])> {
    vec![
        ("0001.jpg", b"one"),
        ("0001.txt", b"a caption"),
        ("0002.jpg", b"near one"),
        ("0002.txt", b"another caption"),
        ("0002.json", b"{}"),
        (LONG, b"one"),
        ("0003.jpg", b"one"),
        ("0003.seg.png", b"a mask"),
        ("0003.txt", b"a third caption"),
    ]
}

fn desk_of(name: &str) -> Desk {
    let mut desk = Desk::new();
    desk.write(name, &packed(name, &plain(&members())));
    desk.keep_place(Place::member(name, "0001.jpg"));
    for removed in ["0002.jpg", LONG, "0003.jpg"] {
        desk.remove_place(
            Place::member(name, removed),
            Place::member(name, "0001.jpg"),
        );
    }
    desk
}

pub(crate) fn shard_desk() -> Desk {
    let mut desk = desk_of("train/0.tar");
    desk.write(
        "train/1.tar",
        &plain(&[("9.jpg", b"one"), ("8.jpg", b"nine")]),
    );
    let place = |member| Place::member("train/1.tar", member);
    desk.remove_place(place("9.jpg"), Place::member("train/0.tar", "0001.jpg"));
    desk
}

#[test]
fn every_other_byte_stays() {
    for name in [
        "train/0.tar",
        "train/0.tar.gz",
        "train/0.tgz",
        "train/0.tar.zst",
    ] {
        let desk = desk_of(name);
        let before = desk.whole();
        let outcome = desk.apply("rewrite:out");
        assert_eq!(
            (outcome.done, outcome.shards, outcome.sidecars),
            (3, 1, 2),
            "{outcome:?}"
        );
        let stays = ["0001.jpg", "0001.txt", "0003.seg.png", "0003.txt"];
        let stays: Vec<_> = members()
            .into_iter()
            .filter(|(n, _)| stays.contains(n))
            .collect();
        assert_eq!(
            unpacked(&desk.at("out").join(name)),
            plain(&stays),
            "{name}"
        );
        assert_eq!(desk.tree("photos").len(), 2, "the source is as it was");
        assert_eq!(desk.apply("rewrite:out").earlier, 3);
        let back = desk.undo();
        assert_eq!((back.done, back.shards), (1, 1));
        assert_eq!(desk.whole(), before);
    }
}

#[test]
fn headers_of_all_kinds_stay_as_they_are() {
    let mut builder = Builder::new(Vec::new());
    let mut append = |kind: EntryType, name: &str, data: &[u8]| {
        let mut header = Header::new_ustar();
        header.set_entry_type(kind);
        header.set_size(data.len() as u64);
        header.set_path(name).expect("short");
        header.set_cksum();
        builder.append(&header, data).expect("appended");
    };
    append(
        EntryType::XGlobalHeader,
        "pax_global_header",
        b"20 comment=something\n",
    );
    append(EntryType::Directory, "d/", b"");
    append(EntryType::XHeader, "PaxHeaders/x", b"19 path=d/gone.jpg\n");
    append(EntryType::Regular, "short", b"one");
    append(EntryType::XHeader, "PaxHeaders/y", b"19 path=d/kept.jpg\n");
    append(EntryType::Regular, "short", b"one");
    append(EntryType::Symlink, "d/link.jpg", b"");
    append(EntryType::Regular, "d/gone.txt", b"a caption");
    let bytes = builder.into_inner().expect("finished");
    let mut desk = Desk::new();
    let with_tail = [&bytes[..], &[0; 4096]].concat();
    desk.write("s.tar", &with_tail);
    desk.keep_place(Place::member("s.tar", "d/kept.jpg"));
    desk.remove_place(
        Place::member("s.tar", "d/gone.jpg"),
        Place::member("s.tar", "d/kept.jpg"),
    );
    let outcome = desk.apply("rewrite:out");
    assert_eq!((outcome.done, outcome.sidecars), (1, 1), "{outcome:?}");
    let wanted = [
        &with_tail[..1536],
        &with_tail[3584..6144],
        &with_tail[7168..],
    ]
    .concat();
    assert_eq!(fs::read(desk.at("out/s.tar")).expect("there"), wanted);
}

#[test]
fn what_does_not_hold_stays_in_the_shard() {
    let mut desk = desk_of("0.tar");
    desk.write("file.jpg", b"one");
    desk.remove_place(Place::file("file.jpg"), Place::member("0.tar", "0001.jpg"));
    desk.rows()[1].content = ContentId::of(b"something else");
    desk.rows()[2].place = Place::member("0.tar", "nobody.jpg");
    let outcome = desk.apply("rewrite:out");
    let why: Vec<Why> = outcome.skipped.iter().map(|skipped| skipped.why).collect();
    assert_eq!(
        (outcome.done, &why[..]),
        (1, &[Why::NotAMember, Why::Changed, Why::Gone][..])
    );
    let kept = unpacked(&desk.at("out/0.tar"));
    assert_eq!(
        tar::Archive::new(&kept[..])
            .entries()
            .expect("a shard")
            .count(),
        8
    );
    for action in ["move:out", "trash", "delete", "hardlink", "symlink"] {
        let desk = desk_of("0.tar");
        let outcome = desk.apply(action);
        let links = action.ends_with("link");
        let why = if links {
            Why::NotIdentical
        } else {
            Why::Member
        };
        let first = &outcome.skipped[0];
        assert!(first.why == Why::Member || first.why == why, "{outcome:?}");
        assert_eq!(outcome.done, 0);
    }
}

#[test]
fn a_kept_member_is_looked_at_before_its_copy_goes() {
    let make = || {
        let mut desk = Desk::new();
        desk.write("0.tar", &plain(&members()));
        desk.write("copy.jpg", b"one");
        desk.keep_place(Place::member("0.tar", "0001.jpg"));
        desk.remove_place(Place::file("copy.jpg"), Place::member("0.tar", "0001.jpg"));
        desk
    };
    assert_eq!(make().apply("delete").done, 1);
    let desk = make();
    fs::write(desk.photo("0.tar"), plain(&[("0001.jpg", b"two")])).expect("written");
    assert_eq!(desk.apply("delete").skipped[0].why, Why::KeptChanged);
    let desk = make();
    fs::write(desk.photo("0.tar"), plain(&[("0002.jpg", b"one")])).expect("written");
    assert_eq!(desk.apply("delete").skipped[0].why, Why::KeptGone);
    let desk = make();
    fs::write(desk.photo("0.tar"), &plain(&members())[..700]).expect("written");
    assert_eq!(desk.apply("delete").skipped[0].why, Why::Shard);
    assert!(desk.photo("copy.jpg").exists());
}

#[test]
fn nothing_is_overwritten() {
    let desk = desk_of("0.tar");
    fs::create_dir(desk.at("out")).expect("made");
    fs::write(desk.at("out/0.tar"), "theirs").expect("written");
    let outcome = desk.apply("rewrite:out");
    assert_eq!(outcome.skipped_by_reason.get(&Why::Occupied), Some(&3));
    assert_eq!(fs::read(desk.at("out/0.tar")).expect("there"), b"theirs");
}

/// A shard of files with these bytes, then links with where they lead.
fn linked(files: &[(&str, &[u8])], links: &[(&str, &str, EntryType)]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = Header::new_gnu();
        header.set_size(bytes.len() as u64);
        let field = &mut header.as_gnu_mut().expect("gnu").name;
        field[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        builder.append(&header, *bytes).expect("appended");
    }
    for (name, target, kind) in links {
        let mut header = Header::new_gnu();
        header.set_entry_type(*kind);
        header.set_size(0);
        builder
            .append_link(&mut header, name, target)
            .expect("appended");
    }
    builder.into_inner().expect("finished")
}

#[test]
fn what_a_link_leads_to_stays() {
    let files: [(&str, &[u8]); 2] = [("a.jpg", b"one"), ("./x/b.jpg", b"one")];
    for (name, target, kind) in [
        ("c.jpg", "./x/b.jpg", EntryType::Link),
        ("c.jpg", "x/b.jpg", EntryType::Link),
        ("x/c.jpg", "b.jpg", EntryType::Symlink),
        ("y/c.jpg", "../x/./b.jpg", EntryType::Symlink),
    ] {
        let mut desk = Desk::new();
        desk.write("l.tar", &linked(&files, &[(name, target, kind)]));
        let place = |member| Place::member("l.tar", member);
        desk.keep_place(place("a.jpg"));
        desk.remove_place(place("./x/b.jpg"), place("a.jpg"));
        let outcome = desk.apply("rewrite:out");
        assert_eq!(outcome.skipped[0].why, Why::LinkedTo, "{target}");
    }
    // Neither does one of two of the name that a link leads to go.
    let files: [(&str, &[u8]); 3] = [("a.jpg", b"one"), ("b.jpg", b"two"), ("b.jpg", b"one")];
    let mut desk = Desk::new();
    let link = [("c.jpg", "b.jpg", EntryType::Link)];
    desk.write("l.tar", &linked(&files, &link));
    desk.keep_place(Place::member("l.tar", "a.jpg"));
    desk.remove_place(
        Place::member("l.tar", "b.jpg"),
        Place::member("l.tar", "a.jpg"),
    );
    let row = &mut desk.rows()[1];
    row.place = Place::member("l.tar", "b.jpg#2");
    row.content = ContentId::of(b"one");
    if let Some(copy) = &mut row.copy {
        (copy.kind, copy.similarity) = (lookalike_types::PairKind::Identical, 1.0);
    }
    assert_eq!(desk.apply("rewrite:out").skipped[0].why, Why::LinkedTo);
}

/// A picture that no plan names is no caption, whatever its format, its number, or that it is a link.
#[test]
fn a_sample_keeps_its_captions_with_its_last_picture() {
    let text: &[u8] = b"a caption";
    for other in ["b.dng", "b.ico", "b.JP2", "b.jpg"] {
        let files: [(&str, &[u8]); 4] = [
            ("a.jpg", b"one"),
            ("b.jpg", b"one"),
            (other, b"raw"),
            ("b.txt", text),
        ];
        let mut desk = Desk::new();
        desk.write("s.tar", &linked(&files, &[]));
        desk.keep_place(Place::member("s.tar", "a.jpg"));
        let copy_of = Place::member("s.tar", "a.jpg");
        desk.remove_place(Place::member("s.tar", "b.jpg"), copy_of);
        let outcome = desk.apply("rewrite:out");
        assert_eq!((outcome.done, outcome.sidecars), (1, 0), "{other}");
    }
    let files: [(&str, &[u8]); 3] = [("a.jpg", b"one"), ("b.jpg", b"one"), ("b.txt", text)];
    let mut desk = Desk::new();
    let link = [("b.png", "a.jpg", EntryType::Link)];
    desk.write("s.tar", &linked(&files, &link));
    desk.keep_place(Place::member("s.tar", "a.jpg"));
    let copy_of = Place::member("s.tar", "a.jpg");
    desk.remove_place(Place::member("s.tar", "b.jpg"), copy_of);
    assert_eq!(desk.apply("rewrite:out").sidecars, 0);
}

#[test]
fn a_changed_new_shard_is_not_taken_away() {
    let desk = desk_of("0.tar");
    desk.apply("rewrite:out");
    File::options()
        .append(true)
        .open(desk.at("out/0.tar"))
        .and_then(|mut file| file.write_all(b"more"))
        .expect("written");
    assert_eq!(desk.undo().skipped[0].why, Why::Changed);
    assert!(desk.at("out/0.tar").exists());
}

#[test]
fn the_second_of_a_name_has_a_number() {
    let mut desk = Desk::new();
    desk.write(
        "0.tar",
        &plain(&[("a.jpg", b"one"), ("a.jpg", b"two"), ("b.jpg", b"two")]),
    );
    desk.keep_place(Place::member("0.tar", "b.jpg"));
    let copy_of = Place::member("0.tar", "b.jpg");
    desk.remove_place(Place::member("0.tar", "a.jpg"), copy_of);
    let row = &mut desk.rows()[1];
    row.place = Place::member("0.tar", "a.jpg#2");
    row.content = ContentId::of(b"two");
    if let Some(copy) = &mut row.copy {
        copy.kind = lookalike_types::PairKind::Identical;
    }
    assert_eq!(desk.apply("rewrite:out").done, 1);
    let wanted = plain(&[("a.jpg", b"one"), ("b.jpg", b"two")]);
    assert_eq!(fs::read(desk.at("out/0.tar")).expect("there"), wanted);
}
