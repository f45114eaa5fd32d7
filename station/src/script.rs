//! A visit written down: what people would say and do at the desk, so that a whole visit can run
//! without a screen over the very same road.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bundle::{PersonalText, Subject};
use jiff::civil::Date;
use sealing_keys::TokenPlace;
use serde::Deserialize;

use crate::config::OperatorKey;
use crate::desk::Official;
use crate::people::{Agreed, Approval, BadPage, Called, Lay, People, Review};
use crate::visit::{ForWhom, Stop};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    pub operator: OperatorScript,
    #[serde(default = "vietnamese")]
    pub lang: String,
    pub consent: ConsentScript,
    /// For whom, where it is not, or not alone, for the card's holder.
    pub behalf: Option<BehalfScript>,
    pub card: CardKeyScript,
    pub papers: PapersScript,
    /// Who comes when the machine cannot tell, and what they find.
    #[serde(default)]
    pub officials: Vec<OfficialScript>,
    /// Operator and citizen looked at the result and agreed.
    #[serde(default = "yes")]
    pub approve: bool,
}

fn vietnamese() -> String {
    "vi".to_owned()
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperatorScript {
    pub id: String,
    pub role: bundle::Role,
    /// The operator's own token.
    pub token: Option<TokenPlace>,
    /// PKCS#8 PEM and certificate of the operator's own signing key, where keys may lie in files.
    pub key: Option<PathBuf>,
    pub cert: Option<PathBuf>,
}

/// An official who looks at person, portrait and card.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfficialScript {
    pub id: String,
    pub role: bundle::Role,
    /// The official's own token.
    pub token: Option<TokenPlace>,
    /// PKCS#8 PEM and certificate of the official's own signing key, where keys may lie in files.
    pub key: Option<PathBuf>,
    pub cert: Option<PathBuf>,
    pub finds: bundle::MatchOutcome,
    /// Why the machine may not have known the person.
    #[serde(default = "unclear")]
    pub reason: bundle::SightingReason,
}

/// Where a person's key lies, as the script says.
pub enum PersonKey<'a> {
    Token(&'a TokenPlace),
    File {
        key: &'a Path,
        certificate: &'a Path,
    },
    /// Neither or both.
    Unsaid,
}

impl<'a> PersonKey<'a> {
    fn of(
        token: Option<&'a TokenPlace>,
        key: Option<&'a PathBuf>,
        certificate: Option<&'a PathBuf>,
    ) -> Self {
        match (token, key, certificate) {
            (Some(token), None, None) => Self::Token(token),
            (None, Some(key), Some(certificate)) => Self::File { key, certificate },
            _ => Self::Unsaid,
        }
    }
}

impl OperatorKey {
    /// Where the key lies.
    #[must_use]
    pub fn place(&self) -> PersonKey<'_> {
        PersonKey::of(self.token.as_ref(), self.key.as_ref(), self.cert.as_ref())
    }
}

impl OperatorScript {
    #[must_use]
    pub fn key_place(&self) -> PersonKey<'_> {
        PersonKey::of(self.token.as_ref(), self.key.as_ref(), self.cert.as_ref())
    }
}

impl OfficialScript {
    #[must_use]
    pub fn key_place(&self) -> PersonKey<'_> {
        PersonKey::of(self.token.as_ref(), self.key.as_ref(), self.cert.as_ref())
    }
}

fn unclear() -> bundle::SightingReason {
    bundle::SightingReason::Unclear
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsentScript {
    #[serde(default)]
    pub identify: bool,
    #[serde(default)]
    pub file: bool,
}

/// Whose papers are brought, or that somebody helps. Personal data: no Debug.
#[derive(Deserialize)]
#[serde(tag = "capacity", rename_all = "snake_case", deny_unknown_fields)]
pub enum BehalfScript {
    HelperPresent {},
    LegalRepresentative {
        /// The child's number and birth date.
        number: String,
        born: Date,
        /// What the child says, where it is asked.
        #[serde(default)]
        agrees: bool,
    },
    Proxy {
        /// Of whoever gave the authority.
        number: String,
        born: Date,
    },
}

impl Script {
    /// For whom, as it is said before the visit is opened.
    #[must_use]
    pub fn whom(&self) -> ForWhom {
        let subject = |number: &String, born: &Date| Subject {
            number: PersonalText::new(number.as_str()),
            born: *born,
        };
        match &self.behalf {
            None => ForWhom::Holder,
            Some(BehalfScript::HelperPresent {}) => ForWhom::HelperPresent,
            Some(BehalfScript::LegalRepresentative { number, born, .. }) => {
                ForWhom::Child(subject(number, born))
            }
            Some(BehalfScript::Proxy { number, born }) => ForWhom::Proxy(subject(number, born)),
        }
    }
}

/// What opens the chip: the access number, the lines of the zone, or the text of the card's QR code.
/// The code may stand beside either of the others, to be compared with. Personal data: no Debug.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardKeyScript {
    pub can: Option<String>,
    pub mrz: Option<Vec<String>>,
    pub qr: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PapersScript {
    /// Sheets the citizen and the operator counted.
    pub sheets: u32,
    /// What is done at the scanner, one entry a scan; a flatbed needs one for each sheet.
    pub scan: Vec<ScanScript>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScanScript {
    /// The operator's word on where papers end: `true` continues the paper of the scan before, `false` makes this scan a
    /// paper of its own. Unsaid, the pages are a pile, sorted by what stands on them.
    pub same_paper: Option<bool>,
    /// Sheets of this scan, counted by hand: with fewer the visit does not go on.
    pub sheets: Option<u32>,
    #[serde(default)]
    pub feeder: bool,
    /// Options for the driver as it names them, e.g. `filename` of SANE's `pnm` backend.
    #[serde(default)]
    pub options: BTreeMap<String, String>,
    /// What is laid on the glass again, one after another, when a page of this scan is refused.
    #[serde(default)]
    pub again: Vec<BTreeMap<String, String>>,
}

/// The people of a script, on their way through it.
pub struct Played<'a> {
    script: &'a Script,
    /// Who comes when the machine cannot tell, each with their key.
    officials: &'a [Official],
    /// Scans made so far.
    scanned: usize,
    /// How often pages of each scan were laid down again.
    again: Vec<usize>,
}

impl Script {
    /// Everybody in it, at the beginning, and these officials.
    #[must_use]
    pub fn played<'a>(&'a self, officials: &'a [Official]) -> Played<'a> {
        Played {
            script: self,
            officials,
            scanned: 0,
            again: vec![0; self.papers.scan.len()],
        }
    }
}

impl People for Played<'_> {
    fn consent(&mut self, _lang: &str, _whom: &ForWhom) -> Result<Agreed, Stop> {
        Ok(Agreed {
            identify: self.script.consent.identify,
            file: self.script.consent.file,
        })
    }

    fn child(&mut self) -> Result<bool, Stop> {
        let says = |behalf: &BehalfScript| matches!(behalf, BehalfScript::LegalRepresentative { agrees, .. } if *agrees);
        Ok(self.script.behalf.as_ref().is_some_and(says))
    }

    fn card_key(&mut self, _failed: Option<&'static str>) -> Result<CardKeyScript, Stop> {
        Ok(self.script.card.clone())
    }

    fn officials(
        &mut self,
        _called: &mut Called<'_>,
        looked: &mut dyn FnMut(&Official) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        self.officials.iter().try_for_each(looked)
    }

    fn sheets(&mut self) -> Result<u32, Stop> {
        Ok(self.script.papers.sheets)
    }

    fn lay(&mut self, _meanwhile: &mut dyn FnMut()) -> Result<Lay, Stop> {
        let next = self.script.papers.scan.get(self.scanned).cloned();
        self.scanned += 1;
        Ok(next.map_or(Lay::Enough, Lay::Scan))
    }

    fn again(&mut self, bad: &BadPage) -> Result<BTreeMap<String, String>, Stop> {
        let scan = self.script.papers.scan.get(bad.scan);
        let made = self.again.get_mut(bad.scan);
        let (Some(scan), Some(made)) = (scan, made) else {
            return Err(Stop::of(bad.code));
        };
        *made += 1;
        let options = scan.again.get(*made - 1).cloned();
        options.ok_or_else(|| Stop::of(bad.code))
    }

    fn approve(&mut self, _review: &Review) -> Result<Approval, Stop> {
        Ok(match self.script.approve {
            true => Approval::Given,
            false => Approval::Refused,
        })
    }
}
