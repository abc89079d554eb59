//! From rows of the store to images, and from images to the pictures that are compared.

use std::collections::{BTreeMap, HashMap};

use lookalike_ingest::FLAT_DETAIL;
use lookalike_report::{Image, Images};
use lookalike_store::{Known, Snapshot};
use lookalike_types::{ContentId, FileRow, Place, SpaceId, escape};

use crate::labels::{Labels, Mark};
use crate::settings::Flat;

/// The images of a snapshot, with what the space knows of their contents, and nothing else.
///
/// # Errors
/// Where the store cannot be read.
pub(crate) fn images(snapshot: &Snapshot, space: &SpaceId) -> anyhow::Result<Images> {
    let known = snapshot.known(space)?;
    let rows = snapshot.files()?.into_iter();
    let images = rows.map(|row| image(row, Mark::default(), &known));
    Ok(Images::new(images.collect())?)
}

/// The same with their labels and splits, and what a person should know of those.
///
/// # Errors
/// As [`images`].
pub(crate) fn labelled(
    snapshot: &Snapshot,
    space: &SpaceId,
    labels: &Labels,
) -> anyhow::Result<(Images, Vec<String>)> {
    let known = snapshot.known(space)?;
    let rows = snapshot.files()?;
    let marked = labels.of(rows.iter().map(|row| &row.place));
    let rows = rows.into_iter().zip(marked.marks);
    let images = rows.map(|(row, mark)| image(row, mark, &known));
    Ok((Images::new(images.collect())?, marked.warnings))
}

fn image(row: FileRow, mark: Mark, known: &HashMap<ContentId, Known>) -> Image {
    // What failed in this scan is not shown with what an earlier scan saw in it.
    let content = row.content.filter(|_| row.failed.is_none());
    let content = content.and_then(|content| known.get(&content));
    let facts = content.and_then(|known| known.facts.clone());
    let failed = row
        .failed
        .or_else(|| content.and_then(|known| known.failed.clone()));
    let (archive, member) = match &row.place.member {
        Some(member) => (
            Some(Place::file(row.place.path.clone()).shown()),
            Some(escape(member)),
        ),
        None => (None, None),
    };
    Image {
        path: row.place.shown(),
        archive,
        member,
        bytes: row.stamp.map(|stamp| stamp.bytes),
        modified_ns: row.stamp.map(|stamp| stamp.modified_ns),
        content: row.content,
        flat: facts.as_ref().map(|facts| facts.detail < FLAT_DETAIL),
        facts,
        failed,
        label: mark.label,
        split: mark.split,
        exif: None,
    }
}

/// The different pictures that have a vector and enough in them to be told apart, each by one of
/// its contents, in the order of the contents. That order depends on nothing but the bytes of the
/// images, so every join sees its rows in the same order, whatever the history.
pub(crate) struct Pictures {
    /// The content whose vector stands for the picture: its smallest.
    pub contents: Vec<ContentId>,
    /// The picture's first image by path, for each of `contents`.
    pub first: Vec<usize>,
}

impl Pictures {
    /// The pictures of these images.
    pub(crate) fn of(images: &Images, flat: Flat) -> Self {
        let mut smallest: BTreeMap<usize, ContentId> = BTreeMap::new();
        for (image, first) in images.iter().zip(images.pictures()) {
            let compared =
                image.failed.is_none() && (flat == Flat::Include || image.flat == Some(false));
            if let (true, Some(content)) = (compared, image.content) {
                let entry = smallest.entry(first).or_insert(content);
                *entry = content.min(*entry);
            }
        }
        let mut pictures: Vec<(ContentId, usize)> = smallest
            .into_iter()
            .map(|(first, content)| (content, first))
            .collect();
        pictures.sort();
        let (contents, first) = pictures.into_iter().unzip();
        Self { contents, first }
    }

    /// The first image of the picture that `content` stands for.
    pub(crate) fn image_of(&self, content: &ContentId) -> Option<usize> {
        self.contents
            .binary_search(content)
            .ok()
            .map(|row| self.first[row])
    }
}
