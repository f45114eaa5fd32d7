//! A QR code as black squares, in the size that the cheapest slip printer and the oldest telephone can still do.

use qrcode::{Color, EcLevel, QrCode, Version};

use crate::PrintError;
use crate::flow::MM;

/// `docs/bundle-v1.md` §10: nothing larger is printed.
const LARGEST: i16 = 25;
/// Slip printers have eight dots a millimetre (203 dpi); a module is a whole number of them, three at least.
const DOT: f32 = MM / 8.0;
const LEAST_DOTS: f32 = 3.0;
/// `domain.md` §6.2.
const LEAST_SIDE: f32 = 25.0 * MM;
/// ISO/IEC 18004 §6.3.8: four modules of white on every side.
pub(crate) const QUIET: f32 = 4.0;

pub(crate) struct Code {
    pub(crate) modules: usize,
    colors: Vec<Color>,
}

impl Code {
    pub(crate) fn of(text: &str) -> Result<Self, PrintError> {
        let code = QrCode::with_error_correction_level(text, EcLevel::M)
            .map_err(|_| PrintError::CodeTooLong)?;
        if !matches!(code.version(), Version::Normal(n) if n <= LARGEST) {
            return Err(PrintError::CodeTooLong);
        }
        Ok(Self {
            modules: code.width(),
            colors: code.to_colors(),
        })
    }

    /// The side of one module, in points.
    pub(crate) fn module(&self) -> f32 {
        let modules = self.modules as f32;
        let dots = (LEAST_SIDE / modules / DOT).ceil().max(LEAST_DOTS);
        dots * DOT
    }

    /// The side without its white, in points.
    pub(crate) fn side(&self) -> f32 {
        let modules = self.modules as f32;
        self.module() * modules
    }

    /// Runs of dark modules: column, row, length.
    pub(crate) fn runs(&self) -> Vec<(usize, usize, usize)> {
        let mut runs = Vec::new();
        for (row, line) in self.colors.chunks(self.modules).enumerate() {
            let mut column = 0;
            for run in line.chunk_by(|one, other| one == other) {
                if run.first() == Some(&Color::Dark) {
                    runs.push((column, row, run.len()));
                }
                column += run.len();
            }
        }
        runs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_wide_enough_and_a_full_one_fits_a_roll() {
        for text in ["A".to_owned(), format!("NIEM1/12:{}", "A".repeat(1440))] {
            let code = Code::of(&text).unwrap();
            assert!(code.side() >= LEAST_SIDE - 0.01, "{}", code.side());
            assert!(code.side() <= 50.0 * MM);
            let dark: usize = code.runs().iter().map(|(_, _, length)| length).sum();
            assert!(dark * 3 > code.modules * code.modules);
        }
        assert_eq!(
            Code::of(&"A".repeat(1500)).err(),
            Some(PrintError::CodeTooLong)
        );
    }
}
