//! `lookalike config`: the settings in force, and where each came from.

use super::Context;
use crate::exit::Exit;

pub(super) fn run(context: &Context) -> anyhow::Result<Exit> {
    // A wrong value is an error here as everywhere: this is where people look for it.
    context.settings()?;
    let json = serde_json::to_value(context.layers.nested())?;
    context.print(&context.layers.describe(), &json)?;
    Ok(Exit::Done)
}
