//! Integrators: programs of others that may ask, each by its key, for its scopes and its purposes.
//!
//! One file each, read anew when it changed, so that a suspension is in force for the next request.

use std::path::PathBuf;
use std::sync::Arc;

use access_tokens::PublicKey;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Roster, RosterError, disk};
use crate::access::Scope;
use crate::enroll::is_name;

/// A purpose longer than this is an essay.
pub(crate) const MAX_PURPOSE_BYTES: usize = 200;
/// More would be no purpose at all.
const MAX_PURPOSES: usize = 32;

/// An integrator as the director registered it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Integrator {
    pub name: String,
    /// Its public key (RFC 7517), which alone says by which algorithm it signs.
    pub key: Map<String, Value>,
    pub scopes: Vec<Scope>,
    /// What it may ask for; each look names one of them.
    pub purposes: Vec<String>,
    pub added_at: Timestamp,
    pub by: String,
    pub suspended: Option<Suspension>,
}

/// Why it may not ask for now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suspension {
    pub at: Timestamp,
    pub by: String,
    pub reason: String,
}

impl Integrator {
    /// Checks what somebody wants to register.
    pub fn new(
        name: &str,
        key: &PublicKey,
        scopes: Vec<Scope>,
        purposes: Vec<String>,
        by: &str,
        now: Timestamp,
    ) -> Result<Self, RosterError> {
        let unfit = |what| RosterError::Integrator { what };
        if !is_name(name) {
            return Err(unfit("a name has 3 to 40 letters a-z, digits or hyphens"));
        }
        if scopes.is_empty() || !scopes.iter().all(|scope| scope.is_for_integrators()) {
            return Err(unfit("at least one scope, and none of an official's"));
        }
        let plain = |text: &String| {
            (1..=MAX_PURPOSE_BYTES).contains(&text.len())
                && text.trim() == text
                && !text.contains(char::is_control)
        };
        if !(1..=MAX_PURPOSES).contains(&purposes.len()) || !purposes.iter().all(plain) {
            return Err(unfit("1 to 32 purposes of 1 to 200 bytes"));
        }
        let Value::Object(key) = key.to_jwk() else {
            return Err(unfit("a key is an object"));
        };
        Ok(Self {
            name: name.to_owned(),
            key,
            scopes,
            purposes,
            added_at: now,
            by: by.to_owned(),
            suspended: None,
        })
    }
}

impl Roster {
    /// Registers an integrator; one that is known is not overwritten.
    pub fn add_integrator(&self, integrator: &Integrator) -> Result<(), RosterError> {
        let _turn = disk::lock(&self.folder)?;
        let path = self.integrator_path(&integrator.name);
        if disk::read_json::<Integrator>(&path)?.is_some() {
            return Err(RosterError::IntegratorKnown);
        }
        disk::write_json(&path, integrator)
    }

    /// Changes a registered integrator.
    pub fn change_integrator(
        &self,
        name: &str,
        change: impl FnOnce(&mut Integrator),
    ) -> Result<Integrator, RosterError> {
        if !is_name(name) {
            return Err(RosterError::IntegratorUnknown);
        }
        let _turn = disk::lock(&self.folder)?;
        let path = self.integrator_path(name);
        let mut integrator: Integrator =
            disk::read_json(&path)?.ok_or(RosterError::IntegratorUnknown)?;
        change(&mut integrator);
        disk::write_json(&path, &integrator)?;
        Ok(integrator)
    }

    /// The integrator of this name as its file says at this moment. `name` may be a stranger's word.
    pub fn integrator(&self, name: &str) -> Result<Option<Arc<Integrator>>, RosterError> {
        if !is_name(name) {
            return Ok(None);
        }
        self.integrators.read(&self.integrator_path(name))
    }

    /// Every integrator, by name.
    pub fn all_integrators(&self) -> Result<Vec<Integrator>, RosterError> {
        let mut all: Vec<Integrator> = disk::read_all(&self.folder.join("integrators"))?;
        all.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(all)
    }

    fn integrator_path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("integrators/{name}.json"))
    }
}
