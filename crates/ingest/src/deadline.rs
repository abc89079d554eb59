//! Bytes that stop flowing when the time is up. A thread cannot be killed; a decoder that asks for
//! more data and is refused ends by itself.

use std::cell::Cell;
use std::io::{self, BufRead, Cursor, Read, Seek, SeekFrom};
use std::time::{Duration, Instant};

/// The clock is looked at once in so many calls: some decoders ask byte by byte.
const CALLS: u32 = 64;

/// Bytes with an end in time.
pub(crate) struct Deadline<'a> {
    bytes: Cursor<&'a [u8]>,
    /// `None` where the time is longer than the clock can count.
    until: Option<Instant>,
    calls: u32,
    passed: &'a Cell<bool>,
}

impl<'a> Deadline<'a> {
    /// `bytes` for as long as `time` lasts; `passed` tells afterwards whether it was too short,
    /// because decoders hide the error or go on without the data.
    pub(crate) fn new(bytes: &'a [u8], time: Duration, passed: &'a Cell<bool>) -> Self {
        Self {
            bytes: Cursor::new(bytes),
            until: Instant::now().checked_add(time),
            calls: 0,
            passed,
        }
    }

    fn check(&mut self) -> io::Result<()> {
        if self.calls.is_multiple_of(CALLS) && self.until.is_some_and(|end| Instant::now() >= end) {
            self.passed.set(true);
        }
        self.calls = self.calls.wrapping_add(1);
        match self.passed.get() {
            true => Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "the time for decoding is up",
            )),
            false => Ok(()),
        }
    }
}

impl Read for Deadline<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.check()?;
        self.bytes.read(into)
    }
}

impl BufRead for Deadline<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.check()?;
        self.bytes.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.bytes.consume(amount);
    }
}

impl Seek for Deadline<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.bytes.seek(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_time_gives_no_bytes_and_endless_time_gives_all() {
        let passed = Cell::new(false);
        let mut all = Vec::new();
        let endless = Deadline::new(b"abc", Duration::MAX, &passed).read_to_end(&mut all);
        assert!(endless.is_ok() && all == b"abc" && !passed.get());
        let none = Deadline::new(b"abc", Duration::ZERO, &passed).read_to_end(&mut all);
        assert!(none.is_err() && passed.get());
    }
}
