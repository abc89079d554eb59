//! Mapped files: bytes that come from disk when they are touched. The only user of `memmap2`.

use std::fs::File;
use std::io;

use bytes::Bytes;
use memmap2::Mmap;

/// The bytes of a file as it is now. They stay when its name is removed.
///
/// Whoever cuts or overwrites the file while it is mapped changes the bytes under the reader, or
/// ends the process where they are gone. Files of a store are never changed; of the files of
/// others the documentation says so.
///
/// # Errors
/// Where the system cannot map it, as it cannot map what is no regular file.
pub(crate) fn map(file: &File) -> io::Result<Bytes> {
    if file.metadata()?.len() == 0 {
        return Ok(Bytes::new());
    }
    // SAFETY: the map ends where the file ends now. Files of a store are written once under
    // another name and renamed, and a scratch file has no name that another process could open; so
    // nobody who keeps to the format changes or cuts them while they are mapped. A file of
    // vectors that a person names is theirs to leave alone while it is read, as `map` says.
    let map = unsafe { Mmap::map(file)? };
    Ok(Bytes::from_owner(map))
}
