//! Latencies whose true percentile is known: autoregressive, with a level that differs between repetitions.
use spanload::stats::SplitMix64;

/// Spread of the logarithm of a latency within a repetition.
const SIGMA: f64 = 0.4;
/// Median latency in milliseconds.
const LEVEL: f64 = 400.0;
/// By how much the slow requests of the mixture are slower, in milliseconds.
const SLOW_BY: f64 = 1_000.0;

/// How latencies come about.
#[derive(Clone, Copy)]
pub struct Process {
    /// Correlation of the log latencies of neighbours.
    pub phi: f64,
    /// Standard deviation of the logarithm of a repetition's level.
    pub between: f64,
    /// Share of the requests that are a second slower, each by its own lot.
    pub slow: f64,
}

impl Process {
    /// The grid for which coverage is stated: φ × spread between repetitions.
    pub fn grid(slow: f64) -> Vec<Process> {
        let phis = [0.0, 0.5, 0.8].into_iter();
        phis.flat_map(|phi| [0.0, 0.05, 0.15].map(|between| Process { phi, between, slow })).collect()
    }

    /// The level of one repetition, as a factor.
    pub fn level(&self, normals: &mut Normals) -> f64 {
        (self.between * normals.next()).exp()
    }

    /// One repetition of `n` requests at a level: latencies in microseconds, in the order of due.
    pub fn repetition(&self, level: f64, n: usize, normals: &mut Normals) -> Vec<u64> {
        let (mut state, fresh) = (normals.next(), (1.0 - self.phi * self.phi).sqrt());
        let mut next = || {
            state = self.phi * state + fresh * normals.next();
            let slow = if self.slow > 0.0 && normals.unit() < self.slow { SLOW_BY } else { 0.0 };
            ((LEVEL * (SIGMA * state).exp() + slow) * level * 1e3).round() as u64
        };
        (0..n).map(|_| next()).collect()
    }

    /// The true percentile at level 1 in milliseconds, `share` of the latencies lying below it.
    pub fn truth(&self, share: f64) -> f64 {
        let log_normal = |latency: f64| match latency > 0.0 {
            true => normal_below((latency / LEVEL).ln() / SIGMA),
            false => 0.0,
        };
        let below =
            |latency| (1.0 - self.slow) * log_normal(latency) + self.slow * log_normal(latency - SLOW_BY);
        let (mut low, mut high) = (0.0, 1e5);
        for _ in 0..60 {
            let middle = (low + high) / 2.0;
            if below(middle) < share { low = middle } else { high = middle }
        }
        low
    }
}

/// P(Z ≤ z), by Simpson's rule over the density: exact to far below what a simulation can tell.
fn normal_below(z: f64) -> f64 {
    const STEPS: u32 = 200;
    let (z, density) = (z.clamp(-9.0, 9.0), |x: f64| (-x * x / 2.0).exp());
    let width = z / f64::from(STEPS);
    let weight = |step| if step == 0 || step == STEPS { 1.0 } else { f64::from(2 + 2 * (step % 2)) };
    let sum: f64 = (0..=STEPS).map(|step| weight(step) * density(width * f64::from(step))).sum();
    0.5 + sum * width / 3.0 / (2.0 * std::f64::consts::PI).sqrt()
}

/// Normal numbers, two at a time (Box and Muller 1958).
pub struct Normals {
    random: SplitMix64,
    spare: Option<f64>,
}

impl Normals {
    pub fn new(seed: u64) -> Self {
        Self { random: SplitMix64::new(seed), spare: None }
    }

    pub fn unit(&mut self) -> f64 {
        self.random.unit()
    }

    pub fn next(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        let radius = (-2.0 * self.random.unit().ln()).sqrt();
        let (sin, cos) = (std::f64::consts::TAU * self.random.unit()).sin_cos();
        self.spare = Some(radius * sin);
        radius * cos
    }
}
