//! Chance that repeats: the same seed gives the same day.

/// `SplitMix64`: one word of state, which is enough for a simulation.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// At least 0 and below 1.
    pub fn unit(&mut self) -> f64 {
        (self.word() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Exponential, with that mean.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.unit()).ln()
    }

    /// Of a log-normal distribution, of which half is below the median and 99 of 100 are below `p99`.
    pub fn around(&mut self, median: f64, p99: f64) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        let normal = radius * (std::f64::consts::TAU * self.unit()).cos();
        // 2.326 standard deviations above the mean.
        median * (normal * (p99 / median).ln() / 2.326).exp()
    }

    /// A number below that.
    pub fn below(&mut self, end: usize) -> usize {
        (self.unit() * end as f64) as usize
    }

    /// One of several.
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// The first place at which the growing sums of shares exceed a number between 0 and the last of them.
    pub fn place(&mut self, sums: &[f64]) -> usize {
        let point = self.unit() * sums.last().copied().unwrap_or_default();
        sums.partition_point(|sum| *sum <= point).min(sums.len() - 1)
    }
}

/// The sums of the first shares: of one, of two, and so on.
pub fn sums(shares: impl Iterator<Item = f64>) -> Vec<f64> {
    shares
        .scan(0.0, |sum, share| {
            *sum += share;
            Some(*sum)
        })
        .collect()
}
