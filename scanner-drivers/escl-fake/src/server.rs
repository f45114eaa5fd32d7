//! The running fake: a port on the loopback address, a thread a connection.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use mdns_sd::{IfKind, ServiceDaemon, ServiceInfo};
use rustls::{ServerConnection, StreamOwned};

use crate::device::Device;
use crate::http;
use crate::jobs::Desk;
use crate::secure::Certificate;

/// A scanner on the network, until it is dropped.
pub struct Fake {
    address: SocketAddr,
    secure: bool,
    desk: Arc<Mutex<Desk>>,
    on: Arc<AtomicBool>,
    listening: Option<JoinHandle<()>>,
    announced: Vec<ServiceDaemon>,
}

impl Fake {
    /// Over plain HTTP.
    ///
    /// # Errors
    /// When no port is free.
    pub fn start(device: Device) -> io::Result<Self> {
        Self::listen(device, None, 0)
    }

    /// Over HTTPS, with a certificate nobody signed.
    ///
    /// # Errors
    /// When no port is free.
    pub fn start_secure(device: Device, certificate: &Certificate) -> io::Result<Self> {
        Self::listen(device, Some(certificate.clone()), 0)
    }

    /// On a port of one's choice.
    ///
    /// # Errors
    /// When the port is taken.
    pub fn listen(device: Device, certificate: Option<Certificate>, port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port))?;
        let address = listener.local_addr()?;
        let scheme = if certificate.is_some() {
            "https"
        } else {
            "http"
        };
        let desk = Arc::new(Mutex::new(Desk::new(
            device,
            format!("{scheme}://{address}"),
        )));
        let on = Arc::new(AtomicBool::new(true));
        let secure = certificate.is_some();
        let listening = {
            let (desk, on) = (Arc::clone(&desk), Arc::clone(&on));
            std::thread::spawn(move || {
                for stream in listener.incoming() {
                    if !on.load(Ordering::SeqCst) {
                        return;
                    }
                    let Ok(stream) = stream else { continue };
                    let (desk, on) = (Arc::clone(&desk), Arc::clone(&on));
                    let certificate = certificate.clone();
                    std::thread::spawn(move || {
                        // A client that hangs up in mid-sentence is no concern of the scanner's.
                        let _ = serve(stream, certificate.as_ref(), &desk, &on);
                    });
                }
            })
        };
        Ok(Self {
            address,
            secure,
            desk,
            on,
            listening: Some(listening),
            announced: Vec::new(),
        })
    }

    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{}/eSCL", self.address)
    }

    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Changes the device while it runs.
    pub fn set(&self, change: impl FnOnce(&mut Device)) {
        change(&mut self.desk().device);
    }

    /// `METHOD path` of everything asked so far.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.desk().requests.clone()
    }

    /// The last order, as it came.
    #[must_use]
    pub fn order(&self) -> String {
        self.desk().order.clone()
    }

    /// Tells the network of itself by mDNS, on the loopback interface alone: `_uscan._tcp`, or `_uscans._tcp` over TLS.
    ///
    /// # Errors
    /// When there is no multicast here.
    pub fn announce(&mut self) -> Result<(), mdns_sd::Error> {
        let daemon = ServiceDaemon::new()?;
        daemon.disable_interface(IfKind::All)?;
        daemon.enable_interface(IfKind::LoopbackV4)?;
        daemon.set_multicast_loop_v4(true)?;
        let device = self.desk().device.clone();
        let kind = if self.secure {
            "_uscans._tcp.local."
        } else {
            "_uscan._tcp.local."
        };
        let text = [
            ("txtvers", "1"),
            ("ty", device.make_and_model.as_str()),
            ("rs", "eSCL"),
            ("UUID", device.uuid.as_str()),
            ("vers", "2.63"),
        ];
        let name = format!("{} [{}]", device.make_and_model, self.port());
        let host = format!("make-believe-{}.local.", self.port());
        let service = ServiceInfo::new(kind, &name, &host, "127.0.0.1", self.port(), &text[..])?;
        daemon.register(service)?;
        self.announced.push(daemon);
        Ok(())
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        for daemon in self.announced.drain(..) {
            // Says goodbye to those who listen.
            if let Ok(done) = daemon.shutdown() {
                let _ = done.recv_timeout(Duration::from_secs(2));
            }
        }
        self.on.store(false, Ordering::SeqCst);
        // A knock, so that the listening thread looks up.
        let _ = TcpStream::connect(self.address);
        if let Some(listening) = self.listening.take() {
            let _ = listening.join();
        }
    }
}

fn serve(
    stream: TcpStream,
    certificate: Option<&Certificate>,
    desk: &Mutex<Desk>,
    on: &AtomicBool,
) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    stream.set_write_timeout(Some(Duration::from_secs(60)))?;
    match certificate {
        None => converse(&mut { stream }, desk, on),
        Some(certificate) => {
            let connection =
                ServerConnection::new(Arc::clone(&certificate.config)).map_err(io::Error::other)?;
            let mut stream = StreamOwned::new(connection, stream);
            converse(&mut stream, desk, on)?;
            stream.conn.send_close_notify();
            stream.flush()
        }
    }
}

fn converse(
    stream: &mut (impl Read + Write),
    desk: &Mutex<Desk>,
    on: &AtomicBool,
) -> io::Result<()> {
    let heard = http::hear(stream)?;
    let answer = {
        let mut desk = desk.lock().unwrap_or_else(PoisonError::into_inner);
        if desk.device.mute {
            None
        } else {
            Some(desk.answer(&heard))
        }
    };
    let Some(answer) = answer else {
        while on.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(50));
        }
        return Ok(());
    };
    http::tell(stream, &answer, &|| on.load(Ordering::SeqCst))
}
