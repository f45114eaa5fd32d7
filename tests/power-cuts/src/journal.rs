//! The recorded calls as operations on files and folders below one root.

use std::collections::{BTreeMap, HashMap};
use std::path::{Component, Path, PathBuf};

use crate::trace::{Call, bytes_of, path_of};

/// A file or folder, whatever it is called by now.
pub(crate) type Node = usize;

/// The folder everything lies in.
pub(crate) const ROOT: Node = 0;

/// What the writer did, or said.
#[derive(Debug, Clone)]
pub enum Op {
    Write {
        file: Node,
        at: u64,
        data: Vec<u8>,
    },
    Length {
        file: Node,
        bytes: u64,
    },
    /// A name that was not there before.
    Name {
        folder: Node,
        name: String,
        node: Node,
    },
    Rename {
        from: (Node, String),
        to: (Node, String),
        node: Node,
    },
    Unname {
        folder: Node,
        name: String,
    },
    SyncFile(Node),
    SyncFolder(Node),
    /// A line the writer printed that begins with `ACK `: what it promised from here on.
    Said(String),
}

/// What can be synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Barrier {
    Files,
    Folders,
}

/// A call that the journal has no operation for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    #[error("{0} on a recorded file")]
    Unknown(String),
    #[error("{call} names {path}, which is not there")]
    Lost { call: String, path: PathBuf },
    #[error("the folder to begin with cannot be read")]
    Begin(#[from] std::io::Error),
}

/// What was there at the beginning, and everything since.
#[derive(Debug, Default)]
pub struct Journal {
    root: PathBuf,
    pub(crate) ops: Vec<Op>,
    /// Content of the files that were there before.
    pub(crate) first_files: BTreeMap<Node, Vec<u8>>,
    pub(crate) first_names: BTreeMap<(Node, String), Node>,
    pub(crate) folders: Vec<bool>,
    /// The names as they are now.
    names: BTreeMap<(Node, String), Node>,
    /// Each file as it is now, for the length of what is appended.
    lengths: HashMap<Node, u64>,
    open: HashMap<i64, Open>,
    printed: String,
}

#[derive(Debug, Clone, Copy)]
struct Open {
    node: Node,
    at: u64,
    append: bool,
}

impl Journal {
    pub(crate) fn begin(root: &Path) -> Result<Self, JournalError> {
        let mut journal = Self {
            root: root.to_owned(),
            folders: vec![true],
            ..Self::default()
        };
        journal.take_in(root, ROOT)?;
        journal.first_names = journal.names.clone();
        Ok(journal)
    }

    /// The operations, in order.
    #[must_use]
    pub fn ops(&self) -> &[Op] {
        &self.ops
    }

    /// What the writer promised, in order.
    pub fn said(&self) -> impl Iterator<Item = &str> {
        self.said_before(self.ops.len())
    }

    /// What it had promised after so many operations.
    pub fn said_before(&self, count: usize) -> impl Iterator<Item = &str> {
        let ops = self.ops.iter().take(count);
        ops.filter_map(|op| match op {
            Op::Said(line) => Some(line.as_str()),
            _ => None,
        })
    }

    /// The same writer with barriers that do nothing: what a check must notice.
    #[must_use]
    pub fn without_barriers(mut self, of: Barrier) -> Self {
        self.ops.retain(|op| match op {
            Op::SyncFile(_) => of != Barrier::Files,
            Op::SyncFolder(_) => of != Barrier::Folders,
            _ => true,
        });
        self
    }

    fn take_in(&mut self, folder: &Path, node: Node) -> Result<(), JournalError> {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let is_folder = entry.file_type()?.is_dir();
            let inner = self.fresh(is_folder);
            let name = entry.file_name().to_string_lossy().into_owned();
            self.names.insert((node, name), inner);
            if is_folder {
                self.take_in(&entry.path(), inner)?;
            } else {
                let content = std::fs::read(entry.path())?;
                self.lengths.insert(inner, content.len() as u64);
                self.first_files.insert(inner, content);
            }
        }
        Ok(())
    }

    fn fresh(&mut self, is_folder: bool) -> Node {
        self.folders.push(is_folder);
        self.folders.len() - 1
    }

    /// The folder and the name of a path below the root; `None` for what lies elsewhere.
    fn place(&self, path: &Path) -> Option<(Node, String)> {
        let below = path.strip_prefix(&self.root).ok()?;
        let mut folder = ROOT;
        let mut parts: Vec<String> = Vec::new();
        for part in below.components() {
            match part {
                Component::Normal(name) => parts.push(name.to_string_lossy().into_owned()),
                Component::CurDir => {}
                _ => return None,
            }
        }
        let name = parts.pop()?;
        for part in parts {
            folder = *self.names.get(&(folder, part))?;
        }
        Some((folder, name))
    }

    fn node(&self, path: &Path) -> Option<Node> {
        if path == self.root {
            return Some(ROOT);
        }
        self.names.get(&self.place(path)?).copied()
    }

    pub(crate) fn note(&mut self, call: &Call) -> Result<(), JournalError> {
        let argument = |n: usize| call.arguments.get(n).map_or("", String::as_str);
        let number = |n: usize| argument(n).parse::<u64>().unwrap_or(0);
        let descriptor = |n: usize| -> i64 {
            let text = argument(n);
            text.split('<').next().unwrap_or(text).parse().unwrap_or(-1)
        };
        // A path argument, alone or behind the folder it starts from.
        let path = |n: usize, from: Option<usize>| -> PathBuf {
            let named = bytes_of(argument(n)).unwrap_or_default();
            let named = PathBuf::from(String::from_utf8_lossy(&named).into_owned());
            match from.and_then(|from| path_of(argument(from))) {
                Some(start) if named.is_relative() => start.join(named),
                _ => named,
            }
        };
        match call.name.as_str() {
            "open" => self.opened(&path(0, None), argument(1), call),
            "creat" => self.opened(&path(0, None), "O_CREAT|O_TRUNC", call),
            "openat" => self.opened(&path(1, Some(0)), argument(2), call),
            "close" => {
                self.open.remove(&descriptor(0));
            }
            "dup" | "dup2" | "dup3" => self.copied(descriptor(0), call.result),
            "fcntl" if argument(1).starts_with("F_DUPFD") => {
                self.copied(descriptor(0), call.result)
            }
            "lseek" => {
                if let Some(open) = self.open.get_mut(&descriptor(0)) {
                    open.at = call.result.unsigned_abs();
                }
            }
            "read" => {
                if let Some(open) = self.open.get_mut(&descriptor(0)) {
                    open.at += call.result.unsigned_abs();
                }
            }
            "write" if descriptor(0) == 1 => {
                self.heard(&bytes_of(argument(1)).unwrap_or_default(), call)
            }
            "write" => self.written(
                descriptor(0),
                None,
                &bytes_of(argument(1)).unwrap_or_default(),
                call,
            ),
            "pwrite64" => {
                let data = bytes_of(argument(1)).unwrap_or_default();
                self.written(descriptor(0), Some(number(3)), &data, call);
            }
            "writev" => self.written(descriptor(0), None, &vector(argument(1)), call),
            "pwritev" | "pwritev2" => {
                self.written(descriptor(0), Some(number(3)), &vector(argument(1)), call)
            }
            "ftruncate" => self.cut(descriptor(0), number(1)),
            "fsync" | "fdatasync" => self.synced(descriptor(0)),
            "rename" => self.renamed(&path(0, None), &path(1, None), call)?,
            "renameat" | "renameat2" => self.renamed(&path(1, Some(0)), &path(3, Some(2)), call)?,
            "unlink" | "rmdir" => self.unnamed(&path(0, None)),
            "unlinkat" => self.unnamed(&path(1, Some(0))),
            "mkdir" => self.made(&path(0, None)),
            "mkdirat" => self.made(&path(1, Some(0))),
            // Room is made, and nothing said about what is in it; what counts is what is written there.
            "fallocate" | "fcntl" => {}
            "clone" | "clone3" | "fork" | "vfork" | "chdir" => {}
            other => {
                // Anything else may pass where it does not concern us.
                let ours = (0..call.arguments.len()).any(|n| {
                    self.open.contains_key(&descriptor(n)) || self.place(&path(n, None)).is_some()
                });
                if ours {
                    return Err(JournalError::Unknown(other.to_owned()));
                }
            }
        }
        Ok(())
    }

    fn opened(&mut self, path: &Path, flags: &str, call: &Call) {
        let path = call
            .result_path
            .as_deref()
            .filter(|told| told.starts_with(&self.root))
            .unwrap_or(path);
        self.open.remove(&call.result);
        let node = match self.node(path) {
            Some(node) => node,
            None => {
                let Some(place) = self.place(path).filter(|_| flags.contains("O_CREAT")) else {
                    return;
                };
                let node = self.fresh(false);
                self.name(place, node);
                node
            }
        };
        if flags.contains("O_TRUNC") && self.lengths.get(&node).is_some_and(|length| *length > 0) {
            self.lengths.insert(node, 0);
            self.ops.push(Op::Length {
                file: node,
                bytes: 0,
            });
        }
        self.open.insert(
            call.result,
            Open {
                node,
                at: 0,
                append: flags.contains("O_APPEND"),
            },
        );
    }

    fn copied(&mut self, from: i64, to: i64) {
        if let Some(open) = self.open.get(&from).copied() {
            // Both share one place in the file in truth; our writers never write through both.
            self.open.insert(to, open);
        }
    }

    fn written(&mut self, descriptor: i64, at: Option<u64>, data: &[u8], call: &Call) {
        let Some(open) = self.open.get_mut(&descriptor) else {
            return;
        };
        let length = self.lengths.entry(open.node).or_default();
        let done = usize::try_from(call.result).unwrap_or(0).min(data.len());
        let start = at.unwrap_or(if open.append { *length } else { open.at });
        let end = start + done as u64;
        if at.is_none() {
            open.at = end;
        }
        *length = (*length).max(end);
        self.ops.push(Op::Write {
            file: open.node,
            at: start,
            data: data[..done].to_vec(),
        });
    }

    fn cut(&mut self, descriptor: i64, bytes: u64) {
        if let Some(open) = self.open.get(&descriptor) {
            self.lengths.insert(open.node, bytes);
            self.ops.push(Op::Length {
                file: open.node,
                bytes,
            });
        }
    }

    fn synced(&mut self, descriptor: i64) {
        if let Some(open) = self.open.get(&descriptor) {
            self.ops.push(if self.folders[open.node] {
                Op::SyncFolder(open.node)
            } else {
                Op::SyncFile(open.node)
            });
        }
    }

    fn name(&mut self, place: (Node, String), node: Node) {
        self.names.insert(place.clone(), node);
        self.ops.push(Op::Name {
            folder: place.0,
            name: place.1,
            node,
        });
    }

    fn made(&mut self, path: &Path) {
        if let Some(place) = self.place(path) {
            let node = self.fresh(true);
            self.name(place, node);
        }
    }

    fn renamed(&mut self, from: &Path, to: &Path, call: &Call) -> Result<(), JournalError> {
        let (from_place, to_place) = match (self.place(from), self.place(to)) {
            (Some(from), Some(to)) => (from, to),
            (None, None) => return Ok(()),
            // In from elsewhere or out: what it held was never recorded.
            _ => return Err(JournalError::Unknown(call.name.clone())),
        };
        let Some(node) = self.names.remove(&from_place) else {
            return Err(JournalError::Lost {
                call: call.name.clone(),
                path: from.to_owned(),
            });
        };
        self.names.insert(to_place.clone(), node);
        self.ops.push(Op::Rename {
            from: from_place,
            to: to_place,
            node,
        });
        Ok(())
    }

    fn unnamed(&mut self, path: &Path) {
        if let Some((folder, name)) = self.place(path) {
            self.names.remove(&(folder, name.clone()));
            self.ops.push(Op::Unname { folder, name });
        }
    }

    fn heard(&mut self, data: &[u8], call: &Call) {
        let done = usize::try_from(call.result).unwrap_or(0).min(data.len());
        self.printed
            .push_str(&String::from_utf8_lossy(&data[..done]));
        while let Some(end) = self.printed.find('\n') {
            let line: String = self.printed.drain(..=end).collect();
            if let Some(start) = line.find("ACK ") {
                self.ops.push(Op::Said(line[start + 4..].trim().to_owned()));
            }
        }
    }
}

/// `[{iov_base="\x61", iov_len=1}, …]`
fn vector(argument: &str) -> Vec<u8> {
    let mut data = Vec::new();
    for piece in argument.split("iov_base=").skip(1) {
        let text = piece.split(',').next().unwrap_or("").trim();
        data.extend(bytes_of(text).unwrap_or_default());
    }
    data
}
