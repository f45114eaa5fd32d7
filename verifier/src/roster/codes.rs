//! One-time codes: a director makes one for a desk or a person, says it aloud, and it enrols one key.
//!
//! A code has 80 random bits, lives a day, is kept as a hash, and dies after five wrong ones. Each wrong
//! one is counted on disk before it is answered.

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Roster, RosterError, disk};
use crate::enroll::Subject;

/// How long a code may wait for its desk, when nothing else is said.
pub const CODE_HOURS: u32 = 24;
/// Wrong codes before the right one is refused too.
const MAX_TRIES: u32 = 5;
/// Letters that nobody takes for another: Crockford's base 32.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// 16 letters of 5 bits.
const CODE_LETTERS: usize = 16;

/// A code that was just made: its only appearance in clear.
#[derive(Debug)]
pub struct NewCode {
    pub code: Zeroizing<String>,
    pub expires_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    subject: Subject,
    code_sha256: String,
    by: String,
    made_at: Timestamp,
    expires_at: Timestamp,
    tries: u32,
    used_at: Option<Timestamp>,
}

impl Roster {
    /// Makes a code; an earlier one for the same desk or person ends with it.
    pub fn make_code(
        &self,
        subject: &Subject,
        by: &str,
        hours: u32,
        now: Timestamp,
    ) -> Result<NewCode, RosterError> {
        let mut bytes = Zeroizing::new([0_u8; CODE_LETTERS]);
        SystemRandom::new()
            .fill(&mut *bytes)
            .map_err(|_| RosterError::Random)?;
        let mut code = Zeroizing::new(String::new());
        for (place, byte) in bytes.iter().enumerate() {
            if place > 0 && place % 4 == 0 {
                code.push('-');
            }
            code.push(char::from(LETTERS[usize::from(byte % 32)]));
        }
        let expires_at = now
            .checked_add(SignedDuration::from_hours(hours.into()))
            .unwrap_or(Timestamp::MAX);
        let record = Record {
            subject: subject.clone(),
            code_sha256: hash(&code),
            by: by.to_owned(),
            made_at: now,
            expires_at,
            tries: 0,
            used_at: None,
        };
        let _turn = disk::lock(&self.folder)?;
        disk::write_json(&self.code_path(subject.kind(), subject.id()), &record)?;
        Ok(NewCode { code, expires_at })
    }

    /// For whom this code is, and who made it. A wrong one is counted. `kind` and `id` are a stranger's words;
    /// `id` must have the form of a name.
    pub(crate) fn try_code(
        &self,
        kind: &str,
        id: &str,
        code: &str,
        now: Timestamp,
    ) -> Result<(Subject, String), RosterError> {
        let _turn = disk::lock(&self.folder)?;
        let record = self.right_code(kind, id, code, now)?;
        Ok((record.subject, record.by))
    }

    /// Uses the code up. It is gone before the certificate exists: a power cut may cost a code, never use
    /// one twice.
    pub(crate) fn use_code(
        &self,
        kind: &str,
        id: &str,
        code: &str,
        now: Timestamp,
    ) -> Result<(), RosterError> {
        let _turn = disk::lock(&self.folder)?;
        let mut record = self.right_code(kind, id, code, now)?;
        record.used_at = Some(now);
        disk::write_json(&self.code_path(kind, id), &record)
    }

    fn right_code(
        &self,
        kind: &str,
        id: &str,
        code: &str,
        now: Timestamp,
    ) -> Result<Record, RosterError> {
        let path = self.code_path(kind, id);
        // Whether there is a code for that name is not told apart from a wrong one.
        let mut record: Record = disk::read_json(&path)?.ok_or(RosterError::CodeWrong)?;
        if record.tries >= MAX_TRIES {
            return Err(RosterError::CodeLocked);
        }
        if record.code_sha256 != hash(code) {
            record.tries += 1;
            disk::write_json(&path, &record)?;
            return Err(RosterError::CodeWrong);
        }
        if record.used_at.is_some() {
            return Err(RosterError::CodeUsed);
        }
        if now >= record.expires_at {
            return Err(RosterError::CodeExpired);
        }
        Ok(record)
    }

    fn code_path(&self, kind: &str, id: &str) -> PathBuf {
        self.folder.join(format!("codes/{kind}-{id}.json"))
    }
}

/// The code as it is compared: case, spaces and hyphens do not matter, nor do the letters that Crockford
/// reads as digits. With 80 random bits a plain hash cannot be searched.
fn hash(code: &str) -> String {
    let plain: Zeroizing<Vec<u8>> = Zeroizing::new(
        code.bytes()
            .map(|byte| byte.to_ascii_uppercase())
            .filter(u8::is_ascii_alphanumeric)
            .map(|byte| match byte {
                b'O' => b'0',
                b'I' | b'L' => b'1',
                byte => byte,
            })
            .collect(),
    );
    hex::encode(digest(&SHA256, &plain))
}
