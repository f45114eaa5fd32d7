//! The older face record, ISO/IEC 19794-5:2005: fixed big-endian fields, then the picture.

use super::{About, FIELD, Face, LdsError, push};
use crate::lds::cbeff::Fields;

/// "FAC", version "010": the only one that 9303-10 refers to.
const MAGIC: &[u8] = b"FAC\x00010\x00";
/// §5.4: facial record header.
const RECORD_HEADER: usize = 14;
/// §5.5 and §5.7: facial information and image information.
const BLOCK_HEADER: usize = 20 + 12;
const POINT: usize = 8;

/// What the record says about one picture (§5.5 to §5.7). The codes are the standard's own.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct About19794 {
    /// 0 unspecified, 1 male, 2 female, 255 unknown.
    pub gender: u8,
    pub eye_colour: u8,
    pub hair_colour: u8,
    /// Glasses, beard, teeth visible and so on, one bit each; bit 0 says that the others mean anything.
    pub properties: u32,
    pub expression: u16,
    /// Yaw, pitch, roll, as coded in §5.5.7: 0 is "not told".
    pub pose: [u8; 3],
    pub pose_uncertainty: [u8; 3],
    pub points: Vec<FeaturePoint>,
    /// 0 basic, 1 full frontal, 2 token frontal.
    pub image_type: u8,
    /// 0 JPEG, 1 JPEG 2000: what the record declares, which is not what the picture is taken for.
    pub data_type: u8,
    pub width: u16,
    pub height: u16,
    /// 0 unspecified, 1 sRGB 24 bit, 2 YUV 4:2:2, 3 grey 8 bit, 4 other.
    pub colour_space: u8,
    pub source: u8,
    pub device: u16,
    /// 0 unspecified, else 1 to 100 in the year 2005; reserved by the standard.
    pub quality: u16,
}

/// §5.6: a point of the face in pixels from the upper left corner.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct FeaturePoint {
    pub kind: u8,
    /// The MPEG-4 code's two halves, as in 12.1 for the centre of an eye.
    pub code: (u8, u8),
    pub x: u16,
    pub y: u16,
}

impl About19794 {
    /// A full-frontal sRGB picture of unknown origin, with nothing said about the face.
    pub fn full_frontal() -> Self {
        Self {
            gender: 0,
            eye_colour: 0,
            hair_colour: 0,
            properties: 0,
            expression: 0,
            pose: [0; 3],
            pose_uncertainty: [0; 3],
            points: Vec::new(),
            image_type: 1,
            data_type: 0,
            width: 0,
            height: 0,
            colour_space: 1,
            source: 0,
            device: 0,
            quality: 0,
        }
    }
}

pub(super) fn read(record: &[u8], faces: &mut Vec<Face>) -> Result<(), LdsError> {
    const BAD: LdsError = LdsError::Field { field: FIELD };
    let mut fields = Fields::new(record, FIELD);
    if fields.take(MAGIC.len())? != MAGIC {
        return Err(BAD);
    }
    // The length of the whole: the blocks tell theirs, and the bytes are bounded by the file.
    fields.number(4)?;
    let count = fields.number(2)?;
    for _ in 0..count {
        let block = fields.number(4)?;
        let points = fields.number(2)?;
        let image = block
            .checked_sub(BLOCK_HEADER + points * POINT)
            .ok_or(BAD)?;
        let mut about = About19794 {
            gender: fields.octet()?,
            eye_colour: fields.octet()?,
            hair_colour: fields.octet()?,
            properties: fields.number(3)? as u32,
            expression: fields.short()?,
            pose: three(&mut fields)?,
            pose_uncertainty: three(&mut fields)?,
            ..About19794::full_frontal()
        };
        // The points' bytes are there, or `take` says so before anything is kept.
        let mut listed = Fields::new(fields.take(points * POINT)?, FIELD);
        for _ in 0..points {
            let kind = listed.octet()?;
            let code = listed.octet()?;
            about.points.push(FeaturePoint {
                kind,
                code: (code >> 4, code & 0x0F),
                x: listed.short()?,
                y: listed.short()?,
            });
            listed.short()?;
        }
        about.image_type = fields.octet()?;
        about.data_type = fields.octet()?;
        about.width = fields.short()?;
        about.height = fields.short()?;
        about.colour_space = fields.octet()?;
        about.source = fields.octet()?;
        about.device = fields.short()?;
        about.quality = fields.short()?;
        push(faces, fields.take(image)?, About::Iso19794(about))?;
    }
    Ok(())
}

fn three(fields: &mut Fields<'_>) -> Result<[u8; 3], LdsError> {
    Ok([fields.octet()?, fields.octet()?, fields.octet()?])
}

/// One record for several pictures.
pub(super) fn write(faces: &[(&[u8], &About19794)]) -> Vec<u8> {
    let number = |length: usize| u32::try_from(length).expect("portraits are small");
    let mut blocks = Vec::new();
    for (image, about) in faces {
        let points = u16::try_from(about.points.len()).expect("a face has few points");
        let length = BLOCK_HEADER + usize::from(points) * POINT + image.len();
        blocks.extend(number(length).to_be_bytes());
        blocks.extend(points.to_be_bytes());
        blocks.extend([about.gender, about.eye_colour, about.hair_colour]);
        blocks.extend(&about.properties.to_be_bytes()[1..]);
        blocks.extend(about.expression.to_be_bytes());
        blocks.extend(about.pose);
        blocks.extend(about.pose_uncertainty);
        for point in &about.points {
            blocks.extend([point.kind, point.code.0 << 4 | point.code.1 & 0x0F]);
            blocks.extend(point.x.to_be_bytes());
            blocks.extend(point.y.to_be_bytes());
            blocks.extend([0, 0]);
        }
        blocks.extend([about.image_type, about.data_type]);
        blocks.extend(about.width.to_be_bytes());
        blocks.extend(about.height.to_be_bytes());
        blocks.extend([about.colour_space, about.source]);
        blocks.extend(about.device.to_be_bytes());
        blocks.extend(about.quality.to_be_bytes());
        blocks.extend(*image);
    }
    let count = u16::try_from(faces.len()).expect("a file has few faces");
    let mut record = MAGIC.to_vec();
    record.extend(number(RECORD_HEADER + blocks.len()).to_be_bytes());
    record.extend(count.to_be_bytes());
    record.extend(blocks);
    record
}
