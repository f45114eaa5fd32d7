//! From sheets on the scanner to documents: scan, judge, read, sort.

use std::time::Instant;

use bundle::{DocumentClaim, FieldClaim, Grade, OwnerClaim, PageClaim, PartIndex, PersonalText};
use paper::fields::Field;
use paper::{PaperError, Sheet};
use scanner_drivers::{Page, ScanJob, Source};
use zeroize::Zeroizing;

use crate::devices::scanner::described;
use crate::script::Script;
use crate::visit::{Event, PaperDocument, Papers, Stop};

use super::card::millis;
use super::{Desk, Step};

/// More pages than a booklet has: a runaway feeder stops here.
const MAX_PAGES: u32 = 200;

impl Desk<'_> {
    pub(super) fn papers(
        &mut self,
        sheets: u32,
        script: &Script,
        watch: &mut dyn FnMut(Step),
    ) -> Event {
        let mut papers: Vec<Vec<Page>> = Vec::new();
        let mut pages = 0;
        for scan in &script.papers.scan {
            let job = ScanJob {
                dpi: self.devices.scan_dpi,
                source: if scan.feeder {
                    Source::Feeder
                } else {
                    Source::Flatbed
                },
                options: scan
                    .options
                    .iter()
                    .map(|(name, value)| (name.clone(), value.clone()))
                    .collect(),
                max_pages: MAX_PAGES - pages,
                ..ScanJob::default()
            };
            let mut arrived = Vec::new();
            let mut started = Instant::now();
            let scanned = self.devices.scanner.scan(&job, &mut |page| {
                pages += 1;
                watch(Step::Page {
                    number: pages,
                    of: sheets,
                    elapsed_ms: millis(started),
                });
                started = Instant::now();
                arrived.push(page);
            });
            if let Err(error) = scanned {
                return Event::Stopped(Stop::failure(error.code()));
            }
            match papers.last_mut() {
                Some(before) if scan.same_paper => before.append(&mut arrived),
                _ => papers.push(arrived),
            }
        }
        let mut documents = Vec::new();
        for paper in papers.iter().filter(|paper| !paper.is_empty()) {
            let started = Instant::now();
            match self.read_paper(paper) {
                Ok(document) => {
                    watch(Step::Paper {
                        kind: document.claim.kind.clone(),
                        pages: u32::try_from(paper.len()).unwrap_or(u32::MAX),
                        elapsed_ms: millis(started),
                    });
                    documents.push(document);
                }
                Err(stop) => return Event::Stopped(stop),
            }
        }
        let device = described(
            self.devices.scanner.as_ref(),
            self.devices.scanner_simulated,
        );
        Event::PapersRead(Papers {
            documents,
            pages,
            device,
        })
    }

    fn read_paper(&mut self, pages: &[Page]) -> Result<PaperDocument, Stop> {
        let failed = |error: PaperError| Stop::failure(error.code());
        let sheets: Vec<Sheet> = pages
            .iter()
            .map(|page| sheet(page, self.devices.scan_dpi))
            .collect::<Result<_, _>>()
            .map_err(failed)?;
        let options = paper::Options {
            declared_pages: None,
            created: (self.now)(),
            attach_fields: false,
            convenience: false,
        };
        let read =
            paper::digitize(&sheets, self.devices.text.as_mut(), &options).map_err(failed)?;
        let claim = DocumentClaim {
            kind: read.kind.id.clone().into_owned(),
            title: read.kind.title.clone().into_owned(),
            // Raised by the visit where the operator's role allows it.
            grade: Grade::G0,
            sheets_declared: u32::try_from(pages.len()).unwrap_or(u32::MAX),
            pages: read
                .pages
                .iter()
                .map(page_claim)
                .collect::<Option<_>>()
                .ok_or(Stop::failure("paper.encoding"))?,
            pdf: PartIndex(0),
            fields: read.fields.iter().map(field_claim).collect(),
            owner: OwnerClaim::Unknown,
        };
        Ok(PaperDocument {
            claim,
            pdf: Zeroizing::new(read.pdf),
            fields: read.fields,
        })
    }
}

/// The page as paper: a scanner's own JPEG is kept byte for byte. A photograph has no scale; it is taken for what a
/// scanner would have been asked for.
fn sheet(page: &Page, wanted_dpi: u32) -> Result<Sheet, PaperError> {
    let dpi = page.dpi.unwrap_or(wanted_dpi);
    match &page.jpeg {
        Some(jpeg) => Sheet::from_file(jpeg, Some(dpi)),
        None => Sheet::new(page.image.clone(), dpi),
    }
}

fn page_claim(page: &paper::PageReport) -> Option<PageClaim> {
    Some(PageClaim {
        image_sha256: page.sha256.parse().ok()?,
        width: page.width,
        height: page.height,
        dpi: page.dpi,
        verdicts: page
            .verdicts
            .iter()
            .map(|verdict| verdict.code.to_owned())
            .collect(),
    })
}

fn field_claim(field: &Field) -> FieldClaim {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "0 to 1, clamped"
    )]
    let confidence = (field.confidence.clamp(0.0, 1.0) * 100.0).round() as u8;
    FieldClaim {
        name: field.name.clone(),
        value: PersonalText::new(field.value.as_str()),
        confidence,
    }
}
