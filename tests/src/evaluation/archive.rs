//! The archive files of labelled pages: how large both copies are, how true the certified one is to the pixels that were
//! scanned, and how well the copy for reading can still be read. Both are shown by poppler, not by us.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use image::{Rgb, RgbImage, imageops};
use models::TextEngine;
use paper::pdf::{self, CopyKind, PdfMeta, PdfPage, Picture};
use paper::{Coding, Layers, Options, Sheet, Turn};

use super::corpus::Sample;
use super::cost::own_cpu_seconds;
use super::score::Score;

/// Resolution at which the copy for reading is shown and read again.
const SHOWN_DPI: u32 = 300;

/// What the files of one page came to.
#[derive(Clone, Copy, Debug)]
pub struct Archived {
    pub certified_bytes: usize,
    pub convenience_bytes: usize,
    /// Whether the certified page is the very JPEG that came in, or two-level ink without loss.
    pub untouched: bool,
    /// Peak signal to noise of the certified page as shown, in dB; infinite when it is equal.
    pub psnr: f64,
    /// The text of the unaltered page, and of the copy for reading when that is scanned again.
    pub read: Score,
    pub read_again: Score,
    /// How much of the page is red, in percent: as scanned, and in the copy for reading. A photograph shows more than
    /// the page.
    pub red: Option<(f64, f64)>,
    /// To lay out and pack the copy for reading.
    pub copy_cpu_seconds: f64,
}

/// Makes both files of a page and holds them against it.
///
/// # Errors
/// When the page cannot be read or poppler's programs are missing.
pub fn measure(sample: &Sample, engine: &mut dyn TextEngine, work: &Path) -> Result<Archived> {
    let bytes = std::fs::read(&sample.image)?;
    let dpi = sample
        .pose
        .as_ref()
        .filter(|_| !sample.is_photograph())
        .map(|pose| pose.dpi);
    let sheet = Sheet::from_file(&bytes, dpi)?;
    let source = image::load_from_memory(&bytes)?.to_rgb8();
    let options = Options {
        declared_pages: Some(1),
        created: jiff::Timestamp::UNIX_EPOCH,
        ..Options::default()
    };
    let mut plain = paper::digitize_all(std::slice::from_ref(&sheet), engine, &options)?;
    let (master, read) = (sheet.master()?, plain.reads.remove(0));
    let begun = own_cpu_seconds();
    let layers = Layers::of(&sheet, &read.geometry)?;
    let copy_cpu_seconds = own_cpu_seconds() - begun;
    let copy = pdf::write(
        &[PdfPage {
            picture: Picture::Layers(&layers),
            read: Some(&read),
        }],
        &PdfMeta {
            copy: CopyKind::Convenience,
            ..PdfMeta::new("", options.created)
        },
    )?;
    let text = read.text.text();
    let geometry = &plain.pages[0].geometry;
    let upright = match geometry.turn {
        Turn::Upright => source,
        Turn::Quarter => imageops::rotate90(&source),
        Turn::Half => imageops::rotate180(&source),
        Turn::ThreeQuarters => imageops::rotate270(&source),
    };
    let certified = shown(
        &plain.pdf,
        work,
        &[
            "-scale-to-x",
            &upright.width().to_string(),
            "-scale-to-y",
            &upright.height().to_string(),
        ],
    )?;
    let again = shown(&copy, work, &["-r", &SHOWN_DPI.to_string()])?;
    let red = geometry
        .flattening
        .is_none()
        .then(|| (red_share(&upright), red_share(&again)));
    let psnr = psnr(&upright, &certified)?;
    drop((upright, certified));
    let copied = Sheet::new(again, SHOWN_DPI)?;
    let read_again = paper::digitize_all(std::slice::from_ref(&copied), engine, &options)?;
    Ok(Archived {
        certified_bytes: plain.pdf.len(),
        convenience_bytes: copy.len(),
        untouched: master.bytes == bytes || master.coding == Coding::Group4,
        psnr,
        read: Score::of(&sample.truth, &text),
        read_again: Score::of(&sample.truth, &read_again.text()),
        red,
        copy_cpu_seconds,
    })
}

/// The first page as poppler shows it.
fn shown(pdf: &[u8], work: &Path, arguments: &[&str]) -> Result<RgbImage> {
    let (file, picture) = (work.join("a.pdf"), work.join("shown"));
    std::fs::write(&file, pdf)?;
    let output = Command::new("pdftoppm")
        .args(["-png", "-singlefile"])
        .args(arguments)
        .args([&file, &picture])
        .output()
        .context("pdftoppm (Debian package poppler-utils)")?;
    if !output.status.success() {
        bail!("pdftoppm ended with {}", output.status);
    }
    Ok(image::open(picture.with_extension("png"))?.to_rgb8())
}

/// Peak signal to noise ratio over all channels, in dB.
fn psnr(a: &RgbImage, b: &RgbImage) -> Result<f64> {
    if a.dimensions() != b.dimensions() {
        bail!(
            "shown as {:?}, scanned as {:?}",
            b.dimensions(),
            a.dimensions()
        );
    }
    let squares: u64 = a
        .as_raw()
        .iter()
        .zip(b.as_raw())
        .map(|(a, b)| u64::from(a.abs_diff(*b)).pow(2))
        .sum();
    let mean = squares as f64 / a.as_raw().len().max(1) as f64;
    Ok(10.0 * (255.0 * 255.0 / mean).log10())
}

fn red_share(page: &RgbImage) -> f64 {
    let red = page
        .pixels()
        .filter(|Rgb([r, g, b])| *r > g.saturating_add(50) && *r > b.saturating_add(50))
        .count();
    100.0 * red as f64 / page.pixels().len().max(1) as f64
}

/// One line for each condition.
pub fn table(measured: &[(&Sample, Archived)]) -> String {
    let mut conditions: BTreeMap<&str, Vec<&Archived>> = BTreeMap::new();
    for (sample, page) in measured {
        conditions.entry(&sample.condition).or_default().push(page);
    }
    let mut text = String::from(
        "archive      pages  untouched  certified kB mean/most  PSNR dB least  reading copy kB mean/most  CER % page/copy  red % page/copy  CPU s\n",
    );
    for (condition, pages) in conditions {
        let count = pages.len() as f64;
        let kb = |of: fn(&Archived) -> usize| {
            let all = pages.iter().map(|page| of(page) as f64 / 1000.0);
            (
                all.clone().sum::<f64>() / count,
                all.fold(0.0_f64, f64::max),
            )
        };
        let (mean, most) = kb(|page| page.certified_bytes);
        let (copy_mean, copy_most) = kb(|page| page.convenience_bytes);
        let (mut read, mut again) = (Score::default(), Score::default());
        for page in &pages {
            read.add(page.read);
            again.add(page.read_again);
        }
        let psnr = pages.iter().map(|page| page.psnr).fold(f64::MAX, f64::min);
        let red: Vec<(f64, f64)> = pages.iter().filter_map(|page| page.red).collect();
        let share =
            |of: fn(&(f64, f64)) -> f64| red.iter().map(of).sum::<f64>() / red.len().max(1) as f64;
        let cpu = pages.iter().map(|page| page.copy_cpu_seconds).sum::<f64>() / count;
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{condition:<12} {:>5}  {:>9}  {mean:>12.0} / {most:<8.0}  {psnr:>13.1}  {copy_mean:>15.0} / {copy_most:<8.0}  {:>6.2} / {:<6.2}  {:>6.2} / {:<6.2}  {cpu:>5.2}",
            pages.len(),
            pages.iter().filter(|page| page.untouched).count(),
            read.cer(),
            again.cer(),
            share(|red| red.0),
            share(|red| red.1),
        );
    }
    text
}
