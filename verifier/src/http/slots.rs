//! One writer an upload: who comes back after a broken line takes the upload from the connection that died.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::StatusCode;
use tokio::sync::{Notify, OwnedMutexGuard};
use uuid::Uuid;

use super::Problem;

/// How long to wait for the earlier writer to put down what it has.
const HANDOVER: Duration = Duration::from_secs(10);

/// All uploads that somebody is working on.
#[derive(Default)]
pub(super) struct Slots(Mutex<HashMap<Uuid, Arc<Slot>>>);

#[derive(Default)]
struct Slot {
    lock: Arc<tokio::sync::Mutex<()>>,
    waiting: AtomicU32,
    interrupt: Notify,
}

/// The right to work on one upload.
pub(super) struct Claim {
    slot: Arc<Slot>,
    _guard: OwnedMutexGuard<()>,
}

impl Claim {
    /// Ends when somebody else wants the upload.
    pub(super) async fn wanted(&self) {
        // The count, not the wake-up, is the truth: a wake-up may be left over from an earlier holder.
        while self.slot.waiting.load(Ordering::SeqCst) == 0 {
            self.slot.interrupt.notified().await;
        }
    }
}

/// Counts one who waits, for as long as it lives.
struct Waiting<'a>(&'a Slot);

impl<'a> Waiting<'a> {
    fn on(slot: &'a Slot) -> Self {
        slot.waiting.fetch_add(1, Ordering::SeqCst);
        slot.interrupt.notify_one();
        Self(slot)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Slots {
    /// Takes an upload, asking whoever works on it to stop.
    pub(super) async fn claim(&self, id: Uuid) -> Result<Claim, Problem> {
        let slot = {
            let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            // Slots nobody works on are of no use to anybody.
            slots.retain(|_, slot| Arc::strong_count(slot) > 1);
            slots.entry(id).or_default().clone()
        };
        let guard = match slot.lock.clone().try_lock_owned() {
            Ok(guard) => guard,
            Err(_) => {
                let _waiting = Waiting::on(&slot);
                tokio::time::timeout(HANDOVER, slot.lock.clone().lock_owned())
                    .await
                    .map_err(|_| Problem::new(StatusCode::LOCKED, "http.upload_locked"))?
            }
        };
        Ok(Claim {
            slot,
            _guard: guard,
        })
    }
}
