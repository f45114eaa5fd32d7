//! The logical data structure: one file a data group, each read strictly and without trust.

mod group;

pub use group::{DataGroup, UnknownGroup};
