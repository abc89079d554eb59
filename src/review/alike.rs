//! Who resembles whom directly, image by image, at any threshold down to the floor.

use lookalike_report::{Images, Near};
use lookalike_types::PairKind;

/// The direct look-alikes of every image.
pub(crate) struct Alike {
    images: Images,
    /// The first image of the same picture, for each image.
    picture: Vec<u32>,
    /// The images of each picture, by that first image.
    files: Lists<u32>,
    /// The near pictures of each picture, the most alike first.
    near: Lists<(u32, f32)>,
}

/// Two images that are alike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Link {
    /// The image whose path comes first.
    pub a: usize,
    /// The other.
    pub b: usize,
    /// 1 for copies that need no model.
    pub similarity: f32,
    /// How sure it is.
    pub kind: PairKind,
}

impl Alike {
    /// From all near pairs that are stored, the most alike first.
    pub(crate) fn new(images: &Images, near: &[Near]) -> Self {
        let n = images.len();
        let picture: Vec<u32> = images.pictures().into_iter().map(number).collect();
        let files = picture
            .iter()
            .zip(0..)
            .map(|(&first, image)| (first, image));
        let both = near.iter().flat_map(|pair| {
            let (a, b) = (picture[pair.a], picture[pair.b]);
            let similarity = pair.similarity.min(1.0);
            [(a, (b, similarity)), (b, (a, similarity))]
        });
        Self {
            files: Lists::new(n, files),
            near: Lists::new(n, both),
            images: images.clone(),
            picture,
        }
    }

    /// The first image of the picture that an image shows.
    pub(crate) fn picture(&self, image: usize) -> usize {
        self.picture[image] as usize
    }

    /// The look-alikes of an image at or above the threshold: those of the same picture first, then
    /// the most alike.
    pub(crate) fn of(&self, image: usize, threshold: f32) -> impl Iterator<Item = Link> + '_ {
        let own = self.picture[image];
        let same = self.files.of(own).iter().map(|&file| (file, 1.0));
        let near = self.near.of(own).iter();
        let near = near.take_while(move |(_, similarity)| *similarity >= threshold);
        let near = near.flat_map(|&(picture, similarity)| {
            let files = self.files.of(picture).iter();
            files.map(move |&file| (file, similarity))
        });
        same.chain(near)
            .filter(move |(other, _)| *other as usize != image)
            .map(move |(other, similarity)| self.link(image, other as usize, similarity))
    }

    /// The pairs among the members of a group, the most alike first, at most that many.
    pub(crate) fn within(&self, members: &[usize], threshold: f32, most: usize) -> Vec<Link> {
        let mut pictures: Vec<u32> = members.iter().map(|&image| self.picture[image]).collect();
        pictures.sort_unstable();
        pictures.dedup();
        let mut links = Vec::new();
        for &picture in &pictures {
            let files = self.files.of(picture);
            for (place, &a) in files.iter().enumerate() {
                let later = files[place + 1..].iter();
                let room = most.saturating_sub(links.len());
                links.extend(
                    later
                        .take(room)
                        .map(|&b| self.link(a as usize, b as usize, 1.0)),
                );
            }
        }
        links.sort_by_key(|link| (link.kind, link.a, link.b));
        let inside = |picture: &u32| pictures.binary_search(picture).is_ok();
        let mut near: Vec<(u32, u32, f32)> = Vec::new();
        for &a in &pictures {
            let others = self.near.of(a).iter();
            let others = others.take_while(|(_, similarity)| *similarity >= threshold);
            let others = others.filter(|(b, _)| a < *b && inside(b));
            near.extend(others.map(|&(b, similarity)| (a, b, similarity)));
        }
        near.sort_by(|x, y| y.2.total_cmp(&x.2).then((x.0, x.1).cmp(&(y.0, y.1))));
        for (a, b, similarity) in near {
            for &a in self.files.of(a) {
                let room = most.saturating_sub(links.len());
                let others = self.files.of(b).iter().take(room);
                links.extend(others.map(|&b| self.link(a as usize, b as usize, similarity)));
            }
        }
        links
    }

    /// Which images have a look-alike at all: those that are in a group or a listed pair at the floor.
    pub(crate) fn reported(&self) -> Vec<bool> {
        let has =
            |&picture: &u32| self.files.of(picture).len() > 1 || !self.near.of(picture).is_empty();
        self.picture.iter().map(has).collect()
    }

    fn link(&self, a: usize, b: usize, similarity: f32) -> Link {
        Link {
            a: a.min(b),
            b: a.max(b),
            similarity,
            kind: kind_of(&self.images, a, b),
        }
    }
}

/// How sure it is that two images, known to be alike, are copies.
pub(crate) fn kind_of(images: &Images, a: usize, b: usize) -> PairKind {
    let pixels = |image: usize| images[image].facts.as_ref().map(|facts| facts.pixels);
    if images[a].content == images[b].content {
        PairKind::Identical
    } else if pixels(a) == pixels(b) {
        PairKind::Pixels
    } else {
        PairKind::Near
    }
}

/// Lists of one owner each, laid end to end.
struct Lists<T> {
    starts: Vec<u32>,
    items: Vec<T>,
}

impl<T: Copy + Default> Lists<T> {
    /// The items of `owners` owners, each list in the order in which its items come.
    fn new(owners: usize, items: impl Iterator<Item = (u32, T)> + Clone) -> Self {
        let mut starts = vec![0_u32; owners + 1];
        for (owner, _) in items.clone() {
            starts[owner as usize + 1] += 1;
        }
        for owner in 0..owners {
            starts[owner + 1] += starts[owner];
        }
        let mut next = starts.clone();
        let mut laid = vec![T::default(); starts[owners] as usize];
        for (owner, item) in items {
            let place = &mut next[owner as usize];
            laid[*place as usize] = item;
            *place += 1;
        }
        Self {
            starts,
            items: laid,
        }
    }

    fn of(&self, owner: u32) -> &[T] {
        let owner = owner as usize;
        &self.items[self.starts[owner] as usize..self.starts[owner + 1] as usize]
    }
}

fn number(index: usize) -> u32 {
    u32::try_from(index).expect("the index refuses so many rows")
}
