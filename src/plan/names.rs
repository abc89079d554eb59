//! Where each removed file would go below the folder of `move`: with the tree that it lies in, and
//! no two to one name, also where the file system there takes `A.jpg` and `a.jpg` for one.

use std::collections::HashSet;

use lookalike_types::Place;

/// Names that were given, in lower case.
#[derive(Default)]
pub(super) struct Names {
    files: HashSet<String>,
    folders: HashSet<String>,
}

impl Names {
    /// The relative path for a file; `None` for members of shards, which go nowhere, and for names
    /// that are not UTF-8, which go by their own bytes.
    pub(super) fn give(&mut self, place: &Place) -> Option<String> {
        if place.member.is_some() {
            return None;
        }
        let path = std::str::from_utf8(&place.path).ok()?;
        let parts: Vec<&str> = path
            .split('/')
            .filter(|part| !matches!(*part, "" | "." | ".."))
            .collect();
        let path = parts.join("/");
        if path.is_empty() {
            return None;
        }
        // A file that lies where this one needs a folder leaves only another folder.
        let mut folder = (1..).map(|number| first_numbered(&path, number));
        let path = folder.find(|path| !self.is_blocked(path))?;
        let mut name = (1..).map(|number| numbered(&path, number));
        let free = name.find(|path| self.is_free(path))?;
        self.take(&free);
        Some(free)
    }

    fn is_blocked(&self, path: &str) -> bool {
        let path = path.to_lowercase();
        folders(&path).any(|folder| self.files.contains(folder))
    }

    fn is_free(&self, path: &str) -> bool {
        let path = path.to_lowercase();
        !self.files.contains(&path) && !self.folders.contains(&path)
    }

    fn take(&mut self, path: &str) {
        let path = path.to_lowercase();
        self.folders.extend(folders(&path).map(str::to_owned));
        self.files.insert(path);
    }
}

/// The folders that a path lies in.
fn folders(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(end, _)| &path[..end])
}

/// `a/b.jpg`, `a (2)/b.jpg`, …
fn first_numbered(path: &str, number: u32) -> String {
    match path.split_once('/') {
        Some((first, rest)) if number > 1 => format!("{first} ({number})/{rest}"),
        _ => path.to_owned(),
    }
}

/// `a/b.jpg`, `a/b (2).jpg`, …
fn numbered(path: &str, number: u32) -> String {
    if number == 1 {
        return path.to_owned();
    }
    let name = path.rfind('/').map_or(0, |slash| slash + 1);
    // A dot in front makes a hidden file, not an extension.
    let dot = match path[name..].rfind('.') {
        None | Some(0) => path.len(),
        Some(dot) => name + dot,
    };
    format!("{} ({number}){}", &path[..dot], &path[dot..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(paths: &[&str]) -> Vec<String> {
        let mut names = Names::default();
        paths
            .iter()
            .filter_map(|path| names.give(&Place::file(*path)))
            .collect()
    }

    #[test]
    fn the_tree_is_kept_and_nothing_leads_out_of_it() {
        assert_eq!(
            given(&["a/b.jpg", "/abs/c.jpg", "../../up/./d.jpg", "e"]),
            ["a/b.jpg", "abs/c.jpg", "up/d.jpg", "e"]
        );
    }

    #[test]
    fn no_two_files_get_one_name() {
        assert_eq!(
            given(&["a/b.jpg", "/a/b.jpg", "../a/B.JPG", "a/.x", "/a/.x"]),
            ["a/b.jpg", "a/b (2).jpg", "a/B (3).JPG", "a/.x", "a/.x (2)"]
        );
    }

    #[test]
    fn a_file_never_lies_where_another_needs_a_folder() {
        assert_eq!(given(&["/a/b", "a/b/c.jpg"]), ["a/b", "a (2)/b/c.jpg"]);
        assert_eq!(given(&["a/b/c.jpg", "/a/b"]), ["a/b/c.jpg", "a/b (2)"]);
        assert_eq!(given(&["/a", "a/b.jpg"]), ["a", "a (2)/b.jpg"]);
    }

    #[test]
    fn members_and_other_names_are_left_to_their_bytes() {
        let mut names = Names::default();
        assert_eq!(names.give(&Place::member("s.tar", "a.jpg")), None);
        assert_eq!(names.give(&Place::file(&b"a\xff.jpg"[..])), None);
    }
}
