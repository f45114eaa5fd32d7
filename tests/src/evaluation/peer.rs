//! The peer: OCRmyPDF as Debian ships it, on the same pages, with its cleaning, straightening and turning switched on.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use super::corpus::Sample;
use super::cost::children_cpu_seconds;

/// What the peer made of a page.
#[derive(Clone, Debug)]
pub struct Peered {
    pub text: String,
    pub cpu_seconds: f64,
    pub bytes: u64,
}

/// Lets OCRmyPDF read one page.
///
/// # Errors
/// When it is not installed or gives up.
pub fn read(sample: &Sample, work: &Path) -> Result<Peered> {
    let (text, pdf) = (work.join("peer.txt"), work.join("peer.pdf"));
    let before = children_cpu_seconds();
    let output = Command::new("ocrmypdf")
        .args([
            "-l",
            "vie",
            "--output-type",
            "pdfa-2",
            "--deskew",
            "--clean",
        ])
        .args([
            "--rotate-pages",
            "--jobs",
            "1",
            "--image-dpi",
            "300",
            "--sidecar",
        ])
        .args([&text, &sample.image, &pdf])
        .env("OMP_THREAD_LIMIT", "1")
        .stdin(Stdio::null())
        .output()
        .context("ocrmypdf (Debian package ocrmypdf)")?;
    if !output.status.success() {
        bail!(
            "ocrmypdf ended with {}: {}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(Peered {
        text: std::fs::read_to_string(&text)?,
        cpu_seconds: children_cpu_seconds() - before,
        bytes: std::fs::metadata(&pdf)?.len(),
    })
}
