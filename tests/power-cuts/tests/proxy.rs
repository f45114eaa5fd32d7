//! A bad line: a relay on loopback that counts every byte, is as slow as it is told, and breaks every connection when
//! its time is over. What was on its way then is lost.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How the line behaves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line {
    pub(crate) bytes_per_second: u64,
    /// All connections break each time this has passed.
    pub(crate) breaks_every: Duration,
}

/// What is on its way at once.
const PIECE_BYTES: usize = 8 << 10;

pub(crate) struct Relay {
    pub(crate) port: u16,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    up: AtomicU64,
    down: AtomicU64,
    breaks: AtomicU64,
    stop: AtomicBool,
    open: Mutex<Vec<TcpStream>>,
}

impl Relay {
    pub(crate) fn to(port: u16, line: Line) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let relay = Self {
            port: listener.local_addr().unwrap().port(),
            shared: Arc::default(),
        };
        let shared = relay.shared.clone();
        std::thread::spawn(move || {
            for near in listener.incoming() {
                if shared.stop.load(Ordering::SeqCst) {
                    return;
                }
                let (Ok(near), Ok(far)) = (near, TcpStream::connect(("127.0.0.1", port))) else {
                    continue;
                };
                shared
                    .open
                    .lock()
                    .unwrap()
                    .extend([near.try_clone().unwrap(), far.try_clone().unwrap()]);
                for (from, to, upwards) in [(&near, &far, true), (&far, &near, false)] {
                    let (from, to, shared) = (
                        from.try_clone().unwrap(),
                        to.try_clone().unwrap(),
                        shared.clone(),
                    );
                    std::thread::spawn(move || pump(from, to, line, upwards, &shared));
                }
            }
        });
        let shared = relay.shared.clone();
        std::thread::spawn(move || {
            let mut next = Instant::now() + line.breaks_every;
            while !shared.stop.load(Ordering::SeqCst) {
                std::thread::sleep(
                    next.saturating_duration_since(Instant::now())
                        .min(Duration::from_millis(50)),
                );
                if Instant::now() >= next {
                    next += line.breaks_every;
                    shared.cut();
                }
            }
        });
        relay
    }

    /// Bytes from the desk to the verifier, with all that TLS and HTTP add.
    pub(crate) fn sent(&self) -> u64 {
        self.shared.up.load(Ordering::SeqCst)
    }

    pub(crate) fn received(&self) -> u64 {
        self.shared.down.load(Ordering::SeqCst)
    }

    /// How often a connection that was open was broken.
    pub(crate) fn breaks(&self) -> u64 {
        self.shared.breaks.load(Ordering::SeqCst)
    }
}

impl Shared {
    fn cut(&self) {
        let open = std::mem::take(&mut *self.open.lock().unwrap());
        let broken = open
            .iter()
            .filter(|socket| socket.shutdown(Shutdown::Both).is_ok())
            .count();
        self.breaks
            .fetch_add(u64::from(broken > 0), Ordering::SeqCst);
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        self.shared.cut();
        // Wakes the listener, so that it sees the word.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn pump(mut from: TcpStream, mut to: TcpStream, line: Line, upwards: bool, shared: &Shared) {
    let mut piece = [0_u8; PIECE_BYTES];
    let counter = if upwards { &shared.up } else { &shared.down };
    while let Ok(count) = from.read(&mut piece) {
        if count == 0 {
            break;
        }
        counter.fetch_add(count as u64, Ordering::SeqCst);
        // It is on its way now; when the line breaks meanwhile it does not arrive.
        std::thread::sleep(Duration::from_micros(
            count as u64 * 1_000_000 / line.bytes_per_second,
        ));
        if to.write_all(&piece[..count]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
