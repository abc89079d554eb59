//! Which images lie below a reference.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use lookalike_ingest::path_of;
use lookalike_types::Place;

use crate::exit::UsageError;

/// The images below `typed`, by index: those in the folder, the file or shard itself, or with
/// `SHARD!/FOLDER` members of a shard. Paths are compared as they are written and with every link
/// resolved: what is protected once too often costs nothing.
///
/// # Errors
/// A usage error where there is none: a reference that was misspelt would protect nothing.
pub(super) fn below(typed: &Path, places: &[Place], root: &Path) -> anyhow::Result<Vec<usize>> {
    let shown = lookalike_types::escape(typed.as_os_str().as_encoded_bytes());
    let shown = shown.trim_end_matches('/');
    let reference = Forms::of(typed, root)?;
    let mut folders = Folders::default();
    let found: Vec<usize> = (0..places.len())
        .filter(|&index| {
            let place = &places[index];
            let path = root.join(path_of(&place.path));
            reference.hold(&tidied(&path))
                || reference.hold(&folders.resolved(&path))
                || place.member.is_some() && is_below(&place.shown(), shown)
        })
        .collect();
    if found.is_empty() {
        return Err(UsageError::new(format!(
            "--reference {}: no image of the last scan lies below it, so it would protect nothing. Name a folder, file or shard that was scanned",
            typed.display()
        ))
        .into());
    }
    Ok(found)
}

fn is_below(shown: &str, reference: &str) -> bool {
    let rest = shown.strip_prefix(reference);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The ways to spell a reference: from the current folder, from that of the scan, and resolved.
struct Forms(Vec<PathBuf>);

impl Forms {
    fn of(typed: &Path, root: &Path) -> anyhow::Result<Self> {
        let spelt = [std::path::absolute(typed)?, root.join(typed)];
        let resolved = spelt.iter().filter_map(|path| path.canonicalize().ok());
        let tidy = spelt.iter().map(|path| tidied(path));
        Ok(Self(tidy.chain(resolved).collect()))
    }

    fn hold(&self, path: &Path) -> bool {
        self.0.iter().any(|form| path.starts_with(form))
    }
}

/// A path without `.` and, as far as its words go, without `..`.
fn tidied(path: &Path) -> PathBuf {
    let mut tidy = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                tidy.pop();
            }
            part => tidy.push(part),
        }
    }
    tidy
}

/// Folders with every link in them resolved, each asked for once.
#[derive(Default)]
struct Folders(HashMap<PathBuf, Option<PathBuf>>);

impl Folders {
    fn resolved(&mut self, path: &Path) -> PathBuf {
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return path.to_owned();
        };
        let known = self.0.get(folder);
        let real = match known {
            Some(real) => real.clone(),
            None => {
                let real = folder.canonicalize().ok();
                self.0.insert(folder.to_owned(), real.clone());
                real
            }
        };
        real.map_or_else(|| path.to_owned(), |real| real.join(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places() -> Vec<Place> {
        vec![
            Place::file("/in/a/one.jpg"),
            Place::file("/in/ab/two.jpg"),
            Place::file("a/three.jpg"),
            Place::file("../up/four.jpg"),
            Place::member("s.tar", "keep/five.jpg"),
            Place::member("s.tar", "keeper/six.jpg"),
        ]
    }

    fn found(typed: &str) -> Option<Vec<usize>> {
        below(Path::new(typed), &places(), Path::new("/not/there")).ok()
    }

    #[test]
    fn a_reference_is_a_folder_and_no_prefix_of_its_name() {
        assert_eq!(found("/in/a"), Some(vec![0]));
        assert_eq!(found("/in/a/"), Some(vec![0]));
        assert_eq!(found("/in"), Some(vec![0, 1]));
        assert_eq!(found("/in/ab/two.jpg"), Some(vec![1]));
        assert_eq!(found("/in/a/one"), None);
    }

    #[test]
    fn relative_references_start_from_the_folder_of_the_scan_too() {
        assert_eq!(found("a"), Some(vec![2]));
        assert_eq!(found("./a/../a"), Some(vec![2]));
        assert_eq!(found("/not/up"), Some(vec![3]));
        assert_eq!(found("b"), None);
    }

    #[test]
    fn a_shard_or_a_folder_in_it_may_be_one() {
        assert_eq!(found("s.tar"), Some(vec![4, 5]));
        assert_eq!(found("s.tar!/keep"), Some(vec![4]));
        assert_eq!(found("s.tar!/keep/"), Some(vec![4]));
    }

    #[cfg(unix)]
    #[test]
    fn links_do_not_hide_a_reference() {
        let dir = tempfile::tempdir().expect("a folder");
        let real = dir.path().join("real");
        std::fs::create_dir(&real).expect("a folder");
        std::fs::write(real.join("a.jpg"), b"a").expect("a file");
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&real, &link).expect("a link");
        let place = |folder: &Path| {
            let path = folder.join("a.jpg");
            vec![Place::file(path.as_os_str().as_encoded_bytes())]
        };
        assert_eq!(below(&link, &place(&real), dir.path()).ok(), Some(vec![0]));
        assert_eq!(below(&real, &place(&link), dir.path()).ok(), Some(vec![0]));
    }
}
