//! One round over the spool: every bundle that is due is tried once, own ones in the order of their
//! sealing, then those that are carried for other desks.
//!
//! A bundle that fails waits longer and lets those behind it pass; what would meet every bundle
//! alike ends the round.

use bundle::{BundleDigest, Receipt, SignedReceipt, VerifierPublicKey};
use jiff::Timestamp;

use super::{Courier, CourierError, Notice};
use crate::spool::{Spool, SpoolError, Standing};

/// What one round works with.
pub struct Round<'a> {
    pub spool: &'a Spool,
    pub courier: &'a Courier,
    /// Under whose key receipts are believed.
    pub verifier: &'a VerifierPublicKey,
    pub now: &'a dyn Fn() -> Timestamp,
    /// Chance for the waiting times, so that a hundred desks do not come back together.
    pub jitter: &'a mut dyn FnMut() -> u8,
}

/// How it ended for one bundle.
#[derive(Debug)]
pub enum Outcome {
    /// Filed, and gone from the spool; with what the verifier noticed.
    Filed(Box<Receipt>, SignedReceipt, Vec<Notice>),
    /// It waits, or was set aside when the error is final.
    Failed(CourierError),
}

impl Round<'_> {
    /// Tries every bundle; with `only_due` those alone whose waiting time is over. `told` hears of
    /// each as it ends.
    ///
    /// # Errors
    /// When the spool cannot be listed.
    pub async fn run(
        &mut self,
        only_due: bool,
        told: &mut dyn FnMut(BundleDigest, Standing, Outcome),
    ) -> Result<(), SpoolError> {
        let own = self
            .spool
            .waiting()?
            .into_iter()
            .map(|digest| (digest, Standing::Waiting));
        let carried = self
            .spool
            .carried()?
            .into_iter()
            .map(|digest| (digest, Standing::Carried));
        for (digest, standing) in own.chain(carried) {
            if only_due && !self.spool.schedule().is_due(digest, (self.now)()) {
                continue;
            }
            let outcome = self.deliver(digest, standing).await;
            let ends = matches!(&outcome, Outcome::Failed(error) if error.stops_the_round());
            told(digest, standing, outcome);
            if ends {
                break;
            }
        }
        Ok(())
    }

    /// Delivers one bundle and lets go of it against its receipt.
    pub async fn deliver(&mut self, digest: BundleDigest, standing: Standing) -> Outcome {
        match self.exchange(digest, standing).await {
            Ok((receipt, signed, notices)) => {
                tracing::info!(bundle = %digest, "filed");
                Outcome::Filed(Box::new(receipt), signed, notices)
            }
            Err(error) => {
                self.waits(digest, standing, &error);
                Outcome::Failed(error)
            }
        }
    }

    async fn exchange(
        &self,
        digest: BundleDigest,
        standing: Standing,
    ) -> Result<(Receipt, SignedReceipt, Vec<Notice>), CourierError> {
        let unreadable = |error: SpoolError| CourierError::Disk(std::io::Error::other(error));
        let sealed = self.spool.load(digest).map_err(unreadable)?;
        let mut places = self.spool.upload_places();
        let carried = standing == Standing::Carried;
        let delivered = self.courier.bring(&sealed, &mut places, carried).await?;
        let signed = delivered.receipt;
        match self.spool.forget(digest, &signed, self.verifier) {
            Ok(receipt) => Ok((receipt, signed, delivered.notices)),
            Err(SpoolError::Disk(error)) => Err(CourierError::Disk(error)),
            // A receipt under another key, or for another bundle, frees nothing.
            Err(_) => Err(CourierError::Answer(200)),
        }
    }

    fn waits(&mut self, digest: BundleDigest, standing: Standing, error: &CourierError) {
        if let CourierError::Refused(refusal) = error {
            tracing::warn!(bundle = %digest, faults = ?refusal.faults, "refused by the verifier");
            if let Err(error) = self.spool.set_aside(digest, &refusal.document) {
                tracing::error!(
                    code = error.code(),
                    "the refused bundle could not be set aside"
                );
            }
            return;
        }
        tracing::warn!(bundle = %digest, ?standing, code = error.code(), "not delivered, keeps waiting");
        let jitter = (self.jitter)();
        self.spool
            .schedule()
            .postpone(digest, (self.now)(), error.retry_after(), jitter);
    }
}
