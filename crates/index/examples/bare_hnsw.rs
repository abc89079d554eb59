//! All pairs by `hnsw_rs` alone, as its documentation shows it: what the guarded engine is measured
//! against. `bare_hnsw FILE.npy THRESHOLD M EF_CONSTRUCTION EF THREADS` prints one line of JSON.

mod npy;

use std::time::Instant;

use hnsw_rs::prelude::{DistDot, Hnsw};

type Error = Box<dyn std::error::Error>;

fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, threshold, m, construction, ef, threads] = arguments.as_slice() else {
        return Err("usage: bare_hnsw FILE.npy THRESHOLD M EF_CONSTRUCTION EF THREADS".into());
    };
    let reach = 1.0 - threshold.parse::<f32>()?;
    let (m, construction, ef) = (m.parse()?, construction.parse()?, ef.parse::<usize>()?);
    let threads: usize = threads.parse()?;
    let (values, d) = npy::read(file)?;
    let rows: Vec<Vec<f32>> = values.chunks_exact(d).map(<[f32]>::to_vec).collect();
    drop(values);
    let (start, cpu) = (Instant::now(), cpu_seconds()?);
    let graph = Hnsw::<f32, DistDot>::new(m, rows.len(), 16, construction, DistDot {});
    let share = rows.len().div_ceil(threads);
    std::thread::scope(|scope| {
        for part in 0..threads {
            let (graph, rows) = (&graph, &rows);
            scope.spawn(move || {
                for (i, row) in rows.iter().enumerate().skip(part * share).take(share) {
                    graph.insert_slice((row, i));
                }
            });
        }
    });
    let pairs: usize = std::thread::scope(|scope| {
        let parts: Vec<_> = (0..threads)
            .map(|part| {
                let (graph, rows) = (&graph, &rows);
                scope.spawn(move || {
                    let mut pairs = 0;
                    for (i, row) in rows.iter().enumerate().skip(part * share).take(share) {
                        let hits = graph.search(row, 20, ef);
                        let near = hits.iter().filter(|h| h.d_id > i && h.distance <= reach);
                        pairs += near.count();
                    }
                    pairs
                })
            })
            .collect();
        parts.into_iter().map(|part| part.join().unwrap_or(0)).sum()
    });
    let (wall, cpu) = (start.elapsed().as_secs_f64(), cpu_seconds()? - cpu);
    #[allow(clippy::print_stdout)] // an example prints
    {
        println!(
            "{{\"cpu_seconds\": {cpu:.2}, \"wall_seconds\": {wall:.2}, \"pairs\": {pairs}, \"recall\": null}}"
        );
    }
    Ok(())
}

/// User and system time of the process, as Linux tells it, at 100 ticks a second.
fn cpu_seconds() -> Result<f64, Error> {
    let text = std::fs::read_to_string("/proc/self/stat")?;
    let after = text.rsplit(") ").next().ok_or("no end of the name")?;
    let mut fields = after.split(' ').skip(11);
    let ticks = |field: Option<&str>| Ok::<f64, Error>(field.ok_or("too short")?.parse()?);
    Ok((ticks(fields.next())? + ticks(fields.next())?) / 100.0)
}
