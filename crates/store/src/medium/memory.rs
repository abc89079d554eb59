//! A store in memory: for tests, and for a library that wants no folder.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::{Lock, Medium};

/// Files in memory. A clone is another handle on the same files.
#[derive(Clone, Default)]
pub struct Memory {
    files: Arc<Mutex<BTreeMap<String, Bytes>>>,
    holder: Arc<Mutex<Option<String>>>,
}

impl Memory {
    /// A medium without files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Another medium with the same files, which are then independent.
    pub fn copy(&self) -> Self {
        Self {
            files: Arc::new(Mutex::new(self.files().clone())),
            holder: Arc::default(),
        }
    }

    /// The files stay usable where a thread panicked with the lock in hand: each change of them
    /// is one call on the map.
    fn files(&self) -> MutexGuard<'_, BTreeMap<String, Bytes>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Medium for Memory {
    fn path(&self, name: &str) -> String {
        format!("memory:{name}")
    }

    fn read(&self, name: &str) -> io::Result<Bytes> {
        let found = self.files().get(name).cloned();
        found.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn map(&self, name: &str) -> io::Result<Bytes> {
        self.read(name)
    }

    fn size(&self, name: &str) -> io::Result<u64> {
        self.read(name).map(|bytes| bytes.len() as u64)
    }

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.files().keys().cloned().collect())
    }

    fn create_new(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        if self.files().contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        self.replace(name, bytes)
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.files()
            .insert(name.to_owned(), Bytes::copy_from_slice(bytes));
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let removed = self.files().remove(name);
        removed
            .map(drop)
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn lock(&self, who: &str) -> io::Result<Lock> {
        let mut holder = self.holder.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(other) = &*holder {
            return Ok(Lock::Held(other.clone()));
        }
        *holder = Some(who.to_owned());
        Ok(Lock::Taken(Box::new(Held(Arc::clone(&self.holder)))))
    }
}

struct Held(Arc<Mutex<Option<String>>>);

impl Drop for Held {
    fn drop(&mut self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
