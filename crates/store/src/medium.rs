//! Where the bytes of a store lie: the few calls that everything else is built on.
//!
//! Names are relative and use `/`: `files/00000001.parquet`. A medium knows nothing of what the
//! files mean.

mod disk;
mod map;
mod memory;

use std::io;

use bytes::Bytes;

pub use disk::Disk;
pub(crate) use disk::{lock_file, make_folder, publish, sync_folder};
pub(crate) use map::map;
pub use memory::Memory;

/// The end of the names that half-written files have.
pub(crate) const TEMPORARY: &str = ".tmp";

/// A flat set of named files that are replaced whole, and one advisory lock.
///
/// When a call that writes returns, its effect survives a crash of the process and of the machine.
/// When it is cut short, the name has its old bytes or all of the new ones, and a file whose name
/// ends in `.tmp` may be left beside it.
pub trait Medium: Send + Sync {
    /// The place of this file as a person knows it; of the whole medium where the name is empty.
    fn path(&self, name: &str) -> String;

    /// The bytes of a file.
    ///
    /// # Errors
    /// Where it is not there or cannot be read.
    fn read(&self, name: &str) -> io::Result<Bytes>;

    /// The bytes of a file without reading them: pages come from disk when they are touched.
    ///
    /// # Errors
    /// Where it is not there or cannot be mapped.
    fn map(&self, name: &str) -> io::Result<Bytes>;

    /// The size of a file in bytes.
    ///
    /// # Errors
    /// Where it is not there or cannot be asked.
    fn size(&self, name: &str) -> io::Result<u64>;

    /// The names of all files, sorted. Empty where the medium does not exist yet.
    ///
    /// # Errors
    /// Where a folder cannot be listed.
    fn list(&self) -> io::Result<Vec<String>>;

    /// Writes a file that is not there yet.
    ///
    /// # Errors
    /// `AlreadyExists` where it is there; and where it cannot be written.
    fn create_new(&self, name: &str, bytes: &[u8]) -> io::Result<()>;

    /// Writes a file, there or not, in one step: a reader sees the old bytes or the new.
    ///
    /// # Errors
    /// Where it cannot be written.
    fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// Where it is not there or cannot be removed.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Takes the lock of the writer without waiting; `who` is what a second writer will be told.
    /// Readers need no lock.
    ///
    /// # Errors
    /// Where locking itself fails; that somebody else holds it is no error.
    fn lock(&self, who: &str) -> io::Result<Lock>;
}

/// The lock, until it is dropped.
pub type Guard = Box<dyn Send + Sync>;

/// What became of an attempt to lock.
pub enum Lock {
    /// It is ours as long as the guard lives.
    Taken(Guard),
    /// Somebody else has it; what they said of themselves.
    Held(String),
}

/// The calling process in words: what a second writer is told.
pub(crate) fn who() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname")
        .ok()
        .or_else(|| std::env::var("HOSTNAME").ok())
        .or_else(|| std::env::var("COMPUTERNAME").ok());
    let host = host.as_deref().map_or("an unnamed host", str::trim);
    let now = chrono::Utc::now();
    format!(
        "process {} on {host} since {} UTC",
        std::process::id(),
        now.format("%Y-%m-%d %H:%M:%S"),
    )
}
