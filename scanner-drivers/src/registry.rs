//! All scanners of the desk, over all drivers: looks for them in parallel, tells who comes and goes, and finds one again
//! after a replug.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::roster::Roster;
use crate::{
    CancelFlag, Capabilities, HotPlug, Page, ScanError, ScanEvent, ScanJob, Scanner, ScannerDriver,
};

/// How often a watching thread looks whether it should end.
const TICK: Duration = Duration::from_millis(100);

/// The scanners of all drivers. Clones share one roster.
#[derive(Clone)]
pub struct Registry {
    shared: Arc<Shared>,
}

struct Shared {
    drivers: Vec<Driver>,
    roster: Mutex<Roster>,
}

struct Driver {
    driver: Box<dyn ScannerDriver>,
    /// Jobs running now. A search would open their scanner a second time and disturb it.
    jobs: AtomicUsize,
    /// One search at a time.
    searching: Mutex<()>,
    /// Ends the search that runs now, or the one before.
    current: Mutex<CancelFlag>,
}

/// How one driver fared at the last look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DriverHealth {
    pub driver: &'static str,
    /// Why it could not search; none when it could.
    pub trouble: Option<&'static str>,
}

impl Registry {
    /// Of these drivers; each name once.
    pub fn new(drivers: Vec<Box<dyn ScannerDriver>>) -> Self {
        let drivers = drivers
            .into_iter()
            .map(|driver| Driver {
                driver,
                jobs: AtomicUsize::new(0),
                searching: Mutex::new(()),
                current: Mutex::default(),
            })
            .collect();
        Self {
            shared: Arc::new(Shared {
                drivers,
                roster: Mutex::default(),
            }),
        }
    }

    /// Searches by all drivers at once, and tells what changed since the last look. A driver that crashes or hangs
    /// costs the others nothing but the wait for its own time limit.
    pub fn look(&self) -> Vec<HotPlug> {
        let never = CancelFlag::default();
        std::thread::scope(|scope| {
            let searches: Vec<_> = self
                .shared
                .drivers
                .iter()
                .map(|driver| scope.spawn(|| self.shared.look_by(driver, &never)))
                .collect();
            searches
                .into_iter()
                .flat_map(|search| search.join().unwrap_or_default())
                .collect()
        })
    }

    /// The scanners that are there, as of the last look.
    pub fn scanners(&self) -> Vec<Capabilities> {
        self.shared.roster().present().to_vec()
    }

    /// The scanners the drivers were told of and did not reach.
    pub fn unreachable(&self) -> Vec<Capabilities> {
        self.shared.roster().unreachable().to_vec()
    }

    /// How each driver fared at the last look.
    pub fn health(&self) -> Vec<DriverHealth> {
        let roster = self.shared.roster();
        let health = |driver: &Driver| {
            let name = driver.driver.name();
            let ill = roster.ill().iter().find(|(ill, _)| *ill == name);
            DriverHealth {
                driver: name,
                trouble: ill.map(|(_, code)| *code),
            }
        };
        self.shared.drivers.iter().map(health).collect()
    }

    /// Looks by all drivers, and gives the scanner of that name.
    ///
    /// # Errors
    /// Why a driver could not search, where nothing of that name was found and one could not.
    pub fn look_for(&self, wanted: &str) -> Result<Box<dyn Scanner>, ScanError> {
        let mut first = None;
        for driver in &self.shared.drivers {
            let trouble = self.shared.look_telling(driver, &CancelFlag::default()).1;
            first = first.or(trouble);
        }
        match self.scanner(wanted) {
            Err(ScanError::NotFound) => Err(first.unwrap_or(ScanError::NotFound)),
            outcome => outcome,
        }
    }

    /// The scanner of that name: the driver's, the stable one of [`Capabilities::stable_name`], or one it had before a
    /// replug; the empty name takes the first that works. Should it be gone when it scans, it is searched for once and
    /// taken under its new name.
    ///
    /// # Errors
    /// [`ScanError::NotFound`] when the last look saw none.
    pub fn scanner(&self, wanted: &str) -> Result<Box<dyn Scanner>, ScanError> {
        let known = self.shared.roster().find(wanted).cloned();
        let known = known.ok_or(ScanError::NotFound)?;
        Ok(Box::new(KnownScanner {
            shared: Arc::clone(&self.shared),
            known,
        }))
    }

    /// Looks every `period` until the watch is dropped, each driver in its own time, and sends what changed.
    pub fn watch(&self, period: Duration, tell: &Sender<HotPlug>) -> Watch {
        let stop = CancelFlag::default();
        let threads = (0..self.shared.drivers.len())
            .map(|place| {
                let (shared, stop, tell) = (Arc::clone(&self.shared), stop.clone(), tell.clone());
                std::thread::spawn(move || {
                    while !stop.is_raised() {
                        let begun = Instant::now();
                        for event in shared.look_by(&shared.drivers[place], &stop) {
                            if tell.send(event).is_err() {
                                return;
                            }
                        }
                        while begun.elapsed() < period && !stop.is_raised() {
                            std::thread::sleep(TICK.min(period));
                        }
                    }
                })
            })
            .collect();
        Watch {
            shared: Arc::clone(&self.shared),
            stop,
            threads,
        }
    }
}

/// Ends the watching when dropped.
#[must_use = "dropped, it ends the watching"]
pub struct Watch {
    shared: Arc<Shared>,
    stop: CancelFlag,
    threads: Vec<JoinHandle<()>>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop.raise();
        for driver in &self.shared.drivers {
            driver.end_search();
        }
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn roster(&self) -> MutexGuard<'_, Roster> {
        self.roster.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look_by(&self, driver: &Driver, stop: &CancelFlag) -> Vec<HotPlug> {
        self.look_telling(driver, stop).0
    }

    /// Looks, and tells what changed and why the driver could not search.
    fn look_telling(
        &self,
        driver: &Driver,
        stop: &CancelFlag,
    ) -> (Vec<HotPlug>, Option<ScanError>) {
        let _alone = driver.wait_for_search();
        let cancel = driver.begin_search();
        // Asked after the flag is in its place: whoever comes later raises it.
        if stop.is_raised() || driver.jobs.load(Ordering::SeqCst) > 0 {
            return (Vec::new(), None);
        }
        let name = driver.driver.name();
        match driver.driver.search(&cancel) {
            Err(ScanError::Cancelled) => (Vec::new(), None),
            Err(error) => (self.roster().fail(name, error.code()), Some(error)),
            Ok(scanners) => {
                let found = scanners
                    .iter()
                    .map(|scanner| scanner.capabilities().clone())
                    .collect();
                (self.roster().merge(name, found), None)
            }
        }
    }

    fn driver(&self, name: &str) -> Option<&Driver> {
        self.drivers
            .iter()
            .find(|driver| driver.driver.name() == name)
    }
}

impl Driver {
    fn wait_for_search(&self) -> MutexGuard<'_, ()> {
        self.searching
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn begin_search(&self) -> CancelFlag {
        let fresh = CancelFlag::default();
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current.clone_from(&fresh);
        fresh
    }

    fn end_search(&self) {
        self.current
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .raise();
    }
}

/// A scanner of the roster, followed through its names.
struct KnownScanner {
    shared: Arc<Shared>,
    known: Capabilities,
}

impl KnownScanner {
    /// What the scanner is called now, after looking for it.
    fn look_again(&mut self) -> bool {
        let Some(driver) = self.shared.driver(&self.known.driver) else {
            return false;
        };
        self.shared.look_by(driver, &CancelFlag::default());
        let roster = self.shared.roster();
        let now = roster
            .find(&self.known.id)
            .or_else(|| roster.find(&self.known.stable_name()))
            .cloned();
        drop(roster);
        match now {
            Some(now) if now.id != self.known.id => {
                self.known = now;
                true
            }
            _ => false,
        }
    }
}

impl Scanner for KnownScanner {
    fn id(&self) -> &str {
        &self.known.id
    }

    fn capabilities(&self) -> &Capabilities {
        &self.known
    }

    fn run(&mut self, job: &ScanJob, hear: &mut dyn FnMut(ScanEvent)) -> Result<(), ScanError> {
        let mut pages = 0_u32;
        let outcome = self.run_once(job, &mut |event| {
            pages += u32::from(matches!(event, ScanEvent::Page(Page { .. })));
            hear(event);
        });
        match outcome {
            // Nothing was scanned yet, so nothing is scanned twice.
            Err(ScanError::NotFound | ScanError::Io) if pages == 0 && self.look_again() => {
                self.run_once(job, hear)
            }
            outcome => outcome,
        }
    }
}

impl KnownScanner {
    fn run_once(&self, job: &ScanJob, hear: &mut dyn FnMut(ScanEvent)) -> Result<(), ScanError> {
        let driver = self
            .shared
            .driver(&self.known.driver)
            .ok_or(ScanError::NotFound)?;
        let _running = Running::begin(driver);
        driver.driver.scanner(&self.known.id).run(job, hear)
    }
}

/// Counts a job while it runs.
struct Running<'a>(&'a AtomicUsize);

impl<'a> Running<'a> {
    fn begin(driver: &'a Driver) -> Self {
        // No search begins while a job is counted, and one that runs gives way: people wait for the page.
        driver.jobs.fetch_add(1, Ordering::SeqCst);
        driver.end_search();
        drop(driver.wait_for_search());
        Self(&driver.jobs)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests;
