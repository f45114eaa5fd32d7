//! Puts a simulated chip into the virtual card reader of vsmartcard, so that it is reached by PC/SC.
//!
//! The protocol is a length in two bytes and a payload, either way. A payload of one byte is a
//! control word from the reader: power off, power on, reset, or "send your ATR". Anything longer is a
//! command APDU. Closing the socket takes the card off the reader.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::applet::Applet;
use super::timing::Timing;
use crate::transport::{Transport, TransportError};

/// Where vpcd listens for its first slot, as Debian configures it.
pub const DEFAULT_ADDRESS: &str = "127.0.0.1:35963";

/// A contactless chip without historical bytes (PC/SC part 3 §3.1.3.2.3).
const ATR: [u8; 5] = [0x3B, 0x80, 0x80, 0x01, 0x01];

/// How soon a raised stop flag is seen.
const PATIENCE: Duration = Duration::from_millis(100);

/// Why the card left the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// The stop flag was raised.
    Stopped,
    /// The reader went away.
    ReaderClosed,
    /// The fault script took the card.
    Dropped,
}

/// Lays the chip on the virtual reader and serves it until `stop` is raised or it is taken away.
/// A card whose script says that it comes back is laid down again in its time.
pub fn serve(
    applet: &mut Applet,
    address: impl ToSocketAddrs,
    stop: &AtomicBool,
) -> io::Result<Left> {
    serve_timed(applet, address, None, stop)
}

/// The same by the clock: every answer comes as late as it would over the air.
pub fn serve_timed(
    applet: &mut Applet,
    address: impl ToSocketAddrs,
    timing: Option<Timing>,
    stop: &AtomicBool,
) -> io::Result<Left> {
    loop {
        let left = lie(applet, &address, timing, stop)?;
        match applet.comes_back_after() {
            Some(away) if left == Left::Dropped => {
                std::thread::sleep(away);
                applet.lay_down_again();
            }
            _ => return Ok(left),
        }
    }
}

/// Once on the reader, until it leaves.
fn lie(
    applet: &mut Applet,
    address: &impl ToSocketAddrs,
    timing: Option<Timing>,
    stop: &AtomicBool,
) -> io::Result<Left> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    loop {
        let mut length = [0; 2];
        if let Some(left) = read(&mut stream, &mut length, stop)? {
            return Ok(left);
        }
        let mut payload = vec![0; usize::from(u16::from_be_bytes(length))];
        if let Some(left) = read(&mut stream, &mut payload, stop)? {
            return Ok(left);
        }
        match payload[..] {
            [] => {}
            [4] => write(&mut stream, &ATR)?,
            [_] => applet.reset(),
            _ => match applet.transmit(&payload) {
                Ok(answer) => {
                    if let Some(timing) = timing {
                        let bytes = (payload.len() + answer.len()) as u64;
                        std::thread::sleep(timing.of(1, bytes));
                    }
                    write(&mut stream, &answer)?;
                }
                // There, and never an answer: what a hung driver looks like from above.
                Err(TransportError::ReaderHung) => {
                    while !stop.load(Ordering::Relaxed) {
                        std::thread::sleep(PATIENCE);
                    }
                    return Ok(Left::Stopped);
                }
                // Still there, and silent: less than a status is all that vpcd can say to that.
                Err(TransportError::Failed { .. }) => write(&mut stream, &[0])?,
                Err(_) => return Ok(Left::Dropped),
            },
        }
    }
}

/// Fills `out`; says why it could not.
fn read(stream: &mut TcpStream, out: &mut [u8], stop: &AtomicBool) -> io::Result<Option<Left>> {
    let mut filled = 0;
    while filled < out.len() {
        quick_ack(stream)?;
        match stream.read(&mut out[filled..]) {
            Ok(0) => return Ok(Some(Left::ReaderClosed)),
            Ok(count) => filled += count,
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
                ) => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {
                return Ok(Some(Left::ReaderClosed));
            }
            Err(error) => return Err(error),
        }
        if stop.load(Ordering::Relaxed) && filled < out.len() {
            return Ok(Some(Left::Stopped));
        }
    }
    Ok(None)
}

/// vpcd sends length and payload as two segments; with delayed acknowledgement each command would
/// cost 50 ms. The kernel forgets this setting, so it is made before every read.
#[cfg(target_os = "linux")]
fn quick_ack(stream: &TcpStream) -> io::Result<()> {
    use std::os::linux::net::TcpStreamExt;
    stream.set_quickack(true)
}

#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "the same signature as on Linux")]
fn quick_ack(_: &TcpStream) -> io::Result<()> {
    Ok(())
}

fn write(stream: &mut TcpStream, payload: &[u8]) -> io::Result<()> {
    let length = u16::try_from(payload.len()).map_err(|_| {
        io::Error::new(
            ErrorKind::InvalidData,
            "an answer longer than vpcd can carry",
        )
    })?;
    let mut message = length.to_be_bytes().to_vec();
    message.extend_from_slice(payload);
    stream.write_all(&message)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::sync::Arc;

    use super::*;
    use crate::simulator::applet::tests::memory;
    use crate::simulator::fault::Faults;

    fn send(reader: &mut TcpStream, payload: &[u8]) {
        reader
            .write_all(&(payload.len() as u16).to_be_bytes())
            .unwrap();
        reader.write_all(payload).unwrap();
    }

    fn receive(reader: &mut TcpStream) -> Vec<u8> {
        let mut length = [0; 2];
        reader.read_exact(&mut length).unwrap();
        let mut payload = vec![0; usize::from(u16::from_be_bytes(length))];
        reader.read_exact(&mut payload).unwrap();
        payload
    }

    #[test]
    fn the_card_answers_the_reader_and_leaves_when_told() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&stop);
        let card = std::thread::spawn(move || {
            let mut applet = Applet::with_memory(memory(), Faults::default());
            serve(&mut applet, address, &flag)
        });
        let (mut reader, _) = listener.accept().unwrap();
        send(&mut reader, &[1]);
        send(&mut reader, &[4]);
        assert_eq!(receive(&mut reader), ATR);
        send(&mut reader, &[0x00, 0xB0, 0x9C, 0x00, 0x00]);
        let answer = receive(&mut reader);
        assert_eq!(answer[0], 0x31);
        stop.store(true, Ordering::Relaxed);
        assert_eq!(card.join().unwrap().unwrap(), Left::Stopped);
    }
}
