//! What a plan comes to, in numbers.

use std::collections::BTreeMap;

use lookalike_types::PairKind;
use serde::Serialize;

use crate::decide::{Decided, Left};
use crate::findings::Findings;
use crate::images::Image;

/// What a plan comes to. The keys in JSON are the fields.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Outline {
    /// Images in groups: the rows of the plan.
    pub images: u64,
    /// Groups that they are in.
    pub groups: u64,
    /// Images that stay.
    pub stay: u64,
    /// Images that go.
    pub go: u64,
    /// Bytes of the images that go, each place counted as a file of its own.
    pub bytes: u64,
    /// Of the images that go: members of tar shards.
    pub members: u64,
    /// Their bytes, which only shards that are written anew save.
    pub member_bytes: u64,
    /// What goes, by how sure it is that it is a copy.
    pub by_kind: Vec<Portion>,
    /// What goes, by what decided: the most images first.
    pub by_rule: Vec<Portion>,
    /// What goes, by folder (or shard): the most images first.
    pub by_folder: Vec<Portion>,
    /// What was left where it is.
    pub left: Vec<LeftCount>,
}

/// A part of what goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Portion {
    /// The kind, rule or folder.
    pub name: String,
    /// Images that go.
    pub images: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// How many images were left for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftCount {
    /// The reason: a word of [`Left`].
    pub why: String,
    /// Images.
    pub images: u64,
}

impl Outline {
    /// Counts what was decided of these findings.
    pub fn new(findings: &Findings, decided: &[Decided]) -> Self {
        let mut outline = Self {
            images: decided.len() as u64,
            groups: findings.groups.len() as u64,
            ..Self::default()
        };
        let mut kinds: BTreeMap<PairKind, (u64, u64)> = BTreeMap::new();
        let mut rules: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        let mut folders: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        let mut left: BTreeMap<Left, u64> = BTreeMap::new();
        for row in decided {
            let image = &findings.images[row.image];
            let Some(copy) = &row.copy else {
                outline.stay += 1;
                if let Some(why) = row.left {
                    *left.entry(why).or_default() += 1;
                }
                continue;
            };
            let bytes = image.bytes.unwrap_or(0);
            let add = |count: &mut (u64, u64)| {
                count.0 += 1;
                count.1 += bytes;
            };
            add(kinds.entry(copy.kind).or_default());
            add(rules
                .entry(row.rule.as_deref().unwrap_or_default())
                .or_default());
            add(folders.entry(folder(image)).or_default());
            outline.go += 1;
            outline.bytes += bytes;
            if image.archive.is_some() {
                outline.members += 1;
                outline.member_bytes += bytes;
            }
        }
        let kind = |(kind, count): (PairKind, (u64, u64))| share(kind.as_str(), count);
        outline.by_kind = kinds.into_iter().map(kind).collect();
        outline.by_rule = most_first(rules);
        outline.by_folder = most_first(folders);
        let count = |(why, images): (Left, u64)| LeftCount {
            why: why.as_str().to_owned(),
            images,
        };
        outline.left = left.into_iter().map(count).collect();
        outline
    }
}

fn share(name: &str, (images, bytes): (u64, u64)) -> Portion {
    Portion {
        name: name.to_owned(),
        images,
        bytes,
    }
}

fn most_first(counts: BTreeMap<&str, (u64, u64)>) -> Vec<Portion> {
    let mut shares: Vec<Portion> = counts
        .into_iter()
        .map(|(name, count)| share(name, count))
        .collect();
    // A stable sort: equal ones stay in the order of their names.
    shares.sort_by_key(|share| std::cmp::Reverse(share.images));
    shares
}

/// The folder of a file, as it is shown; of a member its shard.
fn folder(image: &Image) -> &str {
    match &image.archive {
        Some(shard) => shard,
        None => match image.path.rsplit_once('/') {
            Some(("", _)) => "/",
            Some((folder, _)) => folder,
            None => ".",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::{Policy, Wishes, decide};
    use crate::rules::KeepRule;
    use crate::sample::findings;

    #[test]
    fn every_image_of_a_group_is_counted_once() {
        let findings = findings();
        let policy = Policy {
            rules: KeepRule::defaults(),
            min_similarity: None,
            kinds: vec![PairKind::Identical, PairKind::Pixels, PairKind::Near],
            chosen_only: false,
        };
        let outline = Outline::new(&findings, &decide(&findings, &policy, &Wishes::default()));
        assert_eq!(outline.images, outline.stay + outline.go);
        assert_eq!(outline.bytes, findings.freeable_bytes());
        for shares in [&outline.by_kind, &outline.by_rule, &outline.by_folder] {
            assert_eq!(
                shares.iter().map(|share| share.images).sum::<u64>(),
                outline.go
            );
            assert_eq!(
                shares.iter().map(|share| share.bytes).sum::<u64>(),
                outline.bytes
            );
        }
        insta::assert_snapshot!(serde_json::to_string_pretty(&outline).expect("JSON"), @r#"
        {
          "images": 6,
          "groups": 2,
          "stay": 2,
          "go": 4,
          "bytes": 480000,
          "members": 0,
          "member_bytes": 0,
          "by_kind": [
            {
              "name": "identical",
              "images": 1,
              "bytes": 120000
            },
            {
              "name": "near",
              "images": 3,
              "bytes": 360000
            }
          ],
          "by_rule": [
            {
              "name": "largest-pixels",
              "images": 3,
              "bytes": 360000
            },
            {
              "name": "shortest-path",
              "images": 1,
              "bytes": 120000
            }
          ],
          "by_folder": [
            {
              "name": "a",
              "images": 3,
              "bytes": 360000
            },
            {
              "name": "c",
              "images": 1,
              "bytes": 120000
            }
          ],
          "left": []
        }
        "#);
    }

    #[test]
    fn a_folder_is_what_lies_before_the_name() {
        let folder_of = |path: &str| folder(&crate::sample::image(path, 1, 1)).to_owned();
        assert_eq!(folder_of("a/b/c.jpg"), "a/b");
        assert_eq!(folder_of("/c.jpg"), "/");
        assert_eq!(folder_of("c.jpg"), ".");
    }
}
