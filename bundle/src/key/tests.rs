//! Keys as other programs write them.
