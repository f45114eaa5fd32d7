//! Where the keys lie that a desk and its people sign with: in a TPM 2.0, on a PKCS#11 token, or in a file.
//!
//! Whatever the place, the caller gets a [`bundle::SealingKey`] and never the private key. The same key
//! seals bundles, signs papers (through the station's lender to `pades`) and opens the connection to the
//! verifier ([`tls`]), so that no private key of a desk needs to lie in a file. The C library of TPMs
//! (libtss2) and the modules of token makers are reached from here only.

mod certified;
mod error;
mod pin;
mod place;
mod record;
mod request;
pub mod tls;
mod token;
pub mod tpm;

pub use certified::{BareKey, CertifiedKey};
pub use error::{CODES, PlaceError};
pub use pin::{Pin, PinSource};
pub use place::{TokenPlace, TpmPlace};
pub use record::{KeyRecord, Wrapped};
pub use request::signing_request;
pub use token::{TokenKey, TokenKeyName};
pub use tpm::TpmKey;
