//! Whether a JPEG is whole. The decoder fills what is missing with grey and calls it a success, so
//! the markers are walked first (ITU-T T.81, annex B).

use lookalike_types::{Failed, Reason};

const START_OF_SCAN: u8 = 0xda;
const END_OF_IMAGE: u8 = 0xd9;

/// Walks from marker to marker up to the end of the image; what lies behind it is not looked at.
///
/// # Errors
/// `truncated` where the data ends first, `corrupt` for impossible segments and sizes of zero,
/// `unsupported` for the processes that the decoder does not know.
pub(crate) fn check(bytes: &[u8]) -> Result<(), Failed> {
    let mut rest = bytes.get(2..).unwrap_or_default();
    let mut scans = 0;
    loop {
        let marker;
        (marker, rest) = next_marker(rest).ok_or_else(cut)?;
        match marker {
            END_OF_IMAGE if scans == 0 => return Err(corrupt("it ends before its first scan")),
            END_OF_IMAGE => return Ok(()),
            // Markers without a segment: restarts, a second start, TEM; and stuffed zeros in scans.
            0x00 | 0x01 | 0xd0..=0xd8 => continue,
            _ => {}
        }
        let &[high, low, ..] = rest else {
            return Err(cut());
        };
        let length = usize::from(u16::from_be_bytes([high, low]));
        if length < 2 {
            return Err(corrupt("a segment shorter than its own length field"));
        }
        let segment = rest.get(2..length).ok_or_else(cut)?;
        if is_frame(marker) {
            check_frame(marker, segment)?;
        }
        scans += usize::from(marker == START_OF_SCAN);
        rest = &rest[length..];
    }
}

/// The next byte behind `ff` (more of which may stand before a marker), and what follows it.
fn next_marker(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let start = bytes.iter().position(|&byte| byte == 0xff)?;
    let fill = bytes[start..].iter().position(|&byte| byte != 0xff)?;
    let at = start + fill;
    Some((bytes[at], &bytes[at + 1..]))
}

fn is_frame(marker: u8) -> bool {
    matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc)
}

fn check_frame(marker: u8, segment: &[u8]) -> Result<(), Failed> {
    if marker > 0xc2 {
        let detail = "a lossless, hierarchical or arithmetic JPEG; save it again as baseline JPEG";
        return Err(Failed::new(Reason::Unsupported, detail));
    }
    match segment {
        [_, 0, 0, ..] | [_, _, _, 0, 0, ..] => Err(corrupt("a frame of no width or no height")),
        [_, _, _, _, _, ..] => Ok(()),
        _ => Err(corrupt("a frame header without a size")),
    }
}

fn cut() -> Failed {
    Failed::new(
        Reason::Truncated,
        "the JPEG has no end: its last part is missing",
    )
}

fn corrupt(detail: &str) -> Failed {
    Failed::new(Reason::Corrupt, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &[u8] = &[
        0xff, 0xd8, 0xff, 0xe1, 0, 4, 0xff, 0xd9, // an application segment that holds an end
        0xff, 0xc0, 0, 8, 8, 0, 1, 0, 1, 1, // a frame of 1 x 1
        0xff, 0xda, 0, 3, 0, 1, 0xff, 0, 2, 0xff, 0xd0,
        3, // a scan with a stuffed zero, a restart
        0xff, 0xff, 0xd9, // the end, after a fill byte
    ];

    #[test]
    fn only_the_whole_is_whole() {
        assert_eq!(check(WHOLE), Ok(()));
        assert_eq!(check(&[WHOLE, b"junk"].concat()), Ok(()));
        for length in 0..WHOLE.len() {
            let failed = check(&WHOLE[..length]).expect_err("its end is missing");
            assert_eq!(failed.reason, Reason::Truncated, "{length} bytes");
        }
    }

    #[test]
    fn a_frame_without_height_is_corrupt_and_other_processes_are_unsupported() {
        let with = |at: usize, byte: u8| {
            let mut bytes = WHOLE.to_vec();
            bytes[at] = byte;
            check(&bytes).map_err(|failed| failed.reason)
        };
        assert_eq!(with(14, 0), Err(Reason::Corrupt));
        assert_eq!(with(16, 0), Err(Reason::Corrupt));
        assert_eq!(with(9, 0xc9), Err(Reason::Unsupported));
        assert_eq!(with(11, 1), Err(Reason::Corrupt));
    }
}
