//! Chance that can be told in advance: the same seed and the same words give the same paper, on every machine.

use std::f32::consts::TAU;

use crate::specimen::split_mix::SplitMix;

/// A stream of numbers that only look random.
#[derive(Clone, Debug)]
pub(crate) struct Chance(SplitMix);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(SplitMix::new(seed))
    }

    /// A stream of its own for what `label` names: drawing more or less here changes nothing there.
    pub(crate) fn fork(&self, label: &str) -> Self {
        // FNV-1a, 64 bit.
        let hash = label.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let mut child = Self::new(self.0.state() ^ hash);
        child.next();
        child
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0.draw()
    }

    /// 0 up to, not including, 1.
    pub(crate) fn unit(&mut self) -> f32 {
        self.0.unit()
    }

    pub(crate) fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// Between the two, or between their negatives.
    pub(crate) fn either_way(&mut self, low: f32, high: f32) -> f32 {
        let size = self.between(low, high);
        if self.chance(0.5) { size } else { -size }
    }

    /// From `low` to `high`, both included.
    pub(crate) fn whole(&mut self, low: u32, high: u32) -> u32 {
        let span = u64::from(high.max(low) - low) + 1;
        low + u32::try_from(self.next() % span).expect("less than the span, which fits")
    }

    pub(crate) fn chance(&mut self, share: f32) -> bool {
        self.unit() < share
    }

    pub(crate) fn pick<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.next() as usize % of.len()]
    }

    pub(crate) fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.next() as usize % of.len()]
    }

    /// Around 0, with a spread of 1 (Box and Muller).
    pub(crate) fn normal(&mut self) -> f32 {
        let radius = (-2.0 * (1.0 - self.unit()).max(1e-7).ln()).sqrt();
        radius * (TAU * self.unit()).cos()
    }

    /// So many digits; the first is no zero.
    pub(crate) fn digits(&mut self, count: u32) -> String {
        (0..count)
            .map(|at| char::from_digit(self.whole(u32::from(at == 0), 9), 10).unwrap_or('7'))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Chance;

    #[test]
    fn the_same_seed_tells_the_same_story() {
        let mut one = Chance::new(7).fork("a");
        let mut other = Chance::new(7).fork("a");
        let mut third = Chance::new(7).fork("b");
        let said: Vec<u64> = (0..4).map(|_| one.next()).collect();
        assert_eq!(said, (0..4).map(|_| other.next()).collect::<Vec<_>>());
        assert_ne!(said, (0..4).map(|_| third.next()).collect::<Vec<_>>());
    }

    #[test]
    fn normal_numbers_are_normal() {
        let mut chance = Chance::new(3);
        let drawn: Vec<f32> = (0..20_000).map(|_| chance.normal()).collect();
        let mean = drawn.iter().sum::<f32>() / 20_000.0;
        let spread = drawn.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / 20_000.0;
        assert!(
            mean.abs() < 0.03 && (spread - 1.0).abs() < 0.05,
            "{mean} {spread}"
        );
    }
}
