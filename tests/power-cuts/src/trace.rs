//! Runs a program under `strace` and reads its log: which calls it made, in the order in which they ended.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::journal::{Journal, JournalError};

/// The calls that can change what a disk holds, those that move the place of the next write, and the barriers. Shared
/// memory is left out: `SQLite` rebuilds its index from the log when it is opened first after a cut.
const CALLS: &str = "open,openat,creat,close,dup,dup2,dup3,fcntl,lseek,read,write,pwrite64,writev,pwritev,pwritev2,\
    ftruncate,truncate,fallocate,copy_file_range,sendfile,rename,renameat,renameat2,unlink,unlinkat,link,linkat,\
    symlink,symlinkat,mkdir,mkdirat,rmdir,fsync,fdatasync,chdir,fork,vfork,clone,clone3";

/// A whole record of the largest blob must fit into one line of the log.
const LONGEST_STRING: &str = "16777216";

/// Why there is nothing to replay.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    #[error("strace cannot be run")]
    Strace(#[source] std::io::Error),
    #[error("the writer ended with an error: {0}")]
    Writer(String),
    #[error("the log of strace cannot be read")]
    Log(#[source] std::io::Error),
    #[error("line {number} of strace's log is not understood: {line}")]
    Line { number: usize, line: String },
    #[error("a call cannot be replayed: {0}")]
    Journal(#[from] JournalError),
}

/// Whether `strace` is installed and allowed to watch a child here.
#[must_use]
pub fn strace_is_here() -> bool {
    Command::new("strace")
        .args(["-qq", "-e", "trace=none", "true"])
        .output()
        .is_ok_and(|answer| answer.status.success())
}

/// Runs `writer` to its end and records what it does to the files below `root`, which may hold something already: what
/// is there counts as safe.
///
/// # Errors
/// See [`RecordError`].
pub fn record(root: &Path, writer: &Command) -> Result<(Journal, Output), RecordError> {
    let root = root.canonicalize().map_err(RecordError::Log)?;
    let mut journal = Journal::begin(&root)?;
    let log = tempfile::NamedTempFile::new().map_err(RecordError::Log)?;
    let mut strace = Command::new("strace");
    strace
        .args([
            "-f",
            "-qq",
            "-y",
            "-xx",
            "-s",
            LONGEST_STRING,
            "--seccomp-bpf",
        ])
        .args(["-e", &format!("trace={CALLS}"), "-e", "signal=none", "-o"])
        .arg(log.path())
        .arg(writer.get_program())
        .args(writer.get_args());
    for (name, value) in writer.get_envs() {
        match value {
            Some(value) => strace.env(name, value),
            None => strace.env_remove(name),
        };
    }
    let output = strace.output().map_err(RecordError::Strace)?;
    if !output.status.success() {
        let told = String::from_utf8_lossy(&output.stderr);
        let said = String::from_utf8_lossy(&output.stdout);
        return Err(RecordError::Writer(format!("{said}\n{told}")));
    }
    let text = std::fs::read_to_string(log.path()).map_err(RecordError::Log)?;
    for call in calls(&text)? {
        journal.note(&call)?;
    }
    Ok((journal, output))
}

/// One call that has ended well.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) name: String,
    pub(crate) arguments: Vec<String>,
    pub(crate) result: i64,
    /// The path that strace shows behind a descriptor in the result.
    pub(crate) result_path: Option<PathBuf>,
}

/// The calls in the order in which they ended: only then may anybody rely on what they promise. Those that failed are
/// left out.
fn calls(log: &str) -> Result<Vec<Call>, RecordError> {
    let mut begun: HashMap<&str, String> = HashMap::new();
    let mut found = Vec::new();
    for (number, line) in (1..).zip(log.lines()) {
        let wrong = || RecordError::Line {
            number,
            line: line.chars().take(200).collect(),
        };
        let (pid, rest) = line.split_once(' ').ok_or_else(wrong)?;
        let rest = rest.trim_start();
        if rest.starts_with("+++") || rest.starts_with("---") {
            continue;
        }
        let whole = if let Some(start) = rest.strip_suffix(" <unfinished ...>") {
            begun.insert(pid, start.to_owned());
            continue;
        } else if let Some(resumed) = rest.strip_prefix("<... ") {
            let (_, end) = resumed.split_once(" resumed>").ok_or_else(wrong)?;
            begun.remove(pid).ok_or_else(wrong)? + end
        } else {
            rest.to_owned()
        };
        if let Some(call) = call(&whole) {
            found.push(call);
        }
    }
    Ok(found)
}

/// `name(a, b) = 3<path>`; `None` for what failed or never returned.
fn call(text: &str) -> Option<Call> {
    let (name, rest) = text.split_once('(')?;
    let (inside, result) = rest.rsplit_once(" = ")?;
    let inside = inside.trim_end().strip_suffix(')')?;
    let digits: String = result
        .chars()
        .take_while(|c| c.is_ascii_digit() || *c == '-')
        .collect();
    let value: i64 = digits.parse().ok()?;
    (value >= 0).then(|| Call {
        name: name.to_owned(),
        arguments: arguments(inside),
        result: value,
        result_path: path_of(result),
    })
}

/// Splits at the commas between arguments. Every string and path is written in hexadecimal, so that a comma or a bracket
/// is never part of one.
fn arguments(inside: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let (mut depth, mut part) = (0_u32, String::new());
    for c in inside.chars() {
        match c {
            '[' | '{' => depth += 1,
            ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if c == ',' && depth == 0 {
            parts.push(part.trim().to_owned());
            part = String::new();
        } else {
            part.push(c);
        }
    }
    parts.push(part.trim().to_owned());
    parts
}

/// The path behind a descriptor: `3<\x2f…>`, with `(deleted)` after it where the name is gone.
pub(crate) fn path_of(argument: &str) -> Option<PathBuf> {
    let start = argument.find('<')?;
    let end = argument[start..].find('>')? + start;
    let bytes = unhex(&argument[start + 1..end])?;
    String::from_utf8(bytes).ok().map(PathBuf::from)
}

/// A string argument: `"\x41\x43"`.
pub(crate) fn bytes_of(argument: &str) -> Option<Vec<u8>> {
    unhex(argument.strip_prefix('"')?.strip_suffix('"')?)
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let raw = text.as_bytes();
    if !raw.len().is_multiple_of(4) {
        return None;
    }
    raw.chunks(4)
        .map(|chunk| {
            let digit = |c: u8| char::from(c).to_digit(16);
            (chunk[0] == b'\\' && chunk[1] == b'x')
                .then_some(())
                .and_then(|()| u8::try_from(digit(chunk[2])? * 16 + digit(chunk[3])?).ok())
        })
        .collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_another_thread_came_between_is_put_together_again() {
        let log = "7 write(3<\\x2f\\x61>, \"\\x41\\x42\", 2 <unfinished ...>\n\
                   8 fsync(4<\\x2f>) = 0\n7 <... write resumed>) = 2\n8 unlink(\"\\x2f\\x62\") = -1 ENOENT (No such)\n";
        let found = calls(log).unwrap();
        let names: Vec<&str> = found.iter().map(|call| call.name.as_str()).collect();
        assert_eq!(
            names,
            ["fsync", "write"],
            "in the order in which they ended, without the failed one"
        );
        assert_eq!(bytes_of(&found[1].arguments[1]).unwrap(), b"AB");
        assert_eq!(path_of(&found[1].arguments[0]).unwrap(), Path::new("/a"));
    }
}
