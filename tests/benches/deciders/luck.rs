//! Seeded luck, and the work shared out among threads.

use std::sync::atomic::{AtomicUsize, Ordering};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use rand_distr::{Distribution as _, Poisson, StandardNormal, Uniform};

/// The luck of one replication: it depends on nothing but the two numbers.
pub struct Luck(ChaCha8Rng);

impl Luck {
    pub fn new(scenario: u64, replication: u64) -> Self {
        let mut luck = ChaCha8Rng::seed_from_u64(0x7431_6e75 ^ scenario);
        luck.set_stream(replication);
        Self(luck)
    }
    /// How many of something that happens `mean` times on average.
    pub fn poisson(&mut self, mean: f64) -> u64 {
        Poisson::new(mean).map_or(0, |poisson| poisson.sample(&mut self.0) as u64)
    }
    pub fn normal(&mut self) -> f64 {
        StandardNormal.sample(&mut self.0)
    }
    /// A whole number from `low` up to `high`, both included.
    pub fn between(&mut self, low: usize, high: usize) -> usize {
        Uniform::new_inclusive(low, high).map_or(low, |uniform| uniform.sample(&mut self.0))
    }
    pub fn chance(&mut self, p: f64) -> bool {
        let share: f64 = Uniform::new(0.0, 1.0).map_or(1.0, |uniform| uniform.sample(&mut self.0));
        share < p
    }
}

/// A level that wanders: a first-order autoregression on the log scale, with a mean of one.
pub struct Wander {
    keep: f64,
    sd: f64,
    at: f64,
}

impl Wander {
    /// With a standard deviation, and the time in steps after which a third of a deviation is left.
    pub fn new(sd: f64, tau: f64, luck: &mut Luck) -> Self {
        Self { keep: (-1.0 / tau).exp(), sd, at: luck.normal() }
    }
    pub fn next(&mut self, luck: &mut Luck) -> f64 {
        if self.sd == 0.0 {
            return 1.0;
        }
        self.at = self.keep * self.at + (1.0 - self.keep * self.keep).sqrt() * luck.normal();
        (self.sd * self.at - self.sd * self.sd / 2.0).exp()
    }
}

/// Each replication's result, in their order, worked out on every core.
pub fn shared<T: Send>(count: usize, work: impl Fn(u64) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut done: Vec<(usize, T)> = std::thread::scope(|scope| {
        let hands: Vec<_> = (0..cores)
            .map(|_| {
                scope.spawn(|| {
                    let mut mine = Vec::new();
                    loop {
                        let place = next.fetch_add(1, Ordering::Relaxed);
                        if place >= count {
                            return mine;
                        }
                        mine.push((place, work(place as u64)));
                    }
                })
            })
            .collect();
        hands.into_iter().flat_map(|hand| hand.join().expect("a worker that ends")).collect()
    });
    done.sort_unstable_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, result)| result).collect()
}
