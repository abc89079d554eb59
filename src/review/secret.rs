//! The secret in the address, and the ticket that leads a browser to it once.
//!
//! Other people on the same machine can read how programs were started, so the address that is
//! given to a browser on its command line must not hold the secret. It holds a ticket: the first
//! who comes with it is sent on to the secret address, and then it is void.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::Context;

/// How long a ticket waits for its browser.
const VALID: Duration = Duration::from_secs(120);

/// 128 random bits, known by their digest.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Secret(blake3::Hash);

impl Secret {
    /// A new one from the random source of the system, and its 32 hexadecimal digits.
    ///
    /// # Errors
    /// Where the system gives no random bytes.
    pub(crate) fn new() -> anyhow::Result<(Self, String)> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).context("the system gives no random bytes for a secret")?;
        let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok((Self(blake3::hash(text.as_bytes())), text))
    }

    /// Whether this is it. Takes as long for a guess that is nearly right as for any other: digests
    /// are compared, and those in constant time.
    pub(crate) fn is(&self, guess: &str) -> bool {
        blake3::hash(guess.as_bytes()) == self.0
    }
}

/// A secret that is good for one use, soon.
#[derive(Debug)]
pub(crate) struct Ticket(Mutex<Option<(Secret, Instant)>>);

impl Ticket {
    /// A new one and its digits.
    ///
    /// # Errors
    /// As [`Secret::new`].
    pub(crate) fn new() -> anyhow::Result<(Self, String)> {
        let (secret, text) = Secret::new()?;
        let until = Instant::now() + VALID;
        Ok((Self(Mutex::new(Some((secret, until)))), text))
    }

    /// One that nobody holds.
    #[cfg(test)]
    pub(crate) fn void() -> Self {
        Self(Mutex::new(None))
    }

    /// Whether this is it, for the first time. A wrong guess leaves it valid.
    pub(crate) fn take(&self, guess: &str) -> bool {
        let mut held = self.0.lock().expect("comparing does not panic");
        match *held {
            Some((secret, until)) if secret.is(guess) => {
                *held = None;
                Instant::now() <= until
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_knows_itself_and_is_never_the_same() {
        let (secret, text) = Secret::new().expect("random bytes");
        let (_, other) = Secret::new().expect("random bytes");
        assert_eq!(text.len(), 32);
        assert!(secret.is(&text));
        for guess in ["", &text[..31], &text.to_uppercase(), &other] {
            // Digits alone have no upper case.
            assert!(guess == text || !secret.is(guess), "{guess}");
        }
    }

    #[test]
    fn a_ticket_is_good_once() {
        let (ticket, text) = Ticket::new().expect("random bytes");
        assert!(!ticket.take("wrong"));
        assert!(ticket.take(&text));
        assert!(!ticket.take(&text));
        assert!(!Ticket::void().take(""));
    }
}
