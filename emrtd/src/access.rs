//! Getting past the lock of the chip: PACE, or BAC where nothing better is offered.

use serde::{Deserialize, Serialize};

/// How the chip was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccessProtocol {
    PaceCan,
    PaceMrz,
    Bac,
}

impl AccessProtocol {
    /// The word that JSON uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PaceCan => "pace-can",
            Self::PaceMrz => "pace-mrz",
            Self::Bac => "bac",
        }
    }
}
