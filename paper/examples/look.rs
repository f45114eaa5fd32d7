//! Prints what the pixels of page images tell, each by itself and all as one pile: `look IMAGE…`.

use std::time::Instant;

use paper::{Entering, PageLedger, Sheet, quality};

fn main() {
    let mut ledger = PageLedger::new(None);
    for path in std::env::args().skip(1) {
        let bytes = std::fs::read(&path).expect("the file");
        let sheet = Sheet::from_file(&bytes, None).expect("an image");
        let started = Instant::now();
        let look = quality::look_for_page(&sheet);
        let looked = started.elapsed().as_millis();
        let told = ledger.enter(&Entering {
            sha256: &path,
            likeness: Some(&look.likeness),
            verdicts: &look.verdicts,
            text: None,
        });
        println!(
            "{path} {}x{} {} dpi, effective {:.0}, {looked} ms and {} ms in the ledger",
            sheet.width(),
            sheet.height(),
            sheet.dpi(),
            look.effective_dpi,
            started.elapsed().as_millis() - looked
        );
        for verdict in look.verdicts.iter().chain(&told) {
            println!(
                "    {} {:?} {:.3} (limit {:.3}) at {:?}",
                verdict.code, verdict.severity, verdict.value, verdict.limit, verdict.place
            );
        }
    }
}
