//! The newer face record, ISO/IEC 39794-5:2019 in ICAO's application profile for travel documents.

use super::{About, FIELD, Face, LdsError, push};
use crate::lds::ImageFormat;
use crate::lds::iso39794::{
    block, chosen, code_at, leaf, node, number_at, representations, sequence_of, write_block,
    write_number,
};
use crate::tlv;

/// FaceImageDataBlock ::= [APPLICATION 5].
const FACE_IMAGE: u32 = 0x65;

/// What the record says about one picture. The codes are the standard's own.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct About39794 {
    pub representation_id: u64,
    /// 2 JPEG, 3 JPEG 2000 lossy, 4 JPEG 2000 lossless: declared, not believed.
    pub data_format: Option<u64>,
    /// Width and height as declared.
    pub size: Option<(u32, u32)>,
    /// 0 MRTD, in the profile.
    pub kind: Option<u64>,
    /// 2 RGB 24 bit, 5 grey 8 bit and so on.
    pub colour_space: Option<u64>,
    pub captured: Option<CaptureDate>,
    pub quality: Vec<Quality>,
    /// 1 other, 2 male, 3 female.
    pub gender: Option<u64>,
    pub eye_colour: Option<u64>,
    pub hair_colour: Option<u64>,
    /// Centimetres.
    pub subject_height: Option<u64>,
    pub landmarks: Vec<Landmark>,
}

/// When the picture was taken, as far as it is told.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CaptureDate {
    pub year: u64,
    pub month: Option<u64>,
    pub day: Option<u64>,
}

/// What one algorithm thought of the picture.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Quality {
    /// Registered owner and number of the algorithm.
    pub organisation: u64,
    pub algorithm: u64,
    /// 0 to 100; `None` when it could not tell.
    pub score: Option<u64>,
}

/// A point of the face. Of its several ways to be named only the MPEG-4 one is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Landmark {
    /// 0 is point 2.1, 84 is 12.1 (the centre of the left eye).
    pub mpeg4: Option<u64>,
    /// Pixels from the upper left corner, where told in two dimensions.
    pub at: Option<(u64, u64)>,
}

pub(super) fn read(record: &[u8], faces: &mut Vec<Face>) -> Result<(), LdsError> {
    let block = block(record, FACE_IMAGE)?;
    tlv::require(block, node(0))?;
    for representation in representations(block)? {
        // imageRepresentation [1] → base [0] → imageRepresentation2DBlock [0]; a shape in three
        // dimensions or a form of the future holds no picture for us.
        let image = tlv::require(representation, node(1))?;
        let Some(base) = tlv::find(image, node(0))? else {
            continue;
        };
        let Some(flat) = tlv::find(base, node(0))? else {
            continue;
        };
        let picture = tlv::require(flat, leaf(0))?;
        let about = about(representation, tlv::require(flat, node(1))?)?;
        push(faces, picture, About::Iso39794(about))?;
    }
    Ok(())
}

/// `information` is the ImageInformation2DBlock.
fn about(representation: &[u8], information: &[u8]) -> Result<About39794, LdsError> {
    const BAD: LdsError = LdsError::Field { field: FIELD };
    let size = match tlv::find(information, node(7))? {
        Some(size) => {
            let side = |at| -> Result<u32, LdsError> {
                let side = number_at(size, at)?.ok_or(BAD)?;
                u32::try_from(side).map_err(|_| BAD)
            };
            Some((side(0)?, side(1)?))
        }
        None => None,
    };
    let captured = match tlv::find(representation, node(2))? {
        Some(date) => Some(CaptureDate {
            year: number_at(date, 0)?.ok_or(BAD)?,
            month: number_at(date, 1)?,
            day: number_at(date, 2)?,
        }),
        None => None,
    };
    let mut about = About39794 {
        representation_id: number_at(representation, 0)?.ok_or(BAD)?,
        data_format: code_at(information, 0)?,
        size,
        kind: code_at(information, 1)?,
        colour_space: code_at(information, 9)?,
        captured,
        quality: qualities(representation)?,
        gender: None,
        eye_colour: None,
        hair_colour: None,
        subject_height: None,
        landmarks: landmarks(representation)?,
    };
    if let Some(person) = tlv::find(representation, node(8))? {
        about.gender = code_at(person, 0)?;
        about.eye_colour = code_at(person, 1)?;
        about.hair_colour = code_at(person, 2)?;
        about.subject_height = number_at(person, 3)?;
    }
    Ok(about)
}

fn qualities(representation: &[u8]) -> Result<Vec<Quality>, LdsError> {
    let Some(list) = tlv::find(representation, node(3))? else {
        return Ok(Vec::new());
    };
    sequence_of(list)?
        .into_iter()
        .map(|quality| {
            let algorithm = tlv::require(quality, node(0))?;
            let told = |at| -> Result<u64, LdsError> {
                number_at(algorithm, at)?.ok_or(LdsError::Field { field: FIELD })
            };
            // scoreOrError [1]: score [0], or error [1].
            let score = tlv::require(quality, node(1))?;
            Ok(Quality {
                organisation: told(0)?,
                algorithm: told(1)?,
                score: number_at(score, 0)?,
            })
        })
        .collect()
}

fn landmarks(representation: &[u8]) -> Result<Vec<Landmark>, LdsError> {
    /// The value of the `[0]` of a `[0]`: the base form of a choice within the base form of another.
    fn base(choice: &[u8]) -> Result<Option<&[u8]>, LdsError> {
        Ok(match tlv::find(choice, node(0))? {
            Some(base) => chosen(base)?
                .filter(|object| object.tag() == node(0))
                .map(|object| object.value()),
            None => None,
        })
    }
    let Some(list) = tlv::find(representation, node(9))? else {
        return Ok(Vec::new());
    };
    sequence_of(list)?
        .into_iter()
        .map(|landmark| {
            let mpeg4 = match base(tlv::require(landmark, node(0))?)? {
                Some(point) => crate::lds::iso39794::code(point)?,
                None => None,
            };
            let at = match tlv::find(landmark, node(1))?
                .map(base)
                .transpose()?
                .flatten()
            {
                Some(point) => number_at(point, 0)?.zip(number_at(point, 1)?),
                None => None,
            };
            Ok(Landmark { mpeg4, at })
        })
        .collect()
}

/// One record with one picture, and only what the profile requires and the size.
pub(super) fn write(image: &[u8], format: ImageFormat, width: u16, height: u16) -> Vec<u8> {
    let format = match format {
        ImageFormat::Jpeg2000 => 3,
        _ => 2,
    };
    let size = tlv::encode_all(
        node(7),
        &[
            &write_number(0, u64::from(width)),
            &write_number(1, u64::from(height)),
        ],
    );
    let format = tlv::encode(node(0), &write_number(0, format));
    let information = tlv::encode_all(node(1), &[&format, &size]);
    let picture = tlv::encode(leaf(0), image);
    let flat = tlv::encode_all(node(0), &[&picture, &information]);
    let base = tlv::encode(node(0), &flat);
    let image = tlv::encode(node(1), &base);
    write_block(FACE_IMAGE, &[[write_number(0, 0), image].concat()])
}
