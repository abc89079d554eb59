//! The sketches that the store keeps, made complete for the pictures of now.

use lookalike_index::{IndexError, Records, Sketcher};
use lookalike_store as store;
use lookalike_types::{ContentId, VectorTable};

/// A sketch for each picture: kept ones, and those of pictures that are new.
pub(crate) struct Kept {
    /// What made them.
    pub sketcher: Sketcher,
    stored: store::Sketches,
    made: Vec<u8>,
    places: Vec<Place>,
}

#[derive(Clone, Copy)]
enum Place {
    Stored(usize),
    Made(usize),
}

impl Kept {
    /// Sketches of these contents, whose vectors are the rows of `vectors`. `None` where nothing of
    /// use is stored, or too little of it.
    ///
    /// # Errors
    /// Where a new row cannot be compared.
    pub(crate) fn of(
        stored: Option<store::Sketches>,
        contents: &[ContentId],
        vectors: &dyn VectorTable,
        threads: usize,
    ) -> Result<Option<Self>, IndexError> {
        let Some(stored) = stored else {
            return Ok(None);
        };
        let sketcher = Sketcher::from_bytes(&stored.shape);
        let fits = |s: &Sketcher| s.fits(vectors) && s.stride() == stored.stride();
        let Some(sketcher) = sketcher.filter(fits) else {
            return Ok(None);
        };
        let mut new = Vec::new();
        let places: Vec<Place> = contents
            .iter()
            .zip(0u32..)
            .map(|(content, row)| match stored.find(content) {
                Some(place) => Place::Stored(place),
                None => {
                    new.push(row);
                    Place::Made(new.len() - 1)
                }
            })
            .collect();
        if 2 * new.len() > contents.len() {
            return Ok(None);
        }
        let some = Chosen {
            table: vectors,
            rows: &new,
        };
        let made = sketcher.sketch(&some, 0..new.len(), threads, &|_| ())?;
        Ok(Some(Self {
            sketcher,
            stored,
            made,
            places,
        }))
    }

    /// All of them as the store keeps them.
    pub(crate) fn to_store(&self, contents: &[ContentId]) -> store::Sketches {
        let records: Vec<u8> = (0..self.places.len())
            .flat_map(|row| self.record(row))
            .copied()
            .collect();
        let stride = self.sketcher.stride();
        store::Sketches::new(self.stored.shape.clone(), contents, stride, records.into())
    }
}

impl Records for Kept {
    fn record(&self, row: usize) -> &[u8] {
        match self.places[row] {
            Place::Stored(place) => self.stored.get(place),
            Place::Made(place) => {
                let stride = self.sketcher.stride();
                &self.made[place * stride..(place + 1) * stride]
            }
        }
    }
}

/// Some rows of a table.
struct Chosen<'a> {
    table: &'a dyn VectorTable,
    rows: &'a [u32],
}

impl VectorTable for Chosen<'_> {
    fn len(&self) -> usize {
        self.rows.len()
    }

    fn dimension(&self) -> usize {
        self.table.dimension()
    }

    fn row(&self, index: usize) -> &[f32] {
        self.table.row(self.rows[index] as usize)
    }
}
