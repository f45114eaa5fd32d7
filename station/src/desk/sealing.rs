//! From an approved visit to a bundle in the spool: the official's signature on each PDF where
//! the grade asks for one, then signed, encrypted and on disk.

use std::io::{Cursor, Read};
use std::time::Instant;

use bundle::{BundleDigest, Draft, Grade, Part, SealingKey};
use pades::{SignOptions, SigningKey};
use zeroize::Zeroizing;

use crate::visit::{SealRequest, Stop};

use super::card::millis;
use super::{Desk, FiledDocument, Step};

pub const CODES: &[&str] = &["visit.sign_failed", "visit.evidence_unwritable"];

const SIGN_FAILED: &str = "visit.sign_failed";
const EVIDENCE_UNWRITABLE: &str = "visit.evidence_unwritable";

/// The operator's sealing key, lent to PAdES: the same person, the same certificate.
struct OperatorSigns<'a> {
    key: &'a dyn SealingKey,
    certificates: [Vec<u8>; 1],
}

impl SigningKey for OperatorSigns<'_> {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, pades::KeyError> {
        use bundle::KeyError as Key;
        self.key.sign(message).map_err(|error| match error {
            Key::Missing | Key::Gone => pades::KeyError::Missing,
            Key::PinWrong | Key::PinLocked => pades::KeyError::Locked,
            _ => pades::KeyError::Refused,
        })
    }

    fn certificates(&self) -> &[Vec<u8>] {
        &self.certificates
    }

    fn algorithm(&self) -> pades::Algorithm {
        pades::Algorithm::EcdsaP256Sha256
    }
}

/// A document on its way into the bundle; wiped when the seal has read it.
struct Wiped(Cursor<Zeroizing<Vec<u8>>>);

impl Read for Wiped {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let position = usize::try_from(self.0.position()).unwrap_or(usize::MAX);
        let rest = self.0.get_ref().get(position..).unwrap_or(&[]);
        let count = rest.len().min(into.len());
        into[..count].copy_from_slice(&rest[..count]);
        self.0.set_position((position + count) as u64);
        Ok(count)
    }
}

fn part(name: &str, media_type: &str, bytes: Zeroizing<Vec<u8>>) -> Part {
    Part {
        name: name.to_owned(),
        media_type: media_type.to_owned(),
        content: Box::new(Wiped(Cursor::new(bytes))),
    }
}

impl Desk<'_> {
    pub(super) fn seal(
        &mut self,
        request: SealRequest,
        watch: &mut dyn FnMut(Step),
    ) -> Result<(BundleDigest, Vec<FiledDocument>), Stop> {
        let started = Instant::now();
        let at = (self.now)();
        let evidence = serde_json::to_vec(&request.evidence)
            .map_err(|_| Stop::failure(EVIDENCE_UNWRITABLE))?;
        let mut parts = vec![part(
            "chip-evidence",
            "application/json",
            Zeroizing::new(evidence),
        )];
        let mut documents = Vec::new();
        for (claim, pdf) in request.claims.documents.iter().zip(request.pdfs) {
            // TT 01/2023/TT-VPCP Art. 8(1): who digitises signs with the signature issued to them.
            let pdf = if request.grade == Grade::G0 {
                pdf
            } else {
                self.signed(&pdf, at)?
            };
            documents.push(FiledDocument {
                kind: claim.kind.clone(),
                title: claim.title.clone(),
                grade: claim.grade,
                pages: claim.pages.len(),
                pdf_bytes: pdf.len(),
            });
            parts.push(part(
                &format!("document-{}.pdf", documents.len()),
                "application/pdf",
                pdf,
            ));
        }
        let claims = request.claims;
        let digest = self
            .spool
            .seal(
                |previous| Draft {
                    manifest: claims,
                    parts,
                    previous,
                },
                self.device_key,
                self.operator_key,
                self.recipients,
                at,
            )
            .map_err(|error| Stop::failure(error.code()))?;
        watch(Step::Sealed {
            elapsed_ms: millis(started),
        });
        Ok((digest, documents))
    }

    fn signed(&self, pdf: &[u8], at: jiff::Timestamp) -> Result<Zeroizing<Vec<u8>>, Stop> {
        let options = SignOptions::new(at);
        let key = OperatorSigns {
            key: self.operator_key,
            certificates: [self.operator_key.certificate().to_vec()],
        };
        pades::sign(pdf, &key, &options)
            .map(Zeroizing::new)
            .map_err(|_| Stop::failure(SIGN_FAILED))
    }
}
