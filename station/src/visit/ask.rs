//! What the visit asks of the desk. An ask carries everything needed to do it, so that the desk
//! never looks into the visit.

use bundle::{Occasion, Pose};
use emrtd::Challenge;
use emrtd::lds::dg2::PortraitBytes;
use emrtd::lds::dg3::FingerRecord;

use crate::people::Review;

use super::for_whom::ForWhom;
use super::gathered::SealRequest;

pub enum Ask {
    /// Show both consents on the citizen's display in this language and wait for the touch.
    ShowConsent { lang: String, whom: ForWhom },
    /// Ask the child whose papers they are, and wait for the child's own touch.
    AskChild,
    /// Read and verify the card; active authentication answers this challenge.
    ReadCard {
        challenge: Challenge,
        /// Why it was not read the last time.
        failed: Option<&'static str>,
    },
    /// See the person turn the head as these poses say, take a live portrait and compare it with the one the chip carries
    /// (attempt 1, 2, 3).
    TakePortrait {
        document: PortraitBytes,
        poses: [Pose; 3],
        attempt: u32,
        /// What an official should know of the portrait's age, as stable codes.
        notices: Vec<&'static str>,
    },
    /// Call two officials to look at person, portrait and card, because of this code; each signs what they see of this
    /// occasion.
    CallOfficials {
        portrait: PortraitBytes,
        occasion: Occasion,
        why: &'static str,
    },
    /// Take a print of this finger and compare it with what the card records of it; with no record, say why it was not
    /// done.
    TakeFinger {
        references: Vec<FingerRecord>,
        /// As ISO/IEC 19794-4:2005 table 7 counts; 0 where the card does not say.
        finger: u8,
        /// 1, 2, 3.
        presentation: u32,
    },
    /// Count the sheets, operator and citizen together.
    CountSheets,
    /// Scan this many sheets, judge and read them.
    ScanPapers { sheets: u32 },
    /// Show the result to operator and citizen.
    AskApproval { review: Review },
    /// Sign, encrypt and spool.
    Seal(Box<SealRequest>),
    /// Forget everything about this visit but its outcome.
    Erase,
}
