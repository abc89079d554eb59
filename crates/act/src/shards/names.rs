//! What the names of members mean when a shard is unpacked.

/// The name without the number that the second member of one name gets: `a.png#2` is `a.png`.
pub(crate) fn without_number(name: &[u8]) -> &[u8] {
    let Some(mark) = name.iter().rposition(|&byte| byte == b'#') else {
        return name;
    };
    let digits = &name[mark + 1..];
    match !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) {
        true => &name[..mark],
        false => name,
    }
}

/// The path that a member is unpacked to: without number, and without `.` and doubled slashes.
pub(crate) fn unpacked(name: &[u8]) -> Vec<u8> {
    joined(parts(without_number(name)))
}

/// The path that a symbolic link leads to, whose name and text these are. One that leads out of
/// the shard leads to no member, and no member has such a path.
pub(crate) fn behind(link: &[u8], text: &[u8]) -> Vec<u8> {
    if text.starts_with(b"/") {
        return text.to_vec();
    }
    let mut path: Vec<&[u8]> = parts(link).collect();
    path.pop();
    for part in parts(text) {
        match part == b".." && path.last().is_some_and(|last| *last != b"..") {
            true => drop(path.pop()),
            false => path.push(part),
        }
    }
    joined(path.into_iter())
}

fn parts(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    let parts = path.split(|&byte| byte == b'/');
    parts.filter(|part| !part.is_empty() && *part != b".")
}

fn joined<'a>(parts: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    parts.collect::<Vec<_>>().join(&b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_path_has_many_names() {
        for name in ["a/b.png", "./a/b.png", "a//./b.png#2", "/a/b.png"] {
            assert_eq!(unpacked(name.as_bytes()), b"a/b.png", "{name}");
        }
        assert_eq!(unpacked(b"a#b.png"), b"a#b.png");
        assert_eq!(unpacked(b"a.png#"), b"a.png#");
    }

    #[test]
    fn links_lead_from_their_folder() {
        let behind = |link: &str, text: &str| {
            String::from_utf8(behind(link.as_bytes(), text.as_bytes())).expect("plain")
        };
        assert_eq!(behind("a/l.png", "b.png"), "a/b.png");
        assert_eq!(behind("./a/x/l.png", "../../c/./b.png"), "c/b.png");
        assert_eq!(behind("l.png", "../b.png"), "../b.png");
        assert_eq!(behind("a/l.png", "/a/b.png"), "/a/b.png");
    }
}
