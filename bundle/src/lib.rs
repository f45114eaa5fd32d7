//! The sealed envelope in which one visit travels: draft, seal, open, receipt.
//!
//! This crate never reads the letters inside. It binds parts to one bundle and one
//! visit, encrypts them to the verifier, has the desk and the operator sign, and can say
//! later, on any machine, whether all of that still holds. The byte layout is
//! `docs/bundle-v1.md`.

mod base45;
mod behalf;
mod codes;
mod duty;
mod envelope;
mod epoch;
mod file;
mod ids;
mod key;
mod manifest;
mod open;
mod part;
mod presence;
mod presentation;
mod receipt;
mod recipients;
mod seal;
mod sealed;
mod sighting;
mod slip;
mod statement;
mod storage;
mod ticket;
mod trust;

pub use behalf::{Behalf, Subject};
pub use codes::CODES;
pub use duty::{DutyError, DutyList, OnDuty, SignedDuty};
pub use envelope::{Envelope, EnvelopeError, EnvelopeSignature, MAX_ENVELOPE_BYTES};
pub use epoch::{Epoch, EpochError, SignedEpoch};
pub use ids::{
    BundleDigest, BundleId, EntryId, IdError, OperatorId, Sha256Digest, StationId, TicketId,
    VisitId,
};
pub use key::{FileKey, KeyError, ReceiptKey, SealingKey, VerifierPublicKey};
pub use manifest::{
    CertificateBytes, ChipClaim, Claims, Consent, Device, DeviceKind, DocumentClaim, FieldClaim,
    FieldState, Grade, MANIFEST_VERSION, Manifest, MatchClaim, MatchOutcome, OwnerClaim, PageClaim,
    PartIndex, PartRecord, PersonalText, Purpose, Role, Score, Signers, Witnessed,
};
pub use open::{OpenError, Opened, Signer, faulty_blobs, open, open_checked};
pub use part::MAX_MANIFEST_BYTES;
pub use presence::{Liveness, Pose, Presence, poses};
pub use presentation::{Presentation, PresentationResult};
pub use receipt::{LogProof, Receipt, ReceiptError, SignedReceipt};
pub use recipients::{Identities, Recipients};
pub use seal::{Draft, Part, SealError, preflight, seal};
pub use sealed::{BlobSource, SealedBundle};
pub use sighting::{
    OFFICIALS, Occasion, Seen, Sighting, SightingError, SightingReason, SignedSighting, agreed,
};
pub use slip::{Slip, SlipError};
pub use statement::{BlobRef, MAX_BLOBS, POLICY_VERSION, Statement, statement};
pub use storage::KeyStorage;
pub use ticket::{MAX_TICKET_BYTES, SignedTicket, Ticket, TicketError, challenge};
pub use trust::{
    CertificateError, STATION_UNIT, SignerIdentity, StationTrust, StationTrustError, validity,
};
