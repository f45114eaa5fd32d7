//! What a scan tells while it runs: signs of progress, what it waits for, files set aside, and pages.

use image::DynamicImage;
use serde::{Deserialize, Serialize};

/// One thing that happened in a scan.
#[derive(Clone, Debug)]
pub enum ScanEvent {
    Progress(Progress),
    /// Nothing is wrong: the job goes on by itself once somebody did what it waits for. Told again and again.
    Waiting(Waiting),
    SetAside(SetAside),
    Page(Page),
}

/// How far the page in work has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// The page in work, from 1.
    pub page: u32,
    /// What has arrived of it.
    pub bytes: u64,
    /// How much it will be, when the device knows.
    #[serde(default)]
    pub of: Option<u64>,
}

impl Progress {
    /// 0 to 100; none when nobody knows the whole.
    pub fn percent(&self) -> Option<u8> {
        let of = self.of.filter(|of| *of > 0)?;
        u8::try_from(u128::from(self.bytes.min(of)) * 100 / u128::from(of)).ok()
    }
}

/// What a job waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Waiting {
    /// Paper in the feeder, a file in the folder, a sheet under the camera.
    Paper,
    /// Somebody to shut the cover.
    Cover,
    /// The device to finish what it is doing.
    Device,
    /// The picture to hold still.
    Stillness,
}

/// A file the folder driver would not take as pages. It still lies where it lay.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetAside {
    /// Its name in the folder. Names of files often name people: `Debug` does not print it.
    pub file: String,
    /// Why, as a code such as `scan.file_unreadable`.
    pub code: String,
}

impl std::fmt::Debug for SetAside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SetAside({})", self.code)
    }
}

/// Which side of its sheet a page is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    #[default]
    Front,
    Back,
}

/// One page as the scanner saw it: nothing is cropped, turned or cleaned. `Debug` tells the size and no pixel.
#[derive(Clone)]
pub struct Page {
    /// `ImageRgb8` or `ImageLuma8`.
    pub image: DynamicImage,
    /// The resolution the scanner says it used; none for a photograph, which has no scale.
    pub dpi: Option<u32>,
    /// Back only where a duplex feeder turned the sheet.
    pub side: Side,
    /// The device's own bytes when it sent the page as a JPEG; `image` holds their pixels. To pack them again would
    /// only lose.
    pub jpeg: Option<Vec<u8>>,
}

impl std::fmt::Debug for Page {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Page({}x{}", self.image.width(), self.image.height())?;
        match self.dpi {
            Some(dpi) => write!(f, " at {dpi} dpi)"),
            None => write!(f, " at no known dpi)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_told_in_percent_where_the_whole_is_known() {
        let progress = |bytes, of| Progress { page: 1, bytes, of }.percent();
        assert_eq!(progress(50, Some(200)), Some(25));
        assert_eq!(progress(300, Some(200)), Some(100));
        assert_eq!(progress(u64::MAX, Some(u64::MAX)), Some(100));
        assert_eq!((progress(5, None), progress(5, Some(0))), (None, None));
    }

    #[test]
    fn debug_tells_no_pixel_and_no_name() {
        let page = Page {
            image: DynamicImage::new_luma8(3, 2),
            dpi: None,
            side: Side::Front,
            jpeg: None,
        };
        assert_eq!(format!("{page:?}"), "Page(3x2 at no known dpi)");
        let aside = SetAside {
            file: "Nguyen Van A.pdf".into(),
            code: "scan.file_unreadable".into(),
        };
        assert!(!format!("{aside:?}").contains("Nguyen"));
    }
}
