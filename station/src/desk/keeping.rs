//! What the desk keeps of a visit past the person's comparison, and how it goes on with it: the road once, the table at each
//! change, each page when it comes off the scanner.

use std::path::Path;

use jiff::Timestamp;
use paper::{Coding, Master, Sheet, Turn};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::kept::{self, Keeper, KeptError};
use crate::visit::{KeptRoad, Visit};

use super::table::{KeptTable, Table};

const ROAD: &str = "road";
const TABLE: &str = "table";

/// What stands before the packed pixels of a page.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    group4: bool,
    gray: bool,
    width: u32,
    height: u32,
    dpi: u32,
    photograph: bool,
}

/// A visit that the power ended, and that can go on. Personal data: no Debug.
pub struct Unfinished {
    keeper: Keeper,
    pub road: KeptRoad,
    pub(super) table: KeptTable,
}

impl Unfinished {
    /// What an earlier run of this desk left: none when it left nothing that can go on. Whatever cannot is erased.
    ///
    /// # Errors
    /// [`KeptError`]; what is damaged is erased as well.
    pub fn left(folder: &Path, secret: &[u8], now: Timestamp) -> Result<Option<Self>, KeptError> {
        let read = Keeper::left(folder, secret).and_then(|keeper| {
            let Some(keeper) = keeper else {
                return Ok(None);
            };
            // The road is written before the first page is laid: without it there is nothing to go on with.
            let Some(road) = parsed::<KeptRoad>(keeper.take(ROAD)?)? else {
                return Ok(None);
            };
            let table = parsed(keeper.take(TABLE)?)?.unwrap_or_default();
            Ok(Some(Self {
                keeper,
                road,
                table,
            }))
        });
        match read {
            Ok(Some(unfinished)) if !unfinished.road.over(now) => Ok(Some(unfinished)),
            Ok(_) => kept::erase(folder).map(|()| None),
            Err(error) => {
                kept::erase(folder)?;
                Err(error)
            }
        }
    }

    /// # Errors
    /// [`KeptError::Disk`].
    pub fn erase(self) -> Result<(), KeptError> {
        self.keeper.erase()
    }

    /// Pages that are kept.
    #[must_use]
    pub fn pages(&self) -> usize {
        self.table.len()
    }

    pub(super) fn apart(self) -> (Keeper, KeptRoad, KeptTable) {
        (self.keeper, self.road, self.table)
    }
}

/// Keeps a visit, or nothing where no key is at hand. What cannot be kept costs the visit nothing but its safety net.
pub(super) struct Keeping<'a>(pub(super) Option<&'a Keeper>);

impl Keeping<'_> {
    pub(super) fn road(&self, visit: &Visit) {
        if let Some(road) = visit.keepable() {
            self.put(ROAD, || serde_json::to_vec(&road).ok());
        }
    }

    pub(super) fn table(&self, table: &Table) {
        self.put(TABLE, || serde_json::to_vec(&table.kept()).ok());
    }

    /// The page's packed pixels, before anybody is told that it is there.
    pub(super) fn page(&self, number: u32, sheet: &Sheet) {
        self.put(&page(number), || {
            let master = sheet.master().ok()?;
            let head = Head {
                group4: master.coding == Coding::Group4,
                gray: master.gray,
                width: master.width,
                height: master.height,
                dpi: master.dpi,
                photograph: sheet.is_photograph(),
            };
            let head = serde_json::to_vec(&head).ok()?;
            let mut bytes = u32::try_from(head.len()).ok()?.to_be_bytes().to_vec();
            bytes.extend_from_slice(&head);
            bytes.extend_from_slice(&master.bytes);
            Some(bytes)
        });
    }

    /// A page as it came off the scanner; none where it does not open.
    pub(super) fn sheet(&self, number: u32, held: Option<Turn>) -> Option<Sheet> {
        let bytes = self.0?.take(&page(number)).ok()??;
        let (length, rest) = bytes.split_at_checked(4)?;
        let length = u32::from_be_bytes(length.try_into().ok()?) as usize;
        let (head, pixels) = rest.split_at_checked(length)?;
        let head: Head = serde_json::from_slice(head).ok()?;
        let master = Master {
            bytes: pixels.to_vec(),
            coding: match head.group4 {
                true => Coding::Group4,
                false => Coding::Jpeg,
            },
            // Told anew when it is packed.
            sha256: String::new(),
            width: head.width,
            height: head.height,
            gray: head.gray,
            dpi: head.dpi,
        };
        let sheet = Sheet::from_master(&master).ok()?.seen_as(head.photograph);
        Some(match held {
            Some(turn) => sheet.held(turn),
            None => sheet,
        })
    }

    fn put(&self, name: &str, bytes: impl FnOnce() -> Option<Vec<u8>>) {
        let Some(keeper) = self.0 else { return };
        let put = match bytes() {
            Some(bytes) => keeper.put(name, Zeroizing::new(bytes)),
            None => Err(KeptError::Damaged),
        };
        if let Err(error) = put {
            tracing::warn!(
                code = error.code(),
                "this visit would not survive a power cut"
            );
        }
    }
}

fn page(number: u32) -> String {
    format!("page-{number}")
}

fn parsed<T: serde::de::DeserializeOwned>(
    bytes: Option<Zeroizing<Vec<u8>>>,
) -> Result<Option<T>, KeptError> {
    let Some(bytes) = bytes else { return Ok(None) };
    let read = serde_json::from_slice(&bytes).map_err(|_| KeptError::Damaged)?;
    Ok(Some(read))
}
