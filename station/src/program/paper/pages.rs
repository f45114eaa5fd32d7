//! Page files from the command line, handed over one page at a time, so that a long PDF never lies unpacked in memory.
//!
//! Pages of TIFFs and of PDFs made of images come out with the pixels they have in the file; only a PDF page that is
//! more than one image is drawn.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::SyncSender;
use std::sync::{Mutex, PoisonError};

use page_files::{FileError, FilePage, Format, Whole};
use paper::{PaperError, Sheet};
use station::answer::Trouble;

/// Resolution at which pages of a PDF are drawn.
const PDF_DPI: u32 = 300;
/// Longest PDF that is drawn: a school report has 20 pages.
const MAX_PDF_PAGES: u32 = 200;
/// Five hundred pages of a colour scanner.
const MAX_FILE_BYTES: u64 = 1024 * 1024 * 1024;
/// A drawn page: A3 at 300 dpi has 52 MB.
const MAX_DRAWN_BYTES: u64 = 256 * 1024 * 1024;
/// Seconds that drawing one page may take.
const DRAWING_SECONDS: &str = "60";

const PDF_UNREADABLE: &str = "paper.pdf_unreadable";

/// Where a page came from.
#[derive(Clone, serde::Serialize)]
pub(super) struct Origin {
    pub(super) file: PathBuf,
    /// Its place in that file, from 1.
    pub(super) file_page: u32,
    /// Why there is no page, where that is not the page's own error.
    #[serde(skip)]
    pub(super) code: Option<&'static str>,
}

/// All files can be opened; a mistyped name is told before anything is read.
pub(super) fn are_there(paths: &[PathBuf]) -> Result<(), Trouble> {
    for path in paths {
        let unreadable = |error: &dyn std::fmt::Display| {
            Trouble::new("file.unreadable", format!("{}: {error}", path.display()))
        };
        let file = std::fs::File::open(path).map_err(|error| unreadable(&error))?;
        let about = file.metadata().map_err(|error| unreadable(&error))?;
        if about.is_dir() || about.len() > MAX_FILE_BYTES {
            return Err(unreadable(&"not a page file"));
        }
    }
    Ok(())
}

/// Hands over the pages of files in their order.
pub(super) struct Loader<'a> {
    pub(super) dpi: Option<u32>,
    /// One entry a page handed over.
    pub(super) origins: &'a Mutex<Vec<Origin>>,
    pub(super) sheets: SyncSender<Result<Sheet, PaperError>>,
}

/// Nobody takes further pages.
struct NotWanted;

impl Loader<'_> {
    pub(super) fn load(self, paths: &[PathBuf]) {
        for path in paths {
            if self.file(path).is_err() {
                return;
            }
        }
    }

    fn file(&self, path: &Path) -> Result<(), NotWanted> {
        let mut bytes = Vec::new();
        let read = std::fs::File::open(path)
            .and_then(|file| file.take(MAX_FILE_BYTES).read_to_end(&mut bytes));
        if read.is_err() {
            return self.hand(
                path,
                1,
                Err(PaperError::NotAnImage),
                Some("file.unreadable"),
            );
        }
        let format = page_files::format(&bytes);
        // Decoders fill up what is missing of a cut image with gray; half a page would pass for a whole one.
        if format != Some(Format::Pdf) && page_files::whole(&bytes) == Whole::NotYet {
            return self.hand(path, 1, Err(PaperError::NotAnImage), None);
        }
        match format {
            Some(Format::Pdf) => self.pdf(path, &bytes),
            Some(Format::Tiff) => {
                let (pages, found) = self.taken_out(path, &bytes);
                match found? {
                    Ok(()) if pages > 0 => Ok(()),
                    // What came before the damage is good; the damage is told in its place.
                    _ => self.hand(path, pages + 1, Err(PaperError::NotAnImage), None),
                }
            }
            _ => self.hand(path, 1, Sheet::from_file(&bytes, self.dpi), None),
        }
    }

    fn pdf(&self, path: &Path, bytes: &[u8]) -> Result<(), NotWanted> {
        let (mut pages, found) = self.taken_out(path, bytes);
        if found?.is_ok() && pages > 0 {
            return Ok(());
        }
        let first = pages + 1;
        while let Some(sheet) = drawn(path, pages + 1).filter(|_| pages < MAX_PDF_PAGES) {
            pages += 1;
            self.hand(path, pages, sheet, None)?;
        }
        if pages < first {
            return self.hand(
                path,
                first,
                Err(PaperError::NotAnImage),
                Some(PDF_UNREADABLE),
            );
        }
        Ok(())
    }

    /// Hands over the pages of a file as they lie in it; how many, and how it ended.
    fn taken_out(
        &self,
        path: &Path,
        bytes: &[u8],
    ) -> (u32, Result<Result<(), FileError>, NotWanted>) {
        let (mut pages, mut wanted) = (0, true);
        // Foreign bytes: a parser that panics found a damaged file.
        let read = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            page_files::read(bytes, &mut |page| {
                pages += 1;
                wanted = self.hand(path, pages, self.sheet(page), None).is_ok();
                wanted
            })
        }))
        .unwrap_or(Err(FileError::Damaged));
        (pages, if wanted { Ok(read) } else { Err(NotWanted) })
    }

    fn sheet(&self, page: FilePage) -> Result<Sheet, PaperError> {
        let dpi = self.dpi.or(page.dpi);
        match (page.jpeg, dpi) {
            (Some(jpeg), dpi) => Sheet::from_file(&jpeg, dpi),
            (None, Some(dpi)) => Sheet::new(page.image, dpi),
            (None, None) => Sheet::photograph(page.image),
        }
    }

    fn hand(
        &self,
        path: &Path,
        file_page: u32,
        sheet: Result<Sheet, PaperError>,
        code: Option<&'static str>,
    ) -> Result<(), NotWanted> {
        self.origins
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Origin {
                file: path.to_owned(),
                file_page,
                code,
            });
        self.sheets.send(sheet).map_err(|_| NotWanted)
    }
}

/// Draws one page by poppler, through a pipe: nothing touches the disk. None past the last page.
fn drawn(path: &Path, number: u32) -> Option<Result<Sheet, PaperError>> {
    let number = number.to_string();
    let mut drawing = Command::new("timeout")
        .args([DRAWING_SECONDS, "pdftoppm", "-r", &PDF_DPI.to_string()])
        .args(["-f", &number, "-l", &number])
        .arg(path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut bytes = Vec::new();
    let read = drawing
        .stdout
        .take()
        .map(|pipe| pipe.take(MAX_DRAWN_BYTES).read_to_end(&mut bytes));
    // Whoever draws more than a page is ended.
    let _ = drawing.kill();
    let _ = drawing.wait();
    match read {
        Some(Ok(length)) if length > 0 => Some(Sheet::from_file(&bytes, Some(PDF_DPI))),
        _ => None,
    }
}
