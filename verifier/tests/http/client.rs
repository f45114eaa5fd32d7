//! A small HTTP/1.1 client over rustls, blocking and one connection a request, that can also break off halfway.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::holder::Holder;

/// One side of many requests: where to, and with which certificate.
#[derive(Clone)]
pub struct Client {
    addr: SocketAddr,
    config: Arc<ClientConfig>,
    token: Option<String>,
    holder: Option<Arc<Holder>>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    }

    /// The code of a problem document, having looked that it is one.
    pub fn problem(&self) -> String {
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{self:?}"
        );
        let problem = self.json();
        let code = problem["code"].as_str().unwrap().to_owned();
        assert_eq!(
            problem["type"],
            format!("https://niem.example/problems/{code}")
        );
        assert_eq!(problem["status"], self.status);
        assert!(
            !problem["title"].as_str().unwrap().is_empty()
                && !problem["title_en"].as_str().unwrap().is_empty()
        );
        code
    }

    /// The codes of a refusal, sorted.
    pub fn faults(&self) -> Vec<String> {
        assert_eq!(
            self.problem(),
            "http.refused",
            "{}",
            String::from_utf8_lossy(&self.body)
        );
        let problem = self.json();
        let mut codes: Vec<String> = problem["faults"]
            .as_array()
            .unwrap()
            .iter()
            .map(|fault| fault["code"].as_str().unwrap().to_owned())
            .collect();
        codes.sort();
        codes
    }
}

impl Client {
    /// `identity` is certificate and key in PEM; none for a stranger.
    pub fn new(addr: SocketAddr, server_ca: &str, identity: Option<(&str, &str)>) -> Self {
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_slice(server_ca.as_bytes()).unwrap())
            .unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let config = match identity {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => builder
                .with_client_auth_cert(
                    vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()],
                    PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap(),
                )
                .unwrap(),
        };
        Self {
            addr,
            config: Arc::new(config),
            token: None,
            holder: None,
        }
    }

    pub fn with_token(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// Sends every request with a token of this client and a proof by its key.
    pub fn held_by(mut self, holder: &Arc<Holder>) -> Self {
        self.holder = Some(holder.clone());
        self
    }

    /// The same line without a token.
    fn bare(&self) -> Self {
        Self {
            token: None,
            holder: None,
            ..self.clone()
        }
    }

    /// The service's own name, as clients sign it.
    pub fn origin(&self) -> String {
        format!("https://localhost:{}", self.addr.port())
    }

    pub fn connect(&self) -> StreamOwned<ClientConnection, TcpStream> {
        let socket = TcpStream::connect(self.addr).unwrap();
        socket
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        StreamOwned::new(
            ClientConnection::new(self.config.clone(), name).unwrap(),
            socket,
        )
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], b"")
    }

    pub fn post(&self, path: &str, body: &[u8]) -> Answer {
        self.send("POST", path, &[], body)
    }

    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let Some(holder) = &self.holder else {
            return self.send_bare(method, path, headers, body);
        };
        let line = self.bare();
        let place = path.split('?').next().unwrap();
        loop {
            let token = holder.token(&line);
            let known = holder.nonce();
            let address = format!("{}{place}", self.origin());
            let proof = holder.proof(method, &address, Some(&token));
            let shown = format!("DPoP {token}");
            let mut all = vec![("authorization", shown.as_str()), ("dpop", &proof)];
            all.extend_from_slice(headers);
            let said = headers
                .iter()
                .any(|(name, _)| name.eq_ignore_ascii_case("niem-purpose"));
            if let (Some(purpose), false) = (&holder.purpose, said) {
                all.push(("niem-purpose", purpose));
            }
            let answer = line.send_bare(method, path, &all, body);
            holder.learn(&answer);
            // A restart, or two minutes of silence: once more, with the nonce that came with the answer.
            let old = answer
                .header("www-authenticate")
                .is_some_and(|told| told.contains("use_dpop_nonce"));
            if !old || known == holder.nonce() {
                return answer;
            }
        }
    }

    fn send_bare(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut stream = self.connect();
        stream
            .write_all(
                self.request_head(method, path, headers, body.len())
                    .as_bytes(),
            )
            .unwrap();
        // A server may answer and close before it has read a body that it does not want.
        let _ = stream.write_all(body).and_then(|()| stream.flush());
        read_answer(&mut stream, method)
    }

    /// Promises `body` and sends only its first `cut` bytes, then lets the line break.
    pub fn send_cut(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
        cut: usize,
    ) {
        let mut stream = self.connect();
        stream
            .write_all(
                self.request_head(method, path, headers, body.len())
                    .as_bytes(),
            )
            .unwrap();
        stream.write_all(&body[..cut]).unwrap();
        stream.flush().unwrap();
        // Let it arrive; a reset would throw away what the server has not read yet.
        std::thread::sleep(Duration::from_millis(300));
    }

    fn request_head(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        length: usize,
    ) -> String {
        let mut head =
            format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n");
        if method != "GET" && method != "HEAD" {
            head.push_str(&format!("content-length: {length}\r\n"));
        }
        if let Some(token) = &self.token {
            head.push_str(&format!("authorization: Bearer {token}\r\n"));
        }
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head + "\r\n"
    }
}

fn read_answer(stream: &mut StreamOwned<ClientConnection, TcpStream>, method: &str) -> Answer {
    let mut raw = Vec::new();
    let mut piece = [0; 16 * 1024];
    loop {
        if let Some(answer) = parse(&raw, method) {
            return answer;
        }
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => panic!("the answer broke off: {}", String::from_utf8_lossy(&raw)),
            Ok(n) => raw.extend_from_slice(&piece[..n]),
        }
    }
}

fn parse(raw: &[u8], method: &str) -> Option<Answer> {
    let end = raw.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8(raw[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let mut answer = Answer {
        status,
        head,
        body: raw[end + 4..].to_vec(),
    };
    let length: usize = answer
        .header("content-length")
        .map_or(0, |length| length.parse().unwrap());
    if method == "HEAD" || status == 204 {
        answer.body.clear();
        return Some(answer);
    }
    (answer.body.len() >= length).then_some(answer)
}
