//! What every driver promises, over eSCL.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use escl_fake::{AdfState, Body, Device, EmptyFeeder, Fake};
use image::DynamicImage;
use promises::{Bench, Trouble};
use scanner_drivers::settings::Settings;
use scanner_drivers::{EsclDriver, ScanJob, ScannerDriver};

use crate::rig::{WORKER, at, from_feeder};

struct Escl {
    fake: Mutex<Fake>,
}

impl Escl {
    fn new() -> Self {
        let fake = Fake::start(Device::default()).unwrap();
        Self {
            fake: Mutex::new(fake),
        }
    }

    fn fake(&self) -> MutexGuard<'_, Fake> {
        self.fake.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn feeder(&self, change: impl FnOnce(&mut Device)) -> (String, ScanJob) {
        let fake = self.fake();
        fake.set(change);
        (fake.url(), from_feeder())
    }
}

impl Bench for Escl {
    fn worker(&self) -> PathBuf {
        WORKER.into()
    }

    fn driver(&self, program: &Path, silence: Duration) -> Box<dyn ScannerDriver> {
        let settings = at(&[self.fake().url()]);
        Box::new(EsclDriver::new(program, settings).silence_limit(silence))
    }

    fn settings(&self) -> Settings {
        Settings::Escl(at(&[self.fake().url()]))
    }

    fn most_pages(&self) -> usize {
        3
    }

    fn has_gray(&self) -> bool {
        true
    }

    fn lay(&self, pages: &[DynamicImage]) -> (String, ScanJob) {
        self.feeder(|device| device.feeder = pages.to_vec().into())
    }

    fn slow(&self) -> (String, ScanJob) {
        self.feeder(|device| {
            device.feeder = [promises::sheet(1)].into();
            device.body = Body::Drip(Duration::from_millis(20));
        })
    }

    fn trouble(&self, trouble: Trouble) -> Option<(String, ScanJob)> {
        Some(self.feeder(|device| {
            device.feeder = [promises::sheet(1), promises::sheet(2)].into();
            match trouble {
                Trouble::Jam => device.trouble = Some((1, AdfState::Jam)),
                Trouble::CoverOpen => device.trouble = Some((0, AdfState::CoverOpen)),
                Trouble::NoPaper => device.feeder.clear(),
                Trouble::Gone => device.body = Body::Cut(1000),
            }
        }))
    }

    fn mend(&self) {
        self.fake().set(|device| {
            *device = Device {
                empty_feeder: EmptyFeeder::Accept,
                ..Device::default()
            };
        });
    }

    fn empty(&self) -> Option<(String, ScanJob)> {
        Some(self.feeder(|device| device.feeder.clear()))
    }
}

promises::keep!(Escl::new());

#[test]
fn a_scanner_that_got_another_address_is_the_same_scanner() {
    use scanner_drivers::{HotPlug, Registry};
    let first = Fake::start(Device {
        feeder: [promises::sheet(1)].into(),
        ..Device::default()
    })
    .unwrap();
    // An address at which nothing listens yet.
    let second_port = {
        let probe = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        probe.local_addr().unwrap().port()
    };
    let second_url = format!("http://127.0.0.1:{second_port}/eSCL");
    let driver = EsclDriver::new(WORKER, at(&[first.url(), second_url.clone()]));
    let registry = Registry::new(vec![Box::new(driver)]);
    registry.look();
    let mut scanner = registry.scanner(&first.url()).unwrap();
    let mut pages = Vec::new();
    scanner
        .scan(&from_feeder(), &mut |page| pages.push(page.image))
        .unwrap();
    assert!(pages == [promises::sheet(1)]);

    let first_url = first.url();
    drop(first);
    let second = Fake::listen(
        Device {
            feeder: [promises::sheet(2)].into(),
            ..Device::default()
        },
        None,
        second_port,
    )
    .unwrap();
    assert_eq!(second.url(), second_url);
    // The desk still holds the scanner by its old name.
    pages.clear();
    scanner
        .scan(&from_feeder(), &mut |page| pages.push(page.image))
        .unwrap();
    assert!(pages == [promises::sheet(2)]);
    assert_eq!(scanner.id(), second_url);
    assert_eq!(registry.scanner(&first_url).unwrap().id(), second_url);
    // A third look changes nothing.
    assert!(
        !registry
            .look()
            .iter()
            .any(|event| matches!(event, HotPlug::Appeared(_) | HotPlug::Returned { .. }))
    );
}
