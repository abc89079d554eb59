//! Lists of paths, as the file system knows them.

use lookalike_types::unescape;

use super::{Export, Format, left_out};
use crate::Findings;
use crate::images::Image;

/// One path a line. A name with a line break in it would be two names, perhaps of other files, and
/// is left out.
pub(super) fn lines(format: Format, findings: &Findings, is_in: impl Fn(usize) -> bool) -> Export {
    let (mut bytes, mut broken) = (Vec::new(), 0);
    for path in paths(findings, is_in) {
        if path.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
            broken += 1;
            continue;
        }
        bytes.extend(path);
        bytes.push(b'\n');
    }
    let why = match format {
        Format::Keep => "their names hold a line break; `keep0` has them",
        _ => "their names hold a line break; `remove0` has them",
    };
    Export {
        bytes,
        note: left_out(format, broken, why),
    }
}

/// The same with a NUL behind each path.
pub(super) fn nul(findings: &Findings, is_in: impl Fn(usize) -> bool) -> Export {
    let mut bytes = Vec::new();
    for path in paths(findings, is_in) {
        bytes.extend(path);
        bytes.push(0);
    }
    Export { bytes, note: None }
}

fn paths(findings: &Findings, is_in: impl Fn(usize) -> bool) -> impl Iterator<Item = Vec<u8>> {
    let images = findings.images.iter().enumerate();
    images
        .filter(move |(index, _)| is_in(*index))
        .map(|(_, image)| path(image))
}

fn path(image: &Image) -> Vec<u8> {
    match (&image.archive, &image.member) {
        (Some(archive), Some(member)) => {
            [unescape(archive), b"!/".to_vec(), unescape(member)].concat()
        }
        _ => unescape(&image.path),
    }
}
