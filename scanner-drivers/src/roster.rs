//! Who is there, who was there, and what changed since the last look: plain bookkeeping without a device or a thread.

use crate::identity;
use crate::{Capabilities, ScanError};

/// Scanners that went are remembered up to this number, the latest first.
const MAX_MISSING: usize = 64;

/// Something that came, went or changed between two looks.
#[derive(Clone, Debug, PartialEq)]
pub enum HotPlug {
    Appeared(Capabilities),
    Vanished(Capabilities),
    /// A scanner known before is there again; `before` is what its driver called it then.
    Returned {
        before: String,
        now: Capabilities,
    },
    /// It is there as before, but its trouble or its abilities are not.
    Changed(Capabilities),
    /// A driver cannot search; what it found before is taken to be there still.
    DriverFailed {
        driver: &'static str,
        code: &'static str,
    },
    DriverWell {
        driver: &'static str,
    },
}

/// The scanners of all drivers.
#[derive(Default)]
pub(crate) struct Roster {
    present: Vec<Capabilities>,
    /// Known by address and silent: listed for the administrator, but not there.
    unreachable: Vec<Capabilities>,
    missing: Vec<Capabilities>,
    ill: Vec<(&'static str, &'static str)>,
    /// What a scanner was called before, and what it is called now.
    renamed: Vec<(String, String)>,
}

impl Roster {
    pub(crate) fn present(&self) -> &[Capabilities] {
        &self.present
    }

    pub(crate) fn unreachable(&self) -> &[Capabilities] {
        &self.unreachable
    }

    /// Drivers that could not search at the last look, with the code of their trouble.
    pub(crate) fn ill(&self) -> &[(&'static str, &'static str)] {
        &self.ill
    }

    /// The scanner of that name, be it the driver's, the stable one, or what it was called before a replug. The empty
    /// name takes the first scanner without trouble, or else the first.
    pub(crate) fn find(&self, wanted: &str) -> Option<&Capabilities> {
        if wanted.is_empty() {
            let well = self.present.iter().find(|known| known.trouble.is_none());
            return well.or_else(|| self.present.first());
        }
        let called = |name: &str| self.present.iter().find(|known| known.is_called(name));
        called(wanted).or_else(|| {
            let (_, now) = self.renamed.iter().rev().find(|(was, _)| was == wanted)?;
            called(now)
        })
    }

    /// Takes in that a driver could not search. Nobody vanishes by that.
    pub(crate) fn fail(&mut self, driver: &'static str, code: &'static str) -> Vec<HotPlug> {
        if self.ill.contains(&(driver, code)) {
            return Vec::new();
        }
        self.ill.retain(|(name, _)| *name != driver);
        self.ill.push((driver, code));
        vec![HotPlug::DriverFailed { driver, code }]
    }

    /// Takes in what one driver found.
    pub(crate) fn merge(&mut self, driver: &'static str, found: Vec<Capabilities>) -> Vec<HotPlug> {
        let was_ill = self.ill.iter().position(|(name, _)| *name == driver);
        let mut events = Vec::new();
        if let Some(place) = was_ill {
            self.ill.remove(place);
            events.push(HotPlug::DriverWell { driver });
        }
        let (silent, found): (Vec<_>, Vec<_>) = found
            .into_iter()
            .partition(|known| known.trouble.as_deref() == Some(ScanError::NotFound.code()));
        self.unreachable.retain(|known| known.driver != driver);
        self.unreachable.extend(silent);
        let mut newcomers = Vec::new();
        let mut still = Vec::new();
        for now in found {
            match self.present.iter().position(|known| now.is_still(known)) {
                Some(place) => still.push((self.present.remove(place), now)),
                None => newcomers.push(now),
            }
        }
        let gone: Vec<Capabilities> = {
            let (gone, others) = self
                .present
                .drain(..)
                .partition(|known| known.driver == driver);
            self.present = others;
            gone
        };
        for (before, mut now) in still {
            keep_what_trouble_hides(&before, &mut now);
            if before != now {
                events.push(HotPlug::Changed(now.clone()));
            }
            self.present.push(now);
        }
        // A scanner that came back under another name in one look never went: say `Returned` alone.
        let candidates: Vec<Capabilities> = gone.iter().chain(&self.missing).cloned().collect();
        let pairs = identity::matches(&candidates, &newcomers);
        for (place, before) in gone.iter().enumerate() {
            if pairs.iter().all(|(back, _)| *back != place) {
                events.push(HotPlug::Vanished(before.clone()));
            }
        }
        for (at, now) in newcomers.into_iter().enumerate() {
            match pairs.iter().find(|(_, new)| *new == at) {
                Some((place, _)) => {
                    let before = candidates[*place].id.clone();
                    self.rename(&before, &now.id);
                    events.push(HotPlug::Returned {
                        before,
                        now: now.clone(),
                    });
                }
                None => events.push(HotPlug::Appeared(now.clone())),
            }
            self.present.push(now);
        }
        self.missing = candidates
            .into_iter()
            .enumerate()
            .filter(|(place, _)| pairs.iter().all(|(back, _)| back != place))
            .map(|(_, known)| known)
            .take(MAX_MISSING)
            .collect();
        // The order in which drivers tell, whatever the order of events.
        self.present
            .sort_by(|one, two| (&one.driver, &one.id).cmp(&(&two.driver, &two.id)));
        events
    }

    /// From now on every earlier name of the scanner leads to its present one.
    fn rename(&mut self, before: &str, now: &str) {
        self.renamed.retain(|(was, _)| was != now);
        for (_, current) in &mut self.renamed {
            if current == before {
                now.clone_into(current);
            }
        }
        if before != now {
            self.renamed.push((before.to_owned(), now.to_owned()));
        }
        if self.renamed.len() > MAX_MISSING {
            self.renamed.remove(0);
        }
    }
}

/// A scanner that is busy cannot be asked what it offers: what it said before still holds.
fn keep_what_trouble_hides(before: &Capabilities, now: &mut Capabilities) {
    if now.trouble.is_some() && now.sources.is_empty() {
        *now = Capabilities {
            trouble: now.trouble.take(),
            certificate: now
                .certificate
                .take()
                .or_else(|| before.certificate.clone()),
            ..before.clone()
        };
    }
}

#[cfg(test)]
mod tests;
