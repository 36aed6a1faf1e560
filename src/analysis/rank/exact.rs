//! The exact distribution of the rank sum of two samples without ties (Mann and Whitney, 1947).

/// The distribution of U for two sample sizes.
#[derive(Clone, Debug, PartialEq)]
pub struct Exact {
    /// How many of the orders have each U.
    counts: Vec<f64>,
    /// How many orders there are.
    all: f64,
}

impl Exact {
    /// The distribution for samples of `m` and `n` values. Work and memory grow with m·n².
    ///
    /// Taking the largest value away leaves an order of one value less: `N(m, n, u) = N(m-1, n, u-n) + N(m, n-1, u)`.
    pub fn new(m: usize, n: usize) -> Self {
        let mut row: Vec<Vec<f64>> = vec![vec![1.0]; n + 1];
        for x in 1..=m {
            let mut next: Vec<Vec<f64>> = Vec::with_capacity(n + 1);
            for (y, without_x) in row.iter().enumerate() {
                let mut counts = vec![0.0; x * y + 1];
                for (count, known) in counts.iter_mut().skip(y).zip(without_x) {
                    *count += known;
                }
                if let Some(without_y) = next.last() {
                    for (count, known) in counts.iter_mut().zip(without_y) {
                        *count += known;
                    }
                }
                next.push(counts);
            }
            row = next;
        }
        let counts = row.pop().unwrap_or_default();
        let all = counts.iter().sum();
        Self { counts, all }
    }

    /// The largest U.
    pub fn most(&self) -> usize {
        self.counts.len().saturating_sub(1)
    }

    /// The probability of a U at or below `u`. Halves, which ties make, count downwards.
    pub fn probability(&self, u: f64) -> f64 {
        self.below((u + 1e-7).floor())
    }

    /// The probability of a U above `u`, without loss of digits.
    pub fn above(&self, u: f64) -> f64 {
        // The distribution is symmetric about m·n/2.
        self.below(self.most() as f64 - (u + 1e-7).floor() - 1.0)
    }

    fn below(&self, u: f64) -> f64 {
        if u < 0.0 {
            return 0.0;
        }
        let most = self.most() as f64;
        if u >= most {
            return 1.0;
        }
        // The shorter tail is added up.
        let sum = |to: f64| -> f64 { self.counts.iter().take(to as usize + 1).sum::<f64>() / self.all };
        if u <= most / 2.0 { sum(u) } else { 1.0 - sum(most - u - 1.0) }
    }

    /// The smallest U that is reached with at least probability `p`.
    pub fn quantile(&self, p: f64) -> usize {
        let slack = 10.0 * f64::EPSILON;
        let mut sum = 0.0;
        if p <= 0.5 {
            let wanted = p - slack;
            for (u, count) in self.counts.iter().enumerate() {
                sum += count / self.all;
                if sum >= wanted {
                    return u;
                }
            }
            return self.most();
        }
        let wanted = 1.0 - p + slack;
        for (u, count) in self.counts.iter().enumerate() {
            sum += count / self.all;
            if sum > wanted {
                return self.most() - u;
            }
        }
        0
    }
}
