//! A make-believe scanner and the driver that knows its address.

use std::time::Duration;

use escl_fake::{Device, Fake};
use image::DynamicImage;
use scanner_drivers::settings::EsclSettings;
use scanner_drivers::{EsclDriver, Page, ScanError, ScanJob, Source};

pub(crate) const WORKER: &str = env!("CARGO_BIN_EXE_niem-escl-worker");

/// Settings for scanners at these addresses, without mDNS.
pub(crate) fn at(urls: &[String]) -> EsclSettings {
    EsclSettings {
        urls: urls.to_vec(),
        mdns: false,
        ..EsclSettings::default()
    }
}

pub(crate) fn driver(settings: EsclSettings) -> EsclDriver {
    EsclDriver::new(WORKER, settings).silence_limit(Duration::from_secs(60))
}

/// A scanner with these pages in its feeder.
pub(crate) fn feeder(pages: &[DynamicImage], more: Device) -> Fake {
    Fake::start(Device {
        feeder: pages.to_vec().into(),
        ..more
    })
    .unwrap()
}

pub(crate) fn from_feeder() -> ScanJob {
    ScanJob {
        source: Source::Feeder,
        ..ScanJob::default()
    }
}

/// Scans from the fake.
pub(crate) fn scan(fake: &Fake, job: &ScanJob) -> (Vec<Page>, Result<(), ScanError>) {
    promises::scan(&driver(at(&[fake.url()])), &fake.url(), job)
}

pub(crate) fn code(outcome: Result<(), ScanError>) -> &'static str {
    outcome.unwrap_err().code()
}
