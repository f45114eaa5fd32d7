//! What happens when nobody touches anything: the citizen's display is covered, the desk is locked, and both say so half a
//! minute before, with one touch that gives the whole time again (WCAG 2.2.1; `domain.md` §6.2).

use std::time::Duration;

use crate::board::{Board, Place};
use crate::gate::Side;

/// How long before the end it is said.
const WARNING: Duration = Duration::from_secs(30);
/// No display of a citizen's ends anything sooner.
const LEAST: Duration = Duration::from_secs(120);

/// How still it has become at one display.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quiet {
    #[default]
    Awake,
    /// Half a minute is left.
    Warned,
    /// The time is over.
    Over,
}

/// How long it may be still at each of the two.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Until the operator has to sign in again.
    pub operator: Duration,
    /// Until the citizen's display is covered; [`LEAST`] at least.
    pub citizen: Duration,
}

impl Quiet {
    fn after(still: Duration, limit: Duration) -> Self {
        if still >= limit {
            Self::Over
        } else if still >= limit.saturating_sub(WARNING) {
            Self::Warned
        } else {
            Self::Awake
        }
    }
}

/// How it stands with a display that was not touched for so long. Where a device is at work, where nothing personal is
/// shown, and where an operator acts, the citizen is not asked for anything.
pub(crate) fn of(board: &Board, side: Side, still: Duration, limits: Limits) -> Quiet {
    let locks = matches!(
        board.place,
        Place::Home { .. } | Place::Prepare { .. } | Place::Stopped { .. }
    );
    let covers = matches!(
        board.place,
        Place::Consent(_) | Place::Review(_) | Place::Receipt(_)
    );
    match side {
        // The desk itself locks, by the same measure; the page only warns.
        Side::Operator if locks && board.operator.is_some() => Quiet::after(still, limits.operator),
        // After the visit nobody uncovers what was the last citizen's.
        Side::Citizen if is_gone(board) => Quiet::Over,
        Side::Citizen if covers => Quiet::after(still, limits.citizen.max(LEAST)),
        _ => Quiet::Awake,
    }
}

/// The citizen left the slip's page alone until it was covered.
pub(crate) fn is_gone(board: &Board) -> bool {
    matches!(board.place, Place::Receipt(_)) && board.quiet.1 == Quiet::Over
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_half_a_minute_before() {
        let limit = Duration::from_secs(120);
        let after = |seconds| Quiet::after(Duration::from_secs(seconds), limit);
        assert_eq!(
            [0, 89, 90, 119, 120].map(after),
            [
                Quiet::Awake,
                Quiet::Awake,
                Quiet::Warned,
                Quiet::Warned,
                Quiet::Over
            ]
        );
    }
}
