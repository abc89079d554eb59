//! What `run.json` says of the time since the scan before.

use serde::{Deserialize, Serialize};

/// How the pairs differ from those of the last scan of the same space.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Since {
    /// When that scan began: RFC 3339, UTC.
    pub last: String,
    /// Pairs that had never been there.
    pub new: u64,
    /// Pairs that are no more.
    pub resolved: u64,
    /// Pairs that had been there, were gone, and are there again.
    pub back: u64,
}
