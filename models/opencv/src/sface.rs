//! The face engine: YuNet finds, a recogniser embeds, the cosine of two embeddings is the similarity.

use models::{
    Bands, FaceEngine, FaceError, FaceQuality, Manifest, ModelError, ModelId, Portrait, Similarity,
};
use opencv::core::{CV_8UC3, CV_32F, Mat, MatTraitConstManual, MatTraitManual, Scalar, Size, flip};
use opencv::dnn::{Net, NetTrait, blob_from_image, read_net_from_onnx};
use zeroize::{Zeroize, Zeroizing};

use crate::align::{SIDE, upright};
use crate::measure;
use crate::yunet::{self, Face};

/// The manifest's name of the detector.
pub const DETECTOR: &str = "yunet_2023mar";
/// The manifest's name of the recogniser that judges where no other is asked for.
pub const RECOGNISER: &str = Recogniser::SFace.name();

/// Someone stands beside the person when their face is at least this large a part of the largest
/// one's width; smaller faces are passers-by and pictures on the wall.
const BESIDE: f32 = 0.4;

/// A net that turns an upright face into numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Recogniser {
    /// 128 numbers; the first choice.
    SFace,
    /// 192 numbers of a net an eighth of the size, another opinion from another architecture. It is asked twice, for the
    /// face and for its mirror image, as `docs/rates.md` measured it.
    MobileFaceNet,
}

impl Recogniser {
    /// Its name in the manifest.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SFace => "sface_2021dec",
            Self::MobileFaceNet => "mobilefacenet_192",
        }
    }
}

/// YuNet and a recogniser on OpenCV's `dnn`, on the CPU.
pub struct SFace {
    detector: Net,
    recogniser: Net,
    kind: Recogniser,
    detector_model: ModelId,
    model: ModelId,
    bands: Bands,
}

impl SFace {
    /// Loads both nets; weights that are not the pinned ones are refused, and so is a recogniser for
    /// which nobody measured thresholds.
    pub fn load(manifest: &Manifest) -> Result<Self, ModelError> {
        Self::with(manifest, Recogniser::SFace)
    }

    /// The same with this recogniser.
    pub fn with(manifest: &Manifest, kind: Recogniser) -> Result<Self, ModelError> {
        let name = kind.name();
        Ok(Self {
            detector: net(manifest, DETECTOR)?,
            recogniser: net(manifest, name)?,
            kind,
            detector_model: manifest.id(DETECTOR)?,
            model: manifest.id(name)?,
            bands: manifest.bands(name)?,
        })
    }

    /// Which weights find the face; the record of a comparison names them beside [`FaceEngine::model`].
    pub const fn detector(&self) -> &ModelId {
        &self.detector_model
    }

    /// The faces near enough to be meant, largest first, and the picture they are in.
    pub(crate) fn faces(&mut self, portrait: &Portrait) -> Result<(Picture, Vec<Face>), FaceError> {
        let picture = Picture::of(portrait)?;
        let mut faces = yunet::find(&mut self.detector, &picture.0, portrait)?;
        if let Some(largest) = faces.first().map(|face| face.width) {
            faces.retain(|face| face.width >= BESIDE * largest);
        }
        Ok((picture, faces))
    }

    pub(crate) fn embedding(
        &mut self,
        picture: &Picture,
        face: &Face,
    ) -> Result<Embedding, FaceError> {
        let face = Picture(upright(&picture.0, &face.landmarks)?);
        self.embed(&face).map_err(engine("recogniser"))
    }
}

impl SFace {
    fn embed(&mut self, face: &Picture) -> opencv::Result<Embedding> {
        let mut sum = self.forward(&face.0)?;
        if self.kind == Recogniser::MobileFaceNet {
            let mut mirrored = Picture(Mat::default());
            flip(&face.0, &mut mirrored.0, 1)?;
            let other = self.forward(&mirrored.0)?;
            for (sum, value) in sum.iter_mut().zip(other.iter()) {
                *sum += value;
            }
        }
        normalise(&mut sum);
        Ok(Embedding(sum))
    }

    /// What the net says of a face, at length one.
    fn forward(&mut self, face: &Mat) -> opencv::Result<Zeroizing<Vec<f32>>> {
        // Both take red first: our pixels already stand so. SFace takes 0 to 255 as they are, MobileFaceNet what its
        // makers trained it with, (value - 127.5) / 128.
        let (scale, middle) = match self.kind {
            Recogniser::SFace => (1.0, 0.0),
            Recogniser::MobileFaceNet => (1.0 / 128.0, 127.5),
        };
        let size = Size::new(SIDE, SIDE);
        let blob = blob_from_image(face, scale, size, Scalar::all(middle), false, false, CV_32F)?;
        self.recogniser
            .set_input(&blob, "", 1.0, Scalar::default())?;
        let mut output = self.recogniser.forward_single("")?;
        let raw = output.data_typed_mut::<f32>()?;
        let mut numbers = Zeroizing::new(raw.to_vec());
        raw.zeroize();
        normalise(&mut numbers);
        Ok(numbers)
    }
}

fn normalise(numbers: &mut [f32]) {
    let length = numbers.iter().map(|v| v * v).sum::<f32>().sqrt();
    for number in numbers {
        *number /= length;
    }
}

impl FaceEngine for SFace {
    fn compare(&mut self, document: &Portrait, live: &Portrait) -> Result<Similarity, FaceError> {
        let (picture, faces) = self.faces(live)?;
        let face = match faces.as_slice() {
            [] => return Err(FaceError::NoFace),
            [face] => face,
            several => {
                return Err(FaceError::SeveralFaces {
                    count: several.len(),
                });
            }
        };
        let living = self.embedding(&picture, face)?;
        // A card's portrait may carry a small ghost of itself, so here the largest face is meant.
        let (picture, faces) = self.faces(document)?;
        let face = faces.first().ok_or(FaceError::NoFaceInDocument)?;
        let printed = self.embedding(&picture, face)?;
        Ok(living.cosine(&printed))
    }

    fn quality(&mut self, live: &Portrait) -> Result<FaceQuality, FaceError> {
        let (picture, faces) = self.faces(live)?;
        let Some(face) = faces.first() else {
            return Ok(FaceQuality::NOBODY);
        };
        let upright = Picture(upright(&picture.0, &face.landmarks)?);
        let pixels = upright.0.data_bytes().map_err(engine("quality"))?;
        Ok(measure::quality(faces.len(), face, pixels, live))
    }

    fn model(&self) -> &ModelId {
        &self.model
    }

    fn bands(&self) -> Bands {
        self.bands
    }
}

/// A picture of a person in OpenCV's memory, overwritten when dropped.
pub(crate) struct Picture(Mat);

impl Picture {
    pub(crate) fn of(portrait: &Portrait) -> Result<Self, FaceError> {
        let mut mat = Mat::new_rows_cols_with_default(
            portrait.height() as i32,
            portrait.width() as i32,
            CV_8UC3,
            Scalar::default(),
        )
        .map_err(engine("picture"))?;
        mat.data_bytes_mut()
            .map_err(engine("picture"))?
            .copy_from_slice(portrait.rgb());
        Ok(Self(mat))
    }

    /// Looks at the pixels, red first.
    pub(crate) fn with<T>(&self, look: impl FnOnce(&Mat) -> T) -> T {
        look(&self.0)
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        if let Ok(pixels) = self.0.data_bytes_mut() {
            pixels.zeroize();
        }
    }
}

/// What a recogniser makes of a face, at length one: as personal as the face, so it is wiped too.
pub(crate) struct Embedding(Zeroizing<Vec<f32>>);

impl Embedding {
    pub(crate) fn cosine(&self, other: &Self) -> Similarity {
        Similarity::new(self.0.iter().zip(other.0.iter()).map(|(a, b)| a * b).sum())
    }
}

pub(crate) fn net(manifest: &Manifest, name: &str) -> Result<Net, ModelError> {
    let path = manifest.verify(name)?;
    let refused = |detail: String| ModelError::Load {
        name: name.to_owned(),
        detail,
    };
    let path = path
        .to_str()
        .ok_or_else(|| refused("the path is not UTF-8".to_owned()))?;
    read_net_from_onnx(path).map_err(|error| refused(error.message))
}

/// Turns OpenCV's exception into ours; its messages name sizes and layers, never pixels.
pub(crate) fn engine(step: &'static str) -> impl Fn(opencv::Error) -> FaceError {
    move |error| FaceError::Engine {
        step,
        detail: error.message,
    }
}

#[cfg(test)]
mod tests;
