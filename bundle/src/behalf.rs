//! For whom the person with the card is here, where it is not, or not alone, for themselves.
//!
//! The claim says whose papers they are and which of them shows the right to bring them. Whether it does is for the
//! verifier to find: a bundle of a child's papers goes to the child's wallet and to no other.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::manifest::PersonalText;

/// In which capacity the person with the card is here. Where it is as the citizen alone, nothing is claimed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "capacity", rename_all = "snake_case", deny_unknown_fields)]
pub enum Behalf {
    /// For themselves, with somebody who helps them. Nothing is kept of the helper.
    HelperPresent {},
    /// For a child.
    LegalRepresentative {
        /// The child.
        subject: Subject,
        /// Which of the documents shows the right, from 0.
        shown_by: u32,
        /// When the child agreed, by their own touch; none where a child is too young to be asked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        subject_agreed_at: Option<Timestamp>,
    },
    /// By written authority.
    Proxy {
        /// Who gave it.
        subject: Subject,
        /// Which of the documents shows the right, from 0.
        shown_by: u32,
    },
}

/// Whose papers they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// Their personal number, as it was typed at the desk.
    pub number: PersonalText,
    /// Their birth date: the number's inner checks want it.
    pub born: Date,
}

impl Behalf {
    /// The person whose papers they are, where it is not the card's holder.
    #[must_use]
    pub fn subject(&self) -> Option<&Subject> {
        match self {
            Self::HelperPresent {} => None,
            Self::LegalRepresentative { subject, .. } | Self::Proxy { subject, .. } => {
                Some(subject)
            }
        }
    }

    /// The capacity as it is written in manifests and wallets.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::HelperPresent {} => "helper_present",
            Self::LegalRepresentative { .. } => "legal_representative",
            Self::Proxy { .. } => "proxy",
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn child() -> Value {
        json!({
            "capacity": "legal_representative",
            "subject": {"number": "001218004567", "born": "2018-05-20"},
            "shown_by": 0,
            "subject_agreed_at": "2026-03-02T04:00:00Z",
        })
    }

    #[test]
    fn a_claim_has_one_spelling() {
        let mut young = child();
        young.as_object_mut().unwrap().remove("subject_agreed_at");
        let mut proxy = young.clone();
        proxy["capacity"] = json!("proxy");
        for written in [child(), young, proxy, json!({"capacity": "helper_present"})] {
            let read: Behalf = serde_json::from_value(written.clone()).unwrap();
            assert_eq!(serde_json::to_value(&read).unwrap(), written);
            assert_eq!(written["capacity"], read.as_str());
            assert_eq!(read.subject().is_some(), written.get("subject").is_some());
        }
    }

    #[test]
    fn a_claim_that_says_more_or_less_is_none() {
        type Spoil = fn(&mut Value);
        let faults: [(&str, Spoil); 8] = [
            ("behalf_unknown_field", |claim| {
                claim["helper"] = json!("an")
            }),
            ("behalf_subject_unknown_field", |claim| {
                claim["subject"]["name"] = json!("an");
            }),
            ("behalf_without_capacity", |claim| {
                claim.as_object_mut().unwrap().remove("capacity");
            }),
            ("behalf_unknown_capacity", |claim| {
                claim["capacity"] = json!("neighbour");
            }),
            ("behalf_without_subject", |claim| {
                claim.as_object_mut().unwrap().remove("subject");
            }),
            ("behalf_without_paper", |claim| {
                claim.as_object_mut().unwrap().remove("shown_by");
            }),
            ("behalf_helper_with_subject", |claim| {
                claim["capacity"] = json!("helper_present");
            }),
            ("behalf_proxy_asked", |claim| {
                claim["capacity"] = json!("proxy")
            }),
        ];
        for (name, spoil) in faults {
            let mut claim = child();
            spoil(&mut claim);
            assert!(serde_json::from_value::<Behalf>(claim).is_err(), "{name}");
        }
    }

    #[test]
    fn nobody_is_told_in_a_debug_line() {
        let read: Behalf = serde_json::from_value(child()).unwrap();
        assert!(!format!("{read:?}").contains("001218004567"));
    }
}
