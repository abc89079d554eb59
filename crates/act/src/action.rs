//! What is done with the images that a plan removes.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::name::shown;

/// What is done with the images that a plan removes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// To this folder, with the tree they lie in.
    Move(PathBuf),
    /// To the bin of the desktop.
    Trash,
    /// For good.
    Delete,
    /// The name stays and leads to the bytes of the kept file; only for the same bytes.
    Hardlink,
    /// The name stays and points at the kept file; only for the same bytes.
    Symlink,
    /// Nothing: they are only named. See [`list`](crate::list()).
    List,
    /// Tar shards without them are written to this folder.
    Rewrite(PathBuf),
}

impl Action {
    /// The word in front of the colon.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Move(_) => "move",
            Self::Trash => "trash",
            Self::Delete => "delete",
            Self::Hardlink => "hardlink",
            Self::Symlink => "symlink",
            Self::List => "list",
            Self::Rewrite(_) => "rewrite",
        }
    }

    /// The folder behind it, where there is one.
    pub fn target(&self) -> Option<&Path> {
        match self {
            Self::Move(target) | Self::Rewrite(target) => Some(target),
            _ => None,
        }
    }

    /// The same action with an absolute target, so that it means the same from every folder.
    pub(crate) fn anchored(&self) -> Result<Self> {
        let absolute = |target: &Path| {
            std::path::absolute(target).map_err(|error| Error::io("find", target, error))
        };
        Ok(match self {
            Self::Move(target) => Self::Move(absolute(target)?),
            Self::Rewrite(target) => Self::Rewrite(absolute(target)?),
            other => other.clone(),
        })
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())?;
        match self.target() {
            Some(target) => write!(f, ":{}", shown(target)),
            None => Ok(()),
        }
    }
}

impl FromStr for Action {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = |why| {
            let text = text.to_owned();
            Err(Error::Action { text, why })
        };
        let (word, target) = match text.split_once(':') {
            Some((word, target)) => (word, Some(target)),
            None => (text, None),
        };
        match (word, target) {
            ("move" | "rewrite", None | Some("")) => wrong("it needs a folder after a colon"),
            ("move", Some(target)) => Ok(Self::Move(target.into())),
            ("rewrite", Some(target)) => Ok(Self::Rewrite(target.into())),
            ("trash", None) => Ok(Self::Trash),
            ("delete", None) => Ok(Self::Delete),
            ("hardlink", None) => Ok(Self::Hardlink),
            ("symlink", None) => Ok(Self::Symlink),
            ("list", None) => Ok(Self::List),
            ("trash" | "delete" | "hardlink" | "symlink" | "list", Some(_)) => {
                wrong("it takes no folder")
            }
            _ => wrong("there is no such word"),
        }
    }
}

/// How a plan is carried out, or taken back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// Everything is checked, and nothing is touched; no journal is written.
    pub dry_run: bool,
    /// The bin in the person's home, instead of the one that the environment names
    /// (`$XDG_DATA_HOME/Trash`, else `~/.local/share/Trash`).
    pub home_trash: Option<PathBuf>,
}

/// What is about to happen. Whoever is asked may show it, and may stop the run before it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step<'a> {
    /// Which of the files it is for, from 1; 0 before the first.
    pub number: u64,
    /// How many files there are.
    pub of: u64,
    /// The file or folder that it happens to.
    pub path: &'a Path,
    /// `read` for a file that is checked; another word for each call that changes something.
    pub what: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_what_is_shown() {
        for text in [
            "move:a/b:c",
            "trash",
            "delete",
            "hardlink",
            "symlink",
            "list",
            "rewrite:d",
        ] {
            let action: Action = text.parse().expect("an action");
            assert_eq!(action.to_string(), text);
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        let said = |text: &str| text.parse::<Action>().expect_err("no action").to_string();
        insta::assert_snapshot!(said("move"), @"`move` is not an action: it needs a folder after a colon. The actions are move:DIR, trash, delete, hardlink, symlink, list and rewrite:DIR");
        insta::assert_snapshot!(said("trash:x"), @"`trash:x` is not an action: it takes no folder. The actions are move:DIR, trash, delete, hardlink, symlink, list and rewrite:DIR");
        insta::assert_snapshot!(said("burn"), @"`burn` is not an action: there is no such word. The actions are move:DIR, trash, delete, hardlink, symlink, list and rewrite:DIR");
    }
}
