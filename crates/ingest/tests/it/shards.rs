//! Tar shards: what is in them, however they are packed, and what happens when they are broken.

use std::fs;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use flate2::write::GzEncoder;
use lookalike_ingest::{Found, Limits, find};
use lookalike_types::{Failed, Reason};
use tempfile::TempDir;

use crate::common::{LIMITS, all, lines, options, shared};

/// A header with exactly these bytes as its name, which no writer would let pass.
fn header(name: &[u8], size: u64, kind: tar::EntryType) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.as_gnu_mut().expect("it is one").name[..name.len()].copy_from_slice(name);
    header.set_size(size);
    header.set_mtime(12);
    header.set_mode(0o644);
    header.set_entry_type(kind);
    header.set_cksum();
    header
}

fn tar_of(members: &[(&[u8], &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let header = header(name, bytes.len() as u64, tar::EntryType::Regular);
        tar.append(&header, *bytes)
            .expect("memory takes every byte");
    }
    tar.into_inner().expect("memory takes every byte")
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).expect("memory takes every byte");
    packed.finish().expect("memory takes every byte")
}

struct Shard {
    root: TempDir,
    path: PathBuf,
}

fn shard(name: &str, bytes: &[u8]) -> Shard {
    let root = TempDir::new().expect("a temporary folder");
    let path = root.path().join(name);
    fs::write(&path, bytes).expect("a file");
    Shard { root, path }
}

impl Shard {
    fn found(&self) -> Vec<Found> {
        all(&[self.path.clone().into()], &options()).expect("it is there")
    }

    fn lines(&self) -> Vec<String> {
        lines(self.root.path(), &self.found())
    }
}

fn last_failure(found: &[Found]) -> (&[u8], &Failed) {
    match found.last() {
        Some(Found::Failed { place, failed, .. }) => (&place.path, failed),
        other => panic!("no failure at the end but {other:?}"),
    }
}

const TWO: [(&[u8], &[u8]); 2] = [(b"a/1.jpg", &[1; 700]), (b"a/2.JPG", b"")];

#[test]
fn members_come_with_bytes_names_and_times_however_they_are_packed() {
    let tar = tar_of(&TWO);
    let half = tar.len() / 2;
    let zstd = |bytes: &[u8]| zstd::encode_all(bytes, 3).expect("memory takes every byte");
    let packed = [
        ("s.tar", tar.clone()),
        ("s.tgz", gzipped(&tar)),
        (
            "s.tar.gz",
            [gzipped(&tar[..half]), gzipped(&tar[half..])].concat(),
        ),
        (
            "s.tar.zst",
            [zstd(&tar[..half]), zstd(&tar[half..])].concat(),
        ),
    ];
    for (name, bytes) in packed {
        let shard = shard(name, &bytes);
        assert_eq!(
            shard.lines(),
            [format!("{name}!/a/1.jpg"), format!("{name}!/a/2.JPG")]
        );
        let found = shard.found();
        let Some(Found::Member {
            stamp,
            source,
            bytes: Ok(member),
            ..
        }) = found.first()
        else {
            panic!("{name}: {found:?}");
        };
        assert_eq!(
            (stamp.bytes, stamp.modified_ns),
            (700, 12_000_000_000),
            "{name}"
        );
        assert_eq!(
            (source.bytes, member),
            (bytes.len() as u64, &vec![1; 700]),
            "{name}"
        );
    }
}

#[test]
fn hostile_names_are_only_names() {
    let names: [&[u8]; 6] = [
        b"../../up.jpg",
        b"/abs.jpg",
        b"c:\\y.jpg",
        b"\xff\x1b[31m.jpg",
        b"no.txt",
        b".hidden/a.jpg",
    ];
    let members: Vec<(&[u8], &[u8])> = names.iter().map(|name| (*name, &b"x"[..])).collect();
    let shard = shard("s.tar", &tar_of(&members));
    let wanted = [
        "s.tar!/../../up.jpg",
        "s.tar!//abs.jpg",
        "s.tar!/c:\\y.jpg",
        "s.tar!/\\xff\\x1b[31m.jpg",
    ];
    assert_eq!(shard.lines(), wanted);
    let beside: Vec<_> = fs::read_dir(shard.root.path()).expect("a folder").collect();
    assert_eq!(beside.len(), 1, "nothing is ever written");
}

#[test]
fn long_names_links_folders_and_doubles() {
    let mut tar = tar::Builder::new(Vec::new());
    let long = format!("{}/x.jpg", "l".repeat(300));
    let mut plain = header(b"", 1, tar::EntryType::Regular);
    tar.append_data(&mut plain, &long, &b"1"[..])
        .expect("memory");
    for kind in [
        tar::EntryType::Directory,
        tar::EntryType::Symlink,
        tar::EntryType::Link,
        tar::EntryType::Fifo,
    ] {
        tar.append(&header(b"n.jpg", 0, kind), &b""[..])
            .expect("memory");
    }
    for _ in 0..3 {
        tar.append(&header(b"d.jpg", 1, tar::EntryType::Regular), &b"2"[..])
            .expect("memory");
    }
    let shard = shard("s.tar", &tar.into_inner().expect("memory"));
    let wanted = [
        format!("s.tar!/{long}"),
        "s.tar!/d.jpg".into(),
        "s.tar!/d.jpg#2".into(),
        "s.tar!/d.jpg#3".into(),
    ];
    assert_eq!(shard.lines(), wanted);
}

#[test]
fn a_shard_inside_a_folder_is_a_shard_and_a_known_one_stays_closed() {
    let shard = shard("s.tar", b"never opened, so never found to be no tar");
    let mut found = Vec::new();
    let known =
        |path: &[u8], stamp: lookalike_types::Stamp| path.ends_with(b"/s.tar") && stamp.bytes == 41;
    let input = [shard.root.path().into()];
    find(&input, &options(), &LIMITS, &known, &mut |one| {
        found.push(one);
        ControlFlow::Continue(())
    })
    .expect("it is there");
    assert_eq!(lines(shard.root.path(), &found), ["s.tar unchanged"]);
}

#[test]
fn the_search_ends_where_the_visitor_says_so() {
    let shard = shard("s.tar", &tar_of(&TWO));
    let mut count = 0;
    find(
        &[shard.path.clone().into()],
        &options(),
        &LIMITS,
        &|_, _| false,
        &mut |_| {
            count += 1;
            ControlFlow::Break(())
        },
    )
    .expect("it is there");
    assert_eq!(count, 1);
}

#[test]
fn a_member_over_the_limit_is_a_row_and_the_next_one_is_read() {
    let shard = shard("s.tar", &tar_of(&TWO));
    let limits = Limits {
        max_bytes: 699,
        ..LIMITS
    };
    let mut found = Vec::new();
    find(
        &[shard.path.clone().into()],
        &options(),
        &limits,
        &|_, _| false,
        &mut |one| {
            found.push(one);
            ControlFlow::Continue(())
        },
    )
    .expect("it is there");
    let wanted = ["s.tar!/a/1.jpg too-large", "s.tar!/a/2.JPG"];
    assert_eq!(lines(shard.root.path(), &found), wanted);
}

#[test]
fn a_shard_that_ends_early_gives_what_it_has() {
    let tar = tar_of(&[(b"1.jpg", &[1; 700]), (b"2.jpg", &[2; 700])]);
    // 512 + 1024 bytes hold the first member, 512 + 700 the second.
    for (length, members) in [(300, 0), (900, 0), (1536 + 100, 1), (1536 + 600, 1)] {
        let cut = shard("s.tar", &tar[..length]);
        let found = cut.found();
        let (path, failed) = last_failure(&found);
        assert_eq!(
            failed.reason,
            Reason::Truncated,
            "{length}: {}",
            failed.detail
        );
        assert!(path.ends_with(b"s.tar"));
        assert_eq!(found.len() - 1, members, "{length}");
    }
    for name in ["s.tgz", "s.tar.zst"] {
        let noise: Vec<u8> = (0u32..40_000)
            .flat_map(|i| blake3::hash(&i.to_le_bytes()).as_bytes()[..4].to_vec())
            .collect();
        let tar = tar_of(&[(b"1.jpg", &noise), (b"2.jpg", &noise)]);
        let packed = if name == "s.tgz" {
            gzipped(&tar)
        } else {
            zstd::encode_all(&tar[..], 1).expect("memory")
        };
        let cut = shard(name, &packed[..packed.len() * 4 / 5]);
        assert_eq!(
            last_failure(&cut.found()).1.reason,
            Reason::Truncated,
            "{name}"
        );
    }
}

#[test]
fn a_shard_that_is_damaged_says_so() {
    let mut tar = tar_of(&[(b"1.jpg", &[1; 700]), (b"2.jpg", &[2; 700])]);
    tar[1536 + 10] ^= 0x55;
    let mut gz = gzipped(&tar_of(&TWO));
    let checksum = gz.len() - 6;
    gz[checksum] ^= 1;
    let cases: [(&str, &[u8], usize); 5] = [
        ("s.tar", &tar, 1),
        ("s.tgz", &gz, 2),
        ("t.tgz", b"this is no gzip at all, only text", 0),
        ("s.tar.zst", b"this is no zstd at all, only text", 0),
        ("t.tar", &[b'x'; 2000], 0),
    ];
    for (name, bytes, members) in cases {
        let found = shard(name, bytes).found();
        let failed = last_failure(&found).1;
        assert_eq!(failed.reason, Reason::Corrupt, "{name}: {}", failed.detail);
        assert_eq!(found.len() - 1, members, "{name}");
    }
    assert_eq!(
        last_failure(&shard("e.tar", b"").found()).1.reason,
        Reason::Empty
    );
}

#[test]
fn headers_that_promise_the_world_take_no_memory() {
    // The size is a lie: the limits of the bytes allow it, the shard does not hold it.
    let lie = header(b"1.jpg", 1 << 29, tar::EntryType::Regular);
    let cut = shard("s.tar", &[lie.as_bytes(), &[7; 512][..]].concat());
    assert_eq!(last_failure(&cut.found()).1.reason, Reason::Truncated);

    // A name of 64 MiB packs into a few kilobytes.
    let name = header(b"././@LongLink", 64 << 20, tar::EntryType::GNULongName);
    let bomb = gzipped(&[name.as_bytes(), &vec![b'a'; 64 << 20][..]].concat());
    assert!(bomb.len() < 1 << 20);
    let found = shard("s.tgz", &bomb).found();
    let failed = last_failure(&found).1;
    assert_eq!(failed.reason, Reason::Corrupt);
    assert!(failed.detail.contains("headers"), "{}", failed.detail);
}

#[test]
fn the_shared_sample_is_read_whole() {
    let Some(path) = shared("cifar10-lossless-sample.tar") else {
        return;
    };
    let found = all(&[Path::new(&path).into()], &options()).expect("it is there");
    assert_eq!(found.len(), 761);
    assert!(
        found
            .iter()
            .all(|found| matches!(found, Found::Member { bytes: Ok(_), .. }))
    );
}
