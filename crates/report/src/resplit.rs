//! A split without leaks: groups are kept whole, sizes and label shares as near as can be.
//!
//! Whole groups are dealt out, the largest first, then the single images. Each goes where most of it
//! is now, as long as there is room for it by size and by label; else to where it brings sizes and
//! label shares closest to those wanted. Chance, by a seed, decides only who of equals comes first.
//! At the end no split is further from its wanted size than the largest group has images.

mod deal;

use std::collections::HashMap;
use std::str::FromStr;

use crate::images::Image;
use crate::{Error, Findings};

use deal::{Deal, Unit};

/// What a split is wanted to have of the whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Share {
    /// What it is called.
    pub split: String,
    /// Its part; what counts is its proportion to the others.
    pub share: f64,
}

impl FromStr for Share {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self, Error> {
        let wrong = || Error::UnknownShare {
            word: word.to_owned(),
        };
        let (split, share) = word.rsplit_once(':').ok_or_else(wrong)?;
        let share = share.trim().parse::<f64>().map_err(|_| wrong())?;
        let split = split.trim().to_owned();
        if split.is_empty() || !(share > 0.0 && share <= 1e9) {
            return Err(wrong());
        }
        Ok(Self { split, share })
    }
}

/// A split in which no look-alike of an image is in another part.
#[derive(Debug, Clone, PartialEq)]
pub struct Resplit {
    /// The parts.
    pub parts: Vec<Part>,
    /// For each image its part, by number; `None` for images that failed.
    pub of: Vec<Option<usize>>,
    /// Images that are in another split than before, or had none.
    pub moved: u64,
}

/// One part of a new split.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// What it is called.
    pub split: String,
    /// How many images it was to have.
    pub wanted: f64,
    /// How many it has.
    pub images: u64,
}

/// Splits the images anew. Without `shares` the parts are those of now, with their sizes and labels.
///
/// # Errors
/// [`Error::NoShares`] where there are neither shares nor splits.
pub fn resplit(findings: &Findings, shares: &[Share], seed: u64) -> Result<Resplit, Error> {
    let wanted = Wanted::new(findings, shares)?;
    let units = units(findings, &wanted, seed);
    let mut deal = Deal::new(&wanted.targets);
    for unit in &units {
        deal.give(unit);
    }
    deal.balance(&units);
    let mut of = vec![None; findings.images.len()];
    for (unit, part) in units.iter().zip(deal.parts()) {
        unit.members
            .iter()
            .for_each(|&image| of[image] = Some(part));
    }
    let moved = of.iter().zip(&wanted.before);
    let moved = moved
        .filter(|(now, before)| now.is_some() && now != before)
        .count() as u64;
    let part = |(number, split): (usize, &String)| Part {
        split: split.clone(),
        wanted: wanted.targets[number].iter().sum(),
        images: of.iter().filter(|part| **part == Some(number)).count() as u64,
    };
    let parts = wanted.names.iter().enumerate().map(part).collect();
    Ok(Resplit { parts, of, moved })
}

/// What is wanted of each part.
struct Wanted {
    names: Vec<String>,
    /// Images by part and label.
    targets: Vec<Vec<f64>>,
    /// The label of each image by number; images without one share a number.
    labels: Vec<usize>,
    /// The part that each image is in now.
    before: Vec<Option<usize>>,
}

impl Wanted {
    fn new(findings: &Findings, shares: &[Share]) -> Result<Self, Error> {
        let images = &findings.images;
        let names: Vec<String> = match shares {
            [] => findings
                .splits()
                .into_iter()
                .map(|(name, _)| name.to_owned())
                .collect(),
            shares => shares.iter().map(|share| share.split.clone()).collect(),
        };
        if names.len() < 2 {
            return Err(Error::NoShares);
        }
        let numbers: HashMap<&str, usize> = names.iter().map(String::as_str).zip(0..).collect();
        let before = |image: &Image| numbers.get(image.split.as_deref()?).copied();
        let before: Vec<Option<usize>> = images.iter().map(before).collect();
        let mut known: HashMap<Option<&str>, usize> = HashMap::new();
        let mut label = |image| {
            let next = known.len();
            *known.entry(image).or_insert(next)
        };
        let labels: Vec<usize> = images.iter().map(|i| label(i.label.as_deref())).collect();
        let mut there = vec![vec![0.0; known.len()]; names.len()];
        let (mut loose, mut all) = (vec![0.0; known.len()], vec![0.0; known.len()]);
        for index in (0..images.len()).filter(|&index| images[index].failed.is_none()) {
            all[labels[index]] += 1.0;
            match before[index] {
                Some(part) => there[part][labels[index]] += 1.0,
                None => loose[labels[index]] += 1.0,
            }
        }
        let targets = match shares {
            // As now, and what is in none is shared out likewise.
            [] => {
                let sizes: Vec<f64> = there.iter().map(|part| part.iter().sum()).collect();
                let whole = sizes.iter().sum::<f64>().max(1.0);
                let part = |(part, size): (Vec<f64>, f64)| {
                    let more = loose.iter().map(move |loose| loose * size / whole);
                    part.iter()
                        .zip(more)
                        .map(|(now, more)| now + more)
                        .collect()
                };
                there.into_iter().zip(sizes).map(part).collect()
            }
            shares => {
                let whole: f64 = shares.iter().map(|share| share.share).sum();
                let part = |share: &Share| all.iter().map(|n| n * share.share / whole).collect();
                shares.iter().map(part).collect()
            }
        };
        Ok(Self {
            names,
            targets,
            labels,
            before,
        })
    }
}

/// Groups and single images, the largest first, equals in an order that the seed decides.
fn units(findings: &Findings, wanted: &Wanted, seed: u64) -> Vec<Unit> {
    let images = &findings.images;
    let ok = |image: &usize| images[*image].failed.is_none();
    let groups = findings.groups.iter();
    let groups = groups.map(|group| group.members.iter().map(|m| m.image).filter(ok).collect());
    let single = (0..images.len()).filter(|&image| findings.group_of(image).is_none());
    let single = single.filter(ok).map(|image| vec![image]);
    let unit = |mut members: Vec<usize>| {
        members.sort_unstable();
        let first = members.first()?;
        let mut hasher = blake3::Hasher::new();
        hasher.update(&seed.to_le_bytes());
        hasher.update(images[*first].path.as_bytes());
        let chance = *hasher.finalize().as_bytes();
        let mut labels: Vec<(usize, f64)> = Vec::new();
        let mut before = vec![0; wanted.names.len()];
        for &member in &members {
            let label = wanted.labels[member];
            match labels.iter_mut().find(|(known, _)| *known == label) {
                Some((_, count)) => *count += 1.0,
                None => labels.push((label, 1.0)),
            }
            if let Some(part) = wanted.before[member] {
                before[part] += 1;
            }
        }
        Some((chance, Unit::new(members, labels, &before)))
    };
    let mut units: Vec<([u8; 32], Unit)> = groups.chain(single).filter_map(unit).collect();
    units.sort_by(|(chance_a, a), (chance_b, b)| {
        let largest = b.members.len().cmp(&a.members.len());
        largest.then(chance_a.cmp(chance_b))
    });
    units.into_iter().map(|(_, unit)| unit).collect()
}

#[cfg(test)]
mod tests;
