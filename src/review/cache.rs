//! What was read or drawn a moment ago, bounded in bytes: the least recently used goes first.

use std::hash::Hash;
use std::sync::Mutex;

use hyper::body::Bytes;
use lru::LruCache;

/// Bytes by key.
pub(crate) struct Cache<K: Hash + Eq> {
    most: usize,
    held: Mutex<Held<K>>,
}

struct Held<K: Hash + Eq> {
    bytes: usize,
    by_key: LruCache<K, Bytes>,
}

impl<K: Hash + Eq> Cache<K> {
    /// A cache of at most that many bytes; keys are not counted.
    pub(crate) fn new(most: u64) -> Self {
        Self {
            most: usize::try_from(most).unwrap_or(usize::MAX),
            held: Mutex::new(Held {
                bytes: 0,
                by_key: LruCache::unbounded(),
            }),
        }
    }

    /// What is kept under this key.
    pub(crate) fn get(&self, key: &K) -> Option<Bytes> {
        let mut held = self.held.lock().expect("a map does not panic");
        held.by_key.get(key).cloned()
    }

    /// Keeps these bytes, and lets others go for them. What is larger than the cache is not kept.
    pub(crate) fn put(&self, key: K, bytes: Bytes) {
        if bytes.len() > self.most {
            return;
        }
        let mut held = self.held.lock().expect("a map does not panic");
        held.bytes += bytes.len();
        if let Some((_, before)) = held.by_key.push(key, bytes) {
            held.bytes -= before.len();
        }
        while held.bytes > self.most {
            let Some((_, oldest)) = held.by_key.pop_lru() else {
                return;
            };
            held.bytes -= oldest.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_recently_used_goes_first() {
        let cache = Cache::new(10);
        let bytes = |n: usize| Bytes::from(vec![n as u8; n]);
        cache.put("a", bytes(4));
        cache.put("b", bytes(4));
        assert!(cache.get(&"a").is_some());
        cache.put("c", bytes(4));
        let there = |key| cache.get(&key).map(|bytes| bytes.len());
        assert_eq!(
            (there("a"), there("b"), there("c")),
            (Some(4), None, Some(4))
        );
        cache.put("a", bytes(1));
        cache.put("d", bytes(5));
        assert_eq!(
            (there("a"), there("c"), there("d")),
            (Some(1), Some(4), Some(5))
        );
        cache.put("e", bytes(11));
        assert_eq!(there("e"), None, "larger than the cache");
        assert_eq!(there("d"), Some(5));
    }
}
