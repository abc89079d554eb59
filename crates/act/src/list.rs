//! The removals of a plan as a plain list.

use crate::plan::Plan;

/// The places that the plan removes, in its order, as they were typed and found. A member of a
/// shard is `SHARD!/MEMBER`.
///
/// With `zero` each name is followed by a zero byte and has its own bytes, for `xargs -0` and the
/// like. Without, each is a line, and what would disturb one is written `\xNN` as in the tables.
pub fn list(plan: &Plan, zero: bool) -> Vec<u8> {
    let mut names = Vec::new();
    for (_, row, _) in plan.removals() {
        if zero {
            names.extend_from_slice(&row.place.path);
            if let Some(member) = &row.place.member {
                names.extend_from_slice(b"!/");
                names.extend_from_slice(member);
            }
            names.push(0);
        } else {
            names.extend_from_slice(row.place.shown().as_bytes());
            names.push(b'\n');
        }
    }
    names
}
