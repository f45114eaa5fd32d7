//! The registry over made-up drivers: searches run side by side, a scan follows its scanner through a replug.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use image::DynamicImage;

use super::*;
use crate::Side;

/// A driver whose scanners are whatever the test says, and which scans one page.
#[derive(Clone)]
struct Played {
    name: &'static str,
    there: Arc<Mutex<Vec<Capabilities>>>,
    searches: Arc<AtomicUsize>,
    /// Ends a search only once the other driver's search has begun.
    meet: Option<Arc<std::sync::Barrier>>,
}

impl Played {
    fn new(name: &'static str) -> Self {
        Self {
            name,
            there: Arc::default(),
            searches: Arc::default(),
            meet: None,
        }
    }

    fn plug(&self, list: &[(&str, &str)]) {
        *self.there.lock().unwrap() = list
            .iter()
            .map(|(id, serial)| Capabilities {
                driver: self.name.into(),
                id: (*id).into(),
                model: "M".into(),
                serial: Some((*serial).into()),
                ..Capabilities::default()
            })
            .collect();
    }
}

impl ScannerDriver for Played {
    fn name(&self) -> &'static str {
        self.name
    }

    fn search(&self, _cancel: &CancelFlag) -> Result<Vec<Box<dyn Scanner>>, ScanError> {
        self.searches.fetch_add(1, Ordering::SeqCst);
        if let Some(meet) = &self.meet {
            meet.wait();
        }
        let there = self.there.lock().unwrap().clone();
        Ok(there.iter().map(|known| self.scanner(&known.id)).collect())
    }

    fn scanner(&self, id: &str) -> Box<dyn Scanner> {
        let there = self.there.lock().unwrap();
        let known = there.iter().find(|known| known.id == id).cloned();
        Box::new(PlayedScanner(known.unwrap_or(Capabilities {
            id: id.into(),
            trouble: Some("gone".into()),
            ..Capabilities::default()
        })))
    }
}

struct PlayedScanner(Capabilities);

impl Scanner for PlayedScanner {
    fn id(&self) -> &str {
        &self.0.id
    }

    fn capabilities(&self) -> &Capabilities {
        &self.0
    }

    fn run(&mut self, _job: &ScanJob, hear: &mut dyn FnMut(ScanEvent)) -> Result<(), ScanError> {
        if self.0.trouble.is_some() {
            return Err(ScanError::NotFound);
        }
        hear(ScanEvent::Page(Page {
            image: DynamicImage::new_luma8(1, 1),
            dpi: None,
            side: Side::Front,
            jpeg: None,
        }));
        Ok(())
    }
}

fn pages(scanner: &mut dyn Scanner) -> Result<u32, ScanError> {
    let mut pages = 0;
    scanner.scan(&ScanJob::default(), &mut |_| pages += 1)?;
    Ok(pages)
}

#[test]
fn drivers_search_side_by_side() {
    let meet = Arc::new(std::sync::Barrier::new(2));
    let [one, two] = ["one", "two"].map(|name| Played {
        meet: Some(Arc::clone(&meet)),
        ..Played::new(name)
    });
    one.plug(&[("a", "1")]);
    two.plug(&[("b", "2")]);
    // Were they asked one after the other, the first would wait for ever.
    let registry = Registry::new(vec![Box::new(one), Box::new(two)]);
    assert_eq!(registry.look().len(), 2);
    let ids: Vec<_> = registry
        .scanners()
        .into_iter()
        .map(|known| known.id)
        .collect();
    assert_eq!(ids, ["a", "b"]);
}

#[test]
fn a_scan_follows_its_scanner_through_a_replug() {
    let driver = Played::new("played");
    driver.plug(&[("usb:5", "77")]);
    let registry = Registry::new(vec![Box::new(driver.clone())]);
    registry.look();
    let mut scanner = registry.scanner("usb:5").unwrap();
    assert_eq!(pages(scanner.as_mut()).unwrap(), 1);
    driver.plug(&[("usb:6", "77")]);
    assert_eq!(
        pages(scanner.as_mut()).unwrap(),
        1,
        "the same scanner, otherwise named"
    );
    assert_eq!(scanner.id(), "usb:6");
    // Another device in its place is not it.
    driver.plug(&[("usb:7", "78")]);
    assert!(matches!(pages(scanner.as_mut()), Err(ScanError::NotFound)));
}

#[test]
fn no_search_disturbs_a_running_scan() {
    let driver = Played::new("played");
    driver.plug(&[("a", "1")]);
    let registry = Registry::new(vec![Box::new(driver.clone())]);
    registry.look();
    let before = driver.searches.load(Ordering::SeqCst);
    let mut scanner = registry.scanner("").unwrap();
    let second = registry.clone();
    scanner
        .run(&ScanJob::default(), &mut |_| {
            assert!(second.look().is_empty());
        })
        .unwrap();
    assert_eq!(driver.searches.load(Ordering::SeqCst), before);
    second.look();
    assert_eq!(driver.searches.load(Ordering::SeqCst), before + 1);
}

#[test]
fn a_watch_tells_who_comes_and_goes() {
    let driver = Played::new("played");
    let registry = Registry::new(vec![Box::new(driver.clone())]);
    let (tell, told) = channel();
    let watch = registry.watch(Duration::from_millis(5), &tell);
    let next = || told.recv_timeout(Duration::from_secs(30)).unwrap();
    driver.plug(&[("a", "1")]);
    assert!(matches!(next(), HotPlug::Appeared(known) if known.id == "a"));
    driver.plug(&[("b", "1")]);
    assert!(matches!(next(), HotPlug::Returned { before, now } if before == "a" && now.id == "b"));
    driver.plug(&[]);
    assert!(matches!(next(), HotPlug::Vanished(known) if known.id == "b"));
    drop(watch);
    driver.plug(&[("c", "3")]);
    assert!(told.recv_timeout(Duration::from_millis(50)).is_err());
}
