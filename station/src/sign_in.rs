//! Who may sit down at this desk: a PIN against the verifier's signed list, without network, and a lock after wrong tries.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use argon2::{Argon2, PasswordHash, PasswordVerifier as _};
use bundle::{DutyError, DutyList, OnDuty, SignedDuty, VerifierPublicKey};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::durable::write_whole;

pub const CODES: &[&str] = &[UNREADABLE, WRONG, LOCKED, NO_KEY];

pub const UNREADABLE: &str = "duty.unreadable";
pub const WRONG: &str = "login.wrong";
pub const LOCKED: &str = "login.locked";
/// The person is known, and their signing key is not there.
pub const NO_KEY: &str = "login.no_key";

const FILE: &str = "sign-in.json";

/// NIST SP 800-63B §3.2.2 asks that tries be limited; five and a quarter of an hour leave a six-digit PIN 2,000 years.
const TRIES: u32 = 5;
const LOCK: SignedDuration = SignedDuration::from_mins(15);

/// A list that costs more than this to try a PIN against is not believed: 64 MiB, ten rounds.
const MOST_MEMORY_KIB: u32 = 64 * 1024;
const MOST_ROUNDS: u32 = 10;

/// Why nobody can sign in, or this one cannot.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignInError {
    #[error(transparent)]
    List(#[from] DutyError),
    #[error("the list of people on duty: {0}")]
    Disk(#[from] io::Error),
    #[error("the PIN is wrong")]
    Wrong,
    #[error("locked for {minutes} minutes")]
    Locked { minutes: u32 },
}

impl SignInError {
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::List(error) => error.code(),
            Self::Disk(_) => UNREADABLE,
            Self::Wrong => WRONG,
            Self::Locked { .. } => LOCKED,
        }
    }
}

/// What must outlive a restart: a power cut is no way around a lock, and an older list does not come back.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Remembered {
    newest: u64,
    tries: BTreeMap<String, Tries>,
}

#[derive(Default, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tries {
    wrong: u32,
    locked_until: Option<Timestamp>,
}

/// The list of a desk, and what it remembers of wrong tries.
pub struct SignIn {
    list: DutyList,
    remembered: Remembered,
    file: PathBuf,
}

impl SignIn {
    /// Reads and verifies the list.
    ///
    /// # Errors
    /// [`SignInError::List`] and [`SignInError::Disk`].
    pub fn open(
        list: &Path,
        state: &Path,
        verifier: &VerifierPublicKey,
        now: Timestamp,
    ) -> Result<Self, SignInError> {
        let file = state.join(FILE);
        let mut remembered: Remembered = match fs::read(&file) {
            // Whoever can write here could as well take the file away; a torn one is no list of wrong tries.
            Ok(json) => serde_json::from_slice(&json).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Remembered::default(),
            Err(error) => return Err(error.into()),
        };
        let signed = SignedDuty::from_json(&fs::read(list)?)?;
        let list = signed.verify(verifier, now, remembered.newest)?;
        let bearable = list.people.iter().all(|person| bearable(&person.pin));
        if !bearable {
            return Err(DutyError::Malformed.into());
        }
        remembered.newest = list.number;
        let sign_in = Self {
            list,
            remembered,
            file,
        };
        sign_in.keep()?;
        Ok(sign_in)
    }

    /// The list itself.
    #[must_use]
    pub fn list(&self) -> &DutyList {
        &self.list
    }

    /// Everybody on the list.
    #[must_use]
    pub fn people(&self) -> &[OnDuty] {
        &self.list.people
    }

    /// Lets somebody in whose PIN is right. A wrong try is on disk before it is answered.
    ///
    /// # Errors
    /// [`SignInError::Wrong`], [`SignInError::Locked`]; [`SignInError::List`] when the list's time is over.
    pub fn enter(&mut self, id: &str, pin: &str, now: Timestamp) -> Result<&OnDuty, SignInError> {
        if now >= self.list.until {
            return Err(DutyError::OutOfTime.into());
        }
        let mut tries = self.remembered.tries.get(id).cloned().unwrap_or_default();
        if let Some(until) = tries.locked_until {
            if now < until {
                return Err(locked(until, now));
            }
            tries = Tries::default();
        }
        let Some(at) = self
            .list
            .people
            .iter()
            .position(|person| person.operator.as_str() == id)
        else {
            // A name that is not on the list is nobody's, and locks nobody out.
            return Err(SignInError::Wrong);
        };
        // Counted first: whoever pulls the plug has used the try.
        tries.wrong += 1;
        if tries.wrong >= TRIES {
            tries.locked_until = now.checked_add(LOCK).ok();
        }
        self.remembered.tries.insert(id.to_owned(), tries.clone());
        self.keep()?;
        if !fits(&self.list.people[at].pin, pin) {
            return Err(match tries.locked_until {
                Some(until) => locked(until, now),
                None => SignInError::Wrong,
            });
        }
        self.remembered.tries.remove(id);
        self.keep()?;
        Ok(&self.list.people[at])
    }

    fn keep(&self) -> io::Result<()> {
        let json = serde_json::to_vec(&self.remembered).map_err(io::Error::other)?;
        write_whole(&self.file, &json)
    }
}

fn locked(until: Timestamp, now: Timestamp) -> SignInError {
    let seconds = until.as_second().saturating_sub(now.as_second());
    let minutes = u32::try_from((seconds + 59).div_euclid(60)).unwrap_or(1);
    SignInError::Locked { minutes }
}

fn bearable(pin: &str) -> bool {
    let Ok(hash) = PasswordHash::new(pin) else {
        return false;
    };
    hash.algorithm.as_str() == "argon2id"
        && argon2::Params::try_from(&hash).is_ok_and(|params| {
            params.m_cost() <= MOST_MEMORY_KIB && params.t_cost() <= MOST_ROUNDS
        })
}

fn fits(hash: &str, pin: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| {
        Argon2::default()
            .verify_password(pin.as_bytes(), &hash)
            .is_ok()
    })
}

#[cfg(test)]
mod tests {
    use argon2::PasswordHasher as _;
    use argon2::password_hash::SaltString;
    use bundle::{OperatorId, ReceiptKey, Role};
    use rand_core::{OsRng, TryRngCore as _};

    use super::*;

    fn hash(pin: &str) -> String {
        let salt = SaltString::from_b64("bmllbS10aHUtbmdoaWVt").unwrap();
        let cheap = argon2::Params::new(64, 1, 1, None).unwrap();
        Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, cheap)
            .hash_password(pin.as_bytes(), &salt)
            .unwrap()
            .to_string()
    }

    struct Desk {
        folder: tempfile::TempDir,
        key: ReceiptKey,
        now: Timestamp,
    }

    impl Desk {
        fn new() -> Self {
            Self {
                folder: tempfile::tempdir().unwrap(),
                key: ReceiptKey::generate(&mut OsRng.unwrap_err()),
                now: "2026-03-02T01:00:00Z".parse().unwrap(),
            }
        }

        fn hand_out(&self, number: u64, pin: String) {
            let person = OnDuty {
                operator: OperatorId::new("can-bo-mau").unwrap(),
                name: "Cán bộ Mẫu".into(),
                role: Role::Clerk,
                pin,
            };
            let list = DutyList {
                number,
                issued_at: self.now,
                until: self.now + SignedDuration::from_hours(24 * 30),
                people: vec![person],
            };
            let json = SignedDuty::issue(&list, &self.key).to_json();
            fs::write(self.folder.path().join("duty.json"), json).unwrap();
        }

        fn open(&self) -> Result<SignIn, SignInError> {
            let list = self.folder.path().join("duty.json");
            SignIn::open(&list, self.folder.path(), self.key.public_key(), self.now)
        }
    }

    #[test]
    fn five_wrong_tries_lock_also_across_a_restart() {
        let desk = Desk::new();
        desk.hand_out(1, hash("482915"));
        let mut now = desk.now;
        for wrong in 1..=5 {
            // A new start each time: the plug was pulled.
            let mut sign_in = desk.open().unwrap();
            let refused = sign_in.enter("can-bo-mau", "000000", now);
            match refused.map(|_| ()).unwrap_err() {
                SignInError::Wrong => assert!(wrong < 5),
                SignInError::Locked { minutes } => assert_eq!((wrong, minutes), (5, 15)),
                other => panic!("{other}"),
            }
        }
        // Even the right one, as long as the lock lasts.
        let mut sign_in = desk.open().unwrap();
        now += SignedDuration::from_mins(14);
        assert_eq!(
            sign_in
                .enter("can-bo-mau", "482915", now)
                .map(|_| ())
                .unwrap_err()
                .code(),
            LOCKED
        );
        now += SignedDuration::from_mins(2);
        assert_eq!(
            sign_in.enter("can-bo-mau", "482915", now).unwrap().role,
            Role::Clerk
        );
        // The slate is clean again.
        assert_eq!(
            sign_in
                .enter("can-bo-mau", "1", now)
                .map(|_| ())
                .unwrap_err()
                .code(),
            WRONG
        );
        assert_eq!(
            sign_in
                .enter("nguoi-la", "1", now)
                .map(|_| ())
                .unwrap_err()
                .code(),
            WRONG
        );
    }

    #[test]
    fn an_older_list_does_not_come_back() {
        let desk = Desk::new();
        desk.hand_out(7, hash("482915"));
        desk.open().unwrap();
        desk.hand_out(6, hash("111111"));
        assert_eq!(desk.open().map(|_| ()).unwrap_err().code(), "duty.older");
    }

    #[test]
    fn a_list_that_would_cost_minutes_a_try_is_not_believed() {
        let desk = Desk::new();
        for pin in [
            "$argon2id$v=19$m=4194304,t=2,p=1$bmllbS10aHU$aGFzaGhhc2hoYXNo",
            "$argon2id$v=19$m=64,t=4000000,p=1$bmllbS10aHU$aGFzaGhhc2hoYXNo",
            "$argon2i$v=19$m=64,t=1,p=1$bmllbS10aHU$aGFzaGhhc2hoYXNo",
            "482915",
        ] {
            desk.hand_out(1, pin.to_owned());
            assert_eq!(
                desk.open().map(|_| ()).unwrap_err().code(),
                "duty.malformed",
                "{pin}"
            );
        }
    }
}
