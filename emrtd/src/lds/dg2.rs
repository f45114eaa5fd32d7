//! DG2: the holder's face, as ISO/IEC 19794-5:2005 or ISO/IEC 39794-5:2019 records inside CBEFF.
//!
//! The picture itself is taken by what it is, not by what its record declares; the record's own words
//! about it stay beside it in [`Face::about`].

use std::fmt;

use zeroize::Zeroizing;

use super::cbeff::{self, FACE};
use super::image::{ImageEnd, ImageFacts};
use super::{DataGroup, Encoding, ImageFormat, LdsError, content};
use crate::tlv;

mod iso19794;
mod iso39794;

pub use iso19794::{About19794, FeaturePoint};
pub use iso39794::{About39794, CaptureDate, Landmark, Quality};

const FIELD: &str = "the face record of DG2";
/// JPEG 2000 portraits are some 15 KB, the largest JPEG ones some 60; more than this is no portrait.
const MOST_BYTES: usize = 128 * 1024;
/// 9303-10 wants one; a few more are read, the first is the portrait.
const MOST_FACES: usize = 16;

/// A compressed portrait as the chip holds it; wiped when dropped, nothing in `Debug`.
///
/// Its size is read from its own header and within [`ImageFacts::MOST_PIXELS`], so a decoder may be
/// given it. That it is whole is another matter: see [`end`](Self::end).
#[derive(Clone, PartialEq, Eq)]
pub struct PortraitBytes {
    facts: ImageFacts,
    bytes: Zeroizing<Vec<u8>>,
}

impl PortraitBytes {
    fn new(bytes: &[u8]) -> Result<Self, LdsError> {
        if bytes.len() > MOST_BYTES {
            return Err(LdsError::TooMany {
                field: "bytes of a portrait",
                found: bytes.len(),
                limit: MOST_BYTES,
            });
        }
        let facts = ImageFacts::of(bytes)
            .ok_or(LdsError::Field { field: FIELD })?
            .within_caps()?;
        Ok(Self {
            facts,
            bytes: Zeroizing::new(bytes.to_vec()),
        })
    }

    pub fn format(&self) -> ImageFormat {
        self.facts.format
    }

    /// Columns, by the picture's own header.
    pub fn width(&self) -> u32 {
        self.facts.width
    }

    /// Rows, by the picture's own header.
    pub fn height(&self) -> u32 {
        self.facts.height
    }

    /// Whether the picture is cut short or followed by other bytes.
    pub fn end(&self) -> ImageEnd {
        self.facts.end
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for PortraitBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PortraitBytes({:?})", self.facts.format)
    }
}

/// One face of the file: the picture, and what its record says about it. `Debug` prints neither.
#[derive(Clone, PartialEq, Eq)]
pub struct Face {
    pub portrait: PortraitBytes,
    pub about: About,
}

/// What a record says about its picture, in the words of its standard.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum About {
    Iso19794(About19794),
    Iso39794(About39794),
}

impl Face {
    pub fn encoding(&self) -> Encoding {
        match self.about {
            About::Iso19794(_) => Encoding::Iso19794,
            About::Iso39794(_) => Encoding::Iso39794,
        }
    }

    /// Width and height as the record declares them; the picture's own are in the portrait.
    pub fn declared_size(&self) -> Option<(u32, u32)> {
        match &self.about {
            About::Iso19794(about) => {
                let size = (u32::from(about.width), u32::from(about.height));
                // 19794-5 §5.7.3: zero is "not told".
                (size != (0, 0)).then_some(size)
            }
            About::Iso39794(about) => about.size,
        }
    }
}

impl fmt::Debug for Face {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Face({:?}, {:?})", self.encoding(), self.portrait)
    }
}

/// The first face of the file: the portrait.
pub fn read(file: &[u8]) -> Result<PortraitBytes, LdsError> {
    read_all(file)?
        .into_iter()
        .next()
        .map(|face| face.portrait)
        .ok_or(LdsError::Field { field: FIELD })
}

/// Every face of the file, in order; none when the file holds no record.
pub fn read_all(file: &[u8]) -> Result<Vec<Face>, LdsError> {
    let mut faces = Vec::new();
    for record in cbeff::records(content(file, DataGroup::Dg2)?)? {
        match record.encoding {
            Encoding::Iso19794 => iso19794::read(record.data, &mut faces)?,
            Encoding::Iso39794 => iso39794::read(record.data, &mut faces)?,
        }
    }
    Ok(faces)
}

fn push(faces: &mut Vec<Face>, image: &[u8], about: About) -> Result<(), LdsError> {
    if faces.len() == MOST_FACES {
        return Err(LdsError::TooMany {
            field: "faces",
            found: MOST_FACES + 1,
            limit: MOST_FACES,
        });
    }
    faces.push(Face {
        portrait: PortraitBytes::new(image)?,
        about,
    });
    Ok(())
}

/// The file for one compressed portrait of the given size, as ISO/IEC 19794-5:2005.
pub fn write(image: &[u8], format: ImageFormat, width: u16, height: u16) -> Vec<u8> {
    let about = About19794 {
        width,
        height,
        data_type: u8::from(format == ImageFormat::Jpeg2000),
        ..About19794::full_frontal()
    };
    write_faces(&[(image, &about)])
}

/// The file for several pictures in one ISO/IEC 19794-5:2005 record, each as it is described.
pub fn write_faces(faces: &[(&[u8], &About19794)]) -> Vec<u8> {
    file(Encoding::Iso19794, &[iso19794::write(faces)])
}

/// The file for one compressed portrait as ISO/IEC 39794-5:2019 in ICAO's application profile, with
/// nothing but what that profile requires and the size.
pub fn write_39794(image: &[u8], format: ImageFormat, width: u16, height: u16) -> Vec<u8> {
    file(
        Encoding::Iso39794,
        &[iso39794::write(image, format, width, height)],
    )
}

fn file(encoding: Encoding, records: &[Vec<u8>]) -> Vec<u8> {
    tlv::encode(
        u32::from(DataGroup::Dg2.tag()),
        &cbeff::wrap(FACE, encoding, records),
    )
}

#[cfg(test)]
mod tests;
