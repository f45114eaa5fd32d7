//! The written form of a manifest.
