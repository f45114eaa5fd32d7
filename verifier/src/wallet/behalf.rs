//! In which capacity somebody brought an entry's papers, told from the entry's sealed record.
//!
//! It stands nowhere else in the store: who reads the tables alone does not learn whose papers were brought by others.

use serde::Deserialize;

/// The holder of the wallet came alone.
const HOLDER: &str = "holder";

#[derive(Deserialize)]
struct Record {
    #[serde(default)]
    manifest: Manifest,
}

#[derive(Default, Deserialize)]
struct Manifest {
    #[serde(default)]
    behalf: Option<Behalf>,
}

#[derive(Deserialize)]
struct Behalf {
    capacity: String,
}

/// `holder`, `helper_present`, `legal_representative` or `proxy`. A record of another form names nobody else.
pub(super) fn brought_by(record: &[u8]) -> String {
    let record: Option<Record> = serde_json::from_slice(record).ok();
    let behalf = record.and_then(|record| record.manifest.behalf);
    behalf.map_or_else(|| HOLDER.to_owned(), |behalf| behalf.capacity)
}

#[cfg(test)]
mod tests {
    use bundle::{Behalf, PersonalText, Subject};

    use super::*;

    #[test]
    fn a_record_says_who_came() {
        let subject = || Subject {
            number: PersonalText::new("001218004567"),
            born: "2018-05-20".parse().unwrap(),
        };
        let shown_by = 0;
        for claim in [
            Behalf::HelperPresent {},
            Behalf::LegalRepresentative {
                subject: subject(),
                shown_by,
                subject_agreed_at: None,
            },
            Behalf::Proxy {
                subject: subject(),
                shown_by,
            },
        ] {
            let record = serde_json::json!({"v": 1, "manifest": {"behalf": claim, "version": 1}});
            assert_eq!(brought_by(record.to_string().as_bytes()), claim.as_str());
        }
        for record in [r#"{"manifest": {"version": 1}}"#, r#"{"name": "A"}"#, "?"] {
            assert_eq!(brought_by(record.as_bytes()), HOLDER);
        }
    }
}
