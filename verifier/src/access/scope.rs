//! Scopes, and which role of an official has which: the table of rights of the whole service.
//!
//! Each door names the scope that opens it (`http/doors.rs`); this file alone says who has a scope.

use serde::{Deserialize, Serialize};

/// One kind of thing that may be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Scope {
    /// Finding the wallet of a personal number.
    #[serde(rename = "wallets:find")]
    WalletsFind,
    /// Reading what is in a wallet, without the papers.
    #[serde(rename = "wallets:read")]
    WalletsRead,
    #[serde(rename = "documents:read")]
    DocumentsRead,
    /// Reading who looked into a wallet.
    #[serde(rename = "journal:read")]
    JournalRead,
    /// Destroying a wallet, on a decision.
    #[serde(rename = "wallets:erase")]
    WalletsErase,
    /// Hearing what was filed and erased, without a word about whom.
    #[serde(rename = "events:read")]
    EventsRead,
}

impl Scope {
    pub const ALL: [Self; 6] = [
        Self::WalletsFind,
        Self::WalletsRead,
        Self::DocumentsRead,
        Self::JournalRead,
        Self::WalletsErase,
        Self::EventsRead,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WalletsFind => "wallets:find",
            Self::WalletsRead => "wallets:read",
            Self::DocumentsRead => "documents:read",
            Self::JournalRead => "journal:read",
            Self::WalletsErase => "wallets:erase",
            Self::EventsRead => "events:read",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == name)
    }

    /// What it lets somebody do, for the document.
    pub const fn says(self) -> &'static str {
        match self {
            Self::WalletsFind => "Find the wallet of a personal number.",
            Self::WalletsRead => "Read what is in a wallet, without the papers.",
            Self::DocumentsRead => "Read papers.",
            Self::JournalRead => "Read who looked into a wallet.",
            Self::WalletsErase => "Erase a wallet on a decision.",
            Self::EventsRead => "Hear what was filed and erased.",
        }
    }

    /// The officials who have it by their role.
    pub const fn roles(self) -> &'static [Role] {
        match self {
            // "By receipt or number, reason asked" is a clerk's; the data officer answers the citizen's own request.
            Self::WalletsFind => &[Role::Clerk, Role::DataOfficer],
            Self::WalletsRead => &[Role::Clerk, Role::Certifier, Role::Director],
            // A clerk sees the dossier, a certifier the act, a director samples; each says what for.
            Self::DocumentsRead => &[Role::Clerk, Role::Certifier, Role::Director],
            Self::JournalRead => &[Role::Auditor, Role::DataOfficer],
            // Nobody who files, certifies or looks may also make it disappear.
            Self::WalletsErase => &[Role::DataOfficer],
            Self::EventsRead => &[Role::Director, Role::Auditor],
        }
    }

    /// Whether an integrator may be given it: what destroys is an official's decision.
    pub const fn is_for_integrators(self) -> bool {
        !matches!(self, Self::WalletsErase)
    }
}

/// As what an official serves. The first four may take part in visits too (`bundle::Role`); the last two look after
/// what was filed and take part in none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Volunteer,
    Clerk,
    Certifier,
    Director,
    /// Follows who looked at what.
    Auditor,
    /// Answers citizens about their data.
    DataOfficer,
}

impl Role {
    pub const ALL: [Self; 6] = [
        Self::Volunteer,
        Self::Clerk,
        Self::Certifier,
        Self::Director,
        Self::Auditor,
        Self::DataOfficer,
    ];

    /// As certificates and the roster spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Volunteer => "volunteer",
            Self::Clerk => "clerk",
            Self::Certifier => "certifier",
            Self::Director => "director",
            Self::Auditor => "auditor",
            Self::DataOfficer => "data-officer",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }

    /// Everything that this role may do.
    pub fn scopes(self) -> Vec<Scope> {
        let mut all = Scope::ALL.to_vec();
        all.retain(|scope| scope.roles().contains(&self));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_are_those_of_bundles() {
        for scope in Scope::ALL {
            assert_eq!(Scope::from_name(scope.as_str()), Some(scope));
            assert_eq!(serde_json::json!(scope), scope.as_str());
        }
        for role in Role::ALL {
            assert_eq!(Role::from_name(role.as_str()), Some(role));
            let in_visits = bundle::Role::from_name(role.as_str()).is_some();
            assert_eq!(
                in_visits,
                !matches!(role, Role::Auditor | Role::DataOfficer)
            );
        }
    }

    #[test]
    fn a_volunteer_may_nothing_and_who_erases_neither_files_nor_reads() {
        assert_eq!(Role::Volunteer.scopes(), []);
        for role in Role::ALL {
            let scopes = role.scopes();
            let erases = scopes.contains(&Scope::WalletsErase);
            assert!(
                !erases
                    || (bundle::Role::from_name(role.as_str()).is_none()
                        && !scopes.contains(&Scope::DocumentsRead))
            );
        }
    }
}
