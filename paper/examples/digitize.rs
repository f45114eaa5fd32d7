//! Digitises page images and writes for each the PDF, the text and a report: the tool behind the measured figures.
//!
//! `digitize OUT_DIR TESSDATA_DIR LANGUAGES DPI|auto IMAGE…`; run it with `OMP_THREAD_LIMIT=1`.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use models_tesseract::Tesseract;
use paper::{Options, PaperError, Sheet, digitize, examine};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [out, tessdata, languages, dpi, images @ ..] = &arguments[..] else {
        return Err("usage: digitize OUT_DIR TESSDATA_DIR LANGUAGES DPI|auto IMAGE...".into());
    };
    std::fs::create_dir_all(out)?;
    let dpi = dpi.parse().ok();
    let mut engine = Tesseract::open(tessdata, languages)?;
    for image in images {
        let stem = Path::new(image)
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let path = |ending: &str| Path::new(out).join(format!("{stem}.{ending}"));
        let sheet = Sheet::from_file(&std::fs::read(image)?, dpi)?;
        let options = Options {
            declared_pages: Some(1),
            created: jiff::Timestamp::UNIX_EPOCH,
            attach_fields: false,
            convenience: false,
        };
        let started = Instant::now();
        match digitize(std::slice::from_ref(&sheet), &mut engine, &options) {
            Ok(done) => {
                std::fs::write(path("pdf"), &done.pdf)?;
                std::fs::write(path("txt"), done.text())?;
                std::fs::write(
                    path("json"),
                    serde_json::to_vec_pretty(&(&done.kind, &done.fields, &done.pages))?,
                )?;
                let page = &done.pages[0];
                let verdicts: Vec<_> = page
                    .verdicts
                    .iter()
                    .map(|v| format!("{} {:.2}/{:.2}", v.code, v.value, v.limit))
                    .collect();
                println!(
                    "{stem}: {} {:.2}, {} fields, {} %, turn {}, skew {:.2}, {} seals, look {} read {} pack {} pdf {} all {} ms, {} KB, {verdicts:?}",
                    done.kind.id,
                    done.kind.confidence,
                    done.fields.len(),
                    page.mean_confidence,
                    page.geometry.turn.degrees(),
                    page.geometry.skew_degrees,
                    page.geometry.seals.len(),
                    page.timings.look_ms,
                    page.timings.read_ms,
                    page.timings.pack_ms,
                    done.pdf_ms,
                    started.elapsed().as_millis(),
                    done.pdf.len() / 1024,
                );
            }
            Err(PaperError::Unreadable { verdict, .. }) => {
                println!(
                    "{stem}: refused, {} {:.2}/{:.2}",
                    verdict.code, verdict.value, verdict.limit
                );
                let examined = examine(std::slice::from_ref(&sheet), &mut engine, None)?;
                std::fs::write(path("txt"), examined.reads[0].text.text())?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
