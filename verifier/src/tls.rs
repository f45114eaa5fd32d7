//! The TLS end of every connection: our certificate, and who the other side is.
//!
//! A client certificate is asked for and not demanded, since integrators and the curious come without one; the
//! doors that belong to stations look at [`Peer`] and refuse everybody else.

use std::sync::Arc;

use bundle::{Sha256Digest, StationId, StationTrust};
use jiff::Timestamp;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

use crate::keys::{KeyFolder, KeysError};

/// Who is at the other end of a connection, as far as the certificate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Peer {
    /// No certificate was shown.
    Nobody,
    /// A good certificate that names a station.
    Station {
        id: StationId,
        /// SHA-256 of its certificate, as `keyid` in envelopes.
        key: String,
    },
    /// A good certificate of somebody else, such as an operator.
    Other,
}

/// Reads the server's certificate and the authority of the stations.
pub(crate) fn server_config(keys: &KeyFolder) -> Result<ServerConfig, KeysError> {
    let malformed = |file: &str| KeysError::Malformed {
        path: keys.path(file),
    };
    let mut roots = RootCertStore::empty();
    let authority = keys.text("public/station-ca.pem")?;
    for certificate in CertificateDer::pem_slice_iter(authority.as_bytes()) {
        let certificate = certificate.map_err(|_| malformed("public/station-ca.pem"))?;
        roots
            .add(certificate)
            .map_err(|_| malformed("public/station-ca.pem"))?;
    }
    let chain = CertificateDer::pem_slice_iter(keys.text("server.pem")?.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| malformed("server.pem"))?;
    let key = PrivateKeyDer::from_pem_slice(keys.text("server.key.pem")?.as_bytes())
        .map_err(|_| malformed("server.key.pem"))?;

    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone())
        .allow_unauthenticated()
        .build()
        .map_err(|_| malformed("public/station-ca.pem"))?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|_| KeysError::Generate)?
        .with_client_cert_verifier(clients)
        .with_single_cert(chain, key)
        .map_err(|_| malformed("server.pem"))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// Names the other side from the certificates of its handshake.
pub(crate) fn peer(
    certificates: Option<&[CertificateDer<'_>]>,
    stations: &StationTrust,
    at: Timestamp,
) -> Peer {
    match certificates.and_then(<[_]>::first) {
        None => Peer::Nobody,
        Some(certificate) => match stations.station(certificate, at) {
            Ok(id) => Peer::Station {
                id,
                key: Sha256Digest::of(certificate).to_string(),
            },
            Err(_) => Peer::Other,
        },
    }
}
