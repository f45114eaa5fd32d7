//! The logical data structure: one file a data group, each read strictly and without trust.
//!
//! Every reader here takes the whole file as the chip gave it, checks its bounds, and never panics.
//! What they return is only as true as the security object says (see [`crate::proof`]).

mod cbeff;
pub mod com;
pub mod dg1;
pub mod dg11;
pub mod dg12;
pub mod dg13;
pub mod dg14;
pub mod dg15;
pub mod dg2;
pub mod dg3;
pub(crate) mod finger_subtype;
mod group;
mod image;
mod iso39794;
pub(crate) mod oid;
pub mod sod;
mod text;
pub(crate) mod time;

pub use cbeff::Encoding;
pub use group::{DataGroup, UnknownGroup};
pub use image::{ImageEnd, ImageFacts, ImageFormat};
pub use text::Name;

use thiserror::Error;

use crate::date::PartialDate;
use crate::mrz::MrzError;
use crate::tlv::{self, TlvError};

/// Why a file is not what its data group should hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LdsError {
    #[error("the file is not well-formed: {0}")]
    Tlv(#[from] TlvError),
    #[error("{field} is not as the standard says")]
    Field { field: &'static str },
    #[error("{found} {field} are more than the {limit} allowed")]
    TooMany {
        field: &'static str,
        found: usize,
        limit: usize,
    },
    #[error("the machine-readable zone does not hold: {0}")]
    Mrz(#[from] MrzError),
}

impl LdsError {
    /// The stable code, as in the failure catalogue.
    pub fn code(self) -> &'static str {
        match self {
            Self::Tlv(_) | Self::Field { .. } | Self::TooMany { .. } => "chip.file_malformed",
            Self::Mrz(_) => "chip.mrz_malformed",
        }
    }
}

/// What stands inside the file's own tag.
fn content(file: &[u8], group: DataGroup) -> Result<&[u8], LdsError> {
    Ok(tlv::only(file, u32::from(group.tag()))?)
}

/// A DER INTEGER that fits; ICAO's are versions and key numbers.
fn integer(value: &[u8], field: &'static str) -> Result<u64, LdsError> {
    if value.is_empty() || value.len() > 9 || value[0] & 0x80 != 0 {
        return Err(LdsError::Field { field });
    }
    let mut number = 0u64;
    for &octet in value {
        number = number
            .checked_mul(256)
            .ok_or(LdsError::Field { field })?
            .wrapping_add(u64::from(octet));
    }
    Ok(number)
}

/// `yyyyMMdd` in characters, zeros for what is unknown (9303-10 tables 46 and 47).
fn year_first(date: PartialDate) -> Vec<u8> {
    format!(
        "{:04}{:02}{:02}",
        date.year(),
        date.month().unwrap_or(0),
        date.day().unwrap_or(0)
    )
    .into_bytes()
}

#[cfg(test)]
mod tests;
