//! Why evidence is not believed, one word for each reason.

use crate::lds::DataGroup;

/// One reason why evidence cannot be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EvidenceFault {
    #[error("the document security object cannot be read")]
    SodMalformed,
    #[error("the signature of the document security object does not fit")]
    SodSignature,
    #[error("bytes that nobody signed follow the document security object")]
    SodTrailing,
    #[error("the document security object is signed in a way that is not known here")]
    SodAlgorithmUnknown,
    #[error("what was signed is no list of digests")]
    SodOtherContent,
    #[error("the digests of the document security object are of a kind that is not known here")]
    SodDigestUnknown,
    #[error("the document security object lists no file")]
    SodListEmpty,
    #[error("the document security object lists more files than there are")]
    SodListTooLong,
    #[error("the document security object lists a file twice")]
    SodGroupTwice,
    #[error("the certificate that signed is neither in the chip nor known here")]
    SignerMissing,
    #[error("the document security object is another document's")]
    SodOfAnother,
    #[error("no trusted country certificate issued the document signer")]
    IssuerUnknown,
    #[error("the document signer's certificate had expired when it signed")]
    ExpiredAtSigning,
    #[error("the document signer's certificate has expired, and no time of signing is known")]
    ExpiredTimeUnknown,
    #[error("the document says that it was signed after today")]
    SignedInFuture,
    #[error("a country certificate was not valid when it issued the next")]
    IssuerNotValid,
    #[error("the country certificate is revoked")]
    IssuerRevoked,
    #[error("the document signer's certificate was not yet valid when it signed")]
    SignerNotYetValid,
    #[error("the document signer's certificate is revoked")]
    SignerRevoked,
    #[error("the document signer's certificate was not signed by the country it names")]
    ChainBroken,
    #[error("the certificate that signed may not sign documents")]
    SignerUnfit,
    #[error("signer and document name different countries")]
    CountryMismatch,
    #[error("{group} is not the file that the issuer signed")]
    GroupAltered { group: DataGroup },
    #[error("{group} is a file that the issuer never signed for")]
    GroupUnlisted { group: DataGroup },
    #[error("the machine-readable zone was not read")]
    MrzMissing,
    #[error("the machine-readable zone cannot be read")]
    MrzMalformed,
    #[error("the chip did not prove that it is the original")]
    CloneSuspected,
    /// Nothing speaks for a copy, and nothing against it.
    #[error("whether the chip is the original could not be checked")]
    CloneUnchecked,
    #[error("the chip answered another question than this visit's")]
    ChallengeMismatch,
    #[error("the card was opened by weaker means than its issuer signed for")]
    AccessDowngraded,
    #[error("two files of the chip name different personal numbers")]
    NumbersDisagree,
    #[error("two files of the chip name different birth dates")]
    BirthDisagrees,
    #[error("two files of the chip name different sexes")]
    SexDisagrees,
    #[error("the access number is not the end of the personal number in the chip")]
    CanDisagrees,
    #[error("the printed machine-readable zone is not the one in the chip")]
    ZoneDisagrees,
    #[error("the code printed on the card tells of another holder than the chip")]
    QrDisagrees,
}

impl EvidenceFault {
    /// The stable code, as in the failure catalogue.
    pub fn code(self) -> &'static str {
        match self {
            Self::SodMalformed => "chip.sod_malformed",
            Self::SodSignature => "chip.sod_signature",
            Self::SodTrailing => "chip.sod_trailing",
            Self::SodAlgorithmUnknown => "chip.sod_algorithm_unknown",
            Self::SodOtherContent => "chip.sod_other_content",
            Self::SodDigestUnknown => "chip.sod_digest_unknown",
            Self::SodListEmpty => "chip.sod_list_empty",
            Self::SodListTooLong => "chip.sod_list_too_long",
            Self::SodGroupTwice => "chip.sod_group_twice",
            Self::SignerMissing => "chip.signer_missing",
            Self::SodOfAnother => "chip.sod_of_another",
            Self::ExpiredTimeUnknown => "chip.expired_time_unknown",
            Self::SignedInFuture => "chip.signed_in_future",
            Self::IssuerNotValid => "chip.issuer_not_valid",
            Self::IssuerRevoked => "chip.issuer_revoked",
            Self::IssuerUnknown => "chip.issuer_unknown",
            Self::ExpiredAtSigning => "chip.expired_at_signing",
            Self::SignerNotYetValid => "chip.signer_not_yet_valid",
            Self::SignerRevoked => "chip.signer_revoked",
            Self::ChainBroken => "chip.chain_broken",
            Self::SignerUnfit => "chip.signer_unfit",
            Self::CountryMismatch => "chip.country_mismatch",
            Self::GroupAltered { .. } => "chip.group_altered",
            Self::GroupUnlisted { .. } => "chip.group_unlisted",
            Self::MrzMissing => "chip.mrz_missing",
            Self::MrzMalformed => "chip.mrz_malformed",
            Self::CloneSuspected => "chip.clone_suspected",
            Self::CloneUnchecked => "chip.clone_unchecked",
            Self::ChallengeMismatch => "chip.challenge_mismatch",
            Self::AccessDowngraded => "chip.access_downgraded",
            Self::NumbersDisagree => "chip.numbers_disagree",
            Self::BirthDisagrees => "chip.birth_disagrees",
            Self::SexDisagrees => "chip.sex_disagrees",
            Self::CanDisagrees => "chip.can_disagrees",
            Self::ZoneDisagrees => "chip.zone_disagrees",
            Self::QrDisagrees => "chip.qr_disagrees",
        }
    }

    /// Every code that [`code`](Self::code) can give.
    pub const CODES: &'static [&'static str] = &[
        "chip.sod_malformed",
        "chip.sod_signature",
        "chip.sod_trailing",
        "chip.sod_algorithm_unknown",
        "chip.sod_other_content",
        "chip.sod_digest_unknown",
        "chip.sod_list_empty",
        "chip.sod_list_too_long",
        "chip.sod_group_twice",
        "chip.signer_missing",
        "chip.sod_of_another",
        "chip.expired_time_unknown",
        "chip.signed_in_future",
        "chip.issuer_not_valid",
        "chip.issuer_revoked",
        "chip.issuer_unknown",
        "chip.expired_at_signing",
        "chip.signer_not_yet_valid",
        "chip.signer_revoked",
        "chip.chain_broken",
        "chip.signer_unfit",
        "chip.country_mismatch",
        "chip.group_altered",
        "chip.group_unlisted",
        "chip.mrz_missing",
        "chip.mrz_malformed",
        "chip.clone_suspected",
        "chip.clone_unchecked",
        "chip.challenge_mismatch",
        "chip.access_downgraded",
        "chip.numbers_disagree",
        "chip.birth_disagrees",
        "chip.sex_disagrees",
        "chip.can_disagrees",
        "chip.zone_disagrees",
        "chip.qr_disagrees",
    ];
}
