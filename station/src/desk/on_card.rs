//! Fingers that the card compares itself: the minutiae of the finger on the sensor as this card wants them, and a
//! practice card's half, which compares with the project's own engine.
//!
//! The asking is [`emrtd::SecureChip::verify_finger`]; what its answer proves is told in [`emrtd::on_card`].

use emrtd::on_card::{InformationTemplate, MinutiaeForm};
use emrtd::simulator::FingerComparer;
use models::Outcome;
use models::finger::Minutiae;
use models::finger::record::{
    CardForm, CardLimits, CardMinutiae, FingerRecordError, RecordEngine, RecordMinutiae,
};
use zeroize::Zeroizing;

/// The minutiae of a live finger in the form, number and order that the card asks for.
///
/// # Errors
/// [`FingerRecordError`] when the card's wishes make no sense or are none we can meet, or there are too few minutiae.
pub fn minutiae_for(
    wanted: &InformationTemplate,
    live: &Minutiae,
) -> Result<Zeroizing<Vec<u8>>, FingerRecordError> {
    let limits = CardLimits::read(&wanted.parameters)?;
    let (view, size) = live.to_view(wanted.position);
    limits.prepare(&view, size, form(wanted.form))?.write()
}

fn form(form: MinutiaeForm) -> CardForm {
    match form {
        MinutiaeForm::Normal => CardForm::Normal,
        MinutiaeForm::Compact => CardForm::Compact,
    }
}

/// A finger enrolled on a practice card. It says yes from the engine's accept limit for records on.
pub struct EnrolledFinger {
    pub print: Minutiae,
    /// In which form the card is sent minutiae.
    pub form: MinutiaeForm,
}

impl FingerComparer for EnrolledFinger {
    fn same_finger(&self, minutiae: &[u8]) -> Option<bool> {
        let card = CardMinutiae::read(minutiae, form(self.form)).ok()?;
        let sent = RecordMinutiae::of_card(&card).ok()?;
        let alike = sent.similarity(&self.print);
        Some(RecordEngine::new().bands().judge(alike) == Outcome::Match)
    }
}

#[cfg(test)]
mod tests;
