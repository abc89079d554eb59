//! Destroying a name so that it can be taken back until the last moment.
//!
//! Whether the kept image and the file that goes for it are two files cannot be told by looking
//! at both: one file may be reached through two mounts, with another number in each, and
//! another run may be about to destroy the kept one for this one. So the file gets a name of ours
//! first, and then the kept one is looked at again. Whoever looks second sees what the first has
//! taken away.

use std::path::Path;

use crate::deed::Still;
use crate::disk::{Disk, Renamed};
use crate::look::look;
use crate::name::{folder, shown};
use crate::outcome::{Fault, Why};
use crate::relocate::{Side, give_name};

/// Sets the file aside, asks whether all is still as it was checked, lets `put` give its old name to
/// something else, and only then destroys it. Where this stops, [`settle`] puts it back.
pub(crate) fn destroy(
    disk: &Disk<'_>,
    (from, aside): (&Path, &Path),
    still: Still<'_>,
    put: &dyn Fn() -> Result<(), Fault>,
) -> Result<(), Fault> {
    still(from)?;
    if give_name(disk, from, aside)? != Renamed::Done {
        let words = "it cannot be set aside in its folder";
        return Err(Fault::Skip(Why::Refused, words.to_owned()));
    }
    disk.ask("look at", aside)?;
    still(aside)?;
    put()?;
    disk.sync_folder(folder(from))?;
    disk.remove(aside)?;
    disk.sync_folder(folder(from))?;
    Ok(())
}

/// After an interruption: puts back what was set aside.
pub(crate) fn settle(disk: &Disk<'_>, (from, aside): (&Path, &Path)) -> Result<Side, Fault> {
    let side = match (look(aside)?, look(from)?) {
        (None, None) => Side::After,
        (None, Some(_)) => Side::Before,
        // Two names of one file: it was about to lose the first.
        (Some(one), Some(other)) if one.id == other.id => {
            disk.remove(aside)?;
            Side::Before
        }
        (Some(_), _) => match give_name(disk, aside, from)? {
            Renamed::Done => Side::Before,
            _ => Side::Lost(format!(
                "it lies at {}, because something else has its name now",
                shown(aside)
            )),
        },
    };
    disk.sync_folder(folder(from))?;
    Ok(side)
}
