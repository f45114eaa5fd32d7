//! One state of the disk: what was safe when the power went, and of the rest what chance kept.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;

use crate::chance::Chance;
use crate::journal::{Journal, Node, Op, ROOT};

/// The unit in which a disk writes, and in which a write may be torn.
const PAGE: u64 = 4096;

/// What becomes of that which no barrier covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Loss {
    /// All of it is gone.
    Dropped,
    /// All of it is there, as after a killed process.
    Kept,
    /// Each name and each page of each write is there or not, by the seed.
    Torn(u64),
}

/// The content of a disk: every file and folder by its path below the root.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Image {
    /// `None` for a folder.
    entries: BTreeMap<String, Option<Vec<u8>>>,
}

/// What happened to names by one call, whole or not at all.
struct NameOp {
    /// What each name means afterwards.
    cells: Vec<((Node, String), Option<Node>)>,
    safe: bool,
}

impl Image {
    /// The disk when the power goes after the first `count` operations.
    #[must_use]
    pub fn after(journal: &Journal, count: usize, loss: Loss) -> Self {
        let ops = &journal.ops[..count.min(journal.ops.len())];
        let mut chance = Chance::new(match loss {
            Loss::Torn(seed) => seed,
            _ => 0,
        });
        let names = names_after(journal, ops, loss, &mut chance);
        let files = files_after(journal, ops, loss, &mut chance);
        let mut image = Self::default();
        image.walk(ROOT, "", &names, &files, &journal.folders);
        image
    }

    fn walk(
        &mut self,
        folder: Node,
        prefix: &str,
        names: &BTreeMap<(Node, String), Node>,
        files: &HashMap<Node, Vec<u8>>,
        folders: &[bool],
    ) {
        let inside = names.range((folder, String::new())..(folder + 1, String::new()));
        for ((_, name), node) in inside {
            let path = format!("{prefix}{name}");
            if folders[*node] {
                self.entries.insert(path.clone(), None);
                self.walk(*node, &format!("{path}/"), names, files, folders);
            } else {
                self.entries
                    .insert(path, Some(files.get(node).cloned().unwrap_or_default()));
            }
        }
    }

    /// A short name of this state, equal for equal states.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.entries.hash(&mut hasher);
        hasher.finish()
    }

    /// Whether a file or folder is there.
    #[must_use]
    pub fn holds(&self, path: &str) -> bool {
        self.entries.contains_key(path)
    }

    /// The content of a file.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<&[u8]> {
        self.entries.get(path)?.as_deref()
    }

    /// Lays the state down in an empty folder.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn lay_down(&self, into: &Path) -> std::io::Result<()> {
        for (path, content) in &self.entries {
            match content {
                // Folders sort before what is in them.
                None => std::fs::create_dir_all(into.join(path))?,
                // The index of a database's log lives in memory: after a power cut nothing of it is to be believed.
                Some(_) if path.ends_with("-shm") => {}
                Some(content) => std::fs::write(into.join(path), content)?,
            }
        }
        Ok(())
    }
}

fn names_after(
    journal: &Journal,
    ops: &[Op],
    loss: Loss,
    chance: &mut Chance,
) -> BTreeMap<(Node, String), Node> {
    let mut made: Vec<NameOp> = Vec::new();
    for op in ops {
        match op {
            Op::Name { folder, name, node } => made.push(NameOp {
                cells: vec![((*folder, name.clone()), Some(*node))],
                safe: false,
            }),
            Op::Unname { folder, name } => made.push(NameOp {
                cells: vec![((*folder, name.clone()), None)],
                safe: false,
            }),
            Op::Rename { from, to, node } => made.push(NameOp {
                cells: vec![(from.clone(), None), (to.clone(), Some(*node))],
                safe: false,
            }),
            Op::SyncFolder(folder) => {
                // What the folder says now is safe, and with it whatever that rests on.
                let mut cells: Vec<(Node, String)> = Vec::new();
                for op in made.iter_mut().rev() {
                    let touches = op
                        .cells
                        .iter()
                        .any(|(cell, _)| cell.0 == *folder || cells.contains(cell));
                    if touches {
                        op.safe = true;
                        cells.extend(op.cells.iter().map(|(cell, _)| cell.clone()));
                    }
                }
            }
            _ => {}
        }
    }
    let mut names = journal.first_names.clone();
    let mut lost: Vec<(Node, String)> = Vec::new();
    for op in made {
        let rests_on_lost = op.cells.iter().any(|(cell, _)| lost.contains(cell));
        let kept = op.safe
            || !rests_on_lost
                && match loss {
                    Loss::Dropped => false,
                    Loss::Kept => true,
                    Loss::Torn(_) => chance.coin(),
                };
        for (cell, node) in op.cells {
            if !kept {
                lost.push(cell);
            } else if let Some(node) = node {
                names.insert(cell, node);
            } else {
                names.remove(&cell);
            }
        }
    }
    names
}

/// A file with what was written since its last barrier.
#[derive(Default)]
struct Pending<'a> {
    safe: Vec<u8>,
    since: Vec<&'a Op>,
}

fn files_after(
    journal: &Journal,
    ops: &[Op],
    loss: Loss,
    chance: &mut Chance,
) -> HashMap<Node, Vec<u8>> {
    // In the order of their nodes: the same seed must make the same state.
    let mut files: BTreeMap<Node, Pending<'_>> = BTreeMap::new();
    for (node, content) in &journal.first_files {
        files.insert(
            *node,
            Pending {
                safe: content.clone(),
                since: Vec::new(),
            },
        );
    }
    for op in ops {
        match op {
            Op::Write { file, .. } | Op::Length { file, .. } => {
                files.entry(*file).or_default().since.push(op)
            }
            Op::SyncFile(file) => {
                let pending = files.entry(*file).or_default();
                for op in std::mem::take(&mut pending.since) {
                    apply(&mut pending.safe, op, &mut |_| true);
                }
            }
            _ => {}
        }
    }
    files
        .into_iter()
        .map(|(node, mut pending)| {
            if loss != Loss::Dropped {
                for op in pending.since {
                    apply(&mut pending.safe, op, &mut |_| {
                        loss == Loss::Kept || chance.coin()
                    });
                }
            }
            (node, pending.safe)
        })
        .collect()
}

/// Does to a file what the call did, page by page as `kept` allows.
fn apply(content: &mut Vec<u8>, op: &Op, kept: &mut dyn FnMut(u64) -> bool) {
    match op {
        Op::Length { bytes, .. } if kept(0) => {
            content.resize(usize::try_from(*bytes).unwrap_or(usize::MAX), 0);
        }
        Op::Write { at, data, .. } => {
            let mut done = 0_u64;
            while done < data.len() as u64 {
                let start = at + done;
                let page = start / PAGE;
                let end = ((page + 1) * PAGE).min(at + data.len() as u64);
                if kept(page) {
                    let (from, to) = (start as usize, end as usize);
                    if content.len() < to {
                        content.resize(to, 0);
                    }
                    content[from..to].copy_from_slice(&data[done as usize..(end - at) as usize]);
                }
                done = end - at;
            }
        }
        _ => {}
    }
}
