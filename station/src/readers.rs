//! Opens what reads pages, in one place for every command and the desk: Tesseract for the page, the line recogniser for
//! a second opinion where it is installed, the Latin net for machine-readable zones.
//!
//! Opening takes a third of a second and some 100 MB each, so engines are lent and come back: the next visit, or the
//! next page scanned again, finds them warm.

use std::path::Path;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use image::GrayImage;
use models::{LineEngine, Manifest, ModelError, ModelId, PageText, Readers, TextEngine, TextError};
use models_asternet::AsterNet;
use models_tesseract::{OnDemand, Tesseract};
use serde::Serialize;

use crate::devices::OpenReader;

/// The net for lines of capitals, digits and `<`; optional, and opened when a zone is met.
const LATIN: &str = "eng";

/// Which readers are wanted.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// Folder with Tesseract's `.traineddata` files.
    pub tessdata: &'a Path,
    /// As Tesseract writes them: `vie`.
    pub languages: &'a str,
    /// Folder of the pinned models; without it there is no second opinion.
    pub models: Option<&'a Path>,
    /// Words in doubt are read again by the line recogniser, where it is installed.
    pub second_opinion: bool,
}

/// Why there is no reader.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReaderError {
    #[error(transparent)]
    Page(#[from] models_tesseract::OpenError),
    #[error(transparent)]
    Models(#[from] ModelError),
    #[error(transparent)]
    Line(#[from] models_asternet::OpenError),
}

impl ReaderError {
    /// Each of the engines' own.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Page(error) => error.code(),
            Self::Models(error) => error.code(),
            Self::Line(error) => error.code(),
        }
    }
}

/// Which models read, as `name@sha256`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReaderNames {
    pub page: String,
    /// None where it is switched off or not installed.
    pub second_opinion: Option<String>,
    /// None where the net is not installed: zones are read by the page's engine then.
    pub zones: Option<String>,
}

/// Engines for as many threads as ask.
pub struct ReaderPool {
    tessdata: PathBuf,
    languages: String,
    line: Option<models_asternet::Files>,
    latin: bool,
    names: ReaderNames,
    idle: Mutex<Vec<Readers>>,
}

impl ReaderPool {
    /// Looks for the files, checks the digests of those that are pinned, and opens the first engine, so that whatever
    /// does not fit shows now and not in front of a citizen.
    ///
    /// # Errors
    /// [`ReaderError`]. An optional engine that is not installed is no error; one whose file was changed is.
    pub fn find(wanted: &Wanted<'_>) -> Result<Arc<Self>, ReaderError> {
        let line = match wanted.models.filter(|_| wanted.second_opinion) {
            Some(folder) => models_asternet::Files::offered(&Manifest::load(folder)?)?,
            None => None,
        };
        let mut pool = Self {
            tessdata: wanted.tessdata.to_owned(),
            languages: wanted.languages.to_owned(),
            line,
            latin: wanted
                .tessdata
                .join(format!("{LATIN}.traineddata"))
                .is_file(),
            names: ReaderNames {
                page: String::new(),
                second_opinion: None,
                zones: None,
            },
            idle: Mutex::new(Vec::new()),
        };
        let first = pool.opened()?;
        pool.names = ReaderNames {
            page: first.page.model().to_string(),
            second_opinion: first.line.as_ref().map(|line| line.model().to_string()),
            zones: first.latin.as_ref().map(|latin| latin.model().to_string()),
        };
        pool.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(first);
        Ok(Arc::new(pool))
    }

    #[must_use]
    pub fn names(&self) -> &ReaderNames {
        &self.names
    }

    /// As the devices of a desk want it.
    #[must_use]
    pub fn lend(self: &Arc<Self>) -> OpenReader {
        let pool = Arc::clone(self);
        Box::new(move || pool.open())
    }

    /// An engine for one thread; it comes back when dropped.
    ///
    /// # Errors
    /// When a further engine cannot be opened although the first one could.
    pub fn open(self: &Arc<Self>) -> Result<Box<dyn TextEngine>, TextError> {
        let warm = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let readers = match warm {
            Some(readers) => readers,
            None => self.opened().map_err(|error| TextError::Engine {
                step: "open",
                detail: error.to_string(),
            })?,
        };
        Ok(Box::new(Lent {
            readers: Some(readers),
            pool: Arc::clone(self),
        }))
    }

    fn opened(&self) -> Result<Readers, ReaderError> {
        let line = match &self.line {
            Some(files) => Some(Box::new(AsterNet::open(files)?) as Box<dyn LineEngine>),
            None => None,
        };
        let latin = match self.latin {
            true => Some(Box::new(OnDemand::new(&self.tessdata, LATIN)?) as Box<dyn TextEngine>),
            false => None,
        };
        Ok(Readers {
            page: Box::new(Tesseract::open(&self.tessdata, &self.languages)?),
            line,
            latin,
        })
    }
}

/// An engine on loan.
struct Lent {
    /// Taken out when it goes back.
    readers: Option<Readers>,
    pool: Arc<ReaderPool>,
}

impl Lent {
    fn readers(&mut self) -> &mut Readers {
        self.readers.as_mut().expect("taken only when dropped")
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        // One that was left in the middle of a page is not trusted with the next.
        if let Some(readers) = self.readers.take().filter(|_| !std::thread::panicking()) {
            let mut idle = self
                .pool
                .idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            idle.push(readers);
        }
    }
}

/// Every method goes on, those with a body of their own too: a missing one would quietly read worse.
impl TextEngine for Lent {
    fn read(&mut self, page: &GrayImage, dpi: u32) -> Result<PageText, TextError> {
        self.readers().read(page, dpi)
    }

    fn read_line(&mut self, line: &GrayImage, dpi: u32) -> Result<PageText, TextError> {
        self.readers().read_line(line, dpi)
    }

    fn read_lines(&mut self, lines: &GrayImage, dpi: u32) -> Result<PageText, TextError> {
        self.readers().read_lines(lines, dpi)
    }

    fn model(&self) -> &ModelId {
        let readers = self.readers.as_ref();
        readers.expect("taken only when dropped").model()
    }

    fn line_engine(&mut self) -> Option<&mut dyn LineEngine> {
        self.readers().line_engine()
    }

    fn latin_engine(&mut self) -> Option<&mut dyn TextEngine> {
        self.readers().latin_engine()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where Debian's tesseract-ocr-vie keeps its data.
    const DEBIAN: &str = "/usr/share/tesseract-ocr/5/tessdata";

    fn wanted<'a>(tessdata: &'a str, models: Option<&'a Path>) -> Wanted<'a> {
        Wanted {
            tessdata: Path::new(tessdata),
            languages: "vie",
            models,
            second_opinion: true,
        }
    }

    #[test]
    fn an_engine_comes_back_and_is_lent_again() {
        let pool = ReaderPool::find(&wanted(DEBIAN, None)).unwrap();
        assert!(pool.names().page.starts_with("tesseract-vie@"));
        assert_eq!(pool.names().second_opinion, None);
        let idle = || pool.idle.lock().unwrap().len();
        assert_eq!(idle(), 1);
        let mut first = pool.open().unwrap();
        assert_eq!(idle(), 0, "the one that was opened to try is used");
        let white = GrayImage::from_pixel(300, 200, image::Luma([255]));
        assert!(first.read(&white, 300).unwrap().words.is_empty());
        assert!(first.line_engine().is_none());
        let second = pool.open().unwrap();
        drop((first, second));
        assert_eq!(idle(), 2);
    }

    #[test]
    fn what_is_missing_is_told_before_a_page_is_read() {
        let no_data = ReaderPool::find(&wanted("/nowhere", None));
        assert_eq!(no_data.err().unwrap().code(), "text.data_missing");
        let no_list = ReaderPool::find(&wanted(DEBIAN, Some(Path::new("/nowhere"))));
        assert_eq!(no_list.err().unwrap().code(), "model.manifest");
    }
}
