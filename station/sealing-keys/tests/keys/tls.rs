//! The desk's connection to the verifier: its key stays in the TPM while TLS proves that the desk holds it.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use bundle::SealingKey;
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConnection, RootCertStore, ServerConfig, ServerConnection, Stream};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use sealing_keys::{TpmPlace, signing_request, tls};

use crate::authority::Authority;
use crate::rig::{make_tpm, there, turn};

/// Serves one connection that must name itself; gives back the client's certificate.
fn serve(authority: &Authority) -> (u16, std::thread::JoinHandle<Option<Vec<u8>>>) {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    let root = CertificateDer::from_pem_slice(authority.root.as_bytes()).unwrap();
    roots.add(root).unwrap();
    let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone())
        .build()
        .unwrap();
    let (certificate, key) = authority.server();
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_client_cert_verifier(clients)
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()],
            PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap(),
        )
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut connection = ServerConnection::new(Arc::new(config)).unwrap();
        let mut byte = [0];
        Stream::new(&mut connection, &mut socket)
            .read_exact(&mut byte)
            .ok()?;
        let shown = connection.peer_certificates()?.first()?.to_vec();
        Stream::new(&mut connection, &mut socket)
            .write_all(&byte)
            .ok()?;
        Some(shown)
    });
    (port, thread)
}

fn call(ca: &str, port: u16, key: Option<Arc<dyn SealingKey>>) -> std::io::Result<()> {
    let config = tls::client_config(ca.as_bytes(), key).unwrap();
    let name = "localhost".try_into().unwrap();
    let mut connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let mut stream = Stream::new(&mut connection, &mut socket);
    stream.write_all(b"x")?;
    stream.read_exact(&mut [0])
}

#[test]
fn the_desk_names_itself_over_tls_with_a_key_that_lies_in_no_file() {
    if !there(&["swtpm", "swtpm_setup", "certtool"]) {
        return;
    }
    let _turn = turn();
    let work = tempfile::tempdir().unwrap();
    let tpm = make_tpm(work.path(), "desk");
    let place = TpmPlace {
        tcti: tpm.tcti(),
        record: work.path().join("device.json"),
    };
    let authority = Authority::new();
    let request = signing_request(&place.create().unwrap(), "tram-01").unwrap();
    let (_, mut record) = place.bare().unwrap();
    record.certificate = Some(authority.sign(&request, "tram-01", "station"));
    record.replace(&place.record).unwrap();
    let key: Arc<dyn SealingKey> = Arc::new(place.open().unwrap());

    let (port, server) = serve(&authority);
    call(&authority.root, port, Some(key.clone())).unwrap();
    assert_eq!(server.join().unwrap().as_deref(), Some(key.certificate()));

    // Without the key there is no connection, nor with a server of another authority.
    let (port, server) = serve(&authority);
    assert!(call(&authority.root, port, None).is_err());
    assert_eq!(server.join().unwrap(), None);
    let (port, server) = serve(&authority);
    assert!(call(&Authority::new().root, port, Some(key.clone())).is_err());
    assert_eq!(server.join().unwrap(), None);

    // A TPM that went away while the desk was connected breaks the next handshake.
    tpm.stop();
    let (port, server) = serve(&authority);
    let broken = call(&authority.root, port, Some(key)).unwrap_err();
    assert!(broken.to_string().contains("key.gone"), "{broken}");
    assert_eq!(server.join().unwrap(), None);
}
