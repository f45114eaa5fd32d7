//! Every number that changes what the finger engine answers, in one block.
//!
//! The block's text is digested into the engine's `ModelId`: change a number and the records say so.

/// Declares the constants and, from the same lines, the text that is digested.
macro_rules! parameter_block {
    ($($(#[$doc:meta])* $name:ident: $kind:ty = $value:literal;)*) => {
        $($(#[$doc])* pub(super) const $name: $kind = $value;)*
        /// `NAME=value` lines, in the order of this file.
        pub(super) const BLOCK: &str = concat!($(stringify!($name), "=", stringify!($value), "\n"),*);
    };
}

parameter_block! {
    // Mask. Lengths are pixels at 500 dpi (19.7 px are 1 mm) unless said otherwise.
    /// Blur of the gradient energy that tells finger from background.
    MASK_BLUR: f32 = 8.0;
    /// A cell is finger where its energy passes this part of the 80th percentile of cells not blank.
    MASK_PART: f32 = 0.16;
    /// Gradient energy (gray levels squared) under which a cell is blank.
    MASK_FLOOR: f32 = 30.0;

    // Ridge flow and ridge distance.
    /// First blur of the structure tensor.
    FLOW_BLUR: f32 = 7.0;
    /// Second blur, of the unit flow weighted by its coherence.
    FLOW_SMOOTH: f32 = 7.0;
    /// Blur of local mean and contrast.
    NORMALISE_BLUR: f32 = 12.0;
    /// Smallest and largest ridge distance of a human finger.
    PERIOD_MIN: f32 = 4.5;
    PERIOD_MAX: f32 = 16.0;

    // Gabor filter.
    /// Envelope along the ridge.
    GABOR_ALONG: f32 = 4.5;
    /// Envelope across the ridges, in ridge distances.
    GABOR_ACROSS: f32 = 0.42;

    // Skeleton and minutiae.
    /// Branches shorter than this that end freely are spurs.
    SPUR: usize = 9;
    /// Pieces of ridge shorter than this are dirt.
    ISLAND: usize = 14;
    /// Links between two forks shorter than this are bridges or pores.
    BRIDGE: usize = 9;
    /// Two ends facing each other within this distance are one broken ridge.
    BREAK: f32 = 11.0;
    /// Minutiae nearer to the edge of the print than this are its edge.
    EDGE: f32 = 12.0;
    /// Minutiae kept, best first.
    MINUTIAE_MAX: usize = 90;

    // What can be judged at all.
    /// Ridge area, square millimetres.
    AREA_MIN_MM2: f32 = 35.0;
    /// Quality figure of 100.
    QUALITY_MIN: f32 = 25.0;
    /// Minutiae left.
    MINUTIAE_MIN: usize = 8;

    // Matching.
    /// How far a minutia sees others.
    SIGHT: f32 = 130.0;
    /// How far its local structure reaches.
    CLOSE: f32 = 85.0;
    /// Likeness of the flow around two minutiae under which they are not looked at further.
    FLOW_LIKE: f32 = 0.45;
    /// Beginnings tried, best local likeness first.
    SEEDS: usize = 16;
    /// Nearest neighbours that a held pair may add.
    REACHED: usize = 14;
    /// How much the distance of two minutiae may differ: pixels, and part of the distance.
    STRETCH: f32 = 5.0;
    STRETCH_PART: f32 = 0.07;
    /// How far a minutia may lie beside its place: pixels, and part of the distance.
    SHEAR: f32 = 4.0;
    SHEAR_PART: f32 = 0.2;
    /// How far directions may differ, radians.
    TURN: f32 = 0.5;
    /// Raw evidence that scores 50 of 100.
    HALF_WAY: f32 = 1.5;
    /// From this score on two prints are of one finger.
    ACCEPT: f32 = 50.0;
    /// From this score on a person should look, or another finger be tried.
    REFER: f32 = 40.0;
}
