//! Objects go to the file as they are made; only their places are remembered for the table at the end. So a file of a
//! hundred pages never lies in memory.

use std::io::{self, Write};

use pdf_writer::{Chunk, Ref};

/// The second line of a file tells transport programs that it is binary (ISO 19005-2 §6.1.2).
const BINARY: &[u8] = b"%\x80\x80\x80\x80\n";

pub(crate) struct Out<W> {
    sink: W,
    at: u64,
    /// Where each object begins, by its number.
    offsets: Vec<Option<u64>>,
}

impl<W: Write> Out<W> {
    pub(crate) fn begin(mut sink: W, version: &str) -> io::Result<Self> {
        let head = [b"%PDF-", version.as_bytes(), b"\n", BINARY].concat();
        sink.write_all(&head)?;
        Ok(Self {
            sink,
            at: head.len() as u64,
            offsets: Vec::new(),
        })
    }

    /// A number for an object that is written later.
    pub(crate) fn reserve(&mut self) -> Ref {
        self.offsets.push(None);
        // The caller's pages are bounded; a file has at most a few thousand objects.
        Ref::new(i32::try_from(self.offsets.len()).unwrap_or(i32::MAX))
    }

    /// Writes one object.
    pub(crate) fn object(&mut self, id: Ref, make: impl FnOnce(&mut Chunk)) -> io::Result<()> {
        let mut chunk = Chunk::new();
        make(&mut chunk);
        let index = usize::try_from(id.get() - 1).unwrap_or_default();
        if let Some(offset) = self.offsets.get_mut(index) {
            *offset = Some(self.at);
        }
        self.sink.write_all(chunk.as_bytes())?;
        self.at += chunk.len() as u64;
        Ok(())
    }

    /// The table of places and the trailer (ISO 32000-1 §7.5.4 and §7.5.5).
    pub(crate) fn finish(mut self, root: Ref, info: Ref, id: &[u8]) -> io::Result<W> {
        let table = self.at;
        let size = self.offsets.len() + 1;
        write!(self.sink, "xref\n0 {size}\n0000000000 65535 f \n")?;
        for offset in &self.offsets {
            match offset {
                Some(offset) => writeln!(self.sink, "{offset:010} 00000 n ")?,
                None => writeln!(self.sink, "0000000000 65535 f ")?,
            }
        }
        let id = hex::encode(id);
        write!(
            self.sink,
            "trailer\n<< /Size {size} /Root {} 0 R /Info {} 0 R /ID [<{id}> <{id}>] >>\nstartxref\n{table}\n%%EOF\n",
            root.get(),
            info.get()
        )?;
        self.sink.flush()?;
        Ok(self.sink)
    }
}
