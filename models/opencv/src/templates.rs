//! One picture at a time made comparable with many others: for measuring accuracy only. The product compares one with one
//! and keeps nothing.

use models::{FaceError, Portrait, Similarity};

use crate::SFace;
use crate::sface::{Embedding, Picture};
use crate::yunet::Face;

/// The faces of a picture that stand near enough to be meant, as the desk counts them.
pub struct Located {
    picture: Picture,
    faces: Vec<Face>,
}

impl Located {
    pub fn count(&self) -> usize {
        self.faces.len()
    }
}

/// What the recogniser makes of one face; wiped when dropped.
pub struct Template(Embedding);

impl Template {
    pub fn similarity(&self, other: &Self) -> Similarity {
        self.0.cosine(&other.0)
    }
}

impl SFace {
    /// Looks for faces, as [`models::FaceEngine::compare`] does.
    pub fn locate(&mut self, portrait: &Portrait) -> Result<Located, FaceError> {
        let (picture, faces) = self.faces(portrait)?;
        Ok(Located { picture, faces })
    }

    /// Lays the largest face upright and embeds it; none where there is no face.
    pub fn template(&mut self, located: &Located) -> Result<Option<Template>, FaceError> {
        located
            .faces
            .first()
            .map(|face| self.embedding(&located.picture, face).map(Template))
            .transpose()
    }
}
