//! An invented state and one invented citizen: country keys, a card, a face, a finger and papers.
//! Nothing here belongs to a real person but a public-domain photograph that plays the face.

pub mod face;
pub mod faults;
pub mod paper;
pub mod papers;
pub mod pose;
pub mod profile;
pub mod split_mix;
pub mod state;
