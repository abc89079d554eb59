//! Which of the names that are found count: extensions, hidden files, excludes, folders to skip.

use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::IngestError;
use crate::names::{base_name, name_of, path_of};

/// What counts among the things that are found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InputOptions {
    /// Extensions of images without the dot, in any case. They select walked files and tar
    /// members; a file that was named itself is taken whatever it is called.
    pub extensions: Vec<String>,
    /// Whether symbolic links to folders are entered. Links to files always are.
    pub follow_links: bool,
    /// Whether names that begin with a dot count.
    pub hidden: bool,
    /// Globs of what to leave out. Each is tried on the path relative to the input and on the last
    /// name alone; `*` stays within a folder, `**` does not.
    pub exclude: Vec<String>,
    /// Folders that are never scanned, wherever they are met: where the results go.
    pub skip: Vec<PathBuf>,
}

/// [`InputOptions`] made ready.
pub(crate) struct Rules {
    extensions: Vec<Vec<u8>>,
    exclude: GlobSet,
    skip: Vec<PathBuf>,
    hidden: bool,
    pub(crate) follow_links: bool,
}

impl Rules {
    pub(crate) fn new(options: &InputOptions) -> Result<Self, IngestError> {
        let lower = |text: &String| text.trim_start_matches('.').to_ascii_lowercase().into();
        Ok(Self {
            extensions: options.extensions.iter().map(lower).collect(),
            exclude: globs(&options.exclude)?,
            // A folder that does not exist yet cannot be met.
            skip: options
                .skip
                .iter()
                .filter_map(|folder| folder.canonicalize().ok())
                .collect(),
            hidden: options.hidden,
            follow_links: options.follow_links,
        })
    }

    /// Whether the name ends like an image.
    pub(crate) fn has_extension(&self, name: &[u8]) -> bool {
        let base = base_name(name);
        let Some(dot) = base.iter().rposition(|&byte| byte == b'.') else {
            return false;
        };
        let extension = base[dot + 1..].to_ascii_lowercase();
        self.extensions.contains(&extension)
    }

    /// Whether something with this last name and this path below the input is left out.
    pub(crate) fn leaves_out(&self, relative: &Path) -> bool {
        let base = base_name(name_of(relative));
        (!self.hidden && is_hidden(base))
            || self.exclude.is_match(relative)
            || self.exclude.is_match(path_of(base))
    }

    /// The same for a tar member, whose folders are not walked one by one.
    pub(crate) fn leaves_out_member(&self, name: &[u8]) -> bool {
        let ends = name.iter().enumerate().filter(|(_, byte)| **byte == b'/');
        let folders = ends.map(|(end, _)| &name[..end]);
        folders
            .chain([name])
            .any(|part| self.leaves_out(&path_of(part)))
    }

    /// Whether this path, with every link in it resolved, lies in a folder that is never scanned.
    pub(crate) fn skips(&self, canonical: &Path) -> bool {
        self.skip.iter().any(|skip| canonical.starts_with(skip))
    }
}

fn is_hidden(base: &[u8]) -> bool {
    base.starts_with(b".") && base != b"." && base != b".."
}

fn globs(patterns: &[String]) -> Result<GlobSet, IngestError> {
    let mut set = GlobSetBuilder::new();
    let bad = |pattern: &String, source| IngestError::Glob {
        pattern: pattern.clone(),
        source: Box::new(source),
    };
    for pattern in patterns {
        let glob = GlobBuilder::new(pattern)
            .literal_separator(true)
            .build()
            .map_err(|source| bad(pattern, source))?;
        set.add(glob);
    }
    set.build()
        .map_err(|source| bad(&patterns.join(" "), source))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(exclude: &[&str]) -> Rules {
        let options = InputOptions {
            extensions: vec!["jpg".into(), ".PNG".into()],
            exclude: exclude.iter().map(|&text| text.into()).collect(),
            ..InputOptions::default()
        };
        Rules::new(&options).expect("these globs are good")
    }

    #[test]
    fn extensions_are_compared_without_case() {
        let rules = rules(&[]);
        assert!(rules.has_extension(b"a/b.JPG"));
        assert!(rules.has_extension(b"\xff.png"));
        assert!(!rules.has_extension(b"jpg"));
        assert!(!rules.has_extension(b"x.jpg/readme"));
    }

    #[test]
    fn a_glob_is_tried_on_the_path_and_on_the_name() {
        let rules = rules(&["*_small.*", "cache/**"]);
        assert!(rules.leaves_out(Path::new("a/b/c_small.jpg")));
        assert!(rules.leaves_out(Path::new("cache/x/y.jpg")));
        assert!(!rules.leaves_out(Path::new("a/cache/y.jpg")));
    }

    #[test]
    fn a_member_in_a_folder_that_is_left_out_is_left_out() {
        let rules = rules(&["thumbs"]);
        assert!(rules.leaves_out_member(b"set/thumbs/a.jpg"));
        assert!(rules.leaves_out_member(b"set/.git/a.jpg"));
        assert!(rules.leaves_out_member(b"._a.jpg"));
        assert!(!rules.leaves_out_member(b"./../set/a.jpg"));
    }

    #[test]
    fn a_bad_glob_is_named() {
        let options = InputOptions {
            exclude: vec!["a[".into()],
            ..InputOptions::default()
        };
        let error = Rules::new(&options).err().expect("`a[` is no glob");
        assert!(error.to_string().starts_with("`a[` in `input.exclude`"));
    }
}
