//! Where things are kept: tickets, half-sent blobs, wallets and the rows of the log, behind one set of verbs.
//!
//! Stores share verbs, not tables: each is native to its engine and may take what its engine gives. There are two:
//! SQLite with files, and PostgreSQL with an S3 server (feature `province`); both pass the same contract suite
//! (`wallet/contract.rs`). All verbs block; whoever serves a network calls them on a blocking thread.

mod behalf;
pub(crate) mod cas;
#[cfg(test)]
mod contract;
mod embedded;
mod failure;
mod pages;
#[cfg(feature = "province")]
mod province;
mod vault;

use std::path::PathBuf;

use bundle::{
    BundleDigest, EntryId, LogProof, Sha256Digest, SignedReceipt, SignedTicket, StationId,
    TicketId, VisitId,
};
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;
use zeroize::Zeroizing;

pub use embedded::Embedded;
pub use failure::{OpenStoreError, StoreFailure};
pub use pages::FiledBefore;
#[cfg(feature = "province")]
pub use province::{Province, Site};
pub use vault::VaultError;

use crate::examine::Verified;

/// The stores there are.
#[non_exhaustive]
#[cfg_attr(
    feature = "province",
    expect(clippy::large_enum_variant, reason = "a program has one")
)]
pub enum Wallets {
    /// SQLite and content-addressed files on this machine.
    Embedded(Embedded),
    /// PostgreSQL and an S3 server, for many verifiers.
    #[cfg(feature = "province")]
    Province(Box<Province>),
}

/// How a store is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// To serve.
    Serve,
    /// To look at it, perhaps beside a running service; nothing is tidied.
    Inspect,
}

/// How a request for tickets ended.
#[derive(Debug)]
pub enum Granted {
    Tickets(Vec<SignedTicket>),
    /// The station holds too many tickets it has not used.
    TooMany {
        open: u32,
    },
}

/// What one station may leave unfinished here.
#[derive(Debug, Clone, Copy)]
pub struct Quota {
    pub uploads: u32,
    pub bytes: u64,
}

/// How a request to upload ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Begun {
    Started(Uuid),
    /// The station has too much lying here unfinished or unfiled.
    OverQuota,
}

/// One upload, finished or not.
#[derive(Debug, Clone)]
pub struct Upload {
    pub id: Uuid,
    pub digest: Sha256Digest,
    pub length: u64,
    /// How many bytes the store holds; the next request goes on from there.
    pub held: u64,
    /// All bytes are there and are what the digest says.
    pub finished: bool,
    /// Where the bytes of the next request are gathered, behind the first `in_file` ones.
    pub file: PathBuf,
    pub in_file: u64,
}

/// What became of the bytes that were gathered.
#[derive(Debug, PartialEq, Eq)]
pub enum Kept {
    /// They are kept; so many are held now.
    Held(u64),
    /// Another verifier went on with the same upload meanwhile; they are gone.
    Overtaken,
}

/// How the end of an upload turned out.
#[derive(Debug, PartialEq, Eq)]
pub enum Finished {
    Stored,
    /// The bytes are not what their name says; they are gone.
    DigestWrong,
}

/// How filing ended.
#[derive(Debug)]
pub enum Filing {
    Filed(SignedReceipt),
    /// This very bundle was filed before; the receipt is the same one, byte for byte.
    FiledBefore(SignedReceipt),
    /// The ticket opened another visit already.
    TicketSpent,
    /// Another bundle was filed for this visit.
    VisitFiled,
    /// This very bundle was filed, and the wallet has been erased since; it is not filed again.
    Erased,
}

/// What is known of a bundle that was posted.
#[derive(Debug, Clone)]
pub struct BundleRecord {
    pub station: StationId,
    pub state: BundleState,
    pub at: Timestamp,
}

#[derive(Debug, Clone)]
pub enum BundleState {
    Filed(SignedReceipt),
    Refused {
        codes: Vec<String>,
    },
    /// It was filed; its receipt went with the wallet.
    Erased,
}

/// One entry of a wallet, as an integrator sees it; the grade stands first.
#[derive(Debug, Clone, Serialize)]
pub struct EntryView {
    pub entry: EntryId,
    pub number: u32,
    pub filed_at: Timestamp,
    pub station: StationId,
    pub visit: VisitId,
    pub bundle: BundleDigest,
    /// `signed_by_chip`, `witnessed_by_desk` or `not_offered` (D2).
    pub clone_check: String,
    /// `machine`, or `two_officials` where they looked because the machine could not tell.
    pub identified_by: String,
    /// `holder`, or in which capacity somebody brought these papers for the holder of this wallet: `legal_representative`,
    /// `proxy`; `helper_present` where the holder came with somebody who helped.
    pub brought_by: String,
    pub practice: bool,
    pub documents: Vec<DocumentView>,
}

#[derive(Debug, Clone, Serialize)]
pub struct DocumentView {
    pub grade: String,
    pub n: u32,
    pub kind: String,
    pub title: String,
    pub pages: u32,
    pub bytes: u64,
}

/// One paper read back. Its Debug prints nothing.
pub struct Document {
    pub pdf: Zeroizing<Vec<u8>>,
}

/// Who looks at what, and what for: written before the answer leaves.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    pub reader: &'a str,
    pub purpose: &'a str,
    pub wallet: Uuid,
    pub entry: Option<EntryId>,
    pub document: Option<u32>,
}

/// What was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Looked {
    /// Whether this person has a wallet.
    ForWallet,
    AtEntries,
    AtDocument,
    /// This journal itself.
    AtJournal,
}

impl Looked {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ForWallet => "for_wallet",
            Self::AtEntries => "at_entries",
            Self::AtDocument => "at_document",
            Self::AtJournal => "at_journal",
        }
    }
}

impl std::str::FromStr for Looked {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [
            Self::ForWallet,
            Self::AtEntries,
            Self::AtDocument,
            Self::AtJournal,
        ]
        .into_iter()
        .find(|looked| looked.as_str() == text)
        .ok_or(())
    }
}

/// One line of a wallet's journal, as the citizen reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Viewed {
    /// Where to read on: greater in every later line.
    pub n: u64,
    pub at: Timestamp,
    pub reader: String,
    pub purpose: String,
    pub looked: Looked,
    pub entry: Option<EntryId>,
    pub document: Option<u32>,
}

/// On whose word a wallet is erased, and by what right; it names no citizen.
#[derive(Debug, Clone, Copy)]
pub struct Act<'a> {
    /// The official.
    pub by: &'a str,
    /// The decision or request, by its number.
    pub basis: &'a str,
}

/// What an erasure came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Erased {
    /// The leaf of the erasure itself.
    pub leaf: u64,
    pub entries: u32,
    pub documents: u32,
    /// No copy of what was deleted is left in the store's own files. `false` when somebody was reading just
    /// then: the next sweep does it.
    pub scrubbed: bool,
}

/// Something that happened, for whoever is to be told of it later. Names no person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Event {
    /// Its place in the outbox: greater in every later event, never used twice.
    pub n: u64,
    pub at: Timestamp,
    /// `filed` or `erased`.
    pub kind: String,
    pub bundle: BundleDigest,
}

/// A head of the log on its way to the witnesses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub size: u64,
    /// The note as the log signed it, without cosignatures.
    pub note: String,
}

/// What a check of the whole store found. Empty lists mean it is sound.
#[derive(Debug, Default, Serialize)]
pub struct Fsck {
    pub leaves: u64,
    pub entries: u64,
    pub documents: u64,
    /// Stable codes with the place, one line a finding.
    pub findings: Vec<String>,
}

/// A part of the log as it is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tile {
    Hashes { level: u8, index: u64, width: u32 },
    Entries { index: u64, width: u32 },
}

/// The same words said to whichever store it is.
macro_rules! each {
    ($wallets:expr, $store:ident => $words:expr) => {
        match $wallets {
            Wallets::Embedded($store) => $words,
            #[cfg(feature = "province")]
            Wallets::Province($store) => $words,
        }
    };
}

impl Wallets {
    /// Draws and signs tickets for a station, unless it holds too many already.
    pub fn grant(
        &self,
        station: &StationId,
        count: u32,
        at: Timestamp,
        until: Timestamp,
        max_open: u32,
    ) -> Result<Granted, StoreFailure> {
        each!(self, store => store.grant(station, count, at, until, max_open))
    }

    /// Which bundle has used this ticket.
    pub fn spent_by(&self, ticket: TicketId) -> Result<Option<BundleDigest>, StoreFailure> {
        each!(self, store => store.spent_by(ticket))
    }

    /// Which bundle was filed for this visit.
    pub fn filed_for(&self, visit: VisitId) -> Result<Option<BundleDigest>, StoreFailure> {
        each!(self, store => store.filed_for(visit))
    }

    /// Opens an upload; an unfinished one of the same blob by the same station gives way to it.
    pub fn begin_upload(
        &self,
        station: &StationId,
        digest: &Sha256Digest,
        length: u64,
        quota: Quota,
        at: Timestamp,
    ) -> Result<Begun, StoreFailure> {
        each!(self, store => store.begin_upload(station, digest, length, quota, at))
    }

    /// The upload of this name, if it is this station's.
    pub fn upload(&self, id: Uuid, station: &StationId) -> Result<Option<Upload>, StoreFailure> {
        each!(self, store => store.upload(id, station))
    }

    /// Keeps what has been gathered in the upload's file. When this returns, a power cut can no longer take it.
    pub fn keep(&self, upload: &Upload) -> Result<Kept, StoreFailure> {
        each!(self, store => store.keep(upload))
    }

    /// Checks the digest of a complete upload and makes it a blob.
    pub fn finish_upload(
        &self,
        upload: &Upload,
        station: &StationId,
        at: Timestamp,
    ) -> Result<Finished, StoreFailure> {
        each!(self, store => store.finish_upload(upload, station, at))
    }

    /// Gives up an upload.
    pub fn drop_upload(&self, upload: &Upload) -> Result<(), StoreFailure> {
        each!(self, store => store.drop_upload(upload))
    }

    /// Whether nobody needs to send this blob (again): it lies here, or what it held is filed.
    pub fn has_blob(&self, digest: &Sha256Digest) -> Result<bool, StoreFailure> {
        each!(self, store => store.has_blob(digest))
    }

    /// Those of the blobs that do not lie here.
    pub fn missing(&self, digests: &[Sha256Digest]) -> Result<Vec<Sha256Digest>, StoreFailure> {
        each!(self, store => store.missing(digests))
    }

    /// The blobs, for opening a bundle.
    pub fn blobs(&self) -> &dyn bundle::BlobSource {
        match self {
            Self::Embedded(store) => store,
            #[cfg(feature = "province")]
            Self::Province(store) => &**store,
        }
    }

    /// Removes uploads and unfiled blobs older than `before`. Returns how many.
    pub fn expire(&self, before: Timestamp) -> Result<u64, StoreFailure> {
        each!(self, store => store.expire(before))
    }

    /// Files what was examined, spends its ticket, appends to the log and keeps the receipt: all or nothing.
    pub fn file(&self, verified: &Verified, at: Timestamp) -> Result<Filing, StoreFailure> {
        each!(self, store => store.file(verified, at))
    }

    /// Which papers of a visit lie in the citizen's wallet already, from another bundle. A notice, and no obstacle.
    pub fn filed_before(&self, verified: &Verified) -> Result<Vec<FiledBefore>, StoreFailure> {
        let new = pages::of_record(&verified.record)?;
        let mut found = Vec::new();
        for (entry, record) in each!(self, store => store.records_beside(verified))? {
            pages::compare(&new, entry, &pages::of_record(&record)?, &mut found);
        }
        Ok(found)
    }

    /// Notes why a bundle was refused. A filed bundle stays filed.
    pub fn refuse(
        &self,
        bundle: &BundleDigest,
        station: &StationId,
        codes: &[&str],
        at: Timestamp,
    ) -> Result<(), StoreFailure> {
        each!(self, store => store.refuse(bundle, station, codes, at))
    }

    /// What is known of a bundle.
    pub fn bundle(&self, digest: &BundleDigest) -> Result<Option<BundleRecord>, StoreFailure> {
        each!(self, store => store.bundle(digest))
    }

    /// The wallet of the citizen with this personal number; the question is journaled where there is one.
    pub fn lookup(
        &self,
        personal_id: &str,
        reader: &str,
        purpose: &str,
        at: Timestamp,
    ) -> Result<Option<Uuid>, StoreFailure> {
        each!(self, store => store.lookup(personal_id, reader, purpose, at))
    }

    /// The entries of a wallet, oldest first; `None` when there is no such wallet.
    pub fn entries(
        &self,
        view: View<'_>,
        at: Timestamp,
    ) -> Result<Option<Vec<EntryView>>, StoreFailure> {
        each!(self, store => store.entries(view, at))
    }

    /// One paper of one entry; the view is journaled first.
    pub fn document(
        &self,
        view: View<'_>,
        at: Timestamp,
    ) -> Result<Option<Document>, StoreFailure> {
        each!(self, store => store.document(view, at))
    }

    /// Who looked into a wallet, oldest first, from after line `after` on; `None` when there is no such wallet.
    /// This look is journaled too.
    pub fn views(
        &self,
        view: View<'_>,
        after: u64,
        limit: u32,
        at: Timestamp,
    ) -> Result<Option<Vec<Viewed>>, StoreFailure> {
        each!(self, store => store.views(view, after, limit, at))
    }

    /// Destroys a citizen's data key, entries and papers and says so in the log, all or nothing. `None` when
    /// there is no such wallet.
    pub fn erase(
        &self,
        wallet: Uuid,
        act: Act<'_>,
        at: Timestamp,
    ) -> Result<Option<Erased>, StoreFailure> {
        each!(self, store => store.erase(wallet, act, at))
    }

    /// Finishes what an erasure had to leave behind because of a power cut or a reader. `true` when nothing is left.
    pub fn scrub(&self) -> Result<bool, StoreFailure> {
        each!(self, store => store.scrub())
    }

    /// Events from after `after` on, in the order in which they were written.
    pub fn events(&self, after: u64, limit: u32) -> Result<Vec<Event>, StoreFailure> {
        each!(self, store => store.events(after, limit))
    }

    /// The signed head of the log, with the cosignatures it has so far.
    pub fn checkpoint(&self) -> Result<String, StoreFailure> {
        each!(self, store => store.checkpoint())
    }

    /// The head of the log as witnesses are to see it.
    pub fn head(&self) -> Result<Head, StoreFailure> {
        each!(self, store => store.head())
    }

    /// The proof that the tree of `old` leaves is the beginning of the tree of `new` leaves; `None` when the
    /// log has never been so long. From nothing to anything takes no hashes.
    pub fn consistency(
        &self,
        old: u64,
        new: u64,
    ) -> Result<Option<Vec<Sha256Digest>>, StoreFailure> {
        each!(self, store => store.consistency(old, new))
    }

    /// Keeps a cosignature of a head. Who calls has checked it.
    pub fn cosign(&self, head: &Head, witness: &str, line: &str) -> Result<(), StoreFailure> {
        each!(self, store => store.cosign(head, witness, line))
    }

    /// A filed bundle's place in the tree of the best cosigned head that covers it, or of the newest head
    /// where none does. `None` when the bundle is not filed here.
    pub fn proof(&self, bundle: &BundleDigest) -> Result<Option<LogProof>, StoreFailure> {
        each!(self, store => store.proof(bundle))
    }

    /// The receipt of a filed bundle with such a proof in place of the first one, signed anew.
    pub fn renewed(&self, bundle: &BundleDigest) -> Result<Option<SignedReceipt>, StoreFailure> {
        each!(self, store => store.renewed(bundle))
    }

    /// A tile of the log; `None` when the log has not grown so far.
    pub fn tile(&self, tile: Tile) -> Result<Option<Vec<u8>>, StoreFailure> {
        each!(self, store => store.tile(tile))
    }

    /// Reads everything back and recomputes what can be recomputed.
    pub fn fsck(&self) -> Result<Fsck, StoreFailure> {
        each!(self, store => store.fsck())
    }
}
