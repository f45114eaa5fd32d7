//! As much HTTP as a small scanner speaks: one request a connection, one answer, with the faults bodies can have.

use std::io::{self, Read, Write};
use std::time::Duration;

use crate::device::Body;

/// One request.
pub(crate) struct Heard {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) body: String,
}

/// One answer.
pub(crate) struct Answer {
    pub(crate) code: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) how: Body,
}

impl Answer {
    pub(crate) fn code(code: u16) -> Self {
        Self {
            code,
            headers: Vec::new(),
            body: Vec::new(),
            how: Body::Whole,
        }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn body(mut self, kind: &str, body: Vec<u8>, how: Body) -> Self {
        self.headers.push(("Content-Type", kind.to_owned()));
        self.body = body;
        self.how = how;
        self
    }
}

/// Reads one request.
pub(crate) fn hear(from: &mut impl Read) -> io::Result<Heard> {
    let bad = || io::Error::from(io::ErrorKind::InvalidData);
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let read = from.read(&mut buffer)?;
        if read == 0 || bytes.len() > 1 << 20 {
            return Err(bad());
        }
        bytes.extend(&buffer[..read]);
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut request = httparse::Request::new(&mut headers);
        let httparse::Status::Complete(head) = request.parse(&bytes).map_err(|_| bad())? else {
            continue;
        };
        let method = request.method.unwrap_or_default().to_owned();
        let path = request.path.unwrap_or_default().to_owned();
        let header = |name: &str| {
            request
                .headers
                .iter()
                .find(|header| header.name.eq_ignore_ascii_case(name))
                .map(|header| String::from_utf8_lossy(header.value).into_owned())
        };
        let length: usize = header("content-length")
            .and_then(|length| length.trim().parse().ok())
            .unwrap_or(0);
        let chunked = header("transfer-encoding").is_some();
        let complete = |bytes: &[u8]| {
            if chunked {
                bytes.ends_with(b"0\r\n\r\n")
            } else {
                bytes.len() >= head + length
            }
        };
        while !complete(&bytes) {
            let read = from.read(&mut buffer)?;
            if read == 0 {
                return Err(bad());
            }
            bytes.extend(&buffer[..read]);
        }
        return Ok(Heard {
            method,
            path,
            body: String::from_utf8_lossy(&bytes[head..]).into_owned(),
        });
    }
}

/// Sends the answer, with whatever is wrong about it. `on` says whether the server still runs.
pub(crate) fn tell(to: &mut impl Write, answer: &Answer, on: &dyn Fn() -> bool) -> io::Result<()> {
    let mut head = format!("HTTP/1.1 {} Told\r\nConnection: close\r\n", answer.code);
    for (name, value) in &answer.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let body: &[u8] = match answer.how {
        Body::Short(length) => &answer.body[..length.min(answer.body.len())],
        Body::Garbage => b"this is no document at all",
        _ => &answer.body,
    };
    match answer.how {
        Body::Chunked => {
            head.push_str("Transfer-Encoding: chunked\r\n\r\n");
            to.write_all(head.as_bytes())?;
            for piece in body.chunks(5000) {
                write!(to, "{:x}\r\n", piece.len())?;
                to.write_all(piece)?;
                to.write_all(b"\r\n")?;
            }
            to.write_all(b"0\r\n\r\n")?;
        }
        Body::Endless => {
            head.push_str("\r\n");
            to.write_all(head.as_bytes())?;
            to.write_all(body)?;
            let piece = vec![b' '; 1 << 16];
            while on() {
                to.write_all(&piece)?;
            }
        }
        Body::Drip(pause) => {
            head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
            to.write_all(head.as_bytes())?;
            for byte in body {
                to.write_all(&[*byte])?;
                to.flush()?;
                let mut left = pause;
                while !left.is_zero() && on() {
                    let nap = left.min(Duration::from_millis(50));
                    std::thread::sleep(nap);
                    left -= nap;
                }
                if !on() {
                    return Ok(());
                }
            }
        }
        Body::Cut(length) => {
            head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
            to.write_all(head.as_bytes())?;
            to.write_all(&body[..length.min(body.len())])?;
        }
        _ => {
            head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
            to.write_all(head.as_bytes())?;
            to.write_all(body)?;
        }
    }
    to.flush()
}
