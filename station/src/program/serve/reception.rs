//! Who is let in at this desk: operators for a shift, and officials who are called to a visit, by the same list and locks.

use std::time::Duration;

use bundle::Role;
use jiff::Timestamp;
use screens::{Credentials, Person, Refused};
use station::attended::{self, Came};
use station::config::{Config, ScreensConfig};
use station::sign_in::{self, SignIn, SignInError};

use super::super::assemble;

pub(super) struct Reception<'a> {
    pub(super) config: &'a Config,
    pub(super) wanted: &'a ScreensConfig,
    pub(super) sign_in: SignIn,
}

impl Reception<'_> {
    /// Everybody on the list.
    pub(super) fn people(&self) -> Vec<Person> {
        self.sign_in.people().iter().map(person).collect()
    }
}

impl attended::Reception for Reception<'_> {
    fn officials(&self) -> Vec<Person> {
        let people = self.sign_in.people().iter();
        people
            .filter(|on_duty| on_duty.role != Role::Volunteer)
            .map(person)
            .collect()
    }

    fn enter(&mut self, credentials: &Credentials) -> Result<Came, Refused> {
        let entered = self
            .sign_in
            .enter(&credentials.id, &credentials.pin, Timestamp::now());
        let on_duty = entered.map_err(|error| {
            tracing::warn!(code = error.code(), "sign-in refused");
            let minutes = match error {
                SignInError::Locked { minutes } => minutes,
                _ => 0,
            };
            Refused {
                code: error.code(),
                minutes,
            }
        })?;
        let no_key = Refused {
            code: sign_in::NO_KEY,
            minutes: 0,
        };
        let id = on_duty.operator.as_str();
        let place = self.wanted.operators.iter().find(|place| place.id == id);
        let key = assemble::person_key(self.config, place.ok_or(no_key)?.place());
        let key = key.map_err(|trouble| {
            tracing::error!(code = trouble.code, "an operator's key could not be opened");
            no_key
        })?;
        Ok(Came {
            person: person(on_duty),
            id: on_duty.operator.clone(),
            role: on_duty.role,
            key: key.into(),
        })
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(self.wanted.lock_after_s)
    }
}

fn person(on_duty: &bundle::OnDuty) -> Person {
    Person {
        id: on_duty.operator.as_str().to_owned(),
        name: on_duty.name.clone(),
        role: match on_duty.role {
            Role::Volunteer => screens::Role::Volunteer,
            Role::Clerk => screens::Role::Clerk,
            Role::Certifier => screens::Role::Certifier,
            Role::Director => screens::Role::Director,
        },
    }
}
