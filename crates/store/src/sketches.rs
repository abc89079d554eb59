//! `index/SPACE/sketches-NNN.bin`: what the index keeps of each vector, so that a later scan or query
//! need not read them all. The store does not know what the bytes mean.
//!
//! Little-endian: eight bytes of magic, the length of the shape and of a sketch (u32 each), the number
//! of sketches (u64), the shape, the contents (32 bytes each, ascending), the sketches in their order.

use bytes::Bytes;
use lookalike_types::ContentId;

const MAGIC: &[u8; 8] = b"LKSKTCH1";
const HEADER: usize = 24;
const ID: usize = 32;

/// Sketches by content. Derived: whoever has none makes them from the vectors.
#[derive(Debug, Clone, PartialEq)]
pub struct Sketches {
    /// What all of them share, as the index wrote it.
    pub shape: Bytes,
    stride: usize,
    ids: Bytes,
    records: Bytes,
}

impl Sketches {
    /// Sketches of these contents, ascending and each once, `stride` bytes each in the same order.
    ///
    /// # Panics
    /// Where the sketches are not as many as the contents.
    pub fn new(shape: Bytes, contents: &[ContentId], stride: usize, records: Bytes) -> Self {
        assert_eq!(records.len(), contents.len() * stride);
        let ids: Vec<u8> = contents.iter().flat_map(|c| *c.as_bytes()).collect();
        Self {
            shape,
            stride,
            ids: ids.into(),
            records,
        }
    }

    /// Number of sketches.
    pub fn len(&self) -> usize {
        self.ids.len() / ID
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Bytes of a sketch.
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// Where the sketch of a content stands.
    pub fn find(&self, content: &ContentId) -> Option<usize> {
        let ids = self.ids.as_chunks::<ID>().0;
        ids.binary_search(content.as_bytes()).ok()
    }

    /// The sketch in this place.
    ///
    /// # Panics
    /// Where there are not so many, as slices do.
    pub fn get(&self, place: usize) -> &[u8] {
        &self.records[place * self.stride..(place + 1) * self.stride]
    }

    /// The bytes of the file.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes =
            Vec::with_capacity(HEADER + self.shape.len() + self.ids.len() + self.records.len());
        bytes.extend(MAGIC);
        bytes.extend((self.shape.len() as u32).to_le_bytes());
        bytes.extend((self.stride as u32).to_le_bytes());
        bytes.extend((self.len() as u64).to_le_bytes());
        bytes.extend(&self.shape);
        bytes.extend(&self.ids);
        bytes.extend(&self.records);
        bytes
    }

    /// What a file holds; `None` where it is not one of these. Copies nothing.
    pub(crate) fn decode(bytes: &Bytes) -> Option<Self> {
        let header = bytes.get(..HEADER)?;
        if &header[..8] != MAGIC {
            return None;
        }
        let number =
            |at: usize| Some(u32::from_le_bytes(*header.get(at..)?.first_chunk()?) as usize);
        let (shape, stride) = (number(8)?, number(12)?);
        let count = u64::from_le_bytes(*header.get(16..)?.first_chunk()?);
        let count = usize::try_from(count).ok()?;
        let ids = HEADER.checked_add(shape)?;
        let records = ids.checked_add(count.checked_mul(ID)?)?;
        let end = records.checked_add(count.checked_mul(stride)?)?;
        (bytes.len() == end).then(|| Self {
            shape: bytes.slice(HEADER..ids),
            stride,
            ids: bytes.slice(ids..records),
            records: bytes.slice(records..),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_and_anything_else_is_not() {
        let content = |byte| ContentId::from_bytes([byte; 32]);
        let contents = [content(1), content(3), content(7)];
        let records = Bytes::from_static(b"aabbcc");
        let sketches = Sketches::new(Bytes::from_static(b"shape"), &contents, 2, records);
        let bytes = Bytes::from(sketches.encode());
        let read = Sketches::decode(&bytes).expect("just written");
        assert_eq!(read, sketches);
        let found = read.find(&content(3)).expect("it is there");
        assert_eq!(read.get(found), b"bb");
        assert_eq!(read.find(&content(2)), None);
        for length in 0..bytes.len() {
            assert_eq!(Sketches::decode(&bytes.slice(..length)), None);
        }
        for place in 0..HEADER {
            let mut other = bytes.to_vec();
            other[place] ^= 0x80;
            assert_eq!(Sketches::decode(&other.into()), None, "byte {place}");
        }
    }
}
