//! A list of checks, each with its own outcome: what the refusal lists, and what `check` prints.

use serde::Serialize;

/// How one check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Pass,
    Fail,
    /// Something needed for it was not given, or an earlier check failed that it builds on.
    NotCheckable,
}

/// One thing that is wrong: a stable code, and where, when there are several places. Never a personal value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    pub code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Nothing was found wrong with the bundle itself; asking again may help.
    #[serde(skip)]
    pub may_be_retried: bool,
}

impl Fault {
    pub(super) fn new(code: &'static str) -> Self {
        Self {
            code,
            place: None,
            may_be_retried: false,
        }
    }

    pub(super) fn at(code: &'static str, place: impl Into<String>) -> Self {
        Self {
            place: Some(place.into()),
            ..Self::new(code)
        }
    }
}

/// One check and what it found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    pub name: String,
    pub state: State,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<Fault>,
}

/// All checks of one examination.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    pub checks: Vec<Check>,
}

impl Report {
    /// Notes a check that was made; it passed when nothing was found.
    pub(crate) fn checked(&mut self, name: impl Into<String>, faults: Vec<Fault>) {
        let state = if faults.is_empty() {
            State::Pass
        } else {
            State::Fail
        };
        self.checks.push(Check {
            name: name.into(),
            state,
            faults,
        });
    }

    /// Notes checks that could not be made.
    pub(crate) fn not_checkable(&mut self, names: &[&str]) {
        for name in names {
            self.checks.push(Check {
                name: (*name).to_owned(),
                state: State::NotCheckable,
                faults: Vec::new(),
            });
        }
    }

    pub fn all_passed(&self) -> bool {
        self.checks.iter().all(|check| check.state == State::Pass)
    }

    pub fn any_failed(&self) -> bool {
        self.checks.iter().any(|check| check.state == State::Fail)
    }

    /// Every fault of every check, in order, each once.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults: Vec<Fault> = Vec::new();
        for fault in self.checks.iter().flat_map(|check| &check.faults) {
            if !faults.contains(fault) {
                faults.push(fault.clone());
            }
        }
        faults
    }
}
