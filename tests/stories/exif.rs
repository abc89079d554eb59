//! Rules that go by EXIF data: from files and from shards, for a scan and for a plan.

use std::fs;

use crate::cleaning::run;
use crate::support::{Desk, rows, text};

/// An EXIF block with the name of the camera and the date, little-endian.
fn block(date: &str) -> Vec<u8> {
    let entry = |tag: u16, kind: u16, count: u32, value: u32| {
        let mut bytes = [tag.to_le_bytes(), kind.to_le_bytes()].concat();
        bytes.extend([count.to_le_bytes(), value.to_le_bytes()].concat());
        bytes
    };
    let exif_at = 8 + 2 + 2 * 12 + 4;
    let date_at = exif_at + 2 + 12 + 4;
    let mut bytes = b"II*\0\x08\0\0\0\x02\0".to_vec();
    bytes.extend(entry(0x010f, 2, 4, u32::from_le_bytes(*b"Cam\0")));
    bytes.extend(entry(0x8769, 4, 1, exif_at));
    bytes.extend([0; 4]);
    bytes.extend([1, 0]);
    bytes.extend(entry(0x9003, 2, 20, date_at));
    bytes.extend([0; 4]);
    bytes.extend(date.as_bytes());
    bytes.push(0);
    bytes
}

/// The same JPEG with EXIF data.
fn with_exif(jpeg: &[u8], date: &str) -> Vec<u8> {
    let data = [b"Exif\0\0", &block(date)[..]].concat();
    let length = u16::try_from(data.len() + 2)
        .expect("a short segment")
        .to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &data, &jpeg[2..]].concat()
}

/// One picture three times: bare, and with two dates.
fn desk() -> Desk {
    let desk = Desk::new();
    desk.draw("data/bare.jpg", 1);
    let bare = fs::read(desk.path("data/bare.jpg")).expect("a file");
    desk.write("data/z-2015.jpg", &with_exif(&bare, "2015:01:01 00:00:00"));
    desk.write("data/z-2019.jpg", &with_exif(&bare, "2019:01:01 00:00:00"));
    desk
}

/// The image that stays.
fn kept(desk: &Desk) -> String {
    let rows = rows(&desk.path("plan.parquet"));
    let kept: Vec<String> = rows
        .iter()
        .filter(|row| row["decision"] == "keep")
        .map(|row| text(&row["path"]))
        .collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
    kept[0].clone()
}

#[test]
fn the_richest_and_the_oldest_are_found_in_files_and_in_shards() {
    let desk = desk();
    let mut builder = tar::Builder::new(Vec::new());
    builder
        .append_dir_all(".", desk.path("data"))
        .expect("a tar");
    desk.write("shard.tar", &builder.into_inner().expect("a tar"));
    for (input, before) in [("data", "data/"), ("shard.tar", "shard.tar!/")] {
        desk.scan(&[input]);
        for (rule, name) in [
            ("shortest-path", "bare.jpg"),
            ("oldest-taken", "z-2015.jpg"),
            ("newest-taken", "z-2019.jpg"),
            ("richest-exif,path:data/z-2019", "z-20"),
        ] {
            run(&desk, 0, &["plan", "lookalike-out", "--keep", rule]);
            let kept = kept(&desk);
            assert!(
                kept.starts_with(before) && kept.contains(name),
                "{rule}: {kept}"
            );
        }
    }
}

#[test]
fn a_file_that_is_gone_or_changed_has_no_exif_data() {
    let desk = desk();
    desk.scan(&["data"]);
    fs::remove_file(desk.path("data/z-2015.jpg")).expect("removed");
    run(
        &desk,
        0,
        &["plan", "lookalike-out", "--keep", "oldest-taken"],
    );
    assert_eq!(kept(&desk), "data/z-2019.jpg");
    desk.write("data/z-2019.jpg", b"changed");
    run(
        &desk,
        0,
        &["plan", "lookalike-out", "--keep", "oldest-taken"],
    );
    assert_eq!(kept(&desk), "data/bare.jpg", "by its path");
}

#[test]
fn a_scan_may_go_by_exif_data_too() {
    let desk = desk();
    let rule = ["--set", "report.keep=newest-taken"];
    let stays = || {
        let groups = desk.table("groups");
        let kept = groups
            .into_iter()
            .find(|row| row["keep"] == true)
            .expect("one stays");
        (text(&kept["path"]), text(&kept["why"]))
    };
    desk.scan(&[&["data"], &rule[..]].concat());
    let newest = (
        "data/z-2019.jpg".to_owned(),
        "taken last: 2019-01-01".to_owned(),
    );
    assert_eq!(stays(), newest);
    let report = [
        "report",
        "lookalike-out",
        "--set",
        "report.keep=oldest-taken",
    ];
    run(&desk, 0, &report);
    assert_eq!(stays().0, "data/z-2015.jpg");
}
