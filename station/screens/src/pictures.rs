//! Pictures that the screens show while the visit lasts: small ones of its pages, and the chip's portrait while officials
//! compare. In memory alone, wiped with it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use zeroize::Zeroizing;

/// More pages than one visit may have, each small and large.
const MOST: usize = 512;

type Jpeg = Arc<Zeroizing<Vec<u8>>>;

/// By page number, each small and large.
#[derive(Default)]
pub struct Pictures {
    pages: Mutex<BTreeMap<(u32, bool), Jpeg>>,
    portrait: Mutex<Option<Jpeg>>,
}

impl Pictures {
    /// Puts a JPEG in the place of whatever was shown of this page.
    pub fn put(&self, page: u32, large: bool, jpeg: Zeroizing<Vec<u8>>) {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        if pages.len() < MOST || pages.contains_key(&(page, large)) {
            pages.insert((page, large), Arc::new(jpeg));
        }
    }

    #[must_use]
    pub fn of(&self, page: u32, large: bool) -> Option<Jpeg> {
        let pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        pages.get(&(page, large)).cloned()
    }

    /// What officials who are called compare the person with; none when they are done.
    pub fn set_portrait(&self, jpeg: Option<Zeroizing<Vec<u8>>>) {
        let mut portrait = self.portrait.lock().unwrap_or_else(PoisonError::into_inner);
        *portrait = jpeg.map(Arc::new);
    }

    #[must_use]
    pub fn portrait(&self) -> Option<Jpeg> {
        let portrait = self.portrait.lock().unwrap_or_else(PoisonError::into_inner);
        portrait.clone()
    }

    /// Nothing is shown any more.
    pub fn wipe(&self) {
        self.set_portrait(None);
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        pages.clear();
    }
}
