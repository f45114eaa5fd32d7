//! The sixteen data groups of the logical data structure, and where a chip keeps them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One of the sixteen elementary files of ICAO 9303-10 §4.7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DataGroup {
    /// The machine-readable zone.
    Dg1,
    /// The face.
    Dg2,
    /// The fingers; behind terminal authentication on most documents.
    Dg3,
    /// The irises.
    Dg4,
    Dg5,
    Dg6,
    Dg7,
    Dg8,
    Dg9,
    Dg10,
    /// Additional personal details.
    Dg11,
    /// Additional document details.
    Dg12,
    /// Optional details: what the issuing state likes; on the CCCD the card's printed text.
    Dg13,
    /// Security options: keys and protocols of chip authentication.
    Dg14,
    /// The public key of active authentication.
    Dg15,
    Dg16,
}

impl DataGroup {
    pub const ALL: [Self; 16] = [
        Self::Dg1,
        Self::Dg2,
        Self::Dg3,
        Self::Dg4,
        Self::Dg5,
        Self::Dg6,
        Self::Dg7,
        Self::Dg8,
        Self::Dg9,
        Self::Dg10,
        Self::Dg11,
        Self::Dg12,
        Self::Dg13,
        Self::Dg14,
        Self::Dg15,
        Self::Dg16,
    ];

    // ICAO 9303-10 §4.6.1 table 31: template tags, in order of the data groups.
    const TAGS: [u8; 16] = [
        0x61, 0x75, 0x63, 0x76, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6A, 0x6B, 0x6C, 0x6D, 0x6E, 0x6F,
        0x70,
    ];

    /// 1 to 16, as the security object counts.
    pub fn number(self) -> u8 {
        self as u8 + 1
    }

    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number).checked_sub(1)?).copied()
    }

    /// The tag that opens the file.
    pub fn tag(self) -> u8 {
        Self::TAGS[self as usize]
    }

    pub fn from_tag(tag: u8) -> Option<Self> {
        let index = Self::TAGS.iter().position(|&known| known == tag)?;
        Self::ALL.get(index).copied()
    }

    /// The short file identifier: the group's number.
    pub fn sfi(self) -> u8 {
        self.number()
    }

    /// The file identifier, `01nn`.
    pub fn file_id(self) -> u16 {
        0x0100 | u16::from(self.number())
    }

    /// "dg1" to "dg16"; the same word that JSON uses.
    pub fn name(self) -> &'static str {
        [
            "dg1", "dg2", "dg3", "dg4", "dg5", "dg6", "dg7", "dg8", "dg9", "dg10", "dg11", "dg12",
            "dg13", "dg14", "dg15", "dg16",
        ][self as usize]
    }
}

impl fmt::Display for DataGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for DataGroup {
    type Err = UnknownGroup;

    fn from_str(text: &str) -> Result<Self, UnknownGroup> {
        Self::ALL
            .into_iter()
            .find(|group| group.name() == text)
            .ok_or(UnknownGroup)
    }
}

/// The word names no data group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a data group: dg1 to dg16 are")]
pub struct UnknownGroup;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_tags_and_names_agree() {
        for group in DataGroup::ALL {
            assert_eq!(DataGroup::from_number(group.number()), Some(group));
            assert_eq!(DataGroup::from_tag(group.tag()), Some(group));
            assert_eq!(group.name().parse(), Ok(group));
            assert_eq!(
                serde_json::to_string(&group).unwrap(),
                format!("\"{}\"", group.name())
            );
        }
        assert_eq!(DataGroup::from_number(0), None);
        assert_eq!(DataGroup::from_number(17), None);
        assert_eq!(DataGroup::Dg15.file_id(), 0x010F);
        assert_eq!(DataGroup::Dg2.tag(), 0x75);
    }
}
