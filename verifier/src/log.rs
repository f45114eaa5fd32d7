//! The public log: what a leaf says, who signs its head, and how anybody checks that a receipt stands in it.
//!
//! C2SP tlog-tiles with signed-note checkpoints; `docs/log.md` is the whole description. The rows behind the log are kept by the store, in the same transaction as the filing.

mod cosignature;
mod leaf;
mod policy;

use bundle::Receipt;
use signed_note::{Note, StandardSigner, StandardVerifier, VerifierList};
use tlog_tiles::{Checkpoint, Hash, check_record, record_hash};

pub use cosignature::Cosigner;
pub(crate) use cosignature::CosigningKey;
pub(crate) use leaf::{ErasureAct, MAX_LEAF_BYTES, erased_leaf};
pub use leaf::{LeafKind, LeafView, leaf, read_leaf};
pub use policy::{Policy, PolicyError, PolicyWitness};

use crate::keys::{KeyFolder, KeysError};

/// Signature type of an Ed25519 signed note. C2SP signed-note §"Signature types"
const ALG_ED25519: u8 = 1;
/// The verifier key by which a checkpoint of this log is known.
pub(crate) fn vkey(origin: &str, public: &[u8]) -> String {
    use base64::Engine as _;
    let key = [&[ALG_ED25519], public].concat();
    let id = signed_note::key_id(origin, &key);
    format!(
        "{origin}+{id:08x}+{}",
        base64::engine::general_purpose::STANDARD.encode(key)
    )
}

/// Why a receipt does not prove that its bundle is in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    #[error("the log's verifier key cannot be read")]
    Key,
    #[error("the checkpoint is not signed by the log")]
    Checkpoint,
    #[error("the receipt names another tree than its checkpoint")]
    OtherTree,
    #[error("the leaf is not in the tree")]
    NotIncluded,
    #[error("too few of the witnesses that are asked for have cosigned the checkpoint")]
    TooFewWitnesses,
}

impl LogError {
    /// The stable code under which `docs/failures.md` explains this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Key => "log.verifier_key",
            Self::Checkpoint => "log.checkpoint",
            Self::OtherTree => "log.other_tree",
            Self::NotIncluded => "log.not_included",
            Self::TooFewWitnesses => "log.too_few_witnesses",
        }
    }
}

/// Reads a checkpoint, having checked the log's signature on it. `vkey` is the text of `log.vkey`.
pub fn read_checkpoint(note: &[u8], vkey: &str) -> Result<Checkpoint, LogError> {
    let verifier = StandardVerifier::new(vkey.trim()).map_err(|_| LogError::Key)?;
    let origin = signed_note::Verifier::name(&verifier).to_owned();
    let note = Note::from_bytes(note).map_err(|_| LogError::Checkpoint)?;
    note.verify(&VerifierList::new(vec![Box::new(verifier)]))
        .map_err(|_| LogError::Checkpoint)?;
    let checkpoint = Checkpoint::from_bytes(note.text()).map_err(|_| LogError::Checkpoint)?;
    // C2SP tlog-checkpoint: the first line names the log; a key may sign for no other.
    if checkpoint.origin() != origin {
        return Err(LogError::Checkpoint);
    }
    Ok(checkpoint)
}

/// Checks that the filing a receipt speaks of is in the log that signed its checkpoint.
///
/// Does not check the receipt's own signature; ask [`bundle::SignedReceipt::verify`] first.
pub fn check_receipt(receipt: &Receipt, vkey: &str) -> Result<(), LogError> {
    let checkpoint = read_checkpoint(receipt.log.checkpoint.as_bytes(), vkey)?;
    if checkpoint.size() != receipt.log.tree_size {
        return Err(LogError::OtherTree);
    }
    let leaf = leaf(
        &receipt.bundle,
        receipt.entry,
        &receipt.station,
        receipt.filed_at,
    );
    let proof = receipt
        .log
        .inclusion
        .iter()
        .map(|hash| Hash(*hash.as_bytes()))
        .collect();
    check_record(
        &proof,
        checkpoint.size(),
        *checkpoint.hash(),
        receipt.log.index,
        record_hash(&leaf),
    )
    .map_err(|_| LogError::NotIncluded)
}

/// The hand that signs the head of the log.
pub struct LogSigner {
    signer: StandardSigner,
    origin: String,
    vkey: String,
}

impl LogSigner {
    /// Reads the log's key; its name is the one in `public/log.vkey`.
    pub(crate) fn load(keys: &KeyFolder) -> Result<Self, KeysError> {
        use base64::Engine as _;
        let malformed = || KeysError::Malformed {
            path: keys.path("log.key.pem"),
        };
        let vkey = keys.text("public/log.vkey")?.trim().to_owned();
        let (origin, _) = vkey.split_once('+').ok_or_else(malformed)?;
        let seed = keys.ed25519_seed("log.key.pem")?;
        let key_id = vkey.split('+').nth(1).ok_or_else(malformed)?;
        let private = zeroize::Zeroizing::new([&[ALG_ED25519], seed.as_slice()].concat());
        let skey = zeroize::Zeroizing::new(format!(
            "PRIVATE+KEY+{origin}+{key_id}+{}",
            base64::engine::general_purpose::STANDARD.encode(&*private)
        ));
        // Fails when the name or the public half in log.vkey is not the private half's.
        let signer = StandardSigner::new(&skey).map_err(|_| malformed())?;
        Ok(Self {
            signer,
            origin: origin.to_owned(),
            vkey,
        })
    }

    /// The signed head of a tree.
    pub(crate) fn sign(&self, size: u64, root: Hash) -> String {
        let checkpoint =
            Checkpoint::new(&self.origin, size, root, "").expect("the origin is not empty");
        let mut note =
            Note::new(&checkpoint.to_bytes(), &[]).expect("a checkpoint is a well-formed note");
        note.add_sigs(&[&self.signer])
            .expect("the signer's name was checked when its key was read");
        String::from_utf8(note.to_bytes()).expect("a note is text")
    }

    pub(crate) fn vkey(&self) -> &str {
        &self.vkey
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_of_another_log_is_refused() {
        let place = tempfile::tempdir().unwrap();
        let today = jiff::Zoned::now().date();
        let [one, two] = ["one", "two"].map(|name| {
            let keys = KeyFolder::new(place.path().join(name));
            keys.init("niem.example/log", &["localhost".to_owned()], today)
                .unwrap();
            LogSigner::load(&keys).unwrap()
        });
        let note = one.sign(0, tlog_tiles::EMPTY_HASH);
        assert_eq!(
            read_checkpoint(note.as_bytes(), one.vkey()).unwrap().size(),
            0
        );
        assert_eq!(
            read_checkpoint(note.as_bytes(), two.vkey()),
            Err(LogError::Checkpoint)
        );
        let edited = note.replacen("\n0\n", "\n1\n", 1);
        assert_eq!(
            read_checkpoint(edited.as_bytes(), one.vkey()),
            Err(LogError::Checkpoint)
        );
    }
}
