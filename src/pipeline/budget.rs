//! Memory shared by those who need much of it for a moment, counted in bytes.
//!
//! Counting items would not do: one huge picture takes as much as a thousand small ones.

use std::sync::{Arc, Condvar, Mutex};

/// Bytes of tar members that may wait for a worker.
pub(crate) const WAITING_MEMBERS: u64 = 64 << 20;

/// So many bytes, lent and given back.
#[derive(Debug, Clone)]
pub(crate) struct Budget(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    total: u64,
    free: Mutex<u64>,
    returned: Condvar,
}

/// Bytes on loan; given back when dropped.
#[derive(Debug)]
pub(crate) struct Permit {
    budget: Budget,
    bytes: u64,
}

impl Budget {
    /// A budget of that many bytes.
    pub(crate) fn new(total: u64) -> Self {
        Self(Arc::new(Inner {
            total,
            free: Mutex::new(total),
            returned: Condvar::new(),
        }))
    }

    /// Waits until that many bytes are free and takes them. A request for more than there is
    /// takes everything instead of waiting for ever: the limits on one picture bound it elsewhere.
    pub(crate) fn take(&self, bytes: u64) -> Permit {
        let bytes = bytes.min(self.0.total);
        let free = self
            .0
            .free
            .lock()
            .expect("nothing panics while it holds the count");
        let mut free = self
            .0
            .returned
            .wait_while(free, |free| *free < bytes)
            .expect("nothing panics while it holds the count");
        *free -= bytes;
        Permit {
            budget: self.clone(),
            bytes,
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let inner = &self.budget.0;
        *inner
            .free
            .lock()
            .expect("nothing panics while it holds the count") += self.bytes;
        inner.returned.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn no_more_is_lent_than_there_is() {
        let budget = Budget::new(100);
        let lent = AtomicU64::new(0);
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let (budget, lent) = (&budget, &lent);
                scope.spawn(move || {
                    for n in 0..200 {
                        let bytes = 1 + (n * 7 + thread * 13) % 60;
                        let _permit = budget.take(bytes);
                        let now = lent.fetch_add(bytes, Ordering::SeqCst) + bytes;
                        assert!(now <= 100, "{now} bytes lent of 100");
                        lent.fetch_sub(bytes, Ordering::SeqCst);
                    }
                });
            }
        });
    }

    #[test]
    fn more_than_there_is_takes_all_of_it() {
        let budget = Budget::new(10);
        drop(budget.take(1_000));
        drop(budget.take(10));
    }
}
