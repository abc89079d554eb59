//! What was decided, as the rows of a plan.

use anyhow::Context;
use lookalike_act::{Copy, Decision, Plan, PlanRow};
use lookalike_report::{CopyOf, Decided};
use lookalike_types::{ContentId, PairKind};
use serde_json::{Value, json};

use super::ground::Ground;
use super::names::Names;
use super::{Request, bound};

/// The plan of what was decided.
///
/// # Errors
/// Where an image of a group has no content, which is a fault of this program.
pub(super) fn plan(
    ground: &Ground,
    request: &Request,
    decided: &[Decided],
) -> anyhow::Result<Plan> {
    let mut names = Names::default();
    let rows = decided.iter().map(|row| plan_row(ground, row, &mut names));
    Ok(Plan {
        generation: ground.generation.clone(),
        root: ground.root.clone(),
        settings: settings(ground, request),
        bound: bound::bound(&ground.curve, decided).map(|bound| bound::json(&bound)),
        rows: rows.collect::<anyhow::Result<_>>()?,
    })
}

/// What decided.
pub(super) fn settings(ground: &Ground, request: &Request) -> Value {
    let policy = &request.policy;
    let rules: Vec<String> = policy.rules.iter().map(ToString::to_string).collect();
    let kinds: Vec<&str> = policy
        .kinds
        .iter()
        .map(|kind| PairKind::as_str(*kind))
        .collect();
    let references: Vec<&str> = ground
        .references
        .iter()
        .map(|(path, _)| path.as_str())
        .collect();
    json!({
        "rules": rules, "references": references, "threshold": shortest(ground.threshold),
        "min_similarity": policy.min_similarity.map(shortest), "kinds": kinds,
        "chosen_only": policy.chosen_only,
    })
}

/// The number that was typed, and not what is left of it in 32 bits.
fn shortest(value: f32) -> f64 {
    value.to_string().parse().unwrap_or(f64::from(value))
}

fn plan_row(ground: &Ground, row: &Decided, names: &mut Names) -> anyhow::Result<PlanRow> {
    let place = ground.places[row.image].clone();
    let copy = row.copy.map(|copy| copied(ground, &copy)).transpose()?;
    Ok(PlanRow {
        group: row.group,
        decision: match copy {
            Some(_) => Decision::Remove,
            None => Decision::Keep,
        },
        reason: row.reason.clone(),
        rule: row.rule.clone(),
        content: content(ground, row.image)?,
        bytes: ground.findings.images[row.image].bytes,
        goes_to: copy.as_ref().and_then(|_| names.give(&place)),
        copy,
        place,
    })
}

fn copied(ground: &Ground, copy: &CopyOf) -> anyhow::Result<Copy> {
    Ok(Copy {
        place: ground.places[copy.image].clone(),
        content: content(ground, copy.image)?,
        similarity: copy.similarity,
        kind: copy.kind,
    })
}

fn content(ground: &Ground, image: usize) -> anyhow::Result<ContentId> {
    let image = &ground.findings.images[image];
    let unread = || {
        format!(
            "{} is in a group, but was not read: this is a fault of lookalike",
            image.path
        )
    };
    image.content.with_context(unread)
}
