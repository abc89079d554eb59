//! Making a plan: from what is stored of a scan and what people said of it, to a file that says what
//! would go and why. No image is read, unless a rule goes by EXIF data; nothing is touched.

mod bound;
mod ground;
mod names;
mod out;
mod references;
mod rows;

use std::path::{Path, PathBuf};

use lookalike_report::{
    KeepRule, Outline, PlanWords, Policy, decide, next_steps, plan_summary, simulation,
};
use lookalike_types::PairKind;
use serde_json::{Value, json};

use crate::settings::Settings;
use ground::Ground;

pub(crate) use out::{journal_of, must_be_free};

/// What is asked of a plan.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// The output folder of a scan.
    pub dir: PathBuf,
    /// From which similarity two pictures are near; `None` goes by the last scan.
    pub threshold: Option<f32>,
    /// How it is decided.
    pub policy: Policy,
    /// Folders, files or shards of which nothing goes, as they were typed.
    pub references: Vec<PathBuf>,
}

/// A plan that was written.
#[derive(Debug)]
pub(crate) struct Written {
    /// Images that it removes.
    pub removals: u64,
    /// Their bytes.
    pub freeable_bytes: u64,
    /// How many of them may be wrong, where people judged a sample.
    pub bound: Option<Value>,
    /// What to type next, the safest first.
    pub next: Vec<String>,
    /// What a person is told of it.
    pub text: String,
    /// The same as one object.
    pub json: Value,
}

/// Makes the plan and writes it to `out`.
///
/// # Errors
/// A usage error where there is no finished scan, where a reference protects nothing, or where
/// `out` must not be written; any other where the store cannot be read or the file not be written.
pub(crate) fn write(request: &Request, settings: &Settings, out: &Path) -> anyhow::Result<Written> {
    must_be_free(out, &request.dir)?;
    let ground = Ground::of(request, settings, &request.policy.rules)?;
    let decided = decide(&ground.findings, &request.policy, &ground.wishes);
    let outline = Outline::new(&ground.findings, &decided);
    let plan = rows::plan(&ground, request, &decided)?;
    out::write(out, &plan.to_parquet()?)?;
    let typed = out.display().to_string();
    let words = PlanWords {
        plan: typed.clone(),
        bound: bound::bound(&ground.curve, &decided),
        ..words(&ground, request)
    };
    let next = next_steps(&outline, &typed);
    let json = json!({
        "plan": typed, "root": plan.root.display().to_string(), "generation": plan.generation,
        "settings": plan.settings, "outline": outline, "references": references(&ground),
        "bound": plan.bound, "notes": words.notes, "next": next,
    });
    Ok(Written {
        removals: outline.go,
        freeable_bytes: outline.bytes,
        bound: plan.bound,
        next,
        text: plan_summary(&outline, &words),
        json,
    })
}

/// What each of `alone` would remove as the only rule, and the policy as it is; writes nothing.
///
/// # Errors
/// As [`write`].
pub(crate) fn simulate(
    request: &Request,
    settings: &Settings,
    alone: &[KeepRule],
) -> anyhow::Result<(String, Value)> {
    let rules = [&request.policy.rules, alone].concat();
    let ground = Ground::of(request, settings, &rules)?;
    let with = |rules: Vec<KeepRule>| {
        let policy = Policy {
            rules,
            ..request.policy.clone()
        };
        Outline::new(
            &ground.findings,
            &decide(&ground.findings, &policy, &ground.wishes),
        )
    };
    let together = with(request.policy.rules.clone());
    let each = |rule: &KeepRule| (rule.to_string(), with(vec![rule.clone()]));
    let alone: Vec<(String, Outline)> = alone.iter().map(each).collect();
    let words = words(&ground, request);
    let rules: Vec<Value> = alone
        .iter()
        .map(|(rule, outline)| json!({ "rule": rule, "outline": outline }))
        .collect();
    let json = json!({
        "rules": rules, "together": together, "settings": rows::settings(&ground, request),
        "references": references(&ground), "notes": words.notes,
    });
    Ok((simulation(&together, &alone, &words), json))
}

fn words(ground: &Ground, request: &Request) -> PlanWords {
    let least = request.policy.min_similarity.unwrap_or(ground.threshold);
    PlanWords {
        dir: request.dir.display().to_string(),
        least: least.max(ground.threshold),
        references: ground.references.clone(),
        notes: ground.notes.clone(),
        ..PlanWords::default()
    }
}

fn references(ground: &Ground) -> Vec<Value> {
    let counted = ground.references.iter();
    counted
        .map(|(path, images)| json!({ "path": path, "images": images }))
        .collect()
}

/// The kinds of copies, the surest first.
pub(crate) const KINDS: [PairKind; 3] = [PairKind::Identical, PairKind::Pixels, PairKind::Near];
