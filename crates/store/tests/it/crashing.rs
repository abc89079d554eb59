//! A medium that stops before a chosen call, as a process or a machine does.

use std::io;
use std::sync::Mutex;

use bytes::Bytes;
use lookalike_store::{Lock, Medium, Memory};

/// What the call that is cut short leaves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Leaves {
    /// Nothing.
    Nothing,
    /// Half of the new bytes under the temporary name.
    Torn,
    /// All of its effect; only the answer is lost.
    Everything,
}

/// Which calls are counted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Counts {
    Every,
    /// Those that can change the medium.
    Changes,
}

pub(crate) struct Crashing {
    inner: Memory,
    calls_left: Mutex<usize>,
    counts: Counts,
    leaves: Leaves,
}

impl Crashing {
    /// Stops before call number `calls`, counted from 0, and answers none after it.
    pub(crate) fn new(inner: Memory, calls: usize, counts: Counts, leaves: Leaves) -> Self {
        Self {
            inner,
            calls_left: Mutex::new(calls),
            counts,
            leaves,
        }
    }

    pub(crate) fn has_stopped(&self) -> bool {
        *self.calls_left.lock().expect("no test panics with it") == 0
    }

    fn look<T>(&self, answer: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        if self.counts == Counts::Changes && !self.has_stopped() {
            return answer();
        }
        self.change(answer, |_| Ok(()))
    }

    fn change<T>(
        &self,
        answer: impl FnOnce() -> io::Result<T>,
        torn: impl FnOnce(&Memory) -> io::Result<()>,
    ) -> io::Result<T> {
        let mut left = self.calls_left.lock().expect("no test panics with it");
        match *left {
            0 => return Err(io::Error::other("stopped")),
            1 => {
                *left = 0;
                match self.leaves {
                    Leaves::Nothing => {}
                    Leaves::Torn => torn(&self.inner)?,
                    Leaves::Everything => drop(answer()?),
                }
                return Err(io::Error::other("stopped"));
            }
            _ => *left -= 1,
        }
        answer()
    }
}

fn half(memory: &Memory, name: &str, bytes: &[u8]) -> io::Result<()> {
    memory.replace(&format!("{name}.tmp"), &bytes[..bytes.len() / 2])
}

impl Medium for Crashing {
    fn path(&self, name: &str) -> String {
        self.inner.path(name)
    }

    fn read(&self, name: &str) -> io::Result<Bytes> {
        self.look(|| self.inner.read(name))
    }

    fn map(&self, name: &str) -> io::Result<Bytes> {
        self.look(|| self.inner.map(name))
    }

    fn size(&self, name: &str) -> io::Result<u64> {
        self.look(|| self.inner.size(name))
    }

    fn list(&self) -> io::Result<Vec<String>> {
        self.look(|| self.inner.list())
    }

    fn create_new(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let answer = || self.inner.create_new(name, bytes);
        self.change(answer, |memory| half(memory, name, bytes))
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let answer = || self.inner.replace(name, bytes);
        self.change(answer, |memory| half(memory, name, bytes))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.change(|| self.inner.remove(name), |_| Ok(()))
    }

    fn lock(&self, who: &str) -> io::Result<Lock> {
        self.change(|| self.inner.lock(who), |_| Ok(()))
    }
}
