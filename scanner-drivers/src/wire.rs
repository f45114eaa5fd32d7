//! The words between the desk and a scanner worker: JSON lines over pipes, each page header followed by raw pixels.
//!
//! The desk writes one [`Request`] line to the worker's standard input and reads [`Reply`] lines from its standard
//! output until [`Reply::Done`] or [`Reply::Failed`]. A [`Reply::Page`] line is followed at once by exactly
//! [`PageHeader::byte_len`] bytes of pixels, rows from the top, 8 bits a channel, no padding, and by the device's own
//! JPEG where the header announces one. While pixels trickle out of the scanner the worker sends [`Reply::Progress`],
//! and [`Reply::Waiting`] while it waits for somebody, so that silence means trouble. Closing the worker's standard
//! input cancels the job, and so does the death of the desk.

use std::io::{self, BufRead, Read, Write};

use serde::{Deserialize, Serialize};

use crate::settings::Settings;
use crate::{Capabilities, Progress, ScanJob, SetAside, Side, Waiting};

/// The longest line either side accepts.
pub const MAX_LINE_BYTES: u64 = 256 * 1024;

/// The largest page either side accepts: A3 at 600 dpi in colour is 209 MB.
pub const MAX_PAGE_BYTES: u64 = 256 * 1024 * 1024;

/// The largest JPEG either side accepts: A3 at 600 dpi at the best quality stays below 60 MB.
pub const MAX_JPEG_BYTES: u64 = 96 * 1024 * 1024;

/// What the desk asks.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    List {
        settings: Settings,
    },
    Scan {
        device: String,
        settings: Settings,
        job: ScanJob,
    },
}

/// What the worker answers, line by line.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Reply {
    Device(Box<Capabilities>),
    Progress(Progress),
    Waiting(Waiting),
    SetAside(SetAside),
    /// A file of the folder was handed over to its last page, and stays where it lies.
    Taken(String),
    Page(PageHeader),
    Done,
    Failed(Fault),
}

/// The size and shape of the pixels that follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageHeader {
    pub width: u32,
    pub height: u32,
    /// 1 for gray, 3 for red-green-blue.
    pub channels: u8,
    /// None where nobody knows: a photograph.
    pub dpi: Option<u32>,
    #[serde(default)]
    pub side: Side,
    /// The length of the JPEG that follows the pixels; 0 for none.
    #[serde(default)]
    pub jpeg_bytes: u32,
}

impl PageHeader {
    /// How many bytes of pixels follow; none when the header describes no acceptable page.
    pub fn byte_len(&self) -> Option<usize> {
        if self.width == 0
            || self.height == 0
            || !matches!(self.channels, 1 | 3)
            || u64::from(self.jpeg_bytes) > MAX_JPEG_BYTES
        {
            return None;
        }
        // u32 × u32 × 3 cannot overflow u128; the bound is checked before anyone allocates.
        let bytes = u128::from(self.width) * u128::from(self.height) * u128::from(self.channels);
        (bytes <= u128::from(MAX_PAGE_BYTES)).then_some(bytes as usize)
    }
}

/// Why the worker could not finish; the device's own status, not a guess.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    Jam,
    CoverOpen,
    NoPaper,
    DeviceBusy,
    NotFound,
    AccessDenied,
    Cancelled,
    Io,
    NoMemory,
    Unsupported,
    BadOption {
        name: String,
    },
    ShortPage,
    HugePage,
    BadRequest,
    /// The device answered what no standard knows.
    BadReply,
    /// The device said nothing for so long.
    Silent {
        after_ms: u64,
    },
    WrongFormat,
    PlainHttp,
    CertificateUnknown,
    CertificateChanged,
    NotStill,
    FileUnreadable,
    FileUnfinished,
    FileOld,
}

/// Writes one message as one line.
pub fn write_line<T: Serialize>(to: &mut impl Write, message: &T) -> io::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    to.write_all(&line)?;
    to.flush()
}

/// Reads one message; none at the end of the stream. A line that is too long or not a message is `InvalidData`.
pub fn read_line<T: for<'de> Deserialize<'de>>(from: &mut impl BufRead) -> io::Result<Option<T>> {
    let mut line = Vec::new();
    let read = Read::take(from, MAX_LINE_BYTES).read_until(b'\n', &mut line)?;
    if read == 0 {
        return Ok(None);
    }
    if line.last() != Some(&b'\n') {
        let cut = if read as u64 == MAX_LINE_BYTES {
            io::ErrorKind::InvalidData
        } else {
            io::ErrorKind::UnexpectedEof
        };
        return Err(cut.into());
    }
    serde_json::from_slice(&line)
        .map(Some)
        .map_err(|_| io::ErrorKind::InvalidData.into())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_message_survives_the_pipe() {
        let mut pipe = Vec::new();
        write_line(
            &mut pipe,
            &Reply::Failed(Fault::BadOption {
                name: "mode".into(),
            }),
        )
        .unwrap();
        write_line(&mut pipe, &Reply::Done).unwrap();
        let mut from = pipe.as_slice();
        assert!(
            matches!(read_line(&mut from).unwrap(), Some(Reply::Failed(Fault::BadOption { name })) if name == "mode")
        );
        assert!(matches!(read_line(&mut from).unwrap(), Some(Reply::Done)));
        assert!(read_line::<Reply>(&mut from).unwrap().is_none());
    }

    #[test]
    fn a_cut_or_endless_line_is_refused() {
        let cut = read_line::<Reply>(&mut &b"\"done\""[..]).unwrap_err();
        assert_eq!(cut.kind(), io::ErrorKind::UnexpectedEof);
        let endless = vec![b'x'; MAX_LINE_BYTES as usize + 10];
        assert_eq!(
            read_line::<Reply>(&mut endless.as_slice())
                .unwrap_err()
                .kind(),
            io::ErrorKind::InvalidData
        );
    }

    #[test]
    fn a_page_larger_than_paper_is_refused_before_allocation() {
        let header = |width, height, channels| PageHeader {
            width,
            height,
            channels,
            dpi: Some(300),
            side: Side::Front,
            jpeg_bytes: 0,
        };
        assert_eq!(header(10, 20, 3).byte_len(), Some(600));
        assert_eq!(header(u32::MAX, u32::MAX, 3).byte_len(), None);
        assert_eq!(header(0, 20, 3).byte_len(), None);
        assert_eq!(header(10, 20, 4).byte_len(), None);
        let long = PageHeader {
            jpeg_bytes: u32::MAX,
            ..header(10, 20, 3)
        };
        assert_eq!(long.byte_len(), None);
    }
}
