//! How much the process has computed, as the kernel counts it.

/// Seconds that all threads of the process, ended ones too, have been computing; `None` where the
/// system does not say.
#[cfg(unix)]
pub(crate) fn seconds() -> Option<f64> {
    use rustix::time::{ClockId, clock_gettime};
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Some(time.tv_sec as f64 + time.tv_nsec as f64 / 1e9)
}

/// Nothing that is at hand tells it here.
#[cfg(not(unix))]
pub(crate) fn seconds() -> Option<f64> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn threads_that_have_ended_count() {
        let before = seconds().expect("this system says");
        std::thread::spawn(|| {
            let start = std::time::Instant::now();
            let mut sum = 0u64;
            while start.elapsed().as_millis() < 60 {
                sum = std::hint::black_box(sum + 1);
            }
        })
        .join()
        .expect("it only counts");
        assert!(seconds().expect("this system says") > before);
    }
}
