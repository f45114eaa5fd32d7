//! One line to the verifier: HTTP/1.1 over TLS, kept open from request to request as a courier does.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

type Line = StreamOwned<ClientConnection, TcpStream>;

/// How long the verifier may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// The narrow line is shared out in pieces of this size.
const PIECE: usize = 16 << 10;

/// A line that all clients share and that carries so many bytes a second.
pub struct Narrow {
    bytes_a_second: f64,
    free_at: Mutex<Instant>,
}

impl Narrow {
    pub fn new(bytes_a_second: f64) -> Self {
        Self {
            bytes_a_second,
            free_at: Mutex::new(Instant::now()),
        }
    }

    /// Waits until `bytes` more have gone over the line.
    fn carry(&self, bytes: usize) {
        let took = Duration::from_secs_f64(bytes as f64 / self.bytes_a_second);
        let free = {
            let mut free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
            *free_at = (*free_at).max(Instant::now()) + took;
            *free_at
        };
        std::thread::sleep(free.saturating_duration_since(Instant::now()));
    }
}

/// One station's client.
pub struct Client {
    addr: SocketAddr,
    config: Arc<ClientConfig>,
    line: Mutex<Option<Line>>,
    narrow: Option<Arc<Narrow>>,
    /// Bodies sent, in bytes.
    pub sent: AtomicU64,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    head: String,
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
}

impl Client {
    /// `identity` is certificate and key in PEM.
    pub fn new(addr: SocketAddr, server_ca: &str, identity: (&str, &str)) -> Self {
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_slice(server_ca.as_bytes()).unwrap())
            .unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_client_auth_cert(
                vec![CertificateDer::from_pem_slice(identity.0.as_bytes()).unwrap()],
                PrivateKeyDer::from_pem_slice(identity.1.as_bytes()).unwrap(),
            )
            .unwrap();
        Self {
            addr,
            config: Arc::new(config),
            line: Mutex::new(None),
            narrow: None,
            sent: AtomicU64::new(0),
        }
    }

    /// The same, over a line that others use too.
    pub fn over(self, narrow: Option<Arc<Narrow>>) -> Self {
        Self { narrow, ..self }
    }

    /// Hangs up; the next request opens a new line.
    pub fn hang_up(&self) {
        *self.line.lock().unwrap() = None;
    }

    pub fn post(&self, path: &str, body: &[u8]) -> Answer {
        self.send("POST", path, &[], body)
    }

    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut line = self.line.lock().unwrap();
        let mut open = line.take().unwrap_or_else(|| self.connect());
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n");
        if method != "GET" && method != "HEAD" {
            head.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        self.write(&mut open, head.as_bytes(), body).unwrap();
        self.sent.fetch_add(body.len() as u64, Ordering::Relaxed);
        let answer = read_answer(&mut open, method).unwrap();
        *line = Some(open);
        answer
    }

    fn write(&self, open: &mut Line, head: &[u8], body: &[u8]) -> io::Result<()> {
        open.write_all(head)?;
        match &self.narrow {
            None => open.write_all(body)?,
            Some(narrow) => {
                for piece in body.chunks(PIECE) {
                    narrow.carry(piece.len());
                    open.write_all(piece)?;
                }
            }
        }
        open.flush()
    }

    fn connect(&self) -> Line {
        let socket = TcpStream::connect(self.addr).unwrap();
        socket.set_nodelay(true).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        StreamOwned::new(
            ClientConnection::new(self.config.clone(), name).unwrap(),
            socket,
        )
    }
}

fn read_answer(line: &mut Line, method: &str) -> io::Result<Answer> {
    let mut raw = Vec::new();
    let mut piece = [0; 16 * 1024];
    loop {
        if let Some(answer) = parse(&raw, method) {
            return Ok(answer);
        }
        match line.read(&mut piece)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            n => raw.extend_from_slice(&piece[..n]),
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
