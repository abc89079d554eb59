//! The item of a HEIC or AVIF file that holds the EXIF data: its place in the file, from `meta`.

/// A reader of numbers that ends with `None` behind the last byte.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(head)
    }

    /// A number of up to eight bytes, the highest first; 0 where it has none.
    fn number(&mut self, length: usize) -> Option<u64> {
        let bytes = self.take(length)?;
        Some(bytes.iter().fold(0, |n, &byte| (n << 8) | u64::from(byte)))
    }

    /// The kind and the inside of the next box.
    fn next_box(&mut self) -> Option<(&'a [u8], Bytes<'a>)> {
        let length = usize::try_from(self.number(4)?).ok()?;
        let kind = self.take(4)?;
        Some((kind, Bytes(self.take(length.checked_sub(8)?)?)))
    }
}

/// Start and length, in the file, of the item of type `Exif` (ISO/IEC 23008-12, annex A), from the
/// inside of a `meta` box. Only items in one piece that lie in the file itself are found.
pub(super) fn exif_item(meta: &[u8]) -> Option<(u64, u64)> {
    let mut boxes = Bytes(meta.get(4..)?);
    let (mut item, mut locations) = (None, None);
    while let Some((kind, inside)) = boxes.next_box() {
        match kind {
            b"iinf" => item = item_of_exif(inside),
            b"iloc" => locations = Some(inside),
            _ => {}
        }
    }
    location(locations?, item?)
}

/// The number of the first item of type `Exif` (item information, ISO/IEC 14496-12, 8.11.6).
fn item_of_exif(mut inside: Bytes<'_>) -> Option<u64> {
    let version = inside.number(1)?;
    inside.take(3)?;
    let count = inside.number(if version == 0 { 2 } else { 4 })?;
    for _ in 0..count {
        let (kind, mut entry) = inside.next_box()?;
        let version = entry.number(1)?;
        if kind != b"infe" || version < 2 {
            continue;
        }
        entry.take(3)?;
        let item = entry.number(if version == 2 { 2 } else { 4 })?;
        entry.take(2)?;
        if entry.take(4)? == b"Exif" {
            return Some(item);
        }
    }
    None
}

/// Where an item lies (item locations, 8.11.3).
fn location(mut inside: Bytes<'_>, wanted: u64) -> Option<(u64, u64)> {
    let version = inside.number(1)?;
    inside.take(3)?;
    let sizes = inside.number(2)?;
    let size = |shift: u32| usize::try_from((sizes >> shift) & 15).ok();
    let (offset_size, length_size, base_size) = (size(12)?, size(8)?, size(4)?);
    let index_size = if version == 0 { 0 } else { size(0)? };
    if [offset_size, length_size, base_size, index_size]
        .iter()
        .any(|&size| size > 8)
    {
        return None;
    }
    let wide = if version < 2 { 2 } else { 4 };
    let items = inside.number(wide)?;
    for _ in 0..items {
        let item = inside.number(wide)?;
        let method = if version == 0 {
            0
        } else {
            inside.number(2)? & 15
        };
        inside.take(2)?;
        let base = inside.number(base_size)?;
        let extents = inside.number(2)?;
        let mut place = None;
        for _ in 0..extents {
            inside.take(index_size)?;
            let offset = inside.number(offset_size)?;
            place = Some((base.checked_add(offset)?, inside.number(length_size)?));
        }
        if item == wanted {
            return place.filter(|_| method == 0 && extents == 1);
        }
    }
    None
}
