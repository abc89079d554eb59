//! scratch
use lookalike_index::*;
use lookalike_types::*;
struct Map(memmap2::Mmap, usize, usize, usize);
impl VectorTable for Map {
    fn len(&self) -> usize {
        self.1
    }
    fn dimension(&self) -> usize {
        self.2
    }
    fn row(&self, i: usize) -> &[f32] {
        let s = self.3 + i * self.2 * 4;
        let b = &self.0[s..s + self.2 * 4];
        unsafe { std::slice::from_raw_parts(b.as_ptr().cast(), self.2) }
    }
}
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let f = std::fs::File::open(&a[1]).unwrap();
    let m = unsafe { memmap2::Mmap::map(&f).unwrap() };
    let hl = u16::from_le_bytes([m[8], m[9]]) as usize;
    let h = String::from_utf8_lossy(&m[10..10 + hl]).to_string();
    let sh: Vec<usize> = h
        .split("'shape': (")
        .nth(1)
        .unwrap()
        .split(')')
        .next()
        .unwrap()
        .split(',')
        .map(|x| x.trim().parse().unwrap())
        .collect();
    let t = Map(m, sh[0], sh[1], 10 + hl);
    let engine = match a[3].as_str() {
        "hnsw" => Engine::Hnsw,
        "ivf" => Engine::Ivf,
        "exact" => Engine::Exact,
        _ => Engine::Auto,
    };
    let threads = a.get(4).map_or(1, |x| x.parse().unwrap());
    let floor: f32 = a[2].parse().unwrap();
    let plan = JoinPlan {
        engine,
        floor,
        top: 0,
        threads,
        seed: 1,
        hnsw: HnswOptions::default(),
        ivf: Default::default(),
        recall_sample: 500,
        threshold: floor,
        memory: 4 << 30,
    };
    let s = std::time::Instant::now();
    let j = join(&t, Scope::All, &plan, &|_| ()).unwrap();
    println!(
        "{} {}x{} pairs {} wall {:.2} {:?} {:?}",
        a[1],
        sh[0],
        sh[1],
        j.pairs.len(),
        s.elapsed().as_secs_f64(),
        j.choice,
        j.recall
    );
    let st = std::fs::read_to_string("/proc/self/status").unwrap();
    for l in st
        .lines()
        .filter(|l| l.starts_with("RssAnon") || l.starts_with("VmHWM"))
    {
        print!("{l} ");
    }
    println!();
}
