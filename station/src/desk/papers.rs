//! From sheets on the scanner to documents: scan, judge, read, sort, pack.

use std::time::Instant;

use bundle::{
    DocumentClaim, FieldClaim, FieldState as ClaimedState, Grade, OwnerClaim, PageClaim, PartIndex,
    PersonalText,
};
use paper::fields::{Field, FieldState};
use paper::{Examined, PaperError};
use zeroize::Zeroizing;

use crate::devices::scanner::described;
use crate::people::People;
use crate::visit::{COUNT_MISMATCH, Event, PaperDocument, Papers, Stop};

use super::card::millis;
use super::keeping::Keeping;
use super::scanning::scan_and_read;
use super::sorting::{SortedPaper, SortedPapers, sort};
use super::table::Table;
use super::{Desk, Step};

impl Desk<'_> {
    pub(super) fn papers(
        &mut self,
        table: &mut Table,
        people: &mut dyn People,
        watch: &mut dyn FnMut(Step),
    ) -> Event {
        match self.read_papers(table, people, watch) {
            Ok(papers) => Event::PapersRead(papers),
            Err(stop) => Event::Stopped(stop),
        }
    }

    fn read_papers(
        &mut self,
        table: &mut Table,
        people: &mut dyn People,
        watch: &mut dyn FnMut(Step),
    ) -> Result<Papers, Stop> {
        let sorted = loop {
            let keeping = Keeping(self.keeper.as_ref());
            scan_and_read(self.devices, people, table, &keeping, watch)?;
            let (pages, out) = table.entered();
            match sort(pages, &out, &table.scans, table.counted)
                .and_then(|sorted| whole(sorted, table))
            {
                Ok(sorted) => break sorted,
                // Counted again, or scanned: a sheet too few costs nobody the others.
                Err(stop) => people.trouble(stop)?,
            }
        };
        let mut documents = Vec::new();
        for paper in sorted.papers {
            let started = Instant::now();
            let mut notices = paper.doubts.clone();
            let document = self.document(paper)?;
            notices.extend(document.suggestions.iter().map(|told| told.obstacle.code()));
            watch(Step::Paper {
                kind: document.claim.kind.clone(),
                pages: u32::try_from(document.claim.pages.len()).unwrap_or(u32::MAX),
                notices,
                elapsed_ms: millis(started),
            });
            documents.push(document);
        }
        Ok(Papers {
            documents,
            sheets: sorted.sheets,
            counted: table.counted,
            set_aside: sorted.set_aside,
            device: described(
                self.devices.scanner.as_ref(),
                self.devices.scanner_simulated,
            ),
        })
    }

    fn document(&self, paper: SortedPaper) -> Result<PaperDocument, Stop> {
        let mut examined = Examined::default();
        for page in paper.pages {
            examined.push(page);
        }
        let options = paper::Options {
            declared_pages: None,
            created: (self.now)(),
            attach_fields: false,
            convenience: false,
        };
        let read = paper::finish(examined, &options)
            .map_err(|error: PaperError| Stop::of(error.code()))?;
        let claim = DocumentClaim {
            kind: read.kind.id.clone().into_owned(),
            title: read.kind.title.clone().into_owned(),
            // Raised by the visit where the operator's role allows it.
            grade: Grade::G0,
            sheets_declared: paper.sheets_declared,
            pages: read
                .pages
                .iter()
                .map(page_claim)
                .collect::<Option<_>>()
                .ok_or(Stop::failure("paper.encoding"))?,
            pdf: PartIndex(0),
            // Faith is read past and stays behind.
            fields: read
                .fields
                .iter()
                .filter(|field| !field.sensitive)
                .map(field_claim)
                .collect(),
            owner: OwnerClaim::Unknown,
        };
        Ok(PaperDocument {
            claim,
            pdf: Zeroizing::new(read.pdf),
            fields: read.fields,
            subjects: read.metadata.subjects,
            suggestions: read.suggestions,
        })
    }
}

/// TT 01/2023/TT-VPCP Art. 8(2), while the sheets still lie there; the road looks once more.
fn whole(sorted: SortedPapers, table: &Table) -> Result<SortedPapers, Stop> {
    let short = |paper: &SortedPaper| (paper.pages.len() as u64) < u64::from(paper.sheets_declared);
    if sorted.sheets < table.counted || sorted.papers.iter().any(short) {
        return Err(Stop::failure(COUNT_MISMATCH));
    }
    Ok(sorted)
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
        state: Some(match field.state {
            FieldState::Accepted => ClaimedState::Accepted,
            FieldState::Check => ClaimedState::Check,
            FieldState::Unreadable => ClaimedState::Unreadable,
        }),
    }
}
