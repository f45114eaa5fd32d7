//! One blob: a header that says where it belongs, then the content, encrypted together with age.
//!
//! Both ways run in constant memory. What is read from outside is counted and hashed on the
//! way, never past the size that the signed statement gives.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Cursor, Read, Write};
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::mpsc::{SyncSender, sync_channel};

use ring::digest::{Context, SHA256};
use zeroize::Zeroizing;

use crate::file;

use crate::ids::{BundleId, Sha256Digest, VisitId};
use crate::open::OpenError;
use crate::recipients::{Identities, Recipients};
use crate::seal::SealError;
use crate::statement::BlobRef;

/// The inner manifest's envelope may have this many bytes.
pub const MAX_MANIFEST_BYTES: u64 = 4 << 20;

/// The same encrypted: 16 bytes for each 64 KiB, and a header.
pub(crate) const MAX_MANIFEST_BLOB_BYTES: u64 = MAX_MANIFEST_BYTES + 64 * 1024;

/// An age header longer than this is refused; ours have under 400 bytes.
const MAX_AGE_HEADER_BYTES: u64 = 8 * 1024;

/// age's own chunk (age specification, "Payload").
const CHUNK_BYTES: usize = 64 * 1024;

/// A part up to this size is sealed on one thread: a second one costs more than it saves.
const ALONE_BYTES: u64 = 256 * 1024;

/// Pieces of at most a chunk that wait for the second thread, so that memory stays constant.
const PIECES_BESIDE: usize = 8;

const HEADER_BYTES: usize = 64;
const MAGIC: [u8; 16] = *b"niem-bundle/v1\n\0";

/// The first 64 bytes of every decrypted blob. It is inside the encryption, so nobody can see or
/// change it, and a blob moved to another place still says where it belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) bundle: BundleId,
    pub(crate) visit: VisitId,
    pub(crate) index: u32,
}

impl Header {
    /// magic 16, bundle 16, visit 16, index 4 (big-endian), zero 12.
    fn to_bytes(self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..16].copy_from_slice(&MAGIC);
        bytes[16..32].copy_from_slice(self.bundle.as_bytes());
        bytes[32..48].copy_from_slice(self.visit.as_bytes());
        bytes[48..52].copy_from_slice(&self.index.to_be_bytes());
        bytes
    }

    /// Whether a blob that begins with `found` belongs here, and if not, where else.
    fn expect(self, found: &[u8; HEADER_BYTES]) -> Result<(), OpenError> {
        let index = self.index;
        if found[..16] != MAGIC || found[52..] != [0; 12] {
            Err(OpenError::HeaderMalformed { index })
        } else if found[16..32] != *self.bundle.as_bytes() {
            Err(OpenError::PartOfOtherBundle { index })
        } else if found[32..48] != *self.visit.as_bytes() {
            Err(OpenError::PartOfOtherVisit { index })
        } else if found[48..52] != index.to_be_bytes() {
            Err(OpenError::PartOutOfPlace { index })
        } else {
            Ok(())
        }
    }
}

/// Digest and length of some content in clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) sha256: Sha256Digest,
    pub(crate) size: u64,
}

/// Encrypts `content` into a file in `directory` named by the digest of the blob. It is not on the
/// disk before [`sync_blobs`] returns.
pub(crate) fn seal(
    header: Header,
    content: &mut dyn Read,
    to: &Recipients,
    directory: &Path,
) -> Result<(Content, BlobRef), SealError> {
    let index = header.index;
    let unfinished = directory.join(format!(".{index}.part"));
    let file = File::create_new(&unfinished).map_err(SealError::Write)?;
    let blob = Tally::new(BufWriter::new(file));

    let mut beginning = Zeroizing::new(Vec::with_capacity(ALONE_BYTES as usize + 1));
    content
        .take(ALONE_BYTES + 1)
        .read_to_end(&mut beginning)
        .map_err(|source| SealError::PartUnreadable { index, source })?;
    let ended = beginning.len() as u64 <= ALONE_BYTES;
    let mut all = beginning.as_slice().chain(content);
    let (content, blob) = if ended {
        let mut digest = Context::new(&SHA256);
        let mut hash = |clear: &[u8]| digest.update(clear);
        let (blob, size) = encrypt(header, &mut all, to, blob, &mut hash)?;
        let sha256 = finished(digest);
        (Content { sha256, size }, blob)
    } else {
        beside(header, &mut all, to, blob)?
    };

    let Tally {
        inner,
        digest,
        count,
    } = blob;
    inner
        .into_inner()
        .map_err(|error| SealError::Write(error.into_error()))?;
    let reference = BlobRef {
        index,
        digest: finished(digest),
        size: count,
    };
    fs::rename(&unfinished, directory.join(reference.digest.to_string()))
        .map_err(SealError::Write)?;
    Ok((content, reference))
}

/// Brings blobs onto the disk, and their names. After all are written, since a file system takes the names of many in
/// one go.
pub(crate) fn sync_blobs(directory: &Path, blobs: &[BlobRef]) -> io::Result<()> {
    for blob in blobs {
        File::open(directory.join(blob.digest.to_string()))?.sync_all()?;
    }
    file::sync_directory(directory)
}

/// Reads the content through age into `blob`, telling `passing` of each piece. Returns its size.
fn encrypt<W: Write>(
    header: Header,
    content: &mut dyn Read,
    to: &Recipients,
    blob: W,
    passing: &mut dyn FnMut(&[u8]),
) -> Result<(W, u64), SealError> {
    // Fails only without recipients, and `Recipients` has at least one.
    let encryptor =
        age::Encryptor::with_recipients(to.keys()).map_err(|_| SealError::NotEncrypted)?;
    let mut clear = encryptor.wrap_output(blob).map_err(SealError::Write)?;
    clear
        .write_all(&header.to_bytes())
        .map_err(SealError::Write)?;
    let index = header.index;
    let mut size = 0;
    let mut chunk = Zeroizing::new(vec![0; CHUNK_BYTES]);
    loop {
        let read = match content.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(source) => return Err(SealError::PartUnreadable { index, source }),
        };
        passing(&chunk[..read]);
        size += read as u64;
        clear.write_all(&chunk[..read]).map_err(SealError::Write)?;
    }
    let blob = clear.finish().map_err(SealError::Write)?;
    Ok((blob, size))
}

/// What the thread beside has to do, in this order.
enum Piece {
    /// Hash it.
    Clear(Zeroizing<Vec<u8>>),
    /// Hash it and write it down.
    Blob(Vec<u8>),
}

/// Hands what age writes to the thread beside.
struct Over(SyncSender<Piece>);

impl Write for Over {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Refused only where that thread has ended, and its own error is told instead.
        self.0
            .send(Piece::Blob(bytes.to_vec()))
            .map_err(|_| io::ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// [`encrypt`], with both hashes and the file on a second thread: each takes about as long as age does.
fn beside<W: Write + Send>(
    header: Header,
    content: &mut dyn Read,
    to: &Recipients,
    mut blob: W,
) -> Result<(Content, W), SealError> {
    let (send, pieces) = sync_channel(PIECES_BESIDE);
    std::thread::scope(|scope| {
        let other = scope.spawn(move || -> io::Result<_> {
            let mut digest = Context::new(&SHA256);
            for piece in pieces {
                match piece {
                    Piece::Clear(clear) => digest.update(&clear),
                    Piece::Blob(bytes) => blob.write_all(&bytes)?,
                }
            }
            Ok((finished(digest), blob))
        });
        let hash = send.clone();
        let mut passing = |clear: &[u8]| {
            // See `Over`.
            let _ = hash.send(Piece::Clear(Zeroizing::new(clear.to_vec())));
        };
        let encrypted = encrypt(header, content, to, Over(send), &mut passing);
        let encrypted = encrypted.map(|(_, size)| size);
        drop(hash);
        let written = other.join().unwrap_or_else(|panic| resume_unwind(panic));
        let (sha256, blob) = written.map_err(SealError::Write)?;
        let size = encrypted?;
        Ok((Content { sha256, size }, blob))
    })
}

/// Decrypts a blob into `out`, at most `limit` bytes of content. What was written to `out` may be
/// used only if this returns `Ok`.
pub(crate) fn open(
    header: Header,
    blob: &BlobRef,
    source: Box<dyn Read + Send>,
    identities: &Identities,
    limit: u64,
    out: &mut dyn Write,
) -> Result<Content, OpenError> {
    let mut meter = Meter {
        source,
        digest: Context::new(&SHA256),
        left: blob.size,
        overrun: false,
        failed: None,
    };
    let decrypted = decrypt(header, &mut meter, identities, limit, out);
    // The blob itself comes first: of a blob that is not the one that was sealed, nothing else
    // is worth saying.
    meter.finish(blob)?;
    decrypted
}

/// Reads a blob to its end and compares size and digest: all that can be said without a key.
pub(crate) fn check_blob(blob: &BlobRef, source: Box<dyn Read + Send>) -> Result<(), OpenError> {
    Meter {
        source,
        digest: Context::new(&SHA256),
        left: blob.size,
        overrun: false,
        failed: None,
    }
    .finish(blob)
}

fn decrypt(
    header: Header,
    meter: &mut Meter,
    identities: &Identities,
    limit: u64,
    out: &mut dyn Write,
) -> Result<Content, OpenError> {
    let index = header.index;
    let broken = |_| OpenError::SealBroken { index };
    let mut blob = BufReader::new(meter);
    let age_header = age_header(&mut blob).map_err(broken)?;
    let decryptor = age::Decryptor::new_buffered(Cursor::new(age_header).chain(blob))
        .map_err(|_| OpenError::SealBroken { index })?;
    let mut clear = decryptor
        .decrypt(identities.keys())
        .map_err(|error| match error {
            age::DecryptError::NoMatchingKeys => OpenError::WrongRecipient { index },
            _ => OpenError::SealBroken { index },
        })?;

    let mut found = [0; HEADER_BYTES];
    clear
        .read_exact(&mut found)
        .map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => OpenError::HeaderMalformed { index },
            _ => OpenError::SealBroken { index },
        })?;
    header.expect(&found)?;

    let mut digest = Context::new(&SHA256);
    let mut size = 0_u64;
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let read = match clear.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => return Err(OpenError::SealBroken { index }),
        };
        size += read as u64;
        if size > limit {
            return Err(OpenError::PartTooLarge { index });
        }
        digest.update(&chunk[..read]);
        out.write_all(&chunk[..read]).map_err(OpenError::Output)?;
    }
    Ok(Content {
        sha256: finished(digest),
        size,
    })
}

/// The lines up to and with the one that begins with `---` (age specification, "Header"). Taken
/// out first because the age library would read a header without end for ever.
fn age_header(blob: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut header = Vec::new();
    loop {
        let line = header.len();
        let left = MAX_AGE_HEADER_BYTES - line as u64;
        blob.by_ref().take(left).read_until(b'\n', &mut header)?;
        if header.last() != Some(&b'\n') {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "no end of the age header",
            ));
        }
        if header[line..].starts_with(b"---") {
            return Ok(header);
        }
    }
}

fn finished(digest: Context) -> Sha256Digest {
    Sha256Digest::from_bytes(
        digest
            .finish()
            .as_ref()
            .try_into()
            .expect("SHA-256 gives 32 bytes"),
    )
}

/// Hashes and counts what is written through it.
struct Tally<W> {
    inner: W,
    digest: Context,
    count: u64,
}

impl<W> Tally<W> {
    fn new(inner: W) -> Self {
        Self {
            inner,
            digest: Context::new(&SHA256),
            count: 0,
        }
    }
}

impl<W: Write> Write for Tally<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.digest.update(&bytes[..written]);
        self.count += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Hashes what is read through it and ends where the statement says that the blob ends.
struct Meter {
    source: Box<dyn Read + Send>,
    digest: Context,
    left: u64,
    /// The source has more than the statement says.
    overrun: bool,
    /// Why the source could not be read.
    failed: Option<io::Error>,
}

impl Meter {
    fn finish(mut self, blob: &BlobRef) -> Result<(), OpenError> {
        let mut chunk = vec![0; CHUNK_BYTES];
        while self.failed.is_none() && !self.overrun {
            match self.read(&mut chunk) {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // Kept in `failed`.
                Err(_) => break,
            }
        }
        let index = blob.index;
        if let Some(source) = self.failed {
            Err(OpenError::BlobUnreadable { index, source })
        } else if self.overrun || self.left > 0 {
            Err(OpenError::BlobSize { index })
        } else if finished(self.digest) != blob.digest {
            Err(OpenError::BlobAltered { index })
        } else {
            Ok(())
        }
    }
}

impl Read for Meter {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.overrun || into.is_empty() {
            return Ok(0);
        }
        let at_end = self.left == 0;
        let mut probe = [0];
        let wanted = usize::try_from(self.left)
            .unwrap_or(usize::MAX)
            .min(into.len());
        let window = if at_end {
            &mut probe[..]
        } else {
            &mut into[..wanted]
        };
        match self.source.read(window) {
            Ok(read) if at_end => {
                self.overrun = read > 0;
                Ok(0)
            }
            Ok(read) => {
                self.digest.update(&into[..read]);
                self.left -= read as u64;
                Ok(read)
            }
            Err(error) => {
                if error.kind() != io::ErrorKind::Interrupted {
                    self.failed = Some(io::Error::new(error.kind(), error.to_string()));
                }
                Err(error)
            }
        }
    }
}
