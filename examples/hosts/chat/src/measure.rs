//! What is measured of a host.

use std::fs;
use std::time::{Duration, Instant};

/// The gaps between frames.
#[derive(Default)]
pub(crate) struct Frames {
    count: u32,
    last: Option<Instant>,
    longest_gap: Duration,
}

impl Frames {
    pub(crate) fn tick(&mut self) {
        let now = Instant::now();
        if let Some(last) = self.last.replace(now) {
            self.longest_gap = self.longest_gap.max(now - last);
        }
        self.count += 1;
    }

    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    pub(crate) fn longest_gap(&self) -> Duration {
        self.longest_gap
    }
}

/// What this process, with all of its threads, uses of one core.
#[derive(Clone, Copy)]
pub(crate) struct Processor {
    since: Instant,
    used: Duration,
}

impl Processor {
    pub(crate) fn start() -> Self {
        Self {
            since: Instant::now(),
            used: processor_time(),
        }
    }

    /// The share since the start, in thousandths of one core.
    pub(crate) fn permille(self) -> f64 {
        let used = processor_time().saturating_sub(self.used);
        1000.0 * used.as_secs_f64() / self.since.elapsed().as_secs_f64()
    }
}

/// User and system time, which Linux tells in hundredths of a second.
fn processor_time() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name of the program, in parentheses, may contain blanks; what follows are numbers from field 3 on.
    let fields = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace();
    let ticks = fields
        .skip(11)
        .take(2)
        .flat_map(str::parse::<u64>)
        .sum::<u64>();
    Duration::from_millis(10 * ticks)
}

/// Median, 99th percentile and maximum, in microseconds.
pub(crate) fn quantiles(mut samples: Vec<Duration>) -> [u128; 3] {
    samples.sort_unstable();
    let at = |share: f64| {
        let index = (samples.len() as f64 * share) as usize;
        let sample = samples.get(index.min(samples.len().saturating_sub(1)));
        sample.map_or(0, Duration::as_micros)
    };
    [at(0.5), at(0.99), at(1.0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_a_hundred() {
        let samples = (1..=100).rev().map(Duration::from_micros).collect();
        assert_eq!(quantiles(samples), [51, 100, 100]);
        assert_eq!(quantiles(Vec::new()), [0, 0, 0]);
    }

    #[test]
    fn work_shows() {
        let processor = Processor::start();
        while processor.since.elapsed() < Duration::from_millis(100) {}
        assert!(processor.permille() > 100.0);
    }
}
