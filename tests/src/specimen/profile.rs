//! Makes one specimen card by the name of its kind, with what it takes to believe and open it.
//!
//! ```text
//! card.json             the card: files and keys
//! card.csca.cer         its country's certificate, for a trust directory
//! card.terminal.pem     the key of a terminal that may read its fingers   (only where the card
//! card.terminal.cvcert  the terminal's certificates                        asks for that)
//! ```

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use emrtd::simulator::issuer::{Layout, Profile, ProfileCard};
use jiff::Timestamp;
use rand_core::{OsRng, TryRngCore as _};

use super::state::person;

/// What the caller may choose.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    pub profile: Profile,
    /// Six digits in place of the end of the personal number.
    pub can: Option<String>,
    /// The personal number of a citizen's card, the document number of anything else.
    pub number: Option<String>,
}

/// Makes the card.
///
/// # Errors
/// When a fixture is missing or the choice fits on no card.
pub fn make(choice: &Choice) -> io::Result<ProfileCard> {
    let now = Timestamp::now();
    let mut person = person()?;
    let citizen = choice.profile.options(now).layout == Layout::Cccd;
    match &choice.number {
        Some(number) if citizen => {
            person.personal_id.clone_from(number);
            person.document_no = number.chars().skip(3).collect();
        }
        Some(number) => person.document_no.clone_from(number),
        None if citizen => {}
        None => person.document_no = "P00000472".to_owned(),
    }
    choice
        .profile
        .make(&person, choice.can.as_deref(), now, &mut OsRng.unwrap_err())
        .map_err(io::Error::other)
}

/// Writes the card and what belongs to it; which files were written.
///
/// # Errors
/// When they cannot be written.
pub fn save(made: &ProfileCard, path: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = vec![
        (path.to_owned(), made.card.to_json().into_bytes()),
        (path.with_extension("csca.cer"), made.issuer.csca_der()),
    ];
    if let Some(terminals) = &made.terminals {
        let key = terminals.key_pem().map_err(io::Error::other)?;
        files.push((path.with_extension("terminal.pem"), key));
        let chain = terminals.certificates();
        files.push((path.with_extension("terminal.cvcert"), chain));
    }
    for (path, content) in &files {
        fs::write(path, content)?;
    }
    Ok(files.into_iter().map(|(path, _)| path).collect())
}

/// One line for each profile, in both languages.
#[must_use]
pub fn list() -> String {
    Profile::ALL
        .into_iter()
        .map(|profile| {
            format!(
                "{:<13} {}\n{:<13} {}\n",
                profile.name(),
                profile.vietnamese(),
                "",
                profile.english()
            )
        })
        .collect()
}
