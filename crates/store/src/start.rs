//! What a writer does first: makes again what can be made again, gives up what cannot, and removes
//! what an interrupted writer left.
//!
//! Only sizes are looked at here, so that a nightly scan does not read the whole store; `check`
//! compares digests.

use std::io;
use std::sync::Arc;

use crate::commit::Commit;
use crate::error::{Error, Result};
use crate::layout::{CACHEDIR_TAG, CACHEDIR_TAG_BYTES, Kind, sweepable, vectors_of};
use crate::medium::Medium;
use crate::snapshot::Snapshot;
use crate::store::{list, replace};

/// A store that a writer may go on from.
pub(crate) struct Start {
    pub(crate) snapshot: Snapshot,
    /// The names of the files that are lost, with all that only they held.
    pub(crate) lost: Vec<String>,
    /// The names that the record on the medium still has and the next one will not.
    pub(crate) orphans: Vec<String>,
}

/// Puts the store in order. The caller holds the lock.
pub(crate) fn prepare(medium: &Arc<dyn Medium>) -> Result<Start> {
    let found = Snapshot::load(medium)?;
    sweep(&**medium, found.commit())?;
    tag(&**medium)?;
    let mut commit = found.commit().clone();
    let lost = give_up(&**medium, &mut commit)?;
    let snapshot = Snapshot::of_record(medium, commit)?;
    let restored = restore_vectors(&snapshot)?;
    let snapshot = if restored {
        Snapshot::of_record(medium, snapshot.commit().clone())?
    } else {
        snapshot
    };
    let left_out = |name: &&String| !snapshot.commit().files.contains_key(*name);
    let orphans = found
        .commit()
        .files
        .keys()
        .filter(left_out)
        .cloned()
        .collect();
    Ok(Start {
        snapshot,
        lost,
        orphans,
    })
}

/// Removes what the record does not name and only this crate can have made.
fn sweep(medium: &dyn Medium, commit: &Commit) -> Result<()> {
    for name in list(medium)? {
        if sweepable(&name) && !commit.files.contains_key(&name) {
            medium.remove(&name).map_err(|source| Error::Io {
                action: "remove",
                path: medium.path(&name),
                source,
            })?;
        }
    }
    Ok(())
}

fn tag(medium: &dyn Medium) -> Result<()> {
    match medium.read(CACHEDIR_TAG) {
        Ok(bytes) if bytes == CACHEDIR_TAG_BYTES => Ok(()),
        _ => replace(medium, CACHEDIR_TAG, CACHEDIR_TAG_BYTES),
    }
}

/// Takes out of the record what is missing or cut and cannot be made from the rest of the store.
/// The scan then finds it unknown and does it again. Reports stay: they are written anew anyway.
fn give_up(medium: &dyn Medium, commit: &mut Commit) -> Result<Vec<String>> {
    let mut lost = Vec::new();
    for (name, entry) in &commit.files {
        let derived = matches!(Kind::of(name), Some(Kind::Vectors(_) | Kind::Report));
        if !derived && size(medium, name)? != Some(entry.bytes) {
            lost.push(name.clone());
        }
    }
    for name in &lost {
        commit.files.remove(name);
        if let Some(vectors) = vectors_of(name) {
            commit.files.remove(&vectors);
        }
    }
    Ok(lost)
}

/// Writes the missing and cut `.f32` files again from their segments; whether there were any.
fn restore_vectors(snapshot: &Snapshot) -> Result<bool> {
    let medium = &**snapshot.medium();
    let mut restored = false;
    for (name, entry) in &snapshot.commit().files {
        let (Some(Kind::Features(space)), Some(vectors)) = (Kind::of(name), vectors_of(name))
        else {
            continue;
        };
        let recorded = snapshot.commit().files.get(&vectors);
        if recorded.is_none() || size(medium, &vectors)? == recorded.map(|entry| entry.bytes) {
            continue;
        }
        let values = snapshot.decoded(name, snapshot.dimension(&space)?)?;
        let bytes: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        if !recorded.is_some_and(|entry| entry.is_of(&bytes)) {
            let why = format!(
                "its vectors ({} bytes in all) are not those written",
                entry.bytes
            );
            return snapshot.in_words(name, Err(why));
        }
        replace(medium, &vectors, &bytes)?;
        restored = true;
    }
    Ok(restored)
}

fn size(medium: &dyn Medium, name: &str) -> Result<Option<u64>> {
    match medium.size(name) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::Io {
            action: "look at",
            path: medium.path(name),
            source,
        }),
    }
}
