//! What must hold in a plan before anything is touched.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use lookalike_types::{ContentId, PairKind, Place};

use super::{Copy, Decision, Plan, PlanRow};
use crate::error::{Error, Result};
use crate::name::{path_of, stays_below, tidied};

/// A place whose path is spelled one way: `a.jpg` and `./a.jpg` are one.
type Spot<'a> = (PathBuf, Option<&'a [u8]>);

/// Refuses a plan whose rows contradict each other.
///
/// # Errors
/// [`Error::Foreign`] for what the plan says of itself, [`Error::Row`] for a row.
pub(crate) fn check(plan: &Plan) -> Result<()> {
    if !plan.root.is_absolute() {
        let why = "its `lookalike.root` is not an absolute folder".to_owned();
        return Err(Error::Foreign { why });
    }
    let known = known(plan)?;
    let mut shards = HashSet::new();
    for row in &plan.rows {
        if row.place.member.is_some() {
            shards.insert(spot(plan, &row.place).0);
        }
    }
    for (number, row) in plan.rows.iter().enumerate() {
        let judged = check_row(plan, row, &known);
        judged.map_err(|why| Error::Row {
            row: number + 1,
            why,
        })?;
        let removed = row.decision == Decision::Remove && row.place.member.is_none();
        if removed && shards.contains(&spot(plan, &row.place).0) {
            let why = "it removes a shard whose members the plan names".to_owned();
            return Err(Error::Row {
                row: number + 1,
                why,
            });
        }
    }
    Ok(())
}

fn spot<'a>(plan: &Plan, place: &'a Place) -> Spot<'a> {
    (tidied(&plan.resolve(place)), place.member.as_deref())
}

/// Each place of the plan once, with what becomes of it.
fn known(plan: &Plan) -> Result<HashMap<Spot<'_>, (Decision, ContentId)>> {
    let mut known = HashMap::with_capacity(plan.rows.len());
    for (number, row) in plan.rows.iter().enumerate() {
        let value = (row.decision, row.content);
        if known.insert(spot(plan, &row.place), value).is_some() {
            let why = format!("`{}` is in the plan twice", row.place.shown());
            return Err(Error::Row {
                row: number + 1,
                why,
            });
        }
    }
    Ok(known)
}

fn check_row(
    plan: &Plan,
    row: &PlanRow,
    known: &HashMap<Spot<'_>, (Decision, ContentId)>,
) -> Result<(), String> {
    check_place(&row.place)?;
    if let Some(path) = &row.goes_to
        && (!stays_below(Path::new(path)) || path.contains('\0'))
    {
        return Err(format!("`goes_to` leads out of the target: {path:?}"));
    }
    match (row.decision, &row.copy) {
        (Decision::Keep, None) => Ok(()),
        (Decision::Keep, Some(_)) => Err("a kept image is no copy of another".to_owned()),
        (Decision::Remove, None) => Err("a removed image must be a copy of a kept one".to_owned()),
        (Decision::Remove, Some(copy)) => {
            check_copy(row, copy)?;
            match known.get(&spot(plan, &copy.place)) {
                Some((Decision::Keep, content)) if *content == copy.content => Ok(()),
                Some((Decision::Keep, _)) => {
                    Err("what it is a copy of has another content in its own row".to_owned())
                }
                Some((Decision::Remove, _)) => {
                    Err("what it is a copy of is itself removed".to_owned())
                }
                None => Err("what it is a copy of is not in the plan".to_owned()),
            }
        }
    }
}

fn check_place(place: &Place) -> Result<(), String> {
    let broken = |name: &[u8]| name.is_empty() || name.contains(&0);
    if broken(&place.path) || place.member.as_deref().is_some_and(broken) {
        return Err("its path is empty or holds a zero byte".to_owned());
    }
    match path_of(&place.path).file_name() {
        Some(_) => Ok(()),
        None => Err("its path does not end in the name of a file".to_owned()),
    }
}

fn check_copy(row: &PlanRow, copy: &Copy) -> Result<(), String> {
    if !(-1.001..=1.001).contains(&copy.similarity) {
        return Err(format!("a similarity of {} is none", copy.similarity));
    }
    let same = row.content == copy.content;
    if same != (copy.kind == PairKind::Identical) {
        return Err(format!(
            "its kind is `{}`, which does not fit the contents",
            copy.kind.as_str()
        ));
    }
    Ok(())
}
