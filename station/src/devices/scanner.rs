//! Picks the desk's scanner out of what SANE finds.

use std::path::PathBuf;

use bundle::{Device, DeviceKind};
use scanner_drivers::{SaneDriver, ScanError, Scanner, ScannerDriver};

/// The scanner of that name, or the first one found.
///
/// # Errors
/// [`ScanError::NotFound`] when there is none.
pub fn find(
    worker: PathBuf,
    env: Vec<(String, String)>,
    wanted: &str,
) -> Result<Box<dyn Scanner>, ScanError> {
    let driver = env
        .into_iter()
        .fold(SaneDriver::new(worker), |driver, (name, value)| {
            driver.env(name, value)
        });
    driver
        .discover()?
        .into_iter()
        .find(|scanner| wanted.is_empty() || scanner.id() == wanted)
        .ok_or(ScanError::NotFound)
}

pub(crate) fn described(scanner: &dyn Scanner, simulated: bool) -> Device {
    // SANE's own make-believe backends are never taken for a scanner, whatever the config says.
    let simulated =
        simulated || scanner.id().starts_with("pnm:") || scanner.id().starts_with("test:");
    super::device(DeviceKind::Scanner, scanner.id(), "sane", simulated)
}
