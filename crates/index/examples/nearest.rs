//! How long one query takes: `nearest FILE.npy THRESHOLD [QUERIES]` joins the rows of a little-endian
//! float32 file once, keeps the sketches, and looks for the ten nearest of perturbed rows, by the
//! sketches and by all rows. It prints one line of JSON, and fails where the answers differ.

use std::time::Instant;

use lookalike_index::{Engine, JoinPlan, Records, Scope, Sketches, dot, join, nearest};
use lookalike_types::{Rows, VectorTable};

type Error = Box<dyn std::error::Error>;

struct Kept(Vec<u8>, usize);

impl Records for Kept {
    fn record(&self, row: usize) -> &[u8] {
        &self.0[row * self.1..(row + 1) * self.1]
    }
}

fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, threshold, more @ ..] = arguments.as_slice() else {
        return Err("usage: nearest FILE.npy THRESHOLD [QUERIES]".into());
    };
    let queries: usize = more.first().map_or(Ok(100), |text| text.parse())?;
    let table = read(file)?;
    let plan = JoinPlan {
        engine: Engine::Exact,
        floor: threshold.parse()?,
        top: 0,
        threads: std::thread::available_parallelism()?.get(),
        seed: 0,
        hnsw: Default::default(),
        ivf: Default::default(),
        recall_sample: 0,
        threshold: threshold.parse()?,
        memory: 1 << 30,
    };
    let made = join(&table, Scope::All, &plan, &|_| ())?.sketches;
    let made = made.ok_or("too few rows for sketches of them")?;
    let records = Kept(made.records, made.sketcher.stride());
    let kept = Sketches {
        sketcher: &made.sketcher,
        records: &records,
    };
    let (mut sketched, mut plain) = (Vec::new(), Vec::new());
    for query in 0..queries {
        let vector = perturbed(&table, query);
        let start = Instant::now();
        let found = nearest(&table, Some(kept), &vector, 10)?;
        sketched.push(start.elapsed().as_secs_f64() * 1e3);
        if query % 10 == 0 {
            let start = Instant::now();
            let wanted = nearest(&table, None, &vector, 10)?;
            plain.push(start.elapsed().as_secs_f64() * 1e3);
            if found != wanted {
                return Err(format!("query {query}: {found:?} is not {wanted:?}").into());
            }
        }
    }
    let [(middle, worst), (all, _)] = [&mut sketched[..], &mut plain[..]].map(middle_and_worst);
    #[allow(clippy::print_stdout)] // an example prints
    {
        let (rows, bytes) = (table.len(), made.sketcher.stride());
        println!(
            "{{\"rows\": {rows}, \"sketch_bytes\": {bytes}, \"median_ms\": {middle:.2}, \"worst_ms\": {worst:.2}, \"all_rows_ms\": {all:.2}}}"
        );
    }
    Ok(())
}

/// A row of the table with a step in some direction, at a cosine of about 0.95; every fifth is a
/// direction that has nothing to do with the table.
fn perturbed(table: &Rows, query: usize) -> Vec<f32> {
    let mut state = query as u64 + 1;
    let mut noise = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1u64 << 24) as f32 - 0.5
    };
    let row = table.row(query * (table.len() / 1000).max(1) % table.len());
    let width = match query % 5 {
        0 => f32::INFINITY,
        _ => 1.1 / (row.len() as f32).sqrt(),
    };
    let mut vector: Vec<f32> = row
        .iter()
        .map(|value| match width.is_finite() {
            true => value + width * noise(),
            false => noise(),
        })
        .collect();
    let length = dot(&vector, &vector).sqrt();
    vector.iter_mut().for_each(|value| *value /= length);
    vector
}

fn middle_and_worst(times: &mut [f64]) -> (f64, f64) {
    times.sort_by(f64::total_cmp);
    (times[times.len() / 2], times[times.len() - 1])
}

/// The rows of a little-endian float32 file in C order.
fn read(file: &str) -> Result<Rows, Error> {
    let bytes = std::fs::read(file)?;
    let length = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let header = std::str::from_utf8(&bytes[10..10 + length])?;
    let shape = header.split("'shape': (").nth(1).ok_or("no shape")?;
    let d: usize = shape
        .split([',', ')'])
        .nth(1)
        .ok_or("one dimension")?
        .trim()
        .parse()?;
    let values = bytes[10 + length..].as_chunks::<4>().0.iter();
    Rows::new(d, values.map(|v| f32::from_le_bytes(*v)).collect()).ok_or("rows do not fit".into())
}
