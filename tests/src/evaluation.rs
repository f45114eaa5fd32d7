//! Measures quality over labelled data: how many letters are read wrong, how many fields are found, how often a person
//! is mistaken for another or not known again, and at what cost.

pub mod archive;
pub mod codes;
pub mod corpus;
pub mod cost;
pub mod face;
pub mod faults;
pub mod finger;
pub mod kept;
pub mod labels;
pub mod live;
pub mod pad;
pub mod paper;
pub mod peer;
pub mod piles;
pub mod quad;
pub mod rates;
pub mod score;
