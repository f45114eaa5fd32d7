//! `card judge`: files of a chip that lie on the disk, judged without reader or network.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use emrtd::report::PassiveReport;
use emrtd::{ChipEvidence, CscaTrust, DataGroup, EvidenceFault};
use jiff::Timestamp;
use jiff::civil::Date;
use rulebook::Language;
use serde_json::{Value, json};
use station::answer::{Answer, REFUSED, SUCCESS, Trouble, told};

use super::Told;

/// A security object is 2 KB, a face 30 KB; a chip holds no file longer than this.
const MOST_BYTES: u64 = 1024 * 1024;

#[derive(Args)]
pub(crate) struct JudgeArguments {
    /// Folders with sod.bin and dg1.bin … dg16.bin (as written by `card read --out`), or files with
    /// a security object alone.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Folder of trusted country certificates.
    #[arg(long)]
    trust: PathBuf,
    /// The day of the check, YYYY-MM-DD; by default today.
    #[arg(long)]
    at: Option<Date>,
}

pub(crate) fn run(arguments: &JudgeArguments, lang: Language) -> Told {
    let trust =
        CscaTrust::load_dir(&arguments.trust).map_err(|error| Trouble::new(error.code(), error))?;
    let today = || Timestamp::now().to_zoned(station::clock::vietnam()).date();
    let at = arguments.at.unwrap_or_else(today);
    let mut items = Vec::new();
    let mut words = String::new();
    let mut first = None;
    for path in &arguments.paths {
        let item = judge(path, &trust, at)?;
        words.push_str(&item.words(path, lang));
        first = first.or(item.faults.first().copied());
        items.push(item.json(path));
    }
    let code = first.map(EvidenceFault::code);
    let mut json = json!({
        "outcome": if code.is_none() { "signed" } else { "refused" },
        "code": code,
        "at": at,
        "judged": items,
    });
    if let Some(text) = code.and_then(rulebook::failures::text) {
        for (language, key) in [(Language::Vi, "vi"), (Language::En, "en")] {
            json[key] = json!({ "cause": text.cause(language), "remedy": text.remedy(language) });
        }
    }
    Ok(Answer {
        json,
        words: words.trim_end().to_owned(),
        exit: if code.is_none() { SUCCESS } else { REFUSED },
    })
}

struct Item {
    passive: PassiveReport,
    faults: Vec<EvidenceFault>,
    read: Vec<DataGroup>,
    /// What the chip answered, where the folder has it: against its own challenge, so that it shows
    /// a genuine chip, not when it was asked.
    chip: Option<Value>,
}

fn judge(path: &Path, trust: &CscaTrust, at: Date) -> Result<Item, Trouble> {
    let (sod, groups) = if path.is_dir() {
        if let Some(evidence) = evidence(path)? {
            return Ok(whole(&evidence, trust, at));
        }
        folder(path)?
    } else {
        (read(path)?, BTreeMap::new())
    };
    // A bare message, without the file's own box around it.
    let sod = match sod.first() {
        Some(0x30) => emrtd::lds::sod::write(&sod),
        _ => sod,
    };
    let passive = emrtd::proof::passive_authentication(&sod, &groups, trust, at);
    Ok(Item {
        faults: passive.faults(),
        passive,
        read: groups.into_keys().collect(),
        chip: None,
    })
}

fn whole(evidence: &ChipEvidence, trust: &CscaTrust, at: Date) -> Item {
    let asked = evidence.active.as_ref().map(|answer| answer.challenge);
    let challenge = asked.unwrap_or(emrtd::Challenge::new([0; 8]));
    let report = evidence.report(trust, &challenge, at);
    Item {
        faults: report.faults(),
        read: evidence.groups.keys().copied().collect(),
        chip: Some(json!({
            "access": evidence.access.as_str(),
            "clone_check": report.clone_check,
            "active": report.active,
            "chip_auth": report.chip_auth,
            "card_access": report.card_access,
            "expired": report.expired,
        })),
        passive: report.passive,
    }
}

fn evidence(folder: &Path) -> Result<Option<ChipEvidence>, Trouble> {
    let path = folder.join("evidence.json");
    if !path.exists() {
        return Ok(None);
    }
    let unreadable =
        |error| Trouble::new("file.unreadable", format!("{}: {error}", path.display()));
    let bytes = std::fs::read(&path).map_err(|error| unreadable(error.to_string()))?;
    let evidence = serde_json::from_slice(&bytes).map_err(|error| unreadable(error.to_string()))?;
    Ok(Some(evidence))
}

type Files = (Vec<u8>, BTreeMap<DataGroup, Vec<u8>>);

/// `sod.bin` and `dg2.bin`, in whatever case, also as others name them: `EF_SOD.bin`,
/// `Datagroup2.bin`, `EF_DG2.bin`.
fn folder(folder: &Path) -> Result<Files, Trouble> {
    let unreadable = |error: std::io::Error| {
        Trouble::new("file.unreadable", format!("{}: {error}", folder.display()))
    };
    let (mut sod, mut groups) = (None, BTreeMap::new());
    for entry in std::fs::read_dir(folder).map_err(unreadable)?.take(256) {
        let path = entry.map_err(unreadable)?.path();
        let Some(stem) = path.file_stem().and_then(|stem| stem.to_str()) else {
            continue;
        };
        let stem = stem.to_ascii_lowercase().replace(['_', '.', '-'], "");
        let stem = stem.strip_prefix("ef").unwrap_or(&stem);
        if stem == "sod" {
            sod = Some(read(&path)?);
        } else if let Some(number) = stem.strip_prefix("datagroup").or(stem.strip_prefix("dg"))
            && let Some(group) = number.parse().ok().and_then(DataGroup::from_number)
        {
            groups.insert(group, read(&path)?);
        }
    }
    let missing = || Trouble::new("file.unreadable", format!("{}: sod.bin", folder.display()));
    Ok((sod.ok_or_else(missing)?, groups))
}

fn read(path: &Path) -> Result<Vec<u8>, Trouble> {
    let unreadable =
        |error: String| Trouble::new("file.unreadable", format!("{}: {error}", path.display()));
    let length = std::fs::metadata(path)
        .map_err(|error| unreadable(error.to_string()))?
        .len();
    if length > MOST_BYTES {
        return Err(unreadable(format!(
            "{length} bytes are more than a chip holds"
        )));
    }
    std::fs::read(path).map_err(|error| unreadable(error.to_string()))
}

impl Item {
    fn json(&self, path: &Path) -> Value {
        let codes: Vec<_> = self.faults.iter().map(|fault| fault.code()).collect();
        let mut json = json!({
            "path": path,
            "outcome": if codes.is_empty() { "signed" } else { "refused" },
            "code": codes.first(),
            "codes": codes,
            "passive": self.passive,
            "read": self.read.iter().map(|group| group.name()).collect::<Vec<_>>(),
        });
        if let Some(chip) = &self.chip {
            json["chip"] = chip.clone();
        }
        json
    }

    fn words(&self, path: &Path, lang: Language) -> String {
        let word = |value: &dyn erased::Word| value.word();
        let mut words = format!(
            "{}: {}\n  sod {} · chain {} · revocation {}\n",
            path.display(),
            match (self.faults.is_empty(), lang) {
                (true, Language::En) => "signed by a trusted issuer.",
                (true, Language::Vi) => "do cơ quan cấp được tin cậy ký.",
                (false, Language::En) => "refused.",
                (false, Language::Vi) => "không được công nhận.",
            },
            word(&self.passive.sod),
            word(&self.passive.chain),
            word(&self.passive.revocation),
        );
        if let Some(signer) = &self.passive.signer {
            words.push_str(&format!("  {}\n", signer.subject));
        }
        for fault in &self.faults {
            words.push_str(&format!(
                "  [{}] {}\n",
                fault.code(),
                told(fault.code(), lang)
            ));
        }
        for weak in &self.passive.weak {
            words.push_str(&format!("  · {}\n", word(weak)));
        }
        for (group, state) in &self.passive.groups {
            words.push_str(&format!("  {}: {}\n", group.name(), word(state)));
        }
        words
    }
}

/// The word that JSON uses for a state.
mod erased {
    use serde::Serialize;

    pub(super) trait Word {
        fn word(&self) -> String;
    }

    impl<T: Serialize> Word for T {
        fn word(&self) -> String {
            let value = serde_json::to_value(self).unwrap_or_default();
            value.as_str().unwrap_or("?").to_owned()
        }
    }
}
