//! Prints what the pixels of page images tell: `look IMAGE…`.

use std::time::Instant;

fn main() {
    for path in std::env::args().skip(1) {
        let bytes = std::fs::read(&path).expect("the file");
        let sheet = paper::Sheet::from_file(&bytes, None).expect("an image");
        let started = Instant::now();
        let look = paper::quality::look_for_page(&sheet);
        let ms = started.elapsed().as_millis();
        println!(
            "{path} {}x{} {} dpi, effective {:.0}, {ms} ms",
            sheet.width(),
            sheet.height(),
            sheet.dpi(),
            look.effective_dpi
        );
        for verdict in look.verdicts {
            println!(
                "    {} {:?} {:.3} (limit {:.3}) at {:?}",
                verdict.code, verdict.severity, verdict.value, verdict.limit, verdict.place
            );
        }
    }
}
