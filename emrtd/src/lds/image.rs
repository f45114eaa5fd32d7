//! Which picture format a chip's image really is, by its first bytes.

use serde::{Deserialize, Serialize};

/// How the pixels of a face or a finger are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ImageFormat {
    Jpeg,
    /// JP2 file or bare code stream.
    Jpeg2000,
    Png,
    /// The FBI's wavelet format for fingers.
    Wsq,
    /// Bare grey pixels, one byte each, row by row.
    Raw,
}

impl ImageFormat {
    /// By magic; issuers get the declared type wrong.
    pub fn sniff(bytes: &[u8]) -> Option<Self> {
        const MAGIC: [(&[u8], ImageFormat); 5] = [
            (b"\xFF\xD8\xFF", ImageFormat::Jpeg),
            (b"\0\0\0\x0CjP  ", ImageFormat::Jpeg2000),
            (b"\xFF\x4F\xFF\x51", ImageFormat::Jpeg2000),
            (b"\x89PNG\r\n\x1A\n", ImageFormat::Png),
            (b"\xFF\xA0", ImageFormat::Wsq),
        ];
        MAGIC
            .into_iter()
            .find(|(magic, _)| bytes.starts_with(magic))
            .map(|(_, format)| format)
    }

    /// Width and height of a JPEG or PNG, from its header.
    pub fn size(bytes: &[u8]) -> Option<(u16, u16)> {
        let number = |at: usize| Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
        match Self::sniff(bytes)? {
            // IHDR comes first; the upper halves of its 32-bit numbers are zero in any picture here.
            Self::Png => Some((number(18)?, number(22)?)),
            Self::Jpeg => {
                let mut at = 2;
                while bytes.get(at)? == &0xFF {
                    let marker = *bytes.get(at + 1)?;
                    // Start of frame; C4, C8 and CC are other things.
                    if matches!(marker, 0xC0..=0xCF) && !matches!(marker, 0xC4 | 0xC8 | 0xCC) {
                        return Some((number(at + 7)?, number(at + 5)?));
                    }
                    at += 2 + usize::from(number(at + 2)?);
                }
                None
            }
            _ => None,
        }
    }
}
