//! When each waiting bundle is tried next. Kept in sled, which may lose it (0.34 flushes without
//! fsync): then every waiting bundle is simply due at once.

use std::path::Path;
use std::time::Duration;

use bundle::BundleDigest;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// First wait after a failed push.
const FIRST_WAIT: Duration = Duration::from_secs(5);
/// Longest wait: a desk whose line comes back in the morning should notice within minutes.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

#[derive(Debug, Default, Clone, Copy, Serialize, Deserialize)]
pub struct Attempt {
    pub tries: u32,
    /// Unix seconds; 0 = at once.
    pub due_at: i64,
}

pub struct Schedule {
    /// None when sled could not be opened even after a fresh start: the desk works without it.
    tree: Option<sled::Db>,
}

impl Schedule {
    /// Never fails: a damaged index is renamed aside and begun anew (D7).
    pub(super) fn open(path: &Path) -> Self {
        let tree = open_at(path).or_else(|| {
            let aside = path.with_extension(format!("damaged-{}", Timestamp::now().as_second()));
            tracing::warn!("the schedule could not be opened and is begun anew");
            std::fs::rename(path, aside).ok()?;
            open_at(path)
        });
        Self { tree }
    }

    pub(super) fn rebuild(&self, waiting: &[BundleDigest]) {
        let Some(tree) = &self.tree else { return };
        for stale in tree.iter().keys().flatten() {
            let known = std::str::from_utf8(&stale)
                .ok()
                .and_then(|text| text.parse().ok());
            if !known.is_some_and(|digest: BundleDigest| waiting.contains(&digest)) {
                let _ = tree.remove(stale);
            }
        }
        for digest in waiting {
            if self.attempt(*digest).is_none() {
                self.add(*digest);
            }
        }
    }

    pub(super) fn add(&self, digest: BundleDigest) {
        self.store(digest, Attempt::default());
    }

    pub(super) fn remove(&self, digest: BundleDigest) {
        if let Some(tree) = &self.tree {
            let _ = tree.remove(digest.to_string());
        }
    }

    #[must_use]
    pub fn attempt(&self, digest: BundleDigest) -> Option<Attempt> {
        let bytes = self.tree.as_ref()?.get(digest.to_string()).ok()??;
        serde_json::from_slice(&bytes).ok()
    }

    #[must_use]
    pub fn is_due(&self, digest: BundleDigest, now: Timestamp) -> bool {
        self.attempt(digest)
            .is_none_or(|attempt| attempt.due_at <= now.as_second())
    }

    /// After a failed push: a wait drawn from the whole of a span that doubles each time up to
    /// [`LONGEST_WAIT`] ("full jitter": `jitter` in 0..=255 is the share of the span), so that a
    /// hundred desks do not come back together; and never sooner than the verifier asked for.
    pub fn postpone(
        &self,
        digest: BundleDigest,
        now: Timestamp,
        asked: Option<Duration>,
        jitter: u8,
    ) {
        let tries = self
            .attempt(digest)
            .unwrap_or_default()
            .tries
            .saturating_add(1);
        let span = FIRST_WAIT.as_secs() << tries.saturating_sub(1).min(10);
        let span = span.min(LONGEST_WAIT.as_secs());
        // At least a second: a bundle that fails at once must not turn in a circle.
        let drawn = (span * (u64::from(jitter) + 1) / 256).max(1);
        let wait = match asked {
            // Who was asked to wait does, and comes back spread over the span after it.
            Some(asked) => asked.as_secs().saturating_add(drawn),
            None => drawn,
        };
        let due_at = now
            .as_second()
            .saturating_add(i64::try_from(wait).unwrap_or(i64::MAX / 2));
        self.store(digest, Attempt { tries, due_at });
    }

    fn store(&self, digest: BundleDigest, attempt: Attempt) {
        if let (Some(tree), Ok(bytes)) = (&self.tree, serde_json::to_vec(&attempt)) {
            let _ = tree.insert(digest.to_string(), bytes);
        }
    }
}

fn open_at(path: &Path) -> Option<sled::Db> {
    sled::Config::new()
        .path(path)
        .cache_capacity(8 << 20)
        .flush_every_ms(Some(1000))
        .open()
        .ok()
}
