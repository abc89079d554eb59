//! A store: opened by readers and writers alike, made by the first writer.

use std::sync::Arc;

use lookalike_types::Space;

use crate::batch::Batch;
use crate::commit::Commit;
use crate::error::{Error, Result};
use crate::layout::{CACHEDIR_TAG, CACHEDIR_TAG_BYTES, COMMIT, Kind, is_ours, sweepable};
use crate::medium::{Guard, Lock, Medium, who};
use crate::snapshot::Snapshot;

/// A folder with a commit record in it. Cheap to clone; holds nothing open.
#[derive(Clone)]
pub struct Store {
    medium: Arc<dyn Medium>,
}

impl Store {
    /// The store on this medium. Writes nothing.
    ///
    /// # Errors
    /// [`Error::NoStore`] where there is none, [`Error::Lost`] where only its commit record is
    /// gone, [`Error::Format`] where another version wrote it, [`Error::Damaged`].
    pub fn open(medium: Arc<dyn Medium>) -> Result<Self> {
        if Commit::load(&*medium)?.is_some() {
            return Ok(Self { medium });
        }
        let names = list(&*medium)?;
        let path = medium.path("");
        // Reports are left out: their names are ordinary.
        let named = |name: &String| matches!(Kind::of(name), Some(kind) if kind != Kind::Report);
        match names.into_iter().find(named) {
            Some(found) => Err(Error::Lost { path, found }),
            None => Err(Error::NoStore { path }),
        }
    }

    /// The store on this medium, made where there is none.
    ///
    /// # Errors
    /// Those of [`Store::open`] but `NoStore`; [`Error::Occupied`] where the medium holds files of
    /// somebody else, [`Error::Locked`] where another process is making it.
    pub fn create(medium: Arc<dyn Medium>) -> Result<Self> {
        match Self::open(Arc::clone(&medium)) {
            Err(Error::NoStore { .. }) => {}
            other => return other,
        }
        let names = list(&*medium)?;
        let foreign = |name: &String| !is_ours(name) && !sweepable(name);
        if let Some(found) = names.into_iter().find(foreign) {
            let path = medium.path("");
            return Err(Error::Occupied { path, found });
        }
        let _guard = lock(&*medium)?;
        // Another process may have made it between the first look and the lock.
        if Commit::load(&*medium)?.is_none() {
            replace(&*medium, CACHEDIR_TAG, CACHEDIR_TAG_BYTES)?;
            replace(&*medium, COMMIT, &Commit::empty().to_bytes())?;
        }
        Ok(Self { medium })
    }

    /// The last commit.
    ///
    /// # Errors
    /// Where the commit record is damaged or gone, or a file cannot be opened.
    pub fn snapshot(&self) -> Result<Snapshot> {
        Snapshot::load(&self.medium)
    }

    /// Starts to write: takes the lock, restores what can be made again, removes what an
    /// interrupted writer left, and makes `space` the one of this scan.
    ///
    /// # Errors
    /// [`Error::Locked`] where another process writes; those of [`Store::snapshot`];
    /// [`Error::Space`].
    pub fn begin(&self, space: &Space) -> Result<Batch> {
        let guard = lock(&*self.medium)?;
        Batch::start(&self.medium, space, guard)
    }
}

fn lock(medium: &dyn Medium) -> Result<Guard> {
    let path = medium.path("");
    match medium.lock(&who()) {
        Ok(Lock::Taken(guard)) => Ok(guard),
        Ok(Lock::Held(holder)) => Err(Error::Locked { path, holder }),
        Err(source) => Err(Error::Io {
            action: "lock",
            path,
            source,
        }),
    }
}

/// The names on the medium.
pub(crate) fn list(medium: &dyn Medium) -> Result<Vec<String>> {
    medium.list().map_err(|source| Error::Io {
        action: "list",
        path: medium.path(""),
        source,
    })
}

/// Writes a file whole.
pub(crate) fn replace(medium: &dyn Medium, name: &str, bytes: &[u8]) -> Result<()> {
    medium.replace(name, bytes).map_err(|source| Error::Io {
        action: "write",
        path: medium.path(name),
        source,
    })
}
