//! A visit that the power ended: named to whoever signs in, and gone on with when the citizen says that they are still
//! there, or erased (ADR 16).

use std::path::PathBuf;

use jiff::Timestamp;
use rulebook::Language;
use screens::{End, Place, Touch, UnfinishedView};
use station::desk::Unfinished;
use station::devices::Devices;
use station::kept::{self, Keeper};
use station::visit::Stop;

use super::super::assemble;
use super::shift::{Begun, Operator, Shift, Waited};

/// What is kept of the visit under way.
const KEPT: &str = "visit-kept";

/// What became of it.
pub(super) enum TakenUp {
    /// There was nothing to be asked.
    Nothing,
    End(End),
    /// Nobody touched anything, or whoever was signed in went away.
    Away,
    /// The windows are gone for good.
    Ended,
}

impl Shift<'_> {
    fn kept(&self) -> PathBuf {
        self.config.state_dir.join(KEPT)
    }

    /// Keeps the visit that begins; none where no key is at hand.
    pub(super) fn keeper(&self) -> Option<Keeper> {
        let secret = assemble::kept_secret(self.config)?;
        Keeper::begin(&self.kept(), &secret)
            .inspect_err(|error| {
                tracing::warn!(
                    code = error.code(),
                    "this visit would not survive a power cut"
                );
            })
            .ok()
    }

    /// What can go on, or why nothing can.
    fn left(&self, now: Timestamp) -> Result<Option<Unfinished>, &'static str> {
        let Some(secret) = assemble::kept_secret(self.config) else {
            return Err(kept::NO_KEY);
        };
        let left = Unfinished::left(&self.kept(), &secret, now).map_err(|error| error.code())?;
        match left {
            // It was sealed before the power went.
            Some(left) if self.spool.holds(left.road.visit) => {
                left.erase().map_err(|error| error.code())?;
                Ok(None)
            }
            left => Ok(left),
        }
    }

    /// Asks what becomes of a visit that the power ended, when there is one. `marked`: one was begun then.
    pub(super) fn take_up(
        &mut self,
        operator: &Operator,
        marked: &mut Option<Timestamp>,
        devices: &mut Devices,
    ) -> TakenUp {
        let left = match self.left(Timestamp::now()) {
            Ok(Some(left)) => left,
            Ok(None) => return TakenUp::Nothing,
            Err(why) => {
                return match marked.take() {
                    Some(began) => self.tell_why(began, why),
                    None => TakenUp::Nothing,
                };
            }
        };
        *marked = None;
        let began = left.road.opened_at;
        let other = !left.road.may_go_on(&operator.script.id, operator.role);
        let turn = self.screens.go(Place::Unfinished(UnfinishedView {
            began,
            pages: left.pages(),
            why: None,
            other,
        }));
        loop {
            match self.wait(turn, true) {
                Waited::Touch(Touch::GoOn) if !other => break,
                Waited::Touch(Touch::StopAndErase) => return self.erase(left),
                // It stays, as long as it may, for whoever signs in next.
                Waited::Touch(Touch::SignOut) | Waited::Silence => return TakenUp::Away,
                Waited::Ended => return TakenUp::Ended,
                Waited::Touch(_) => {}
            }
        }
        let language = match left.road.lang.as_str() {
            "en" => Language::En,
            _ => Language::Vi,
        };
        self.screens.show(|board| board.citizen.language = language);
        let turn = self.screens.go(Place::StillHere { began });
        loop {
            match self.wait(turn, false) {
                Waited::Touch(Touch::StillHere { yes: true }) => break,
                Waited::Touch(Touch::StillHere { yes: false } | Touch::StopAndErase) => {
                    return self.erase(left);
                }
                Waited::Ended => return TakenUp::Ended,
                _ => {}
            }
        }
        let begun = Begun::Before(Box::new(left));
        TakenUp::End(self.through(operator, began, begun, devices))
    }

    fn erase(&self, left: Unfinished) -> TakenUp {
        let stop = match left.erase() {
            Ok(()) => Stop::withdrawn(),
            Err(error) => Stop::of(error.code()),
        };
        TakenUp::End(self.stopped(stop.code, stop.kind == station::visit::StopKind::Refusal))
    }

    fn tell_why(&self, began: Timestamp, why: &'static str) -> TakenUp {
        let turn = self.screens.go(Place::Unfinished(UnfinishedView {
            began,
            pages: 0,
            why: Some(why),
            other: false,
        }));
        loop {
            match self.wait(turn, true) {
                Waited::Touch(Touch::Done) => return TakenUp::Nothing,
                Waited::Touch(Touch::SignOut) | Waited::Silence => return TakenUp::Away,
                Waited::Ended => return TakenUp::Ended,
                Waited::Touch(_) => {}
            }
        }
    }
}
