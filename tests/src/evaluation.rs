//! Measures quality over labelled data: how many letters are read wrong, how many fields are found, and at what cost.

pub mod archive;
pub mod codes;
pub mod corpus;
pub mod cost;
pub mod faults;
pub mod kept;
pub mod paper;
pub mod peer;
pub mod piles;
pub mod quad;
pub mod score;
