//! What a folder holds, and the folders in it.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use crate::names::{name_of, not_given};
use crate::rules::Rules;
use crate::source::Finder;
use crate::tar::is_shard;

impl Finder<'_> {
    /// Gives the images and shards below `root`, each folder sorted by the bytes of its names.
    pub(crate) fn folder(&mut self, root: &Path) -> ControlFlow<()> {
        let rules = self.rules;
        let mut parent = Parent::default();
        let walk = WalkDir::new(root)
            .follow_links(rules.follow_links)
            .sort_by(|a, b| name_of(a.path()).cmp(name_of(b.path())))
            .into_iter()
            .filter_entry(|entry| enters(rules, root, entry));
        for entry in walk {
            match entry {
                Ok(entry) if entry.file_type().is_dir() => {}
                Ok(entry) => self.walked(&entry, &mut parent)?,
                Err(error) => self.stuck(&error)?,
            }
        }
        ControlFlow::Continue(())
    }

    fn walked(&mut self, entry: &DirEntry, parent: &mut Parent) -> ControlFlow<()> {
        let path = entry.path();
        if !self.counts(path) {
            return ControlFlow::Continue(());
        }
        let linked = entry.path_is_symlink();
        let metadata = match path.metadata() {
            Ok(metadata) => metadata,
            Err(error) => return self.fail(path, None, not_given(&error)),
        };
        // Pipes and devices are no images, and a link to a folder is entered by the walk or not.
        if !metadata.is_file() {
            return ControlFlow::Continue(());
        }
        let real = match linked {
            true => path.canonicalize(),
            false => parent.real(path),
        };
        match real {
            Ok(real) if linked && self.rules.skips(&real) => ControlFlow::Continue(()),
            Ok(real) => self.file(path, &real, &metadata),
            Err(error) => self.fail(path, None, not_given(&error)),
        }
    }

    /// The walk could not go on at one place. A link that leads back to a folder above it has
    /// nothing new behind it; a dead link matters only where it is called like an image.
    fn stuck(&mut self, error: &walkdir::Error) -> ControlFlow<()> {
        let (Some(path), Some(cause)) = (error.path(), error.io_error()) else {
            return ControlFlow::Continue(());
        };
        let linked = path.symlink_metadata().is_ok_and(|m| m.is_symlink());
        if linked && !self.counts(path) {
            return ControlFlow::Continue(());
        }
        self.fail(path, None, not_given(cause))
    }

    fn counts(&self, path: &Path) -> bool {
        let name = name_of(path);
        is_shard(name) || self.rules.has_extension(name)
    }
}

/// Whether the walk looks at an entry at all, and into it where it is a folder.
fn enters(rules: &Rules, root: &Path, entry: &DirEntry) -> bool {
    if entry.depth() == 0 {
        return true;
    }
    let relative = entry.path().strip_prefix(root).unwrap_or(entry.path());
    if rules.leaves_out(relative) {
        return false;
    }
    let is_skipped = || {
        entry
            .path()
            .canonicalize()
            .is_ok_and(|real| rules.skips(&real))
    };
    !(entry.file_type().is_dir() && is_skipped())
}

/// The last folder whose links were resolved: files come folder by folder, and resolving each
/// whole path again would cost a system call for every part of it.
#[derive(Default)]
struct Parent {
    path: PathBuf,
    real: PathBuf,
}

impl Parent {
    fn real(&mut self, file: &Path) -> std::io::Result<PathBuf> {
        let (Some(parent), Some(name)) = (file.parent(), file.file_name()) else {
            return file.canonicalize();
        };
        if self.real.as_os_str().is_empty() || self.path != parent {
            self.real = parent.canonicalize()?;
            self.path = parent.to_owned();
        }
        Ok(self.real.join(name))
    }
}
