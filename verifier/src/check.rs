//! Checking without a service: a bundle as it lies in a folder, a PDF, a container with one in it, or a receipt (its file, the text of the code on a
//! slip, or a picture of it), against a folder of trust.
//!
//! The trust folder is `public/` of a verifier's keys, with `csca/` (country certificates) and `signers/` (roots
//! of officials' signatures) put beside. What is not in it makes checks "not checkable", never "passed". A
//! folder of country certificates alone is trust for the chip and for nothing else.

mod container;
mod picture;
mod receipt;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bundle::{SealedBundle, StationTrust, VerifierPublicKey};
use emrtd::{CscaTrust, TrustError};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::comparers;
use crate::examine::{Examiner, Fault, Policy, Report, pdf_form};
use crate::keys::{KeyFolder, KeysError, read_text};
use crate::roster::Roster;
use crate::{epochs, log, serve};

pub use receipt::ReceiptTold;

/// A receipt lies beside the envelope under this name, where somebody put it there.
pub const RECEIPT_FILE: &str = "receipt.json";
/// Whose cosignatures a receipt must have is said by a file of this name in the folder of trust.
pub const POLICY_FILE: &str = "log.policy";
/// Papers of a desk stay far below this.
const MAX_PDF_BYTES: u64 = pades::LARGEST_PDF_BYTES as u64;
/// No receipt comes near this.
const MAX_RECEIPT_BYTES: u64 = 64 * 1024;
/// A desk's clock may differ this much; the service takes it from its settings.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// Everything needed from outside for a check.
#[derive(Debug, Clone)]
pub struct CheckOptions {
    pub trust: PathBuf,
    /// The verifier's key folder, for its decryption identities; without it the inside stays closed.
    pub keys: Option<PathBuf>,
    /// A receipt to check with the bundle; `receipt.json` in its folder is taken by itself.
    pub receipt: Option<PathBuf>,
    pub accept_simulated: bool,
}

/// Why nothing could be checked at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    #[error("{path} cannot be read")]
    Unreadable {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{path} is too large")]
    TooLarge { path: PathBuf },
    #[error("the trust folder holds nothing to trust")]
    TrustEmpty,
    #[error("the picture cannot be read")]
    Picture,
    #[error("there is no receipt's code in the picture")]
    NoCode,
    #[error(transparent)]
    Trust(#[from] TrustError),
    #[error(transparent)]
    Keys(#[from] KeysError),
    #[error(transparent)]
    Witnesses(#[from] log::PolicyError),
}

impl CheckError {
    /// The stable code under which `docs/failures.md` explains this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "check.unreadable",
            Self::TooLarge { .. } => "check.too_large",
            Self::TrustEmpty => "check.trust_empty",
            Self::Picture => "check.picture",
            Self::NoCode => "check.no_code",
            Self::Trust(error) => error.code(),
            Self::Keys(error) => error.code(),
            Self::Witnesses(error) => error.code(),
        }
    }
}

/// What a check found.
#[derive(Debug, Clone, Serialize)]
pub struct Checked {
    /// `sound`: every check passed; `incomplete`: none failed, some could not be made; `refused`: one failed.
    pub outcome: &'static str,
    /// `bundle`, `pdf`, `receipt` or `container`.
    pub kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bundle: Option<String>,
    /// What a receipt on its own says, once its signature is found good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<ReceiptTold>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pages: Option<u32>,
    #[serde(flatten)]
    pub report: Report,
}

impl Checked {
    fn new(kind: &'static str, report: Report) -> Self {
        let outcome = if report.any_failed() {
            "refused"
        } else if report.all_passed() {
            "sound"
        } else {
            "incomplete"
        };
        Self {
            outcome,
            kind,
            bundle: None,
            receipt: None,
            pages: None,
            report,
        }
    }
}

/// Checks a bundle's folder, or a file that holds a PDF, a receipt, or the code of one. Works without any network.
pub fn check(path: &Path, options: &CheckOptions, now: Timestamp) -> Result<Checked, CheckError> {
    let trust = Trust::load(options)?;
    let unreadable = |source| CheckError::Unreadable {
        path: path.to_owned(),
        source,
    };
    if std::fs::metadata(path).map_err(unreadable)?.is_dir() {
        check_bundle(path, &trust, options, now)
    } else {
        check_with(&read(path, MAX_PDF_BYTES)?, &trust, now)
    }
}

/// As [`check()`], of what a file would hold.
pub fn check_content(
    content: &[u8],
    options: &CheckOptions,
    now: Timestamp,
) -> Result<Checked, CheckError> {
    check_with(content, &Trust::load(options)?, now)
}

/// What it is, its first bytes say; what says nothing is judged as a PDF, and is none.
fn check_with(content: &[u8], trust: &Trust, now: Timestamp) -> Result<Checked, CheckError> {
    if picture::is_one(content) {
        let text = picture::codes(content)?;
        return Ok(receipt::alone(text.as_bytes(), trust));
    }
    if container::is_one(content) {
        return Ok(container::check(content, trust, now));
    }
    if receipt::is_one(content) {
        return Ok(receipt::alone(content, trust));
    }
    Ok(check_pdf(content, &trust.examiner.signers, now))
}

struct Trust {
    examiner: Examiner,
    vkey: Option<String>,
    policy: Option<log::Policy>,
}

impl Trust {
    fn load(options: &CheckOptions) -> Result<Self, CheckError> {
        let folder = &options.trust;
        let malformed = |file: &str| KeysError::Malformed {
            path: folder.join(file),
        };
        let there = |file: &str| Some(folder.join(file)).filter(|path| path.exists());

        let stations = match there("station-ca.pem") {
            Some(path) => Some(StationTrust::load(&path).map_err(|_| malformed("station-ca.pem"))?),
            None => None,
        };
        let receipts = match there("receipt.pub.pem") {
            Some(path) => {
                Some(VerifierPublicKey::load(&path).map_err(|_| malformed("receipt.pub.pem"))?)
            }
            None => None,
        };
        let vkey = there("log.vkey").map(|path| read_text(&path)).transpose()?;
        let policy = there(POLICY_FILE)
            .map(|path| Ok::<_, CheckError>(log::Policy::parse(&read_text(&path)?)?))
            .transpose()?;
        // Only where nothing of ours lies beside: a station's authority is no country's.
        let bare = stations.is_none() && receipts.is_none();
        let csca = match there("csca") {
            Some(path) => Some(CscaTrust::load_dir(path)?),
            None if bare => match CscaTrust::load_dir(folder) {
                Ok(csca) => Some(csca),
                Err(TrustError::Empty { .. }) => None,
                Err(error) => return Err(error.into()),
            },
            None => None,
        };
        let mut signers = pades::Roots::none();
        if let Some(path) = there("signers") {
            serve::add_roots(&mut signers, &path)?;
        }
        if bare && csca.is_none() && signers.is_empty() {
            return Err(CheckError::TrustEmpty);
        }
        let keys = options.keys.as_deref().map(KeyFolder::new);
        let identities = keys.as_ref().map(epochs::identities).transpose()?;
        let examination = Policy {
            accept_simulated: options.accept_simulated,
            clock_skew: CLOCK_SKEW,
            max_blob_bytes: u64::MAX,
            suspended_stations: Vec::new(),
            suspended_operators: Vec::new(),
            epochs: keys
                .as_ref()
                .map_or_else(|| Ok(Vec::new()), epochs::later)?,
            roster: there("standing.json").map(|_| Arc::new(Roster::at(folder.clone()))),
            comparers: comparers::shipped(),
        };
        Ok(Self {
            examiner: Examiner {
                stations,
                csca,
                receipts,
                identities,
                signers,
                policy: examination,
            },
            vkey,
            policy,
        })
    }
}

fn check_bundle(
    folder: &Path,
    trust: &Trust,
    options: &CheckOptions,
    now: Timestamp,
) -> Result<Checked, CheckError> {
    let mut report = Report::default();
    let sealed = match SealedBundle::load(folder) {
        Ok(sealed) => sealed,
        Err(error) => {
            report.checked("form", vec![fault(error.code())]);
            return Ok(Checked::new("bundle", report));
        }
    };
    report.checked("form", Vec::new());
    let receipt = options
        .receipt
        .clone()
        .or_else(|| Some(folder.join(RECEIPT_FILE)).filter(|path| path.exists()));
    // A certificate that has run out since was good when the bundle arrived, and the receipt says when.
    let at = match receipt {
        Some(path) => {
            let content = read(&path, MAX_RECEIPT_BYTES)?;
            let filed = receipt::of_bundle(&content, &sealed.digest(), trust, &mut report);
            filed.unwrap_or(now)
        }
        None => {
            report.not_checkable(receipt::CHECKS);
            now
        }
    };
    let examination = trust
        .examiner
        .examine(sealed.envelope_json(), &sealed, None, at)
        .expect("only a register can fail, and none was given");
    report.checks.extend(examination.report.checks);
    Ok(Checked {
        bundle: Some(sealed.digest().to_string()),
        ..Checked::new("bundle", report)
    })
}

fn check_pdf(content: &[u8], signers: &pades::Roots, now: Timestamp) -> Checked {
    let mut report = Report::default();
    let form = pdf_form(content);
    let malformed = form.is_none().then(|| fault("examine.pdf_malformed"));
    report.checked("pdf.form", malformed.into_iter().collect());
    match pades::check(content, signers, now) {
        Err(error) => report.checked("pdf.signatures", vec![fault(error.code())]),
        Ok(signatures) if signatures.is_empty() => report.not_checkable(&["pdf.signatures"]),
        Ok(signatures) => {
            for (n, signature) in (1..).zip(&signatures) {
                let faults = signature.faults();
                // Without roots nobody can say whose signature it is; that its bytes are whole can still be said.
                let (chain, bytes): (Vec<_>, Vec<_>) = faults
                    .iter()
                    .partition(|fault| matches!(fault, pades::Fault::Chain(_)));
                let told =
                    |faults: Vec<&pades::Fault>| faults.iter().map(|f| fault(f.code())).collect();
                report.checked(format!("pdf.signature {n} intact"), told(bytes));
                if signers.is_empty() {
                    report.not_checkable(&[&format!("pdf.signature {n} signer")]);
                } else {
                    report.checked(format!("pdf.signature {n} signer"), told(chain));
                }
            }
        }
    }
    Checked {
        pages: form.map(|form| form.pages),
        ..Checked::new("pdf", report)
    }
}

fn fault(code: &'static str) -> Fault {
    Fault {
        code,
        place: None,
        may_be_retried: false,
    }
}

fn read(path: &Path, limit: u64) -> Result<Vec<u8>, CheckError> {
    let unreadable = |source| CheckError::Unreadable {
        path: path.to_owned(),
        source,
    };
    if std::fs::metadata(path).map_err(unreadable)?.len() > limit {
        return Err(CheckError::TooLarge {
            path: path.to_owned(),
        });
    }
    std::fs::read(path).map_err(unreadable)
}
