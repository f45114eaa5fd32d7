//! Whose cosignatures are asked for: k of n witnesses, told in the C2SP tlog-policy format.
//!
//! ```text
//! log <vkey> [<url>]
//! witness <name> <vkey> [<url>]
//! group <name> all|any|<k> <name>…
//! quorum <name>|none
//! ```

use std::collections::BTreeMap;

use super::{Cosigner, LogError, read_checkpoint};

/// A policy longer than this is refused; 64 witnesses with addresses need a quarter of it.
pub(crate) const MAX_POLICY_BYTES: u64 = 64 * 1024;
/// Of logs, of witnesses and of groups. The format recommends at least 32.
const MAX_OF_A_KIND: usize = 64;

/// Why a policy cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the witness policy cannot be used")]
pub struct PolicyError {
    /// Counted from 1; 0 when the whole lacks something.
    pub line: usize,
}

impl PolicyError {
    /// The stable code under which `docs/failures.md` explains this error.
    pub fn code(&self) -> &'static str {
        "log.policy"
    }
}

/// A witness that the policy names.
#[derive(Debug, Clone)]
pub struct PolicyWitness {
    pub key: Cosigner,
    /// Its submission prefix, where the policy tells it.
    pub url: Option<String>,
}

/// The rule that a cosigned checkpoint must meet.
#[derive(Debug, Clone)]
pub struct Policy {
    logs: Vec<String>,
    witnesses: Vec<PolicyWitness>,
    members: Vec<Member>,
    /// Index of the member that must stand; `None` for `quorum none`.
    quorum: Option<usize>,
}

#[derive(Debug, Clone)]
enum Member {
    Witness(usize),
    Group { k: usize, of: Vec<usize> },
}

impl Policy {
    /// Reads a policy.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        if text.len() as u64 > MAX_POLICY_BYTES {
            return Err(PolicyError { line: 0 });
        }
        let mut policy = Self {
            logs: Vec::new(),
            witnesses: Vec::new(),
            members: Vec::new(),
            quorum: None,
        };
        let mut reading = Reading::default();
        for (line, content) in (1..).zip(text.split('\n')) {
            policy
                .line(content, &mut reading)
                .ok_or(PolicyError { line })?;
        }
        if reading.quorum {
            Ok(policy)
        } else {
            Err(PolicyError { line: 0 })
        }
    }

    fn line(&mut self, content: &str, reading: &mut Reading) -> Option<()> {
        if content.chars().any(|c| c.is_ascii_control() && c != '\t') {
            return None;
        }
        let words: Vec<&str> = content
            .split([' ', '\t'])
            .filter(|word| !word.is_empty())
            .collect();
        match words.as_slice() {
            [] => Some(()),
            [first, ..] if first.starts_with('#') => Some(()),
            ["log", vkey, rest @ ..] if rest.len() <= 1 => {
                let verifier = signed_note::StandardVerifier::new(vkey);
                let known = self.logs.iter().any(|known| key_of(known) == key_of(vkey));
                if verifier.is_err() || known || self.logs.len() == MAX_OF_A_KIND {
                    return None;
                }
                self.logs.push((*vkey).to_owned());
                Some(())
            }
            ["witness", name, vkey, rest @ ..] if rest.len() <= 1 => {
                let key = Cosigner::parse(vkey).ok()?;
                let known = self.witnesses.iter().any(|known| known.key.same_key(&key));
                if known || self.witnesses.len() == MAX_OF_A_KIND {
                    return None;
                }
                self.witnesses.push(PolicyWitness {
                    key,
                    url: rest.first().map(|url| (*url).to_owned()),
                });
                self.name(name, Member::Witness(self.witnesses.len() - 1), reading)
            }
            ["group", name, k, of @ ..] if !of.is_empty() => {
                let k = match *k {
                    "all" => of.len(),
                    "any" => 1,
                    k if k.starts_with(['0', '+']) => return None,
                    k => k.parse().ok()?,
                };
                if !(1..=of.len()).contains(&k) || reading.groups == MAX_OF_A_KIND {
                    return None;
                }
                reading.groups += 1;
                let of = of
                    .iter()
                    .map(|member| {
                        let index = *reading.names.get(*member)?;
                        // Nobody counts twice.
                        (!std::mem::replace(&mut reading.taken[index], true)).then_some(index)
                    })
                    .collect::<Option<_>>()?;
                self.name(name, Member::Group { k, of }, reading)
            }
            ["quorum", name] if !reading.quorum => {
                reading.quorum = true;
                if *name != "none" {
                    self.quorum = Some(*reading.names.get(*name)?);
                }
                Some(())
            }
            _ => None,
        }
    }

    fn name(&mut self, name: &str, member: Member, reading: &mut Reading) -> Option<()> {
        if name == "none" || reading.names.contains_key(name) {
            return None;
        }
        reading.names.insert(name.to_owned(), self.members.len());
        reading.taken.push(false);
        self.members.push(member);
        Some(())
    }

    /// The witnesses named, whether the quorum asks for them or not.
    pub fn witnesses(&self) -> &[PolicyWitness] {
        &self.witnesses
    }

    /// Checks that a checkpoint is signed by one of the logs, where the policy names any, and cosigned by enough
    /// witnesses.
    pub fn check(&self, note: &[u8]) -> Result<(), LogError> {
        let known = |vkey: &String| read_checkpoint(note, vkey).is_ok();
        if !self.logs.is_empty() && !self.logs.iter().any(known) {
            return Err(LogError::Checkpoint);
        }
        match self.quorum {
            Some(member) if !self.stands(member, note) => Err(LogError::TooFewWitnesses),
            _ => Ok(()),
        }
    }

    /// Ends, since a group names only members before it.
    fn stands(&self, member: usize, note: &[u8]) -> bool {
        match &self.members[member] {
            Member::Witness(witness) => self.witnesses[*witness].key.cosigned(note).is_some(),
            Member::Group { k, of } => {
                of.iter()
                    .filter(|member| self.stands(**member, note))
                    .count()
                    >= *k
            }
        }
    }
}

/// What is remembered while a policy is read.
#[derive(Default)]
struct Reading {
    names: BTreeMap<String, usize>,
    taken: Vec<bool>,
    groups: usize,
    quorum: bool,
}

fn key_of(vkey: &str) -> &str {
    vkey.rsplit('+').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::CosigningKey;

    fn witnesses() -> Vec<CosigningKey> {
        (1..=4)
            .map(|n| CosigningKey::new(&format!("w{n}"), &[n; 32]).unwrap())
            .collect()
    }

    const TEXT: &str = "niem.example/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";

    #[test]
    fn a_quorum_is_met_by_enough_different_witnesses() {
        let keys = witnesses();
        let mut text = String::from("# two of three, and the university\n\n");
        for (n, key) in (1..).zip(&keys) {
            text.push_str(&format!(
                "witness\tW{n}  {} https://w{n}.example/ \n",
                key.cosigner().vkey()
            ));
        }
        text.push_str("group provinces 2 W1 W2 W3\ngroup both all provinces W4\nquorum both\n");
        let policy = Policy::parse(&text).unwrap();
        assert_eq!(policy.witnesses().len(), 4);
        assert_eq!(
            policy.witnesses()[3].url.as_deref(),
            Some("https://w4.example/")
        );
        let note = |by: &[usize]| {
            let lines: String = by
                .iter()
                .map(|n| keys[*n].cosign(TEXT.as_bytes(), 7))
                .collect();
            // A note has at least one signature; the log's own stands in for it.
            format!("{TEXT}\n— niem.example/log AAAAAAAA\n{lines}")
        };
        assert_eq!(policy.check(note(&[0, 2, 3]).as_bytes()), Ok(()));
        assert_eq!(policy.check(note(&[3, 2, 1, 0]).as_bytes()), Ok(()));
        for few in [
            &[][..],
            &[0, 1, 2],
            &[0, 3],
            // The same one twice is one.
            &[0, 0, 3],
        ] {
            assert_eq!(
                policy.check(note(few).as_bytes()),
                Err(LogError::TooFewWitnesses),
                "{few:?}"
            );
        }
        // A witness's line under another text is no cosignature.
        let foreign = keys[0].cosign(b"niem.example/log\n1\nAAAA\n", 7);
        let mixed = format!("{}{foreign}", note(&[2, 3]));
        assert_eq!(
            policy.check(mixed.as_bytes()),
            Err(LogError::TooFewWitnesses)
        );
        assert_eq!(
            Policy::parse("quorum none")
                .unwrap()
                .check(note(&[]).as_bytes()),
            Ok(())
        );
    }

    #[test]
    fn a_policy_that_says_less_than_it_seems_is_refused() {
        let keys = witnesses();
        let w = |n: usize| keys[n].cosigner().vkey();
        let other_name = CosigningKey::new("other", &[1; 32]).unwrap();
        let pair = ring::signature::Ed25519KeyPair::from_seed_unchecked(&[9; 32]).unwrap();
        let public = ring::signature::KeyPair::public_key(&pair);
        let log = crate::log::vkey("niem.example/log", public.as_ref());
        let head = format!("witness A {}\nwitness B {}\n", w(0), w(1));
        for (line, rest) in [
            (0, String::new()),
            (3, "quorum C\n".to_owned()),
            (4, "quorum A\nquorum B\n".to_owned()),
            (3, "group g 3 A B\nquorum g\n".to_owned()),
            (3, "group g 0 A B\nquorum g\n".to_owned()),
            (3, "group g 01 A B\nquorum g\n".to_owned()),
            (3, "group g 2 A A\nquorum g\n".to_owned()),
            (4, "group g any A\ngroup h any A\nquorum h\n".to_owned()),
            (3, "group g any g\nquorum g\n".to_owned()),
            (3, "group none any A\nquorum none\n".to_owned()),
            (3, format!("witness A {}\nquorum A\n", w(2))),
            (3, format!("witness C {}\nquorum C\n", w(0))),
            (
                3,
                format!("witness C {}\nquorum C\n", other_name.cosigner().vkey()),
            ),
            (3, format!("witness C {log}\nquorum C\n")),
            (3, format!("log {}\nquorum A\n", w(2))),
            (4, format!("log {log}\nlog {log}\nquorum A\n")),
            (3, "quorums A\n".to_owned()),
            (3, "quorum A\r\n".to_owned()),
        ] {
            let error = Policy::parse(&format!("{head}{rest}")).unwrap_err();
            assert_eq!(error, PolicyError { line }, "{rest}");
        }
        let other_log = Policy::parse(&format!("log {log}\nquorum none\n")).unwrap();
        let note = format!("{TEXT}\n{}", keys[0].cosign(TEXT.as_bytes(), 1));
        assert_eq!(other_log.check(note.as_bytes()), Err(LogError::Checkpoint));
    }
}
