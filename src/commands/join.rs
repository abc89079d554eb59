//! `lookalike join VECTORS`: all pairs of like vectors, among those that people already have.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use lookalike_report::join_summary;
use lookalike_store::foreign::Wanted;

use super::{Context, block_on};
use crate::exit::{Exit, UsageError};
use crate::flags::Join;
use crate::join::{self, Request};

pub(super) fn run(context: &Context, join: &Join) -> anyhow::Result<Exit> {
    let settings = context.settings()?;
    let threshold = threshold(&join.threshold)?;
    let inputs = || [&join.vectors].into_iter().chain(&join.against);
    inputs().try_for_each(|input| must_be_file(input))?;
    must_be_free(&join.out, inputs())?;
    let threads = super::threads(&settings);
    let wanted = |path: &Path, which: &str| Wanted {
        path: path.to_owned(),
        column: join.column.clone(),
        id: join.id.clone(),
        scratch: scratch(&join.out, which),
        threads,
    };
    let request = Request {
        vectors: wanted(&join.vectors, ""),
        against: join.against.as_deref().map(|path| wanted(path, ".against")),
        out: join.out.clone(),
        threshold,
        threads,
        settings,
    };
    match block_on(join::join(request, &context.terminal))? {
        ControlFlow::Continue(run) => {
            let json = serde_json::to_value(&run)?;
            context.print_summary(&join_summary(&run), &json)?;
            Ok(Exit::Done)
        }
        ControlFlow::Break(signal) => {
            context
                .terminal
                .note("stopped; nothing half-written is left");
            Ok(signal.into())
        }
    }
}

fn threshold(text: &str) -> anyhow::Result<f32> {
    let words = match text.parse::<f32>() {
        Ok(value) if (-1.0..=1.0).contains(&value) => return Ok(value),
        _ if text == "auto" => {
            "it depends on the model which cosine means a copy, and of the model behind these vectors nothing is known. Give a number, such as 0.9"
        }
        _ => "expected a cosine, a number from -1 to 1",
    };
    Err(UsageError::new(format!("--threshold {text}: {words}")).into())
}

fn must_be_file(input: &Path) -> anyhow::Result<()> {
    let words = if input.is_dir() {
        "it is a folder. Name one .npy or Parquet file"
    } else if !input.exists() {
        "there is no such file"
    } else {
        return Ok(());
    };
    Err(UsageError::new(format!("{}: {words}", input.display())).into())
}

/// Refuses to write where nothing can be written, or over what is read.
fn must_be_free<'a>(
    out: &Path,
    mut inputs: impl Iterator<Item = &'a PathBuf>,
) -> anyhow::Result<()> {
    let folder = match out.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let same = |input: &PathBuf| match (input.canonicalize(), out.canonicalize()) {
        (Ok(input), Ok(out)) => input == out,
        _ => false,
    };
    let words = if out.is_dir() {
        "it is a folder. Name a file in it, such as pairs.parquet".to_owned()
    } else if !folder.is_dir() {
        format!("there is no folder {}. Make it first", folder.display())
    } else if inputs.any(same) {
        "it is also an input, and an input is never written to. Name another file".to_owned()
    } else {
        return Ok(());
    };
    Err(UsageError::new(format!("--out {}: {words}", out.display())).into())
}

/// Beside the pairs: that there is room for them there, the user has decided already.
fn scratch(out: &Path, which: &str) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(format!("{which}.{}.vectors.tmp", std::process::id()));
    name.into()
}
