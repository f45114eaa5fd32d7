//! Whole visits, desk to wallet. Here: the invented citizen with card, face, finger and papers
//! (`specimen`), the desk and the verifier that journeys run (`rig`), and what quality is worth over labelled data
//! (`evaluation`).

pub mod evaluation;
pub mod rig;
pub mod specimen;
