//! The courier behind the screens: carries what waits, and keeps the line's state true on both displays.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use bundle::{BundleDigest, Slip, VerifierPublicKey};
use jiff::Timestamp;
use ring::rand::{SecureRandom as _, SystemRandom};
use rulebook::failures;
use screens::{Delivery, End, Line, NoticeView, Place, ReceiptView, Screens};
use station::answer::Trouble;
use station::config::Config;
use station::courier::{Courier, CourierError, Notice, Outcome, Round};
use station::spool::Spool;

use super::super::assemble;

/// More than a slip has room for.
const MOST_NOTICES: usize = 12;

/// How often the line is tried when nothing happens.
const BEAT: Duration = Duration::from_secs(10);

/// `domain.md` §3.6: what takes longer outside is waited for no more, and said.
const SLOW: Duration = Duration::from_secs(5);

/// Starts it; a word through the sender makes it look at once.
pub(super) fn begin(
    config: &Config,
    spool: Arc<Spool>,
    screens: Arc<Screens>,
) -> Result<Sender<()>, Trouble> {
    let courier = assemble::courier(config)?;
    let verifier = assemble::verifier_key(config)?;
    let runtime = assemble::runtime()?;
    let (knock, knocked) = channel();
    thread::Builder::new()
        .name("courier".to_owned())
        .spawn(move || {
            loop {
                runtime.block_on(look(&courier, &verifier, &spool, &screens));
                match knocked.recv_timeout(BEAT) {
                    Ok(()) | Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => break,
                }
            }
        })
        .map_err(assemble::trouble("courier.setup"))?;
    Ok(knock)
}

async fn look(courier: &Courier, verifier: &VerifierPublicKey, spool: &Spool, screens: &Screens) {
    let health = courier.health().await.ok();
    let mut slow = health.is_some_and(|health| !health.ready || health.took > SLOW);
    show_line(spool, screens, health.is_some(), slow);
    if health.is_none() {
        return;
    }
    let mut round = Round {
        spool,
        courier,
        verifier,
        now: &Timestamp::now,
        jitter: &mut jitter,
    };
    let ran = round
        .run(true, &mut |digest, _, outcome| {
            slow |= matches!(
                &outcome,
                Outcome::Failed(CourierError::Busy { .. } | CourierError::Server { .. })
            );
            settle(screens, digest, &outcome);
            show_line(spool, screens, true, slow);
        })
        .await;
    if let Err(error) = ran {
        tracing::error!(code = error.code(), "the queue could not be looked through");
    }
    show_line(spool, screens, true, slow);
}

fn show_line(spool: &Spool, screens: &Screens, online: bool, slow: bool) {
    let count = |list: Result<Vec<BundleDigest>, _>| list.map_or(0, |list| list.len());
    let waiting = count(spool.waiting()) + count(spool.carried());
    let line = Line {
        online: Some(online),
        waiting: u32::try_from(waiting).unwrap_or(u32::MAX),
        oldest: spool.oldest(),
        slow,
    };
    if screens.board().line != line {
        screens.show(|board| board.line = line);
    }
}

/// The slip that is still shown turns when its bundle is filed, or refused.
fn settle(screens: &Screens, digest: BundleDigest, outcome: &Outcome) {
    let (mut notices, mut codes) = (Vec::new(), Vec::new());
    let delivery = match outcome {
        Outcome::Filed(receipt, signed, told) => {
            notices = told.iter().filter_map(noticed).take(MOST_NOTICES).collect();
            codes = Slip::of(signed).map_or_else(
                |error| {
                    tracing::warn!(code = error.code(), "the receipt has no short form");
                    Vec::new()
                },
                |slip| slip.codes(),
            );
            Delivery::Filed {
                entry: receipt.entry.to_string(),
                at: receipt.filed_at,
            }
        }
        Outcome::Failed(error) if error.is_final() => Delivery::Refused { code: error.code() },
        Outcome::Failed(_) => return,
    };
    let number = number_of(digest);
    screens.show(|board| {
        let turn = |receipt: &mut ReceiptView| {
            if receipt.number == number {
                receipt.delivery = delivery.clone();
                receipt.notices.clone_from(&notices);
                receipt.codes.clone_from(&codes);
            }
        };
        match &mut board.place {
            Place::Receipt(receipt) => turn(receipt),
            Place::Home {
                last: Some(End::Sealed(receipt)),
                ..
            } => turn(receipt),
            _ => {}
        }
    });
}

/// What the verifier noticed, where this desk has words for it.
fn noticed(notice: &Notice) -> Option<NoticeView> {
    let text = failures::text(&notice.code)?;
    Some(NoticeView {
        code: &text.code,
        paper: notice.paper().and_then(|number| number.checked_sub(1)),
    })
}

/// The slip's number: 48 bits of the bundle's digest, in groups of four that can be read out.
pub(super) fn number_of(digest: BundleDigest) -> String {
    let text = digest.to_string();
    let hex = text.rsplit(':').next().unwrap_or_default().to_uppercase();
    let groups: Vec<&str> = (0..3)
        .filter_map(|at| hex.get(at * 4..at * 4 + 4))
        .collect();
    groups.join("-")
}

/// Without randomness the desks merely come back together.
fn jitter() -> u8 {
    let mut jitter = [255_u8; 1];
    let _ = SystemRandom::new().fill(&mut jitter);
    jitter[0]
}
