//! Everything that can be wrong with a bundle that came in.

use std::io;

use crate::trust::CertificateError;

/// Who was to sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signer {
    /// The desk.
    Device,
    /// The person who served.
    Operator,
}

/// Why a bundle is not opened, or a part of it not read. All but [`OpenError::Unreadable`],
/// [`OpenError::BlobMissing`], [`OpenError::BlobUnreadable`] and [`OpenError::Output`] are final.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The outer envelope has more than 1 MiB.
    #[error("the envelope is longer than its limit")]
    EnvelopeTooLarge,
    /// The outer envelope is not DSSE.
    #[error("the envelope is not a DSSE envelope")]
    EnvelopeMalformed,
    /// The outer envelope holds something else.
    #[error("the envelope holds no statement")]
    EnvelopeType,
    /// Not our statement: a field too many, too few or of the wrong kind.
    #[error("the statement is malformed")]
    StatementMalformed,
    /// A version that this program does not know.
    #[error("the bundle is of an unknown version")]
    VersionUnknown,
    /// Names, sizes and digests of the statement do not fit together.
    #[error("the statement contradicts itself")]
    StatementInconsistent,
    /// More than 512 blobs.
    #[error("the bundle has too many parts")]
    TooManyParts,
    /// The desk's or the operator's certificate is not believed.
    #[error("the certificate of the {} is not believed: {source}", match signer { Signer::Device => "desk", Signer::Operator => "operator" })]
    Certificate {
        /// Whose.
        signer: Signer,
        /// Why.
        source: CertificateError,
    },
    /// Not exactly one signature, or not by the key of the certificate inside.
    #[error("the statement is not signed by the desk that it names")]
    SignatureMissing,
    /// The signature outside is wrong.
    #[error("the signature of the desk is wrong")]
    SignatureInvalid,
    /// The signature is good but another desk's.
    #[error("another desk has signed")]
    StationMismatch,
    /// The desk's clock is ahead.
    #[error("the bundle was sealed in the future")]
    CreatedInFuture,
    /// The folder of the bundle could not be read.
    #[error("the bundle cannot be read")]
    Unreadable(#[source] io::Error),
    /// A blob is not there (yet).
    #[error("blob {index} is not there")]
    BlobMissing {
        /// Which.
        index: u32,
    },
    /// A blob could not be read.
    #[error("blob {index} cannot be read")]
    BlobUnreadable {
        /// Which.
        index: u32,
        /// Why.
        source: io::Error,
    },
    /// A blob is longer or shorter than the statement says.
    #[error("blob {index} has another size than the statement says")]
    BlobSize {
        /// Which.
        index: u32,
    },
    /// A blob is not the one that was sealed.
    #[error("blob {index} is not the one that was sealed")]
    BlobAltered {
        /// Which.
        index: u32,
    },
    /// None of our keys opens the blob.
    #[error("blob {index} is encrypted to someone else")]
    WrongRecipient {
        /// Which.
        index: u32,
    },
    /// The encryption is broken, though the blob is the one that was sealed.
    #[error("the encryption of blob {index} is broken")]
    SealBroken {
        /// Which.
        index: u32,
    },
    /// The blob does not begin with a header of ours.
    #[error("blob {index} has no header")]
    HeaderMalformed {
        /// Which.
        index: u32,
    },
    /// The blob was made for another bundle.
    #[error("blob {index} belongs to another bundle")]
    PartOfOtherBundle {
        /// Which.
        index: u32,
    },
    /// The blob was made for another visit.
    #[error("blob {index} belongs to another visit")]
    PartOfOtherVisit {
        /// Which.
        index: u32,
    },
    /// The blob was made for another place in this bundle.
    #[error("blob {index} belongs to another place in the bundle")]
    PartOutOfPlace {
        /// Which.
        index: u32,
    },
    /// The inner manifest has more than 4 MiB.
    #[error("the manifest is longer than its limit")]
    ManifestTooLarge,
    /// Not our manifest: a field too many, too few or of the wrong kind.
    #[error("the manifest is malformed")]
    ManifestMalformed,
    /// Inside and outside name different desks.
    #[error("the manifest is another desk's than the statement")]
    DeviceDiffers,
    /// The desk has not signed the manifest.
    #[error("the desk has not signed the manifest")]
    DeviceMissing,
    /// The desk's signature on the manifest is wrong.
    #[error("the desk's signature on the manifest is wrong")]
    DeviceSignature,
    /// The operator has not signed the manifest.
    #[error("the operator has not signed the manifest")]
    OperatorMissing,
    /// The operator's signature on the manifest is wrong.
    #[error("the operator's signature on the manifest is wrong")]
    OperatorSignature,
    /// The certificate names another operator than the manifest.
    #[error("another operator has signed")]
    OperatorMismatch,
    /// The certificate names another role than the manifest.
    #[error("the operator claims a role that the certificate does not give")]
    RoleMismatch,
    /// The manifest and the statement say different things.
    #[error("the manifest and the statement disagree about {field}")]
    ManifestDisagrees {
        /// About what.
        field: &'static str,
    },
    /// There is no such part.
    #[error("there is no part {index}")]
    PartUnknown {
        /// Which.
        index: u32,
    },
    /// A part is longer than the reader wants.
    #[error("part {index} is longer than its limit")]
    PartTooLarge {
        /// Which.
        index: u32,
    },
    /// A part is longer or shorter than the manifest says.
    #[error("part {index} has another size than the manifest says")]
    PartSize {
        /// Which.
        index: u32,
    },
    /// A part is not the one that was signed for.
    #[error("part {index} is not the one that was signed for")]
    PartAltered {
        /// Which.
        index: u32,
    },
    /// The content could not be written where it was wanted.
    #[error("the opened part cannot be written")]
    Output(#[source] io::Error),
}

impl OpenError {
    /// The stable code of this failure.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::EnvelopeTooLarge => "bundle.envelope_too_large",
            Self::EnvelopeMalformed => "bundle.envelope_malformed",
            Self::EnvelopeType => "bundle.envelope_type",
            Self::StatementMalformed => "bundle.statement_malformed",
            Self::VersionUnknown => "bundle.version_unknown",
            Self::StatementInconsistent => "bundle.statement_inconsistent",
            Self::TooManyParts => "bundle.too_many_parts",
            Self::Certificate {
                signer: Signer::Device,
                source,
            } => match source {
                CertificateError::Malformed => "bundle.station_certificate_malformed",
                CertificateError::Untrusted => "bundle.station_untrusted",
                CertificateError::Expired => "bundle.station_certificate_expired",
                CertificateError::NotYetValid => "bundle.station_certificate_not_yet_valid",
                CertificateError::WrongUnit => "bundle.station_certificate_wrong_unit",
            },
            Self::Certificate {
                signer: Signer::Operator,
                source,
            } => match source {
                CertificateError::Malformed => "bundle.operator_certificate_malformed",
                CertificateError::Untrusted => "bundle.operator_untrusted",
                CertificateError::Expired => "bundle.operator_certificate_expired",
                CertificateError::NotYetValid => "bundle.operator_certificate_not_yet_valid",
                CertificateError::WrongUnit => "bundle.operator_certificate_wrong_unit",
            },
            Self::SignatureMissing => "bundle.signature_missing",
            Self::SignatureInvalid => "bundle.signature_invalid",
            Self::StationMismatch => "bundle.station_mismatch",
            Self::CreatedInFuture => "bundle.created_in_future",
            Self::Unreadable(_) => "bundle.unreadable",
            Self::BlobMissing { .. } => "bundle.blob_missing",
            Self::BlobUnreadable { .. } => "bundle.blob_unreadable",
            Self::BlobSize { .. } => "bundle.blob_size",
            Self::BlobAltered { .. } => "bundle.blob_altered",
            Self::WrongRecipient { .. } => "bundle.wrong_recipient",
            Self::SealBroken { .. } => "bundle.seal_broken",
            Self::HeaderMalformed { .. } => "bundle.header_malformed",
            Self::PartOfOtherBundle { .. } => "bundle.part_of_other_bundle",
            Self::PartOfOtherVisit { .. } => "bundle.part_of_other_visit",
            Self::PartOutOfPlace { .. } => "bundle.part_out_of_place",
            Self::ManifestTooLarge => "bundle.manifest_too_large",
            Self::ManifestMalformed => "bundle.manifest_malformed",
            Self::DeviceDiffers => "bundle.device_differs",
            Self::DeviceMissing => "bundle.device_missing",
            Self::DeviceSignature => "bundle.device_signature",
            Self::OperatorMissing => "bundle.operator_missing",
            Self::OperatorSignature => "bundle.operator_signature",
            Self::OperatorMismatch => "bundle.operator_mismatch",
            Self::RoleMismatch => "bundle.role_mismatch",
            Self::ManifestDisagrees { .. } => "bundle.manifest_disagrees",
            Self::PartUnknown { .. } => "bundle.part_unknown",
            Self::PartTooLarge { .. } => "bundle.part_too_large",
            Self::PartSize { .. } => "bundle.part_size",
            Self::PartAltered { .. } => "bundle.part_altered",
            Self::Output(_) => "bundle.output",
        }
    }

    /// Whether asking again may help: nothing was found wrong with the bundle itself.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        matches!(
            self,
            Self::Unreadable(_)
                | Self::BlobMissing { .. }
                | Self::BlobUnreadable { .. }
                | Self::Output(_)
        )
    }

    /// Whether it is the blob itself, as it lies encrypted, that is not there or not the one that was sealed.
    #[must_use]
    pub fn is_of_the_blob(&self) -> bool {
        matches!(
            self,
            Self::BlobMissing { .. }
                | Self::BlobUnreadable { .. }
                | Self::BlobSize { .. }
                | Self::BlobAltered { .. }
        )
    }
}
