//! Vectors for the examples: a little-endian float32 `.npy` file in C order.

/// The values, row after row, and the numbers of a row.
pub(crate) fn read(file: &str) -> Result<(Vec<f32>, usize), Box<dyn std::error::Error>> {
    let bytes = std::fs::read(file)?;
    let length = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let header = std::str::from_utf8(&bytes[10..10 + length])?;
    let shape = header.split("'shape': (").nth(1).ok_or("no shape")?;
    let d = shape.split([',', ')']).nth(1).ok_or("one dimension")?;
    let values = bytes[10 + length..].as_chunks::<4>().0.iter();
    let values = values.map(|v| f32::from_le_bytes(*v)).collect();
    Ok((values, d.trim().parse()?))
}
