//! The EXIF data of the members of groups, for rules that go by it: headers of files, and shards from
//! front to back. What is gone, changed or cannot be read has none.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use lookalike_ingest::{self as ingest, Exif, Found};
use lookalike_report::{Component, ExifFacts, Images};
use lookalike_store::Snapshot;
use lookalike_types::{ContentId, FileRow, Place};

use crate::settings::Settings;
use crate::{model, output, places};

/// The images with what is known of the members of groups.
///
/// # Errors
/// As [`exif_of`], and where the store cannot be read.
pub(super) fn grouped(
    images: Images,
    components: &[Component],
    snapshot: &Snapshot,
    settings: &Settings,
) -> anyhow::Result<Images> {
    let rows = places::rows(snapshot)?;
    let last = output::last_scan(snapshot)?.and_then(|last| last.folder);
    let root = places::root(&rows, last.as_deref())?;
    let groups = components.iter().filter(|group| group.members.len() > 1);
    let members = groups
        .flat_map(|group| group.members.iter().copied())
        .collect();
    let known = exif_of(&rows, &members, &images, (&root, settings))?;
    Ok(images.with_exif(&known))
}

/// What is known of the contents of `members`. `rows` are in the order of `images`, and relative
/// places start from `root`.
///
/// # Errors
/// Where a pattern of the settings is no glob.
pub(crate) fn exif_of(
    rows: &[FileRow],
    members: &HashSet<usize>,
    images: &Images,
    (root, settings): (&Path, &Settings),
) -> anyhow::Result<HashMap<ContentId, ExifFacts>> {
    let mut files: BTreeMap<ContentId, Vec<&FileRow>> = BTreeMap::new();
    let mut shards: BTreeMap<&[u8], HashMap<&Place, ContentId>> = BTreeMap::new();
    for (image, row) in images
        .iter()
        .zip(rows)
        .enumerate()
        .filter_map(|(index, both)| members.contains(&index).then_some(both))
    {
        match (image.content, &row.place.member) {
            (Some(content), None) => files.entry(content).or_default().push(row),
            (Some(content), Some(_)) => {
                let shard = shards.entry(&row.place.path).or_default();
                shard.insert(&row.place, content);
            }
            (None, _) => {}
        }
    }
    let files: Vec<(ContentId, Vec<&FileRow>)> = files.into_iter().collect();
    let mut known = of_files(&files, root, threads(settings));
    for (path, wanted) in shards {
        if wanted.values().any(|content| !known.contains_key(content)) {
            of_shard(
                &root.join(ingest::path_of(path)),
                path,
                &wanted,
                settings,
                &mut known,
            )?;
        }
    }
    Ok(known)
}

fn threads(settings: &Settings) -> usize {
    match settings.runtime.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    }
}

fn facts(exif: &Exif) -> ExifFacts {
    ExifFacts {
        fields: exif.fields,
        taken: exif.taken.map(|taken| taken.clock),
    }
}

/// Of each content the first of its files that is still as it was.
fn of_files(
    files: &[(ContentId, Vec<&FileRow>)],
    root: &Path,
    threads: usize,
) -> HashMap<ContentId, ExifFacts> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut known = Vec::new();
        while let Some((content, rows)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            let read = |row: &&FileRow| {
                let path = root.join(ingest::path_of(&row.place.path));
                ingest::exif_of_file(ingest::name_of(&path), row.stamp?)
            };
            if let Some(exif) = rows.iter().find_map(read) {
                known.push((*content, facts(&exif)));
            }
        }
        known
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(work)).collect();
        let done = workers.into_iter().filter_map(|worker| worker.join().ok());
        done.flatten().collect()
    })
}

/// The wanted members of one shard. `name` is its path in the places, `path` where it is now.
fn of_shard(
    path: &Path,
    name: &[u8],
    wanted: &HashMap<&Place, ContentId>,
    settings: &Settings,
    known: &mut HashMap<ContentId, ExifFacts>,
) -> anyhow::Result<()> {
    let options = model::input_options(settings, Path::new(""));
    let mut visit = |found: Found| {
        if let Found::Member {
            place,
            bytes: Ok(bytes),
            ..
        } = found
        {
            let place = Place {
                path: name.to_vec(),
                ..place
            };
            let content = wanted.get(&place).copied();
            if content.is_some_and(|content| ContentId::of(&bytes) == content) {
                known.extend(content.map(|content| (content, facts(&ingest::exif(&bytes)))));
            }
        }
        ControlFlow::Continue(())
    };
    // A shard that cannot be read any more gives what it can; the others have no EXIF data.
    let _ = ingest::find_in_shard(
        ingest::name_of(path),
        &options,
        &model::limits(settings),
        &mut visit,
    )?;
    Ok(())
}
