//! The pictures behind the page: those of the reported images, as they were when they were scanned.
//!
//! A picture is named by the number of its image, never by a path. What lies at its place now is read
//! and hashed, and is given away only where it is still the content that the scan saw. So a file that
//! was changed, or a link that was turned to another file, shows nothing, and neither does an image
//! that is a copy of none.

use hyper::body::Bytes;
use lookalike_ingest::{self as ingest, InputOptions, Limits};
use lookalike_report::Images;
use lookalike_store::Thumbs;
use lookalike_types::{ContentId, Failed, Place, Reason};

use super::cache::Cache;
use super::shards::Shards;
use crate::pipeline::budget::Budget;
use crate::pipeline::worker::bytes_to_decode;

/// A picture for a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Picture {
    /// Its media type, one of those that hold no script.
    pub kind: &'static str,
    /// Its bytes.
    pub bytes: Bytes,
}

/// Why a picture is not shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Hidden {
    /// No image of this number is in a group or a listed pair.
    NotReported,
    /// It is not there any more, or cannot be read: in the words of the system.
    Missing(String),
    /// Something else lies there now.
    Changed,
    /// It is there, and could not be decoded.
    Undecoded(String),
}

impl std::fmt::Display for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotReported => f.write_str("no reported image has this number"),
            Self::Missing(why) => write!(f, "the file cannot be read: {why}"),
            Self::Changed => f.write_str(
                "the file is not what it was when it was scanned: scan again to see what it is now",
            ),
            Self::Undecoded(why) => write!(f, "the picture cannot be decoded: {why}"),
        }
    }
}

/// What a gallery is made of.
pub(crate) struct Exhibits {
    /// The images of the scan.
    pub images: Images,
    /// Where each of them lies.
    pub places: Vec<Place>,
    /// Which of them are reported.
    pub reported: Vec<bool>,
    /// Small pictures that the scan has made.
    pub thumbs: Thumbs,
    /// Longer side of a small picture.
    pub side: u32,
    /// Which members of a shard count.
    pub options: InputOptions,
    /// Limits on one file and one picture.
    pub limits: Limits,
    /// Bytes of memory for all of it.
    pub budget: u64,
}

/// Shows pictures. Everything here may wait for a disk, so that it belongs on a thread of its own.
pub(crate) struct Gallery {
    exhibits: Exhibits,
    first: Vec<usize>,
    contents: Vec<ContentId>,
    shards: Shards,
    drawn: Cache<ContentId>,
    pixels: Budget,
}

impl Gallery {
    /// A gallery of these exhibits.
    pub(crate) fn new(exhibits: Exhibits) -> Self {
        let mut contents: Vec<ContentId> = exhibits
            .images
            .iter()
            .zip(&exhibits.reported)
            .filter_map(|(image, reported)| image.content.filter(|_| *reported))
            .collect();
        contents.sort_unstable();
        contents.dedup();
        let (options, limits) = (exhibits.options.clone(), exhibits.limits);
        Self {
            first: exhibits.images.pictures(),
            contents,
            shards: Shards::new(options, limits, exhibits.budget / 8),
            drawn: Cache::new(exhibits.budget / 16),
            pixels: Budget::new(exhibits.budget / 2),
            exhibits,
        }
    }

    /// The whole picture: its own bytes where browsers show it as the scan saw it, else a PNG of it.
    ///
    /// # Errors
    /// Why it is not shown.
    pub(crate) fn whole(&self, image: usize) -> Result<Picture, Hidden> {
        let bytes = self.bytes(image)?;
        let facts = self.exhibits.images[image].facts.as_ref();
        let format = facts.map_or("", |facts| facts.format.as_str());
        if let Some(kind) = ingest::media_type(format, &bytes) {
            return Ok(Picture { kind, bytes });
        }
        let bytes = self.decoded(&bytes, ingest::png)?;
        Ok(Picture {
            kind: "image/png",
            bytes,
        })
    }

    /// The small picture: a stored one, or one that is drawn now and kept for a while.
    ///
    /// # Errors
    /// Why it is not shown.
    pub(crate) fn thumb(&self, image: usize) -> Result<Picture, Hidden> {
        let jpeg = |bytes| Picture {
            kind: "image/jpeg",
            bytes,
        };
        let exhibits = &self.exhibits;
        let content = self.content(image)?;
        // The first image of the same picture stands for all on the page of the report.
        let first = exhibits.images[self.first[image]].content;
        let stored = [Some(content), first].into_iter().flatten();
        if let Some(stored) = stored.into_iter().find_map(|c| exhibits.thumbs.get(&c)) {
            return Ok(jpeg(stored.into()));
        }
        if let Some(drawn) = self.drawn.get(&content) {
            return Ok(jpeg(drawn));
        }
        let bytes = self.bytes(image)?;
        let side = exhibits.side;
        let drawn = self.decoded(&bytes, |pixels| ingest::thumbnail(pixels, side))?;
        self.drawn.put(content, drawn.clone());
        Ok(jpeg(drawn))
    }

    /// The bytes of an image, which are those that were scanned.
    ///
    /// # Errors
    /// Why they are not given.
    pub(crate) fn bytes(&self, image: usize) -> Result<Bytes, Hidden> {
        let content = self.content(image)?;
        let place = &self.exhibits.places[image];
        let shown = |content: &ContentId| self.contents.binary_search(content).is_ok();
        let read = match &place.member {
            Some(_) => self.shards.member(place, &shown),
            None => ingest::read(&place.path, &self.exhibits.limits).map(|blob| blob.bytes.into()),
        };
        let bytes = read.map_err(missing)?;
        match ContentId::of(&bytes) == content {
            true => Ok(bytes),
            false => Err(Hidden::Changed),
        }
    }

    /// The content that the scan saw at a reported image.
    fn content(&self, image: usize) -> Result<ContentId, Hidden> {
        let reported = self.exhibits.reported.get(image) == Some(&true);
        let content = reported.then(|| self.exhibits.images[image].content);
        content.flatten().ok_or(Hidden::NotReported)
    }

    fn decoded(
        &self,
        bytes: &[u8],
        draw: impl FnOnce(&lookalike_types::Pixels) -> Vec<u8>,
    ) -> Result<Bytes, Hidden> {
        let _permit = self.pixels.take(bytes_to_decode(bytes));
        let decoded = ingest::decode(bytes, &self.exhibits.limits);
        let decoded = decoded.map_err(|failed| Hidden::Undecoded(failed.detail))?;
        Ok(draw(&decoded.pixels).into())
    }
}

fn missing(failed: Failed) -> Hidden {
    match failed.reason {
        // A shard that breaks off now did not when it was scanned.
        Reason::Truncated | Reason::Corrupt | Reason::Empty => Hidden::Changed,
        _ => Hidden::Missing(failed.detail),
    }
}
