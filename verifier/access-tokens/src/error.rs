//! Why something signed is not believed.

/// Every code of this crate.
pub const CODES: &[&str] = &[
    "token.algorithm",
    "token.altered",
    "token.audience",
    "token.crit",
    "token.duplicate",
    "token.expired",
    "token.from_future",
    "token.header_key",
    "token.key_unfit",
    "token.kind",
    "token.malformed",
    "token.nonce",
    "token.other_address",
    "token.other_key",
    "token.other_method",
    "token.other_token",
    "token.replayed",
    "token.signature",
    "token.subject",
    "token.too_large",
    "token.too_long_lived",
];

/// Why an assertion, a proof or an access token does not stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Longer than any honest one; it was not looked into.
    #[error("it is longer than any honest one")]
    TooLarge,
    /// Not three parts of base64url with two JSON objects in them, or a claim is missing or of another type.
    #[error("it is not well formed")]
    Malformed,
    /// Two readers might read two things.
    #[error("a member of its JSON stands twice")]
    Duplicate,
    /// RFC 7515 §4.1.11: an extension that must be understood, and we understand none.
    #[error("it demands an extension")]
    Critical,
    /// A key, or the address of one, where the registered key counts.
    #[error("it brings a key of its own")]
    HeaderKey,
    /// Made for another purpose.
    #[error("it is of another kind")]
    Kind,
    /// Another algorithm than the key's.
    #[error("its algorithm is not the key's")]
    Algorithm,
    /// Neither P-256 nor Ed25519, or not public.
    #[error("the key is no public key on P-256 or Ed25519")]
    KeyUnfit,
    /// The key did not sign this.
    #[error("it is not signed by the key")]
    Signature,
    /// An access token that we did not make.
    #[error("it is no access token of ours")]
    Altered,
    /// Issuer and subject are not both the client.
    #[error("it speaks for another client")]
    Subject,
    /// Made for another service.
    #[error("it is meant for another service")]
    Audience,
    /// Too late.
    #[error("it has expired")]
    Expired,
    /// Made later than now.
    #[error("it was made in the future")]
    FromFuture,
    /// It would count for longer than we remember it.
    #[error("it would live too long")]
    TooLongLived,
    /// A proof for another verb.
    #[error("the proof is for another method")]
    OtherMethod,
    /// A proof for another address.
    #[error("the proof is for another address")]
    OtherAddress,
    /// A proof beside another access token.
    #[error("the proof is for another access token")]
    OtherToken,
    /// A proof by another key than the token is bound to.
    #[error("the proof is by another key than the token is bound to")]
    OtherKey,
    /// Without our nonce, or with an old one: ask again with the one that comes with the answer.
    #[error("the proof needs a fresh nonce")]
    Nonce,
    /// It was used before.
    #[error("it was used before")]
    Replayed,
}

impl TokenError {
    /// The stable code under which `docs/failures.md` explains this error.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLarge => "token.too_large",
            Self::Malformed => "token.malformed",
            Self::Duplicate => "token.duplicate",
            Self::Critical => "token.crit",
            Self::HeaderKey => "token.header_key",
            Self::Kind => "token.kind",
            Self::Algorithm => "token.algorithm",
            Self::KeyUnfit => "token.key_unfit",
            Self::Signature => "token.signature",
            Self::Altered => "token.altered",
            Self::Subject => "token.subject",
            Self::Audience => "token.audience",
            Self::Expired => "token.expired",
            Self::FromFuture => "token.from_future",
            Self::TooLongLived => "token.too_long_lived",
            Self::OtherMethod => "token.other_method",
            Self::OtherAddress => "token.other_address",
            Self::OtherToken => "token.other_token",
            Self::OtherKey => "token.other_key",
            Self::Nonce => "token.nonce",
            Self::Replayed => "token.replayed",
        }
    }
}
