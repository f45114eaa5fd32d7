//! Reads text by Tesseract, linked into the process: one engine object, kept and used again for every page.
//!
//! The program that uses it must set the environment variable `OMP_THREAD_LIMIT=1` first thing in `main`, before any
//! thread runs: Tesseract's own threads cost more than they give, and a library may not change the environment under
//! its caller. Whoever wants to read faster opens one engine a thread and shares out the pages.

mod tsv;

use std::ffi::CString;
use std::io;
use std::path::{Path, PathBuf};

use image::GrayImage;
use models::{ModelId, PageText, TextEngine, TextError};
use tesseract::plumbing::TessBaseApi;

/// Every failure code of [`OpenError`]; reading itself fails with the codes of [`TextError`].
pub const CODES: &[&str] = &["text.data_missing", "text.data_unusable"];

/// The engine mode "LSTM only" of Tesseract's `capi.h`; the other modes want data that is not shipped any more.
const LSTM_ONLY: u32 = 1;

/// "Fully automatic page segmentation" of `capi.h`. The library's own default takes the page for one block of text and
/// jumbles columns and tables.
const WHOLE_PAGE: u32 = 3;

/// "Assume a single uniform block of text" of `capi.h`: the only mode for several lines that never takes them for
/// lines that stand upright.
const ONE_BLOCK: u32 = 6;

/// "Treat the image as a single text line" of `capi.h`.
const ONE_LINE: u32 = 7;

/// Tesseract refuses larger sides (`TDIMENSION` is 16 bits, signed in places).
const MAX_SIDE: u32 = 32_000;
const MAX_PIXELS: u64 = 150_000_000;

/// No language file is larger; the biggest of tessdata_best has 15 MB.
const MAX_DATA_BYTES: u64 = 64 * 1024 * 1024;

/// The text engine: Tesseract 5 with the languages it was opened for.
pub struct Tesseract {
    api: TessBaseApi,
    model: ModelId,
}

impl Tesseract {
    /// Opens the engine on a folder with `<language>.traineddata` files; `languages` as Tesseract writes them, the main
    /// one first: `vie` or `vie+eng`.
    pub fn open(tessdata: impl AsRef<Path>, languages: &str) -> Result<Self, OpenError> {
        let tessdata = tessdata.as_ref();
        let model = identify(tessdata, languages)?;
        let unusable = || OpenError::DataUnusable {
            folder: tessdata.to_owned(),
            languages: languages.to_owned(),
        };
        let folder =
            CString::new(tessdata.as_os_str().as_encoded_bytes()).map_err(|_| unusable())?;
        let names = CString::new(languages).map_err(|_| unusable())?;
        let mut api = TessBaseApi::create();
        api.init_4(Some(&folder), Some(&names), LSTM_ONLY)
            .map_err(|_| unusable())?;
        // Its remarks on single lines would fill the log of a desk; what matters comes back as a result.
        api.set_variable(c"debug_file", c"/dev/null")
            .map_err(|_| unusable())?;
        Ok(Self { api, model })
    }
}

impl Tesseract {
    fn words(&mut self, page: &GrayImage, dpi: u32, mode: u32) -> Result<PageText, TextError> {
        let (width, height) = page.dimensions();
        let sides = 1..=MAX_SIDE;
        if !sides.contains(&width)
            || !sides.contains(&height)
            || u64::from(width) * u64::from(height) > MAX_PIXELS
        {
            return Err(TextError::PageSize { width, height });
        }
        let failed = |step: &'static str| move |detail: String| TextError::Engine { step, detail };
        self.api.set_page_seg_mode(mode);
        let (columns, rows) = (width as i32, height as i32); // both below MAX_SIDE
        self.api
            .set_image(page.as_raw(), columns, rows, 1, columns)
            .map_err(|error| failed("set_image")(error.to_string()))?;
        self.api.set_source_resolution(dpi.clamp(70, 2400) as i32);
        self.api
            .recognize()
            .map_err(|error| failed("recognize")(error.to_string()))?;
        let table = self
            .api
            .get_tsv_text(0)
            .map_err(|error| failed("tsv")(error.to_string()))?;
        Ok(PageText::from_words(tsv::words(
            &table.as_ref().to_string_lossy(),
        )))
    }
}

impl TextEngine for Tesseract {
    fn read(&mut self, page: &GrayImage, dpi: u32) -> Result<PageText, TextError> {
        self.words(page, dpi, WHOLE_PAGE)
    }

    fn read_line(&mut self, line: &GrayImage, dpi: u32) -> Result<PageText, TextError> {
        self.words(line, dpi, ONE_LINE)
    }

    fn read_lines(&mut self, lines: &GrayImage, dpi: u32) -> Result<PageText, TextError> {
        self.words(lines, dpi, ONE_BLOCK)
    }

    fn model(&self) -> &ModelId {
        &self.model
    }
}

/// An engine that is opened when it is first asked to read: for a net that few pages need.
pub struct OnDemand {
    tessdata: PathBuf,
    languages: String,
    model: ModelId,
    opened: Option<Tesseract>,
}

impl OnDemand {
    /// Looks at the language files only.
    pub fn new(tessdata: impl AsRef<Path>, languages: &str) -> Result<Self, OpenError> {
        Ok(Self {
            tessdata: tessdata.as_ref().to_owned(),
            languages: languages.to_owned(),
            model: identify(tessdata.as_ref(), languages)?,
            opened: None,
        })
    }

    fn engine(&mut self) -> Result<&mut Tesseract, TextError> {
        let opened = match self.opened.take() {
            Some(engine) => engine,
            None => Tesseract::open(&self.tessdata, &self.languages).map_err(|error| {
                TextError::Engine {
                    step: "open",
                    detail: error.to_string(),
                }
            })?,
        };
        Ok(self.opened.insert(opened))
    }
}

impl TextEngine for OnDemand {
    fn read(&mut self, page: &GrayImage, dpi: u32) -> Result<PageText, TextError> {
        self.engine()?.read(page, dpi)
    }

    fn read_line(&mut self, line: &GrayImage, dpi: u32) -> Result<PageText, TextError> {
        self.engine()?.read_line(line, dpi)
    }

    fn read_lines(&mut self, lines: &GrayImage, dpi: u32) -> Result<PageText, TextError> {
        self.engine()?.read_lines(lines, dpi)
    }

    fn model(&self) -> &ModelId {
        &self.model
    }
}

/// Names the model by its files: the digest of the one file, or of all of them in their order.
fn identify(tessdata: &Path, languages: &str) -> Result<ModelId, OpenError> {
    let mut digest = ring::digest::Context::new(&ring::digest::SHA256);
    for language in languages.split('+') {
        // A language is a file name, and no path out of the folder.
        let plain = !language.is_empty()
            && language
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '_');
        let file = tessdata.join(format!("{language}.traineddata"));
        let missing = |error: io::Error| OpenError::DataMissing {
            file: file.clone(),
            error,
        };
        if !plain || std::fs::metadata(&file).map_err(missing)?.len() > MAX_DATA_BYTES {
            return Err(missing(io::ErrorKind::InvalidInput.into()));
        }
        digest.update(&std::fs::read(&file).map_err(missing)?);
    }
    Ok(ModelId {
        name: format!("tesseract-{languages}"),
        sha256: hex::encode(digest.finish()),
    })
}

/// Why the engine could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    #[error("the language file {} cannot be used", file.display())]
    DataMissing {
        file: PathBuf,
        #[source]
        error: io::Error,
    },
    #[error("Tesseract does not take the data of {languages} in {}", folder.display())]
    DataUnusable { folder: PathBuf, languages: String },
}

impl OpenError {
    /// The stable code under which the failure list explains this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::DataMissing { .. } => "text.data_missing",
            Self::DataUnusable { .. } => "text.data_unusable",
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Where Debian's tesseract-ocr-vie keeps its data.
    const DEBIAN: &str = "/usr/share/tesseract-ocr/5/tessdata";

    #[test]
    fn missing_and_spoilt_data_are_told_apart() {
        let codes = [
            Tesseract::open("/nowhere", "vie").err().unwrap().code(),
            Tesseract::open(DEBIAN, "../vie").err().unwrap().code(),
            spoilt().code(),
        ];
        assert_eq!(
            codes,
            [
                "text.data_missing",
                "text.data_missing",
                "text.data_unusable"
            ]
        );
        assert!(codes.iter().all(|code| CODES.contains(code)));
    }

    fn spoilt() -> OpenError {
        let folder = std::env::temp_dir().join(format!("niem-tessdata-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("vie.traineddata"), b"not trained").unwrap();
        let outcome = Tesseract::open(&folder, "vie").err().unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        outcome
    }

    #[test]
    fn an_empty_page_has_no_words_and_an_impossible_one_is_refused() {
        let mut engine = Tesseract::open(DEBIAN, "vie").unwrap();
        assert_eq!(engine.model().name, "tesseract-vie");
        assert_eq!(engine.model().sha256.len(), 64);
        let white = GrayImage::from_pixel(600, 400, image::Luma([255]));
        assert!(engine.read(&white, 300).unwrap().words.is_empty());
        let endless = GrayImage::new(MAX_SIDE + 1, 1);
        assert!(matches!(
            engine.read(&endless, 300),
            Err(TextError::PageSize { .. })
        ));
        // The engine is good for the next page.
        assert!(engine.read(&white, 300).unwrap().words.is_empty());
        let mut later = OnDemand::new(DEBIAN, "vie").unwrap();
        assert_eq!(later.model(), engine.model());
        assert!(later.read(&white, 300).unwrap().words.is_empty());
        assert_eq!(
            OnDemand::new("/nowhere", "vie").err().unwrap().code(),
            "text.data_missing"
        );
    }
}
