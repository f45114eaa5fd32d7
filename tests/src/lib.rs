//! Whole visits, desk to wallet. Here: the invented citizen with card, face, finger and papers
//! (`specimen`), and the desk and the verifier that journeys run (`rig`).

pub mod rig;
pub mod specimen;
