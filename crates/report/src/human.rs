//! Numbers and names as people read them.

use std::borrow::Cow;

use arrow::temporal_conversions::timestamp_us_to_datetime;

use crate::images::Image;

pub(crate) use lookalike_types::human::{bytes, count, counted, shell};

/// `0.3 s`, `12.4 s`, `2 min 05 s`, `1 h 02 min`.
pub(crate) fn seconds(value: f64) -> String {
    let value = if value.is_finite() {
        value.max(0.0)
    } else {
        0.0
    };
    if value < 59.95 {
        return format!("{value:.1} s");
    }
    let whole = value.round() as u64;
    if whole < 3600 {
        return format!("{} min {:02} s", whole / 60, whole % 60);
    }
    let minutes = (value / 60.0).round() as u64;
    format!("{} h {:02} min", count(minutes / 60), minutes % 60)
}

/// Three decimals, the rest cut off: what is less than 1 never reads as 1, and what is below a
/// threshold never reads as being on it.
pub(crate) fn similarity(value: f32) -> String {
    // The shortest decimal that gives this f32: cutting the exact value would make 0.899 of 0.9.
    let text = value.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let cut: String = fraction.chars().take(3).collect();
    format!("{whole}.{cut:0<3}")
}

/// A threshold with all its digits, three at least: who types it again must get the same pairs.
pub(crate) fn threshold(value: f32) -> String {
    let text = value.to_string();
    let digits = text
        .split_once('.')
        .map_or(0, |(_, fraction)| fraction.len());
    format!("{value:.*}", digits.max(3))
}

/// `4000 x 3000`, or nothing where the image was not decoded.
pub(crate) fn size(image: &Image) -> String {
    image.facts.as_ref().map_or_else(String::new, |facts| {
        format!("{} x {}", facts.width, facts.height)
    })
}

/// The day in UTC: `2014-05-01`.
pub(crate) fn date(nanoseconds: i64) -> Option<String> {
    timestamp_us_to_datetime(nanoseconds.div_euclid(1000)).map(|time| time.date().to_string())
}

/// The minute of an RFC 3339 time in UTC: `2026-11-24 21:38 UTC`.
pub(crate) fn minute(time: &str) -> String {
    match (time.get(..10), time.get(11..16)) {
        (Some(day), Some(minute)) => format!("{day} {minute} UTC"),
        _ => time.to_owned(),
    }
}

/// Text that cannot disturb its surroundings: characters that control a terminal, break a line or
/// reorder it become `\xNN`, byte by byte, as in paths. What is escaped already stays as it is.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(disturbs) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if disturbs(c) {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                shown.push_str(&format!("\\x{byte:02x}"));
            }
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// Controls, separators and the bidirectional controls (Unicode Standard Annex 9).
fn disturbs(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_like_times() {
        let times = [0.04, 3.44, 59.94, 59.96, 125.0, 3599.6, 3720.0, f64::NAN].map(seconds);
        let wanted = [
            "0.0 s",
            "3.4 s",
            "59.9 s",
            "1 min 00 s",
            "2 min 05 s",
            "1 h 00 min",
            "1 h 02 min",
            "0.0 s",
        ];
        assert_eq!(times, wanted);
    }

    #[test]
    fn a_similarity_is_cut_and_never_rounded_up() {
        let texts = [1.0, 0.9, 0.999_999_9, 0.92, 0.919_999_9, -0.5, 0.0].map(similarity);
        assert_eq!(
            texts,
            [
                "1.000", "0.900", "0.999", "0.920", "0.919", "-0.500", "0.000"
            ]
        );
    }

    #[test]
    fn days_are_days_also_before_1970() {
        assert_eq!(date(0).as_deref(), Some("1970-01-01"));
        assert_eq!(date(-1).as_deref(), Some("1969-12-31"));
        assert_eq!(
            date(1_398_902_400_000_000_000).as_deref(),
            Some("2014-05-01")
        );
    }

    #[test]
    fn nothing_is_escaped_twice() {
        assert_eq!(visible("a\\x0ab grün.jpg"), "a\\x0ab grün.jpg");
        assert_eq!(visible("a\nb\u{202e}c"), "a\\x0ab\\xe2\\x80\\xaec");
        assert_eq!(visible(&visible("a\u{1b}[2J")), "a\\x1b[2J");
    }
}
