//! `lookalike plan DIR`: what would go by rules and by choice, written down for `apply`.

use lookalike_report::{KeepRule, Policy};
use lookalike_types::PairKind;

use super::{Context, report};
use crate::exit::{Exit, UsageError};
use crate::flags::Plan;
use crate::plan::{self, KINDS, Request};
use crate::settings::{Auto, Settings};

pub(super) fn run(context: &Context, plan: &Plan) -> anyhow::Result<Exit> {
    let settings = report::settings(context, &plan.dir)?;
    let rules = rules(&plan.keep)?;
    let request = Request {
        dir: plan.dir.clone(),
        threshold: threshold(context, &settings),
        policy: Policy {
            rules: if rules.is_empty() {
                settings.report.keep.clone()
            } else {
                rules.clone()
            },
            min_similarity: plan.min_similarity.as_deref().map(similarity).transpose()?,
            kinds: kinds(&plan.kinds)?,
            chosen_only: plan.chosen,
        },
        references: plan.reference.clone(),
    };
    if plan.simulate {
        let alone = if rules.is_empty() {
            comparable()
        } else {
            rules
        };
        let (text, json) = plan::simulate(&request, &settings, &alone)?;
        context.print_summary(&text, &json)?;
        return Ok(Exit::Done);
    }
    let written = plan::write(&request, &settings, &plan.out)?;
    context.print_summary(&written.text, &written.json)?;
    Ok(Exit::Done)
}

/// The threshold, where somebody asked for another than that of the scan.
fn threshold(context: &Context, settings: &Settings) -> Option<f32> {
    match settings.join.threshold {
        Auto::Value(threshold) if context.layers.is_asked("join.threshold") => Some(threshold),
        _ => None,
    }
}

fn rules(typed: &[String]) -> anyhow::Result<Vec<KeepRule>> {
    let rule = |text: &String| {
        text.parse()
            .map_err(|error| UsageError::new(format!("--keep: {error}")))
    };
    Ok(typed.iter().map(rule).collect::<Result<_, _>>()?)
}

/// The rules that need neither a word nor a look into the files.
fn comparable() -> Vec<KeepRule> {
    vec![
        KeepRule::LargestPixels,
        KeepRule::LargestBytes,
        KeepRule::Oldest,
        KeepRule::Newest,
        KeepRule::LabelMajority,
        KeepRule::ShortestPath,
    ]
}

fn similarity(text: &str) -> anyhow::Result<f32> {
    match text.parse::<f32>() {
        Ok(value) if (-1.0..=1.0).contains(&value) => Ok(value),
        _ => Err(UsageError::new(format!(
            "--min-similarity {text}: expected a cosine, a number from -1 to 1"
        ))
        .into()),
    }
}

fn kinds(typed: &[String]) -> anyhow::Result<Vec<PairKind>> {
    let kind = |text: &String| {
        let kind = KINDS.into_iter().find(|kind| kind.as_str() == text.trim());
        kind.ok_or_else(|| {
            UsageError::new(format!(
                "--kinds {text}: there is no such kind; the kinds are identical, pixels and near"
            ))
        })
    };
    if typed.is_empty() {
        return Ok(KINDS.to_vec());
    }
    let mut kinds: Vec<PairKind> = typed.iter().map(kind).collect::<Result<_, _>>()?;
    kinds.sort();
    kinds.dedup();
    Ok(kinds)
}
