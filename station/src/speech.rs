//! Reads pages aloud without a network: a voice is a program of its own that gets the words of a page and nothing else.
//!
//! The text goes through the program's standard input, so that no list of processes shows it, and comes back as WAV. How
//! long, how large and how quick are bounded; what does not keep to it is ended and the page stays silent.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use rulebook::Language;
use screens::Voice;

pub const CODES: &[&str] = &[MISSING, FAILED];

/// No program speaks at this desk.
pub const MISSING: &str = "speech.missing";
/// It did not speak.
pub const FAILED: &str = "speech.failed";

/// Longer than any page; a page of consent is a tenth.
const MOST_TEXT_BYTES: usize = 16 << 10;
/// Six minutes of 22,050 samples of two bytes.
const MOST_SOUND_BYTES: u64 = 16 << 20;
/// A page takes a quarter of a second; a machine that is busy with pages has three.
const PATIENCE: Duration = Duration::from_secs(10);
/// Words a minute: slower than people talk, for elders and for tones.
const WORDS_A_MINUTE: &str = "140";

/// Why a page stays silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SpeechError {
    #[error("no program speaks at this desk")]
    Missing,
    #[error("the voice did not speak")]
    Failed,
}

impl SpeechError {
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Missing => MISSING,
            Self::Failed => FAILED,
        }
    }
}

/// eSpeak NG, a small synthesiser that knows the tones of Vietnamese.
pub struct EspeakNg {
    program: PathBuf,
    version: String,
}

impl EspeakNg {
    /// The program of this name, if it is there and answers.
    ///
    /// # Errors
    /// [`SpeechError::Missing`].
    pub fn find(program: &Path) -> Result<Self, SpeechError> {
        let told = bare(program)
            .arg("--version")
            .stdin(Stdio::null())
            .output()
            .map_err(|_| SpeechError::Missing)?;
        let told = String::from_utf8_lossy(&told.stdout);
        let version = told.strip_prefix("eSpeak NG text-to-speech: ");
        let version = version.and_then(|rest| rest.split_whitespace().next());
        Ok(Self {
            program: program.to_owned(),
            version: version.ok_or(SpeechError::Missing)?.to_owned(),
        })
    }

    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The text as WAV, 16 bits mono.
    ///
    /// # Errors
    /// [`SpeechError`].
    pub fn say(&self, text: &str, language: Language) -> Result<Vec<u8>, SpeechError> {
        if text.trim().is_empty() || text.len() > MOST_TEXT_BYTES {
            return Err(SpeechError::Failed);
        }
        let mut child = bare(&self.program)
            .args(["-b", "1", "-s", WORDS_A_MINUTE, "--stdin", "--stdout", "-v"])
            .arg(language.as_str())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|_| SpeechError::Missing)?;
        let (Some(mut ear), Some(mouth)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(SpeechError::Failed);
        };
        let text = text.to_owned();
        let (heard, hears) = channel();
        thread::spawn(move || {
            // It reads all of it before it speaks; one that ended meanwhile is told by its silence.
            let _ = ear.write_all(text.as_bytes());
            drop(ear);
            let mut sound = Vec::new();
            let read = mouth.take(MOST_SOUND_BYTES + 1).read_to_end(&mut sound);
            let _ = heard.send(read.map(|_| sound));
        });
        let sound = hears.recv_timeout(PATIENCE);
        // It has spoken, or has had its time.
        let _ = child.kill();
        let _ = child.wait();
        match sound {
            Ok(Ok(sound)) => whole(sound).ok_or(SpeechError::Failed),
            _ => Err(SpeechError::Failed),
        }
    }
}

impl Voice for EspeakNg {
    fn speak(&self, text: &str, language: Language) -> Option<Vec<u8>> {
        match self.say(text, language) {
            Ok(sound) => Some(sound),
            Err(error) => {
                tracing::warn!(code = error.code(), "a page was not read aloud");
                None
            }
        }
    }
}

/// The program sees nothing of the desk's environment.
fn bare(program: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("LC_ALL", "C.UTF-8")
        .stderr(Stdio::null());
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command
}

/// A stream's header says no length; a player wants one.
fn whole(mut sound: Vec<u8>) -> Option<Vec<u8>> {
    const HEADER: usize = 44;
    let fits = sound.len() > HEADER && sound.len() as u64 <= MOST_SOUND_BYTES;
    let named = fits && sound.starts_with(b"RIFF") && sound.get(8..12)? == b"WAVE";
    if !named || sound.get(36..40)? != b"data" {
        return None;
    }
    let length = u32::try_from(sound.len()).ok()?;
    sound
        .get_mut(4..8)?
        .copy_from_slice(&(length - 8).to_le_bytes());
    sound
        .get_mut(40..44)?
        .copy_from_slice(&(length - HEADER as u32).to_le_bytes());
    Some(sound)
}

#[cfg(test)]
mod tests;
