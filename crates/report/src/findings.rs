//! What a scan found: pairs in order, groups in order, and in each group what is kept.

use lookalike_types::{ContentId, PairKind};

use crate::alike::Alike;
use crate::cover::{cover, kind};
use crate::crossings::{self, Crossing, SplitCount};
use crate::images::{Images, Near, Pair};
use crate::spared::Spared;
use crate::{Error, KeepRule};

/// A connected component of the links and the near pairs at or above the threshold.
#[derive(Debug, Clone, PartialEq)]
pub struct Component {
    /// Indices of its images; a component of one is no group and is passed over.
    pub members: Vec<usize>,
    /// The lowest similarity without which it would fall apart.
    pub weakest: f32,
}

/// One image of a group and the verdict on it: a row of `groups.parquet`.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// Index of the image in [`Images`].
    pub image: usize,
    /// Why it is kept or not, in a few words.
    pub why: String,
    /// The kept image that it resembles directly; `None` where it is kept itself.
    pub copy_of: Option<usize>,
    /// How much it resembles `copy_of`.
    pub similarity: Option<f32>,
}

impl Member {
    /// Whether it is kept.
    pub fn keep(&self) -> bool {
        self.copy_of.is_none()
    }
}

/// Two images or more that are linked by copies.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// The kept by rank, then the others, the most alike first.
    pub members: Vec<Member>,
    /// The weakest kind inside.
    pub kind: PairKind,
    /// The lowest similarity without which the group would fall apart.
    pub weakest: f32,
    /// What of it was not there at the last scan; `None` also where nobody compared. In no table:
    /// those do not depend on what was before.
    pub since: Option<GroupSince>,
}

/// How a group differs from what the last scan found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GroupSince {
    /// A pair in it had been there, was gone, and is there again; none is new.
    Back,
    /// A pair in it had never been there.
    New,
}

impl GroupSince {
    /// `new` or `back`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Back => "back",
            Self::New => "new",
        }
    }
}

impl Group {
    /// The bytes of the images that are not kept.
    pub fn freeable_bytes(&self, images: &Images) -> u64 {
        self.members
            .iter()
            .filter(|member| !member.keep())
            .filter_map(|member| images[member.image].bytes)
            .sum()
    }
}

/// Everything that the tables and the page show.
#[derive(Debug, Clone, PartialEq)]
pub struct Findings {
    /// The images by path.
    pub images: Images,
    /// The pairs, most alike first: by similarity, then kind, then paths.
    pub pairs: Vec<Pair>,
    /// The groups, numbered from 1 in this order: most members first, then the highest `weakest`,
    /// then the first path.
    pub groups: Vec<Group>,
    /// Near pairs at or above the threshold that are in nothing of this, because a person said that
    /// they are no copies. [`Self::new`] knows of none; who leaves them out sets it.
    pub dismissed: u64,
    /// Look-alikes in different splits, most alike first: of each image the closest one in each
    /// other split.
    pub leaks: Vec<Crossing>,
    /// How many images of one split have a look-alike in another.
    pub split_counts: Vec<SplitCount>,
    /// Look-alikes with different labels, most alike first: of each image the closest one that has
    /// another label.
    pub label_conflicts: Vec<Crossing>,
    group_of: Vec<Option<i64>>,
}

impl Findings {
    /// Orders pairs and groups, and says of every image in a group whether it is kept.
    ///
    /// `near` holds the near pairs between different pictures: all of them at or above `threshold`,
    /// and those below that are to be listed all the same. `components` are those of the links and
    /// of the near pairs at or above the threshold. Of the contents in each pair of `both` a person
    /// said that both stay: none of their images is dropped for one of the other; where the two
    /// are one content, all of its files stay.
    ///
    /// # Errors
    /// [`Error::NoSuchImage`] where a pair or a component names an image that is not there.
    pub fn new(
        images: Images,
        near: &[Near],
        components: Vec<Component>,
        threshold: f32,
        keep: &[KeepRule],
        both: &[(ContentId, ContentId)],
    ) -> Result<Self, Error> {
        let named = near.iter().flat_map(|pair| [pair.a, pair.b]);
        let named = named.chain(components.iter().flat_map(|c| c.members.iter().copied()));
        if let Some(index) = named.max().filter(|&index| index >= images.len()) {
            let images = images.len();
            return Err(Error::NoSuchImage { index, images });
        }
        let pictures = images.pictures();
        let spared = Spared::new(&images, &pictures, both);
        let alike = Alike::new(pictures, near, threshold, spared);
        let groups = groups(components, &images, &alike, keep);
        let group_of = group_of(images.len(), &groups);
        let pairs = pairs(&images, near, threshold, &group_of);
        let (leaks, split_counts) = crossings::leaks(&images, &alike);
        Ok(Self {
            label_conflicts: crossings::conflicts(&images, &alike),
            images,
            pairs,
            groups,
            dismissed: 0,
            leaks,
            split_counts,
            group_of,
        })
    }

    /// The number of the group that an image is in, from 1.
    pub fn group_of(&self, image: usize) -> Option<i64> {
        self.group_of.get(image).copied().flatten()
    }

    /// The different splits, and how many images each has that could be compared: `train`, `val`
    /// and `test` first, then the others by name.
    pub fn splits(&self) -> Vec<(&str, u64)> {
        crossings::splits(&self.images)
    }

    /// The bytes of all images that are not kept.
    pub fn freeable_bytes(&self) -> u64 {
        let freeable = |group: &Group| group.freeable_bytes(&self.images);
        self.groups.iter().map(freeable).sum()
    }
}

fn groups(
    components: Vec<Component>,
    images: &Images,
    alike: &Alike,
    keep: &[KeepRule],
) -> Vec<Group> {
    let mut found: Vec<(usize, Group)> = components
        .into_iter()
        .filter(|component| component.members.len() > 1)
        .filter_map(|component| {
            let first = *component.members.iter().min()?;
            let kind = weakest_kind(&component.members, images);
            let weakest = component.weakest.min(1.0);
            let members = cover(component.members, images, alike, keep);
            let group = Group {
                members,
                kind,
                weakest,
                since: None,
            };
            Some((first, group))
        })
        .collect();
    found.sort_by(|(first_a, a), (first_b, b)| {
        let largest = b.members.len().cmp(&a.members.len());
        let most_alike = || b.weakest.total_cmp(&a.weakest);
        largest.then_with(most_alike).then(first_a.cmp(first_b))
    });
    found.into_iter().map(|(_, group)| group).collect()
}

/// Being the same file, or the same picture, is an equivalence: comparing with one of them is
/// comparing with all.
fn weakest_kind(members: &[usize], images: &Images) -> PairKind {
    let first = &images[members[0]];
    members[1..]
        .iter()
        .map(|&member| kind(first, &images[member]))
        .max()
        .unwrap_or(PairKind::Identical)
}

fn group_of(images: usize, groups: &[Group]) -> Vec<Option<i64>> {
    let mut numbers = vec![None; images];
    for (number, group) in (1..).zip(groups) {
        for member in &group.members {
            numbers[member.image] = Some(number);
        }
    }
    numbers
}

fn pairs(images: &Images, near: &[Near], threshold: f32, group_of: &[Option<i64>]) -> Vec<Pair> {
    let links = images.links().into_iter().map(|link| Pair {
        group: group_of[link.a],
        ..link
    });
    let near = near.iter().map(|pair| Pair {
        a: pair.a.min(pair.b),
        b: pair.a.max(pair.b),
        similarity: pair.similarity.min(1.0),
        kind: PairKind::Near,
        group: group_of[pair.a].filter(|_| pair.similarity >= threshold),
    });
    let mut pairs: Vec<Pair> = links.chain(near).collect();
    pairs.sort_by(|x, y| {
        let most_alike = y.similarity.total_cmp(&x.similarity);
        // Images are numbered by path.
        most_alike.then_with(|| (x.kind, x.a, x.b).cmp(&(y.kind, y.a, y.b)))
    });
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{findings, found, image};

    fn near(a: usize, b: usize, similarity: f32) -> Near {
        Near { a, b, similarity }
    }

    #[test]
    fn groups_come_largest_then_most_alike_then_by_path() {
        let mut images = Vec::new();
        for (id, name) in (1..).zip(["c1", "c2", "b1", "b2", "a1", "a2"]) {
            images.push(image(name, id, id));
        }
        images.extend(["z1", "z2", "z3"].map(|name| image(name, 9, 9)));
        // By path: a1 a2 b1 b2 c1 c2.
        let found = found(
            images,
            &[near(0, 1, 0.95), near(2, 3, 0.97), near(4, 5, 0.95)],
        );
        let first = |group: &Group| found.images[group.members[0].image].path.clone();
        let order: Vec<_> = found.groups.iter().map(first).collect();
        assert_eq!(order, ["z1", "b1", "a1", "c1"]);
        assert_eq!(found.group_of(0), Some(3));
        assert_eq!(found.group_of(99), None);
    }

    #[test]
    fn a_pair_below_the_threshold_is_listed_and_joins_nothing() {
        let images = vec![image("a", 1, 1), image("b", 2, 2), image("c", 3, 3)];
        let found = found(
            images,
            &[near(0, 1, 0.95), near(1, 2, 0.95), near(0, 2, 0.8)],
        );
        let groups: Vec<_> = found.pairs.iter().map(|pair| pair.group).collect();
        assert_eq!(
            groups,
            [Some(1), Some(1), None],
            "not even where both are in one group"
        );
    }

    #[test]
    fn the_kind_of_a_group_is_its_weakest() {
        let kinds: Vec<_> = findings().groups.iter().map(|group| group.kind).collect();
        assert_eq!(kinds, [PairKind::Near, PairKind::Identical]);
        let pixels = found(
            vec![image("a", 1, 1), image("b", 1, 1), image("c", 2, 1)],
            &[],
        );
        assert_eq!(pixels.groups[0].kind, PairKind::Pixels);
    }

    #[test]
    fn what_is_not_kept_could_be_freed() {
        let findings = findings();
        let of_groups = [3 * 120_000, 120_000];
        let freeable = |group: &Group| group.freeable_bytes(&findings.images);
        assert_eq!(
            findings.groups.iter().map(freeable).collect::<Vec<_>>(),
            of_groups
        );
        assert_eq!(findings.freeable_bytes(), 480_000);
    }

    #[test]
    fn a_cosine_above_one_is_one() {
        let found = found(
            vec![image("a", 1, 1), image("b", 2, 2)],
            &[near(1, 0, 1.000_000_1)],
        );
        assert_eq!((found.pairs[0].a, found.pairs[0].similarity), (0, 1.0));
        assert_eq!(found.groups[0].weakest, 1.0);
    }

    #[test]
    fn pairs_of_other_images_are_refused() {
        let images =
            || Images::new(vec![image("a", 1, 1), image("b", 2, 2)]).expect("paths differ");
        let wrong = Findings::new(images(), &[near(0, 2, 0.95)], Vec::new(), 0.9, &[], &[]);
        assert!(matches!(
            wrong,
            Err(Error::NoSuchImage {
                index: 2,
                images: 2
            })
        ));
        let component = Component {
            members: vec![0, 7],
            weakest: 0.95,
        };
        let wrong = Findings::new(images(), &[], vec![component], 0.9, &[], &[]);
        assert!(matches!(
            wrong,
            Err(Error::NoSuchImage {
                index: 7,
                images: 2
            })
        ));
    }
}
