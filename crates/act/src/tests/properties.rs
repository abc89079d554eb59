//! Random trees, random plans, random trouble: what may never happen does not.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;

use lookalike_types::Place;
use proptest::prelude::*;

use super::desk::{Desk, Item, Tree, apart, system, without};
use super::tar;
use crate::Error;
use crate::disk::Rename;

const ACTIONS: [&str; 5] = ["move:out", "trash", "hardlink", "symlink", "delete"];
const RENAMES: [Rename; 3] = [system, without, apart];
const FOLDERS: [&str; 5] = ["", "a", "a/b", "link", "c d"];

/// A file: its folder, its content, whether it is a hard link to the file before it.
type Seed = (usize, u8, bool);

/// What somebody does before the plan is carried out: to which file, and what.
type Trouble = (usize, u8);

fn name(index: usize, seed: Seed) -> String {
    let folder = FOLDERS[seed.0];
    let slash = if folder.is_empty() { "" } else { "/" };
    // Few names, so that targets collide where the folder is the same through a link.
    format!("{folder}{slash}{}.jpg", index)
}

fn desk(seeds: &[Seed], rename: Rename) -> Desk {
    let mut desk = Desk::new();
    desk.rename = rename;
    fs::create_dir_all(desk.photo("a")).expect("made");
    symlink("a", desk.photo("link")).expect("linked");
    let mut last: Option<String> = None;
    for (index, &seed) in seeds.iter().enumerate() {
        let name = name(index, seed);
        match (&last, seed.2) {
            (Some(last), true) => {
                fs::create_dir_all(desk.photo(&name).parent().expect("a folder")).expect("made");
                fs::hard_link(desk.photo(last), desk.photo(&name)).expect("linked");
            }
            _ => desk.write(&name, &[b'x', seed.1]),
        }
        last = Some(name);
    }
    plan(&mut desk, seeds);
    desk
}

/// The first file of each content is kept, and of the last content the first file is a near copy
/// of the kept one before it.
fn plan(desk: &mut Desk, seeds: &[Seed]) {
    let mut kept: Vec<(Vec<u8>, String)> = Vec::new();
    let mut removed = Vec::new();
    for (index, &seed) in seeds.iter().enumerate() {
        let name = name(index, seed);
        let bytes = fs::read(desk.photo(&name)).expect("there");
        match kept.iter().find(|(content, _)| *content == bytes) {
            Some((_, first)) => removed.push((name, first.clone())),
            None => kept.push((bytes, name)),
        }
    }
    if kept.len() > 2
        && let Some((_, near)) = kept.pop()
    {
        removed.retain(|(_, first)| *first != near);
        removed.push((near, kept[0].1.clone()));
    }
    for (_, name) in &kept {
        desk.keep(name);
    }
    for (name, first) in &removed {
        desk.remove(name, first);
    }
}

fn disturb(desk: &Desk, seeds: &[Seed], trouble: &[Trouble]) {
    for &(index, what) in trouble {
        let index = index % seeds.len();
        let path = desk.photo(name(index, seeds[index]));
        let done = match what {
            0 => fs::remove_file(&path),
            1 => fs::write(&path, "changed"),
            2 => fs::remove_file(&path).and_then(|()| symlink("a/0.jpg", &path)),
            _ => fs::remove_file(&path).and_then(|()| fs::create_dir(&path)),
        };
        // The same file twice, or what is a folder by now.
        drop(done);
    }
}

fn removals(desk: &Desk) -> BTreeSet<String> {
    let plan = desk.plan();
    let removals = plan
        .removals()
        .map(|(_, row, _)| format!("photos/{}", row.place.shown()));
    removals.collect()
}

/// All bytes that are anywhere.
fn contents(tree: &Tree) -> BTreeSet<Vec<u8>> {
    let bytes = tree.iter().filter_map(|(path, item)| match item {
        Item::File { bytes, .. } if !path.ends_with(".trashinfo") => Some(bytes.clone()),
        _ => None,
    });
    bytes.collect()
}

/// The real path of a name in the tree: `link` leads to `a`.
fn real(path: &str) -> String {
    path.replace("photos/link/", "photos/a/")
}

fn check(desk: &Desk, before: &Tree, after: &Tree, action: &str) {
    let removed: BTreeSet<String> = removals(desk).iter().map(|path| real(path)).collect();
    for (path, item) in before {
        if !removed.contains(path) {
            assert_eq!(after.get(path), Some(item), "{path} is not in the plan");
        }
    }
    let near: Vec<Vec<u8>> = match action {
        // Only the kept one of near copies stays for certain.
        "delete" => {
            let plan = desk.plan();
            let near = plan
                .removals()
                .filter(|(_, row, copy)| row.content != copy.content);
            let paths = near.map(|(_, row, _)| real(&format!("photos/{}", row.place.shown())));
            paths
                .filter_map(|path| match before.get(&path) {
                    Some(Item::File { bytes, .. }) => Some(bytes.clone()),
                    _ => None,
                })
                .collect()
        }
        _ => Vec::new(),
    };
    let left = contents(after);
    for bytes in contents(before) {
        assert!(
            left.contains(&bytes) || near.contains(&bytes),
            "the last of {bytes:?} is gone"
        );
    }
}

fn seeds() -> impl Strategy<Value = Vec<Seed>> {
    let hard = prop::bool::weighted(0.15);
    prop::collection::vec((0..FOLDERS.len(), 0u8..4, hard), 2..9)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost(
        seeds in seeds(),
        trouble in prop::collection::vec((0usize..9, 0u8..4), 0..4),
        (action, rename) in (0..ACTIONS.len(), 0..RENAMES.len()),
        stops in prop::collection::vec(0u64..60, 0..3),
        back in prop::collection::vec(0u64..60, 0..3),
        lossy in any::<bool>(),
    ) {
        let (mut desk, action) = (desk(&seeds, RENAMES[rename]), ACTIONS[action]);
        desk.lossy = lossy;
        disturb(&desk, &seeds, &trouble);
        let before = desk.whole();
        for stop in stops {
            if let Err(error) = desk.try_apply(action, Some(stop)) {
                let stopped = matches!(error, Error::Stopped { .. });
                prop_assert!(stopped, "{}", error);
            }
            let temporary = |tree: Tree| -> Tree {
                tree.into_iter().filter(|(path, _)| !path.contains(".lookalike-")).collect()
            };
            check(&desk, &before, &temporary(desk.whole()), action);
        }
        desk.apply(action);
        check(&desk, &before, &desk.whole(), action);
        for stop in back {
            if let Err(error) = desk.try_undo(Some(stop)) {
                let stopped = matches!(error, Error::Stopped { .. });
                prop_assert!(stopped, "{}", error);
            }
        }
        desk.undo();
        if action == "delete" {
            check(&desk, &before, &desk.whole(), action);
        } else {
            prop_assert_eq!(desk.whole(), before);
        }
    }

    /// A new shard is what would have been written without the members that go.
    #[test]
    fn shards_lose_what_goes_and_nothing_else(
        members in prop::collection::vec((0u8..6, 0usize..5, 0usize..1500, any::<bool>()), 1..12),
        packing in 0usize..3,
        stop in 0u64..40,
    ) {
        let ends = ["jpg", "txt", "json", "seg.png", "cls"];
        let deep = "d".repeat(90);
        let mut names = BTreeSet::new();
        let mut all: Vec<(String, Vec<u8>, bool)> = vec![("kept.jpg".to_owned(), b"one".to_vec(), false)];
        for (key, end, size, goes) in members {
            // Some names are too long for one header.
            let folder = if key % 2 == 0 { "" } else { "a/" };
            let name = format!("{folder}{}{key}.{}", if key > 3 { &deep } else { "" }, ends[end]);
            if names.insert(name.clone()) {
                let image = end == 0 || end == 3;
                all.push((name, vec![key; size], goes && image));
            }
        }
        let of = |some: &[(String, Vec<u8>, bool)]| {
            let plain: Vec<_> = some.iter().map(|(name, bytes, _)| (&name[..], &bytes[..])).collect();
            tar::plain(&plain)
        };
        let name = ["s.tar", "s.tar.gz", "s.tar.zst"][packing];
        let mut desk = Desk::new();
        desk.write(name, &tar::packed(name, &of(&all)));
        let kept = Place::member(name, "kept.jpg");
        desk.keep_place(kept.clone());
        for (member, ..) in all.iter().filter(|(.., goes)| *goes) {
            desk.remove_place(Place::member(name, member.as_bytes()), kept.clone());
        }
        let key = |name: &str| {
            let start = name.rfind('/').map_or(0, |slash| slash + 1);
            name[start..].find('.').map_or(name.to_owned(), |dot| name[..start + dot].to_owned())
        };
        let goes = |(name, _, gone): &(String, Vec<u8>, bool)| {
            let others = || all.iter().filter(|(other, ..)| key(other) == key(name));
            let image = |name: &str| name.ends_with(".jpg") || name.ends_with(".png");
            *gone || (others().any(|(.., gone)| *gone)
                && !others().any(|(other, _, gone)| image(other) && !gone))
        };
        let stays: Vec<_> = all.iter().filter(|member| !goes(member)).cloned().collect();
        let before = desk.whole();
        drop(desk.try_apply("rewrite:out", Some(stop)));
        desk.apply("rewrite:out");
        if stays.len() < all.len() {
            prop_assert_eq!(tar::unpacked(&desk.at("out").join(name)), of(&stays));
        }
        desk.undo();
        prop_assert_eq!(desk.whole(), before);
    }
}
