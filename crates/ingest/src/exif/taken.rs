//! When a picture was taken.

use std::fmt;

use exif::Tag;

use super::walk::Raw;

/// A moment by the clock of the camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// What the clock showed, as seconds since 1970-01-01 00:00 of the same clock.
    pub clock: i64,
    /// How far the clock was ahead of UTC, in minutes, where the camera wrote it down.
    pub offset: Option<i16>,
}

/// `DateTimeOriginal`, else `DateTimeDigitized`. `DateTime` tells when the file was last changed.
pub(super) fn of(fields: &[Raw]) -> Option<Taken> {
    let moments = [
        (Tag::DateTimeOriginal, Tag::OffsetTimeOriginal),
        (Tag::DateTimeDigitized, Tag::OffsetTimeDigitized),
    ];
    let text = |tag: Tag| {
        let field = fields.iter().find(|field| field.tag == tag)?;
        Some(field.bytes.as_slice())
    };
    moments.into_iter().find_map(|(moment, offset)| {
        Some(Taken {
            clock: clock(text(moment)?)?,
            offset: text(offset).and_then(minutes),
        })
    })
}

/// `2019:05:04 03:02:01`, as seconds since 1970-01-01.
fn clock(text: &[u8]) -> Option<i64> {
    let text = text.first_chunk::<19>()?;
    let number = |from: usize, to: usize| digits(&text[from..to]);
    let marks = [text[4], text[7], text[10], text[13], text[16]];
    if !matches!(marks, [b':' | b'-', b':' | b'-', b' ' | b'T', b':', b':']) {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let possible = year > 0
        && (1..=12).contains(&month)
        && (1..=days_in(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    possible.then(|| days_before(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second)
}

/// `+02:00`, in minutes.
fn minutes(text: &[u8]) -> Option<i16> {
    let [sign, h, i, b':', m, n] = *text.first_chunk::<6>()? else {
        return None;
    };
    let (hours, minutes) = (digits(&[h, i])?, digits(&[m, n])?);
    if hours > 15 || minutes > 59 {
        return None;
    }
    let ahead = i16::try_from(hours * 60 + minutes).ok()?;
    match sign {
        b'+' => Some(ahead),
        b'-' => Some(-ahead),
        _ => None,
    }
}

fn digits(text: &[u8]) -> Option<i64> {
    let digit = |n: i64, &byte: &u8| {
        byte.is_ascii_digit()
            .then(|| n * 10 + i64::from(byte - b'0'))
    };
    text.iter().try_fold(0, digit)
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to this one, in the Gregorian calendar: years that begin in March end with
/// their leap day.
fn days_before(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = match month {
        1 | 2 => (year - 1, month + 9),
        _ => (year, month - 3),
    };
    let leaps = year / 4 - year / 100 + year / 400;
    year * 365 + leaps + (month * 153 + 2) / 5 + day - 1 - 719_468
}

/// The day of the calendar this many days after 1970-01-01.
fn day_after(days: i64) -> (i64, i64, i64) {
    // The lower of two estimates, which is at most a few years too low.
    let mut year = 1970 + days.div_euclid(366).min(days.div_euclid(365));
    while days_before(year + 1, 1, 1) <= days {
        year += 1;
    }
    let later = |&month: &i64| days_before(year, month, 1) <= days;
    let month = (1..=12).rev().find(later).unwrap_or(1);
    (year, month, days - days_before(year, month, 1) + 1)
}

impl fmt::Display for Taken {
    /// `2019-05-04 03:02:01 +02:00`, without the offset where it is not known.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, second) = (self.clock.div_euclid(86_400), self.clock.rem_euclid(86_400));
        let (year, month, day) = day_after(days);
        let (hour, minute) = (second / 3600, second / 60 % 60);
        write!(
            f,
            "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{:02}",
            second % 60
        )?;
        if let Some(offset) = self.offset {
            let sign = if offset < 0 { '-' } else { '+' };
            let ahead = offset.unsigned_abs();
            write!(f, " {sign}{:02}:{:02}", ahead / 60, ahead % 60)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_survives_its_words() {
        for text in [
            "1970-01-01 00:00:00",
            "1969-12-31 23:59:59",
            "2000-02-29 12:00:01",
            "2019-05-04 03:02:01",
            "2100-03-01 00:00:00",
            "0001-01-01 00:00:00",
            "9999-12-31 23:59:59",
        ] {
            let clock = clock(text.as_bytes()).expect(text);
            let taken = Taken {
                clock,
                offset: None,
            };
            assert_eq!(taken.to_string(), text);
        }
        assert_eq!(clock(b"2014:05:01 00:00:00"), Some(1_398_902_400));
    }

    #[test]
    fn what_no_calendar_knows_is_no_moment() {
        for wrong in [
            "0000:00:00 00:00:00",
            "    :  :     :  :  ",
            "2019:02:29 00:00:00",
            "2019:13:01 00:00:00",
            "2019:01:01 24:00:00",
            "2019:01:01 00:60:00",
            "2019/01/01 00:00:00",
            "2019:01:01",
            "",
        ] {
            assert_eq!(clock(wrong.as_bytes()), None, "{wrong}");
        }
    }

    #[test]
    fn an_offset_is_minutes_ahead_of_utc() {
        assert_eq!(minutes(b"+02:00"), Some(120));
        assert_eq!(minutes(b"-09:30\0"), Some(-570));
        for wrong in ["+2:00", "   :  ", "02:00 ", "+99:00", ""] {
            assert_eq!(minutes(wrong.as_bytes()), None, "{wrong}");
        }
        let taken = Taken {
            clock: 0,
            offset: Some(-570),
        };
        assert_eq!(taken.to_string(), "1970-01-01 00:00:00 -09:30");
    }
}
