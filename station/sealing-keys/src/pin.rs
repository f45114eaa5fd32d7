//! Where a token's PIN comes from: a person, the environment or an open file, never the command line.

use std::fmt;
use std::io::Read as _;
use std::os::fd::FromRawFd as _;

use serde::Deserialize;
use zeroize::Zeroizing;

use crate::PlaceError;

/// PKCS#11 names no limit; tokens take 4 to 16 characters, SoftHSM 255.
const MAX_PIN_BYTES: u64 = 255;

/// A PIN. It is wiped when dropped and never printed.
pub struct Pin(Zeroizing<String>);

impl Pin {
    /// Takes a PIN that the caller has.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(..)")
    }
}

/// How the PIN is had: `prompt`, `env:NAME` or `fd:N`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
#[non_exhaustive]
pub enum PinSource {
    /// A person types it on the terminal; nothing is echoed.
    Prompt,
    /// A variable of the environment, as a service manager sets it.
    Env(String),
    /// A file descriptor that whoever started us opened; one line.
    Descriptor(i32),
}

impl TryFrom<String> for PinSource {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        // The text itself is not repeated: somebody may have written the PIN here.
        const HELP: &str = "pin must be prompt, env:NAME or fd:N";
        match text.split_once(':') {
            None if text == "prompt" => Ok(Self::Prompt),
            Some(("env", name)) if !name.is_empty() => Ok(Self::Env(name.to_owned())),
            // 0 to 2 belong to the terminal.
            Some(("fd", number)) => match number.parse() {
                Ok(number) if number > 2 => Ok(Self::Descriptor(number)),
                _ => Err(HELP),
            },
            _ => Err(HELP),
        }
    }
}

impl PinSource {
    /// Whether a person types it, so that a wrong one is not tried again by itself.
    #[must_use]
    pub fn is_person(&self) -> bool {
        *self == Self::Prompt
    }

    /// Gets the PIN for the token of this name.
    ///
    /// # Errors
    /// [`PlaceError::PinUnavailable`].
    pub fn read(&self, token: &str) -> Result<Pin, PlaceError> {
        let text = match self {
            Self::Prompt => rpassword::prompt_password(format!("PIN ({token}): "))
                .map(Zeroizing::new)
                .map_err(|_| PlaceError::PinUnavailable)?,
            Self::Env(name) => std::env::var(name)
                .map(Zeroizing::new)
                .map_err(|_| PlaceError::PinUnavailable)?,
            Self::Descriptor(number) => read_descriptor(*number)?,
        };
        let pin = text.trim_end_matches(['\n', '\r']);
        if pin.is_empty() || pin.len() as u64 > MAX_PIN_BYTES {
            return Err(PlaceError::PinUnavailable);
        }
        Ok(Pin::new(pin.to_owned()))
    }
}

#[expect(unsafe_code, reason = "a file descriptor by number has no safe door")]
fn read_descriptor(number: i32) -> Result<Zeroizing<String>, PlaceError> {
    let known = std::fs::symlink_metadata(format!("/proc/self/fd/{number}")).is_ok();
    if !known {
        return Err(PlaceError::PinUnavailable);
    }
    // SAFETY: the descriptor is open, as /proc has just said, and whoever named it in the settings gave
    // it to this program for this one reading; it is closed afterwards and nobody else knows it.
    let file = unsafe { std::fs::File::from_raw_fd(number) };
    let mut text = Zeroizing::new(String::new());
    file.take(MAX_PIN_BYTES + 2)
        .read_to_string(&mut text)
        .map_err(|_| PlaceError::PinUnavailable)?;
    Ok(text)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::io::Write as _;
    use std::os::fd::IntoRawFd as _;

    use super::*;

    fn source(text: &str) -> Result<PinSource, &'static str> {
        PinSource::try_from(text.to_owned())
    }

    #[test]
    fn a_pin_written_into_the_settings_is_no_source_and_is_not_repeated() {
        for bad in ["271828", "env:", "fd:0", "fd:2", "fd:x", "file:/x", ""] {
            assert!(!source(bad).unwrap_err().contains("271828"), "{bad}");
        }
        assert_eq!(source("prompt"), Ok(PinSource::Prompt));
        assert_eq!(
            source("env:NIEM_PIN"),
            Ok(PinSource::Env("NIEM_PIN".to_owned()))
        );
    }

    #[test]
    fn a_descriptor_is_read_once_and_a_closed_one_is_told() {
        let (reader, mut writer) = std::io::pipe().unwrap();
        writer.write_all(b"314159\n").unwrap();
        drop(writer);
        let number = reader.into_raw_fd();
        let pin = PinSource::Descriptor(number).read("x").unwrap();
        assert_eq!(pin.expose(), "314159");
        assert!(!format!("{pin:?}").contains("314159"));
        let again = PinSource::Descriptor(1_000_000).read("x").unwrap_err();
        assert_eq!(again.code(), "key.pin_unavailable");
    }
}
