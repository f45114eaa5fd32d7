//! What the ledger states: of each image, the sheet and the side it shows, or the image it repeats.

use serde::Serialize;

use super::Counted;

/// What an image is to the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// A page of its own.
    Page,
    /// Shows the same as an earlier image, and could be left out.
    Duplicate { of: u32 },
    /// The page of an earlier image, with a note over it.
    WithNote { without: u32 },
    /// The page of an earlier image, whose note has been taken off.
    WithoutNote { with: u32 },
}

impl Standing {
    /// The earlier image that shows the same side of the same sheet.
    fn earlier(self) -> Option<u32> {
        match self {
            Self::Page => None,
            Self::Duplicate { of } => Some(of),
            Self::WithNote { without } => Some(without),
            Self::WithoutNote { with } => Some(with),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Front,
    Back,
}

/// One image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Image {
    /// From 1, in the order of scanning.
    pub number: u32,
    pub sha256: String,
    /// The sheet it shows, from 1.
    pub sheet: u32,
    pub side: Side,
    /// Kept all the same.
    pub blank: bool,
    pub standing: Standing,
}

/// All images, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Statement {
    /// Sheets counted by hand; none when nobody counted.
    pub sheets_declared: Option<u32>,
    pub both_sides: bool,
    /// Sheets that the images show.
    pub sheets: u32,
    pub images: Vec<Image>,
}

impl Statement {
    pub(super) fn of(
        counted: Option<Counted>,
        both_sides: bool,
        entries: impl Iterator<Item = (String, bool, Standing)>,
    ) -> Self {
        let mut images: Vec<Image> = Vec::new();
        let mut pages = 0_u32;
        for ((sha256, blank, standing), number) in entries.zip(1_u32..) {
            let seen = standing
                .earlier()
                .and_then(|earlier| images.get(earlier as usize - 1))
                .map(|earlier| (earlier.sheet, earlier.side));
            let (sheet, side) = seen.unwrap_or_else(|| {
                let at = pages;
                pages += 1;
                match (both_sides, at % 2) {
                    (false, _) => (at + 1, Side::Front),
                    (true, 0) => (at / 2 + 1, Side::Front),
                    (true, _) => (at / 2 + 1, Side::Back),
                }
            });
            images.push(Image {
                number,
                sha256,
                sheet,
                side,
                blank,
                standing,
            });
        }
        Self {
            sheets_declared: counted.map(Counted::sheets),
            both_sides,
            sheets: images.iter().map(|image| image.sheet).max().unwrap_or(0),
            images,
        }
    }

    /// Sides of sheets that the images show, blank ones included, each once.
    pub fn pages(&self) -> u32 {
        self.count(|_| true)
    }

    pub fn blank_pages(&self) -> u32 {
        self.count(|image| image.blank)
    }

    pub fn written_pages(&self) -> u32 {
        self.count(|image| !image.blank)
    }

    fn count(&self, keep: impl Fn(&Image) -> bool) -> u32 {
        let pages = self
            .images
            .iter()
            .filter(|image| image.standing.earlier().is_none() && keep(image))
            .count();
        u32::try_from(pages).unwrap_or(u32::MAX)
    }
}
