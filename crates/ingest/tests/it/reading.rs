//! Files as bytes.

use std::fs;
use std::time::{Duration, UNIX_EPOCH};

use lookalike_ingest::{Limits, name_of, read, settled};
use lookalike_types::{Reason, Stamp};
use proptest::prelude::*;
use tempfile::TempDir;

use crate::common::LIMITS;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_id_is_blake3_of_the_bytes(bytes in prop::collection::vec(any::<u8>(), 0..5000)) {
        let root = TempDir::new().expect("a temporary folder");
        let path = root.path().join("f");
        fs::write(&path, &bytes).expect("a file");
        let blob = read(name_of(&path), &LIMITS).expect("it is there");
        let digest = *blake3::hash(&bytes).as_bytes();
        prop_assert_eq!(*blob.content.as_bytes(), digest);
        prop_assert_eq!(blob.stamp.bytes, bytes.len() as u64);
        prop_assert_eq!(blob.bytes, bytes);
    }
}

#[test]
fn what_cannot_be_read_has_a_reason() {
    let root = TempDir::new().expect("a temporary folder");
    let path = root.path().join("f");
    let reason = |limits: &Limits| {
        read(name_of(&path), limits)
            .map_err(|failed| failed.reason)
            .err()
    };
    assert_eq!(reason(&LIMITS), Some(Reason::Vanished));
    fs::write(&path, [7; 100]).expect("a file");
    assert_eq!(
        reason(&Limits {
            max_bytes: 99,
            ..LIMITS
        }),
        Some(Reason::TooLarge)
    );
    assert_eq!(
        reason(&Limits {
            max_bytes: 100,
            ..LIMITS
        }),
        None
    );
    let folder = read(name_of(root.path()), &LIMITS).expect_err("a folder is no file");
    assert_eq!(folder.reason, Reason::Unreadable);
}

#[test]
fn a_file_without_write_permission_is_read_and_stays_as_it_was() {
    let root = TempDir::new().expect("a temporary folder");
    let path = root.path().join("f");
    fs::write(&path, b"x").expect("a file");
    let mut permissions = fs::metadata(&path).expect("it is there").permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions.clone()).expect("ours");
    let before = fs::metadata(&path)
        .expect("it is there")
        .modified()
        .expect("a time");
    assert!(read(name_of(&path), &LIMITS).is_ok());
    let after = fs::metadata(&path).expect("it is there");
    assert_eq!(
        (after.modified().expect("a time"), after.permissions()),
        (before, permissions)
    );
}

#[test]
fn a_stamp_is_settled_two_seconds_from_the_reading() {
    let read_at = UNIX_EPOCH + Duration::from_secs(100);
    let at = |modified_ns| {
        settled(
            Stamp {
                bytes: 1,
                modified_ns,
            },
            read_at,
        )
    };
    assert!(at(0));
    assert!(at(97_999_999_999));
    assert!(!at(98_000_000_000));
    assert!(!at(101_000_000_000));
    // A time far in the future is wrong, but the next change will not carry it again.
    assert!(at(1_000_000_000_000));
}
