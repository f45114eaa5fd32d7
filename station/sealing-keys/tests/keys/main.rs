//! Keys in a real TPM 2.0 (swtpm) and on a real PKCS#11 token (SoftHSM2), judged by openssl and tpm2-tools.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod attested;
mod authority;
mod enrolled;
mod official;
mod rig;
mod tls;
mod token;
mod tpm;
