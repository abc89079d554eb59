//! How much memory the process takes, as the kernel counts it.

use std::sync::atomic::{AtomicU64, Ordering};

/// The highest anonymous memory seen so far, in KiB. The kernel keeps the peak of the resident
/// set itself, but not that of its anonymous part.
static PEAK_ANON_KIB: AtomicU64 = AtomicU64::new(0);

/// Looks once at the anonymous memory; called now and then while work goes on.
pub(crate) fn sample() {
    if let Some(kib) = status("RssAnon:") {
        PEAK_ANON_KIB.fetch_max(kib, Ordering::Relaxed);
    }
}

/// Peak resident set and peak anonymous memory in MiB; `None` where the system does not tell.
pub(crate) fn peaks() -> (Option<u64>, Option<u64>) {
    sample();
    let anon = PEAK_ANON_KIB.load(Ordering::Relaxed);
    let mib = |kib: u64| kib.div_ceil(1024);
    (status("VmHWM:").map(mib), (anon > 0).then(|| mib(anon)))
}

/// Bytes of anonymous memory that the process holds now; `None` where the system does not tell.
fn anonymous() -> Option<u64> {
    status("RssAnon:").map(|kib| kib << 10)
}

/// What is left of so many bytes beside what the process holds already; some in any case, as a join
/// cannot work with none.
pub(crate) fn left(budget: u64) -> u64 {
    const LEAST: u64 = 32 << 20;
    let taken = anonymous().unwrap_or_default();
    budget.saturating_sub(taken).max(LEAST)
}

fn status(name: &str) -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}
