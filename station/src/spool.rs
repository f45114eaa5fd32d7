//! Sealed bundles that no receipt has come for yet. The files are the truth (D7): each bundle is
//! a folder that appears whole by one rename and goes away only for a receipt; what sled keeps
//! beside them can be lost at any time and is rebuilt from the files.
//!
//! ```text
//! spool/sealing/<uuid>/   being written; swept at start
//!       waiting/<digest>/ outer.dsse.json, blobs/
//!       carried/<digest>/ sealed by another desk, brought on a stick, couriered for it
//!       refused/<digest>/ the same and refusal.json: kept for a person to look at
//!       receipts/<digest>.json
//!       chain.log         one digest a line, in the order of sealing
//!       schedule/         sled: tries and next attempt
//!       uploads/<blob>    where an upload was begun, a hint
//! ```

mod chain;
pub(crate) mod copy;
mod places;
mod schedule;
mod visits;

#[cfg(test)]
mod tests;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use bundle::{
    BundleDigest, Draft, Recipients, SealedBundle, SealingKey, SignedReceipt, VerifierPublicKey,
};
use jiff::Timestamp;

use crate::durable::{make_folder, sync_folder, write_whole};

pub use copy::CopyError;
pub use places::UploadPlaces;
pub use schedule::Schedule;

/// Every code the spool can answer with.
pub const CODES: &[&str] = &[
    "spool.disk",
    "spool.sealing",
    "spool.receipt",
    "spool.unknown_bundle",
    "spool.in_use",
];

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpoolError {
    #[error("the spool's disk: {0}")]
    Disk(#[from] io::Error),
    #[error("sealing: {0}")]
    Sealing(#[from] bundle::SealError),
    #[error("the receipt does not belong to a waiting bundle: {0}")]
    Receipt(bundle::ReceiptError),
    #[error("no such bundle is waiting")]
    UnknownBundle,
    #[error("another station process holds this spool")]
    InUse,
    #[error(transparent)]
    Copy(#[from] CopyError),
}

impl SpoolError {
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Disk(_) => "spool.disk",
            Self::Sealing(_) => "spool.sealing",
            Self::Receipt(_) => "spool.receipt",
            Self::UnknownBundle => "spool.unknown_bundle",
            Self::InUse => "spool.in_use",
            Self::Copy(error) => error.code(),
        }
    }
}

/// Where a bundle stands, told by the files alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    Waiting,
    /// Another desk's, which this one couriers.
    Carried,
    Refused,
    Filed,
}

/// Where a bundle may lie as a folder.
const FOLDERS: [Standing; 3] = [Standing::Waiting, Standing::Carried, Standing::Refused];

pub struct Spool {
    root: PathBuf,
    schedule: Schedule,
    /// Held while the spool is open: two writers would fork the station's chain.
    _lock: File,
}

impl Spool {
    /// Opens the spool, sweeps half-written bundles and rebuilds what sled forgot.
    ///
    /// # Errors
    /// [`SpoolError::InUse`] when another process holds it, [`SpoolError::Disk`] otherwise.
    pub fn open(root: &Path) -> Result<Self, SpoolError> {
        make_folder(root)?;
        for folder in ["sealing", "waiting", "carried", "refused", "receipts"] {
            make_folder(&root.join(folder))?;
        }
        let lock = File::create(root.join("lock"))?;
        hold(&lock)?;
        // What lies here was never promised to anybody.
        for half in fs::read_dir(root.join("sealing"))? {
            let half = half?;
            if half.file_type()?.is_dir() {
                fs::remove_dir_all(half.path())?;
            } else {
                fs::remove_file(half.path())?;
            }
        }
        let schedule = Schedule::open(&root.join("schedule"));
        let spool = Self {
            root: root.to_owned(),
            schedule,
            _lock: lock,
        };
        spool.repair_chain()?;
        // The power may have gone between a receipt and the letting go of its bundle.
        let mut unfiled = spool.folders_of(Standing::Waiting)?;
        unfiled.extend(spool.folders_of(Standing::Carried)?);
        for digest in &unfiled {
            if spool.receipt(*digest).is_some() {
                spool.let_go(*digest)?;
            }
        }
        unfiled.retain(|digest| spool.standing(*digest) != Some(Standing::Filed));
        spool.schedule.rebuild(&unfiled);
        Ok(spool)
    }

    /// Seals a draft straight into the spool. When this returns, the bundle survives a power cut.
    ///
    /// # Errors
    /// [`SpoolError::Sealing`] or [`SpoolError::Disk`]; nothing is left behind then.
    pub fn seal(
        &self,
        draft: impl FnOnce(Option<BundleDigest>) -> Draft,
        device: &dyn SealingKey,
        operator: &dyn SealingKey,
        to: &Recipients,
        at: Timestamp,
    ) -> Result<BundleDigest, SpoolError> {
        let previous = chain::head(&self.root)?;
        let area = self
            .root
            .join("sealing")
            .join(uuid::Uuid::now_v7().to_string());
        fs::create_dir(&area)?;
        let sealed =
            bundle::seal(draft(previous), device, operator, to, &area, at).inspect_err(|_| {
                // The sweep at the next start removes it if this does not.
                let _ = fs::remove_dir_all(&area);
            })?;
        let digest = sealed.digest();
        // The chain first: a line without a bundle is dropped at the next start, a bundle
        // without a line would let its successor name the wrong predecessor.
        let placed = chain::append(&self.root, digest)
            .and_then(|()| fs::rename(&area, self.folder(Standing::Waiting, digest)))
            .and_then(|()| sync_folder(&self.root.join("waiting")));
        if let Err(error) = placed {
            // Nobody was promised anything: the next bundle must not name this one.
            let _ = fs::remove_dir_all(&area);
            let _ = self.repair_chain();
            return Err(error.into());
        }
        self.schedule.add(digest);
        Ok(digest)
    }

    fn repair_chain(&self) -> io::Result<()> {
        chain::repair(&self.root, |digest| self.standing(digest).is_some())
    }

    /// The bundles that wait for a receipt, in the order they were sealed.
    ///
    /// # Errors
    /// [`SpoolError::Disk`].
    pub fn waiting(&self) -> Result<Vec<BundleDigest>, SpoolError> {
        let order = chain::read(&self.root)?;
        let mut waiting = self.folders_of(Standing::Waiting)?;
        waiting.sort_by_key(|digest| order.iter().position(|known| known == digest));
        Ok(waiting)
    }

    /// The bundles that the verifier refused, for a person to look at.
    ///
    /// # Errors
    /// [`SpoolError::Disk`].
    pub fn refused(&self) -> Result<Vec<BundleDigest>, SpoolError> {
        Ok(self.folders_of(Standing::Refused)?)
    }

    /// The bundles of other desks that this one couriers.
    ///
    /// # Errors
    /// [`SpoolError::Disk`].
    pub fn carried(&self) -> Result<Vec<BundleDigest>, SpoolError> {
        let mut carried = self.folders_of(Standing::Carried)?;
        carried.sort();
        Ok(carried)
    }

    /// Takes another desk's sealed bundle in, every byte checked. `false` when it is known here.
    ///
    /// # Errors
    /// [`SpoolError::Copy`] when it is damaged or the disk is full; nothing is left behind then.
    pub fn carry(&self, sealed: &SealedBundle) -> Result<bool, SpoolError> {
        let digest = sealed.digest();
        if self.standing(digest).is_some() {
            return Ok(false);
        }
        let area = self.root.join("sealing").join(digest.to_string());
        if let Err(error) = copy::bundle(sealed, &area) {
            let _ = fs::remove_dir_all(&area);
            return Err(error.into());
        }
        fs::rename(&area, self.folder(Standing::Carried, digest))?;
        sync_folder(&self.place(Standing::Carried))?;
        self.schedule.add(digest);
        Ok(true)
    }

    /// Where uploads were begun, for the courier to go on.
    #[must_use]
    pub fn upload_places(&self) -> UploadPlaces {
        UploadPlaces::in_folder(self.root.join("uploads"))
    }

    fn folders_of(&self, standing: Standing) -> io::Result<Vec<BundleDigest>> {
        folders(&self.place(standing))
    }

    #[must_use]
    pub fn standing(&self, digest: BundleDigest) -> Option<Standing> {
        FOLDERS
            .into_iter()
            .find(|standing| self.folder(*standing, digest).is_dir())
            .or_else(|| {
                self.receipt_path(digest)
                    .is_file()
                    .then_some(Standing::Filed)
            })
    }

    /// # Errors
    /// [`SpoolError::UnknownBundle`] when it does not wait here or cannot be read.
    pub fn load(&self, digest: BundleDigest) -> Result<SealedBundle, SpoolError> {
        let folder = self.unfiled(digest).ok_or(SpoolError::UnknownBundle)?;
        SealedBundle::load(folder).map_err(|_| SpoolError::UnknownBundle)
    }

    /// The folder of a bundle that waits for a receipt, own or carried.
    fn unfiled(&self, digest: BundleDigest) -> Option<PathBuf> {
        [Standing::Waiting, Standing::Carried]
            .into_iter()
            .map(|standing| self.folder(standing, digest))
            .find(|path| path.is_dir())
    }

    /// Where a bundle lies that is not filed.
    #[must_use]
    pub fn path_of(&self, digest: BundleDigest) -> Option<PathBuf> {
        FOLDERS
            .into_iter()
            .map(|standing| self.folder(standing, digest))
            .find(|path| path.is_dir())
    }

    /// Lets go of a bundle, which only its own receipt under the verifier's key can do.
    ///
    /// # Errors
    /// [`SpoolError::Receipt`] when the receipt is not genuine or names another bundle.
    pub fn forget(
        &self,
        digest: BundleDigest,
        receipt: &SignedReceipt,
        verifier: &VerifierPublicKey,
    ) -> Result<bundle::Receipt, SpoolError> {
        let told = receipt.verify(verifier).map_err(SpoolError::Receipt)?;
        if told.bundle != digest {
            return Err(SpoolError::UnknownBundle);
        }
        write_whole(&self.receipt_path(digest), &receipt.to_json())?;
        self.let_go(digest)?;
        Ok(told)
    }

    /// Removes a bundle whose receipt is on disk.
    fn let_go(&self, digest: BundleDigest) -> io::Result<()> {
        self.schedule.remove(digest);
        // One that was set aside goes too: the verifier has thought better of it.
        for standing in FOLDERS {
            let place = self.folder(standing, digest);
            if place.is_dir() {
                // Out of sight by one rename; the sweep finishes what a power cut leaves.
                let gone = self.root.join("sealing").join(digest.to_string());
                fs::rename(&place, &gone)?;
                sync_folder(&self.place(standing))?;
                fs::remove_dir_all(&gone)?;
            }
        }
        Ok(())
    }

    /// Sets a bundle aside that the verifier will never take, with the verifier's reasons.
    ///
    /// # Errors
    /// [`SpoolError::Disk`].
    pub fn set_aside(&self, digest: BundleDigest, refusal: &[u8]) -> Result<(), SpoolError> {
        let place = self.unfiled(digest).ok_or(SpoolError::UnknownBundle)?;
        write_whole(&place.join("refusal.json"), refusal)?;
        fs::rename(&place, self.folder(Standing::Refused, digest))?;
        if let Some(above) = place.parent() {
            sync_folder(above)?;
        }
        sync_folder(&self.place(Standing::Refused))?;
        self.schedule.remove(digest);
        Ok(())
    }

    /// When the latest receipt this desk holds was signed: it is later than that now.
    #[must_use]
    pub fn last_filed(&self) -> Option<Timestamp> {
        // The newest file is the newest receipt; only it is read.
        let newest = fs::read_dir(self.place(Standing::Filed))
            .ok()?
            .filter_map(|entry| {
                let entry = entry.ok()?;
                Some((entry.metadata().ok()?.modified().ok()?, entry.path()))
            })
            .max()?;
        let digest = newest.1.file_stem()?.to_str()?.parse().ok()?;
        let receipt = self.receipt(digest)?;
        // Its signature was checked before it was kept.
        let told: bundle::Receipt = serde_json::from_slice(&receipt.envelope().payload).ok()?;
        Some(told.filed_at)
    }

    /// When the bundle that waits longest was sealed.
    #[must_use]
    pub fn oldest(&self) -> Option<Timestamp> {
        // In the order of sealing; one that cannot be read is told elsewhere.
        self.waiting()
            .ok()?
            .into_iter()
            .find_map(|digest| Some(self.load(digest).ok()?.created()))
    }

    /// Whether a bundle could be sealed here: a small file is written and synced, and goes again.
    ///
    /// # Errors
    /// [`SpoolError::Disk`].
    pub fn probe(&self) -> Result<(), SpoolError> {
        let path = self.root.join("sealing").join("probe");
        write_whole(&path, b"may a bundle be written here?")?;
        fs::remove_file(&path)?;
        Ok(())
    }

    #[must_use]
    pub fn receipt(&self, digest: BundleDigest) -> Option<SignedReceipt> {
        let bytes = fs::read(self.receipt_path(digest)).ok()?;
        SignedReceipt::from_json(&bytes).ok()
    }

    #[must_use]
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    fn place(&self, standing: Standing) -> PathBuf {
        self.root.join(match standing {
            Standing::Refused => "refused",
            Standing::Waiting => "waiting",
            Standing::Carried => "carried",
            Standing::Filed => "receipts",
        })
    }

    fn folder(&self, standing: Standing, digest: BundleDigest) -> PathBuf {
        self.place(standing).join(digest.to_string())
    }

    fn receipt_path(&self, digest: BundleDigest) -> PathBuf {
        self.root.join("receipts").join(format!("{digest}.json"))
    }
}

/// The digests that name the folders in `place`; anything else there is not ours and is left.
fn folders(place: &Path) -> io::Result<Vec<BundleDigest>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(place)? {
        if let Some(digest) = entry?
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        {
            found.push(digest);
        }
    }
    Ok(found)
}

/// A program that another thread is just starting has every lock of this process too, until it has become another program.
const A_START_TAKES: Duration = Duration::from_millis(500);

fn hold(lock: &File) -> Result<(), SpoolError> {
    let until = Instant::now() + A_START_TAKES;
    while lock.try_lock().is_err() {
        if Instant::now() >= until {
            return Err(SpoolError::InUse);
        }
        thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}
