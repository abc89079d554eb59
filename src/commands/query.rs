//! `lookalike query DIR IMAGE...`: the nearest images of DIR for pictures that need not be in it.

use std::ffi::OsStr;
use std::path::Path;

use lookalike_index as index;
use lookalike_ingest as ingest;
use lookalike_types::escape;
use serde_json::{Value, json};

use super::Context;
use crate::exit::{Exit, UsageError};
use crate::flags::Query;
use crate::judge::{self, Kept, Pictures};
use crate::model;
use crate::output;
use crate::settings::Flat;

pub(super) fn run(context: &Context, query: &Query) -> anyhow::Result<Exit> {
    let settings = context.settings()?;
    if let Some(missing) = query
        .images
        .iter()
        .find(|image| !Path::new(image).is_file())
    {
        return Err(
            UsageError::new(format!("{}: there is no such file", missing.display())).into(),
        );
    }
    let snapshot = output::open(&query.dir)?.snapshot()?;
    let embedder = model::open(&settings)?;
    let space = embedder.space().id();
    if snapshot.space(&space).is_none() {
        return Err(UsageError::new(format!(
            "{} holds no features of this model and settings (space {space}). Query with those of the last scan, or scan with these",
            query.dir.display()
        ))
        .into());
    }
    let images = judge::images(&snapshot, &space)?;
    // A flat picture is no copy of its like, but somebody who asks for the nearest wants to see it.
    let pictures = Pictures::of(&images, Flat::Include);
    let vectors = snapshot.vectors(&space, &pictures.contents)?;
    let threads = super::threads(&settings);
    let kept = Kept::of(
        snapshot.sketches(&space),
        &pictures.contents,
        &vectors,
        threads,
    )?;
    let kept = kept.as_ref().map(|kept| index::Sketches {
        sketcher: &kept.sketcher,
        records: kept,
    });
    let mut session = embedder.session()?;
    let limits = model::limits(&settings);
    let (mut text, mut answers, mut exit) = (String::new(), Vec::new(), Exit::Done);
    for image in &query.images {
        let name = escape(image.as_encoded_bytes());
        let found = vector(image, &limits, &embedder, &mut session)?;
        let nearest = match found {
            Ok(vector) => index::nearest(&vectors, kept, &vector, query.top)?,
            Err(failed) => {
                exit = Exit::Fault;
                text.push_str(&format!(
                    "{name}\n  cannot be used: {} ({})\n",
                    failed.reason, failed.detail
                ));
                answers.push(json!({ "image": name, "reason": failed.reason.as_str(), "detail": failed.detail }));
                continue;
            }
        };
        let path = |row: u32| images[pictures.first[row as usize]].path.as_str();
        text.push_str(&format!("{name}\n"));
        for (row, similarity) in &nearest {
            text.push_str(&format!("  {similarity:.4}  {}\n", path(*row)));
        }
        let rows: Vec<Value> = nearest
            .iter()
            .map(|(row, similarity)| json!({ "path": path(*row), "similarity": similarity }))
            .collect();
        answers.push(json!({ "image": name, "nearest": rows }));
    }
    context.print(&text, &Value::Array(answers))?;
    Ok(exit)
}

type Embedded = Result<Vec<f32>, lookalike_types::Failed>;

fn vector(
    image: &OsStr,
    limits: &ingest::Limits,
    embedder: &lookalike_embed::Embedder,
    session: &mut lookalike_embed::Session,
) -> anyhow::Result<Embedded> {
    let decoded = ingest::read(image.as_encoded_bytes(), limits)
        .and_then(|blob| ingest::decode(&blob.bytes, limits));
    let decoded = match decoded {
        Ok(decoded) => decoded,
        Err(failed) => return Ok(Err(failed)),
    };
    let prepared = lookalike_embed::prepare(&decoded.pixels, &embedder.space().preprocessing);
    let mut results = session.embed(&[prepared])?;
    Ok(results.pop().expect("one picture gives one result"))
}
