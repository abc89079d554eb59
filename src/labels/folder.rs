//! Label and split by the folders that an image lies in.

use lookalike_types::Place;

use super::shown_below;

/// The inputs of a scan: what lies below them was laid out by who made the collection, what lies
/// above by chance.
#[derive(Debug, Default)]
pub(super) struct Roots(Vec<Vec<u8>>);

/// A folder of a path, or the shard in it.
struct Part<'a> {
    name: &'a [u8],
    is_shard: bool,
}

impl Roots {
    /// The inputs as they were typed.
    pub(super) fn new(inputs: impl Iterator<Item = Vec<u8>>) -> Self {
        let trimmed = |mut input: Vec<u8>| {
            while input.len() > 1 && input.ends_with(b"/") {
                input.pop();
            }
            input
        };
        Self(inputs.map(trimmed).collect())
    }

    /// How an image is called below the first input that leads to it: what a table that was made
    /// beside the images calls it.
    pub(super) fn relative(&self, place: &Place) -> String {
        let (_, rest) = self.cut(&place.path);
        let member = place.member.as_deref();
        if rest.is_empty() && member.is_none() {
            let name = place.path.rsplit(|&byte| byte == b'/').next();
            return shown_below(name.unwrap_or_default(), None);
        }
        shown_below(rest, member)
    }

    /// The last folder of the path, or of the member's name. A folder that names a split is none.
    pub(super) fn label(&self, place: &Place) -> Option<String> {
        let path = place.member.as_ref().unwrap_or(&place.path);
        let name = folders(path).next_back()?;
        let plain = Part {
            name,
            is_shard: false,
        };
        (split_word(&plain).is_none() && name != b".." && name != b".")
            .then(|| lookalike_types::escape(name))
    }

    /// The first folder or shard below the input that names a split; else the last of the input's
    /// own that does.
    pub(super) fn split(&self, place: &Place) -> Option<String> {
        let (root, rest) = self.cut(&place.path);
        let shard = place.member.is_some();
        // What stands last in the path is the image itself, or the shard.
        let (above, below) = match rest {
            b"" => (parts(root, shard), Vec::new()),
            rest => (parts_of_folder(root), parts(rest, shard)),
        };
        let inside = place.member.as_deref().map(folders).into_iter().flatten();
        let inside = inside.map(|name| Part {
            name,
            is_shard: false,
        });
        let mut below = below.into_iter().chain(inside);
        let found = below.find_map(|part| split_word(&part));
        found
            .or_else(|| above.iter().rev().find_map(split_word))
            .map(str::to_owned)
    }

    /// The input that leads to a path, and what follows; without one all of it follows.
    fn cut<'a>(&self, path: &'a [u8]) -> (&'a [u8], &'a [u8]) {
        let rest = |root: &Vec<u8>| {
            let rest = path.strip_prefix(root.as_slice())?;
            match rest {
                b"" => Some(rest),
                rest => rest
                    .strip_prefix(b"/")
                    .or(root.ends_with(b"/").then_some(rest)),
            }
        };
        match self.0.iter().find_map(rest) {
            Some(rest) => path.split_at(path.len() - rest.len()),
            None => (&[], path),
        }
    }
}

/// The folders of a path: what stands before its last part.
fn folders(path: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    let folder = path.iter().rposition(|&byte| byte == b'/').unwrap_or(0);
    path[..folder]
        .split(|&byte| byte == b'/')
        .filter(|name| !name.is_empty())
}

/// The folders of a path, and its last part where that is a shard.
fn parts(path: &[u8], shard: bool) -> Vec<Part<'_>> {
    let plain = |name| Part {
        name,
        is_shard: false,
    };
    let mut parts: Vec<Part<'_>> = folders(path).map(plain).collect();
    let last = path.rsplit(|&byte| byte == b'/').next();
    parts.extend(last.filter(|_| shard).map(|name| Part {
        name,
        is_shard: true,
    }));
    parts
}

fn parts_of_folder(path: &[u8]) -> Vec<Part<'_>> {
    let names = path
        .split(|&byte| byte == b'/')
        .filter(|name| !name.is_empty());
    let plain = |name| Part {
        name,
        is_shard: false,
    };
    names.map(plain).collect()
}

/// The split that a folder names: one of the usual words, perhaps with a number behind it
/// (`train2017`). The name of a shard may go on after the word (`train-00012.tar`).
fn split_word(part: &Part<'_>) -> Option<&'static str> {
    let letters = part
        .name
        .iter()
        .take_while(|b| b.is_ascii_alphabetic())
        .count();
    let (word, rest) = part.name.split_at(letters);
    let rest_counts = match part.is_shard {
        true => rest.first().is_none_or(|b| b"0123456789.-_".contains(b)),
        false => rest.iter().all(u8::is_ascii_digit),
    };
    let word = word.to_ascii_lowercase();
    match word.as_slice() {
        _ if !rest_counts => None,
        b"train" | b"training" => Some("train"),
        b"val" | b"valid" | b"validation" | b"dev" => Some("val"),
        b"test" | b"testing" => Some("test"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roots(inputs: &[&str]) -> Roots {
        Roots::new(inputs.iter().map(|input| input.as_bytes().to_vec()))
    }

    fn place(shown: &str) -> Place {
        match shown.split_once("!/") {
            Some((path, member)) => Place::member(path, member),
            None => Place::file(shown),
        }
    }

    /// Split, label and name below the input.
    fn of(inputs: &[&str], path: &str) -> (Option<String>, Option<String>, String) {
        let (roots, place) = (roots(inputs), place(path));
        (
            roots.split(&place),
            roots.label(&place),
            roots.relative(&place),
        )
    }

    fn said(split: &str, label: &str, name: &str) -> (Option<String>, Option<String>, String) {
        let some = |word: &str| (!word.is_empty()).then(|| word.to_owned());
        (some(split), some(label), name.to_owned())
    }

    #[test]
    fn folders_say_what_an_image_is_and_where_it_belongs() {
        let cases = [
            (
                &["data"][..],
                "data/train/cat/1.jpg",
                said("train", "cat", "train/cat/1.jpg"),
            ),
            (
                &["data/"],
                "data/Validation/1.jpg",
                said("val", "", "Validation/1.jpg"),
            ),
            (
                &["coco"],
                "coco/train2017/1.jpg",
                said("train", "", "train2017/1.jpg"),
            ),
            (
                &["x/test/cifar"],
                "x/test/cifar/train/a/1.png",
                said("train", "a", "train/a/1.png"),
            ),
            (
                &["x/test/cifar/dev"],
                "x/test/cifar/dev/a/1.png",
                said("val", "a", "a/1.png"),
            ),
            (
                &["a/train", "a/test"],
                "a/test/dog/2.jpg",
                said("test", "dog", "dog/2.jpg"),
            ),
            (
                &["photos"],
                "photos/2014/1.jpg",
                said("", "2014", "2014/1.jpg"),
            ),
            (
                &["photos"],
                "photos/tests/1.jpg",
                said("", "tests", "tests/1.jpg"),
            ),
            (
                &["photos"],
                "photos/train.jpg",
                said("", "photos", "train.jpg"),
            ),
            (
                &["c.tar.gz"],
                "c.tar.gz!/test/cat/1.jpg",
                said("test", "cat", "test/cat/1.jpg"),
            ),
            (
                &["w"],
                "w/train-00012.tar!/1.jpg",
                said("train", "", "train-00012.tar!/1.jpg"),
            ),
            (&["w/val.tar"], "w/val.tar!/1.jpg", said("val", "", "1.jpg")),
            (
                &["one/test/1.jpg"],
                "one/test/1.jpg",
                said("test", "", "1.jpg"),
            ),
            (
                &["@list"],
                "any/train/cat/1.jpg",
                said("train", "cat", "any/train/cat/1.jpg"),
            ),
            (
                &["."],
                "./train/cat/1.jpg",
                said("train", "cat", "train/cat/1.jpg"),
            ),
            (
                &["/"],
                "/train/cat/1.jpg",
                said("train", "cat", "train/cat/1.jpg"),
            ),
        ];
        for (inputs, path, wanted) in cases {
            assert_eq!(of(inputs, path), wanted, "{path}");
        }
    }
}
