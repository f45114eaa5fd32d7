//! Any bytes as a file that a scanner wrote: JPEG, PNG, TIFF, PDF.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut pages = 0;
    let _ = page_files::whole(bytes);
    let _ = page_files::read(bytes, &mut |page| {
        assert!(page.image.width() > 0 && page.image.height() > 0);
        assert!(page.dpi.is_none_or(|dpi| (100..=2400).contains(&dpi)));
        pages += 1;
        pages < 3
    });
});
