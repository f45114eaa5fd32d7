//! `trust`: brings country certificates into the trust directory, lists them, and signs a list of
//! our own.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use emrtd::CscaTrust;
use emrtd::trust::{
    ImportError, ImportOptions, Imported, Manifest, SourceState, TrustedCertificate, import,
};
use jiff::Timestamp;
use rulebook::Language;
use serde_json::{Value, json};
use station::answer::{Answer, REFUSED, SUCCESS, Trouble};

use super::{Told, read_file};

#[derive(Subcommand)]
pub(crate) enum TrustCommand {
    /// Takes master lists (.ml), certificates (.cer .der .pem .crt), revocation lists (.crl) and
    /// LDIF of the ICAO directory into a trust directory.
    Import(ImportArguments),
    /// Lists the country certificates that are trusted.
    List(ListArguments),
    /// Shows one certificate: a file, or a trusted one by the beginning of its SHA-256.
    Show(ShowArguments),
    /// Signs the trusted certificates as a master list.
    Export(ExportArguments),
}

#[derive(Args)]
pub(crate) struct ImportArguments {
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The trust directory; made if it is not there.
    #[arg(long)]
    trust: PathBuf,
    /// The certificate that a master list's signer has to chain to, got by a trusted channel.
    #[arg(long, value_name = "CERT.cer")]
    pinned_by: Option<PathBuf>,
    /// Takes what nobody vouches for; recorded, and told in every report.
    #[arg(long)]
    accept_unpinned: bool,
    /// Takes a list that is older than the one it replaces.
    #[arg(long)]
    force: bool,
}

#[derive(Args)]
pub(crate) struct ListArguments {
    /// The trust directory.
    #[arg(long)]
    trust: PathBuf,
    /// Two letters: only this country's.
    #[arg(long)]
    country: Option<String>,
}

#[derive(Args)]
pub(crate) struct ShowArguments {
    /// A file, or the beginning of a trusted certificate's SHA-256.
    what: String,
    /// The trust directory, to look the SHA-256 up in.
    #[arg(long)]
    trust: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct ExportArguments {
    /// The trust directory.
    #[arg(long)]
    trust: PathBuf,
    /// The signing key, PEM or PKCS#8.
    #[arg(long, value_name = "K.pem")]
    key: PathBuf,
    /// Its certificate, issued for signing master lists, and those above it.
    #[arg(long, value_name = "C.pem")]
    certificate: PathBuf,
    /// The file to write.
    #[arg(long, short)]
    out: PathBuf,
}

pub(crate) fn run(command: TrustCommand, lang: Language) -> Told {
    match command {
        TrustCommand::Import(arguments) => import_files(&arguments, lang),
        TrustCommand::List(arguments) => list(&arguments, lang),
        TrustCommand::Show(arguments) => show(&arguments, lang),
        TrustCommand::Export(arguments) => export(&arguments, lang),
    }
}

fn load(dir: &Path) -> Result<CscaTrust, Trouble> {
    CscaTrust::load_dir(dir).map_err(|error| Trouble::new(error.code(), error))
}

fn import_files(arguments: &ImportArguments, lang: Language) -> Told {
    let pin = arguments.pinned_by.as_deref().map(read_file).transpose()?;
    let options = ImportOptions {
        pinned_by: pin.as_deref(),
        accept_unpinned: arguments.accept_unpinned,
        force: arguments.force,
        at: Timestamp::now(),
    };
    let done = import(&arguments.trust, &arguments.files, &options)
        .map_err(|error: ImportError| Trouble::new(error.code(), error))?;
    let mut words = String::new();
    for file in &done {
        words.push_str(&told_import(file, lang));
    }
    let imported: Vec<Value> = done.iter().map(json_import).collect();
    // A directory with document signers or revocation lists alone trusts nobody yet.
    let trusted = CscaTrust::load_dir(&arguments.trust).ok();
    let count = trusted.as_ref().map_or(0, CscaTrust::len);
    words.push_str(&match lang {
        Language::En => format!("{count} country certificates are trusted."),
        Language::Vi => format!("Đang tin cậy {count} chứng thư quốc gia."),
    });
    let json = json!({
        "outcome": "imported",
        "imported": imported,
        "trusted": count,
        "unpinned": trusted.as_ref().map_or(0, CscaTrust::unpinned),
    });
    Ok(Answer::ok(json, words))
}

fn json_import(file: &Imported) -> Value {
    json!({
        "source": file.source,
        "entries": file.entries,
        "replaced": file.replaced,
        "known_already": file.known_already,
        "refused": file.refused,
    })
}

fn told_import(file: &Imported, lang: Language) -> String {
    let mut words = format!("{}\n", file.source);
    for entry in &file.entries {
        let pinned = match (entry.pinned, lang) {
            (true, Language::En) => "pinned",
            (true, Language::Vi) => "đã ghim",
            (false, Language::En) => "NOT pinned",
            (false, Language::Vi) => "CHƯA ghim",
        };
        let kind = entry.kind.as_str();
        words.push_str(&format!(
            "  {} · {kind} {} · {pinned}\n",
            entry.file, entry.count
        ));
    }
    for replaced in &file.replaced {
        words.push_str(&match lang {
            Language::En => format!("  replaces {replaced}\n"),
            Language::Vi => format!("  thay cho {replaced}\n"),
        });
    }
    if file.entries.is_empty() {
        words.push_str(match lang {
            Language::En => "  held already\n",
            Language::Vi => "  đã có sẵn\n",
        });
    }
    for (code, count) in &file.refused {
        words.push_str(&format!("  [{code}] × {count}\n"));
    }
    words
}

fn list(arguments: &ListArguments, lang: Language) -> Told {
    let trust = load(&arguments.trust)?;
    let certificates = trust.certificates(arguments.country.as_deref());
    if certificates.is_empty() {
        let wanted = arguments.country.as_deref().unwrap_or_default();
        return Err(Trouble::new("trust.not_found", wanted));
    }
    let manifest =
        Manifest::of(&arguments.trust).map_err(|error| Trouble::new(error.code(), error))?;
    let mut words = table(&certificates);
    let mut sources = Vec::new();
    let mut left_out = 0;
    for source in trust.sources() {
        let file = source
            .path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        let state = source.state.as_str();
        let pinned = match &source.state {
            SourceState::MasterList { pinned, .. } => Some(*pinned),
            _ => None,
        };
        if !source.state.is_taken() {
            left_out += 1;
            words.push_str(&format!("! {file}: {state}\n"));
        }
        sources.push(json!({
            "file": file,
            "state": state,
            "taken": source.state.is_taken(),
            "pinned": pinned,
        }));
    }
    let (signers, crls) = trust.besides();
    words.push_str(&match lang {
        Language::En => format!(
            "{} of {} certificates, {} countries; {} not pinned; {signers} document signers, {crls} revocation lists",
            certificates.len(),
            trust.len(),
            trust.countries().len(),
            trust.unpinned(),
        ),
        Language::Vi => format!(
            "{} trên {} chứng thư, {} quốc gia; {} chưa ghim; {signers} chứng thư ký thẻ, {crls} danh sách thu hồi",
            certificates.len(),
            trust.len(),
            trust.countries().len(),
            trust.unpinned(),
        ),
    });
    let json = json!({
        "outcome": if left_out == 0 { "whole" } else { "left_out" },
        "certificates": certificates,
        "total": trust.len(),
        "countries": trust.countries(),
        "unpinned": trust.unpinned(),
        "document_signers": signers,
        "revocation_lists": crls,
        "sources": sources,
        "manifest": manifest,
    });
    Ok(Answer {
        json,
        words,
        // What the operator put there and is not used deserves to be noticed by scripts too.
        exit: if left_out == 0 { SUCCESS } else { REFUSED },
    })
}

fn table(certificates: &[TrustedCertificate]) -> String {
    let mut words = String::new();
    for certificate in certificates {
        let day = |at: Option<Timestamp>| {
            at.map_or_else(|| "?".to_owned(), |at| at.strftime("%Y-%m-%d").to_string())
        };
        words.push_str(&format!(
            "{:<2}  {}  {:<22} {}…{}  {:<11} {} {}  {}\n",
            certificate.country.as_deref().unwrap_or("?"),
            &certificate.sha256[..16],
            key(certificate),
            day(certificate.not_before),
            day(certificate.not_after),
            certificate.kind.as_str(),
            if certificate.pinned { "+" } else { "-" },
            certificate.source.as_deref().unwrap_or("-"),
            certificate.subject,
        ));
    }
    words
}

fn key(certificate: &TrustedCertificate) -> String {
    match (&certificate.key, &certificate.curve, certificate.bits) {
        (_, Some(curve), _) if certificate.explicit_curve => format!("{curve} (explicit)"),
        (_, Some(curve), _) => curve.clone(),
        (Some(kind), None, Some(bits)) => format!("{kind} {bits}"),
        _ => "?".to_owned(),
    }
}

fn show(arguments: &ShowArguments, lang: Language) -> Told {
    let file = Path::new(&arguments.what);
    let shown = if file.is_file() {
        let bytes = read_file(file)?;
        emrtd::trust::read_certificates(&bytes)
    } else {
        let dir = arguments.trust.as_ref().ok_or_else(|| {
            Trouble::new("trust.not_found", format!("{}: --trust", arguments.what))
        })?;
        let found = load(dir)?.certificate(&arguments.what);
        found
            .into_iter()
            .map(|(certificate, _)| certificate)
            .collect()
    };
    if shown.is_empty() {
        return Err(Trouble::new("trust.not_found", &arguments.what));
    }
    let mut words = String::new();
    for certificate in &shown {
        let named = |vi: &'static str, en: &'static str| match lang {
            Language::Vi => vi,
            Language::En => en,
        };
        let at = |at: Option<Timestamp>| at.map_or_else(|| "?".to_owned(), |at| at.to_string());
        for (name, value) in [
            (named("Chủ thể", "Subject"), certificate.subject.clone()),
            (named("Bên cấp", "Issuer"), certificate.issuer.clone()),
            (named("Số", "Serial"), certificate.serial.clone()),
            ("SHA-256", certificate.sha256.clone()),
            (named("Khóa", "Key"), key(certificate)),
            (
                named("Mã khóa", "Key id"),
                certificate.key_id.clone().unwrap_or_default(),
            ),
            (named("Từ", "From"), at(certificate.not_before)),
            (named("Đến", "Until"), at(certificate.not_after)),
            (named("Loại", "Kind"), certificate.kind.as_str().to_owned()),
        ] {
            words.push_str(&format!("{name}: {value}\n"));
        }
        words.push('\n');
    }
    Ok(Answer::ok(
        json!({ "outcome": "found", "certificates": shown }),
        words.trim_end(),
    ))
}

fn export(arguments: &ExportArguments, lang: Language) -> Told {
    let trust = load(&arguments.trust)?;
    let key = read_file(&arguments.key)?;
    let certificate = read_file(&arguments.certificate)?;
    let list = trust
        .export(&key, &certificate, Timestamp::now())
        .map_err(|error| Trouble::new(error.code(), error))?;
    let unwritten = |error: std::io::Error| {
        Trouble::new(
            "file.unreadable",
            format!("{}: {error}", arguments.out.display()),
        )
    };
    // Whole or not at all: another desk may be fetching it.
    let temporary = arguments.out.with_extension("part");
    std::fs::write(&temporary, &list).map_err(unwritten)?;
    std::fs::rename(&temporary, &arguments.out).map_err(unwritten)?;
    let count = trust.len() - trust.unpinned();
    let words = match lang {
        Language::En => format!("{}: {count} certificates", arguments.out.display()),
        Language::Vi => format!("{}: {count} chứng thư", arguments.out.display()),
    };
    Ok(Answer::ok(
        json!({
            "outcome": "exported",
            "out": arguments.out,
            "certificates": count,
            "left_out_unpinned": trust.unpinned(),
            "bytes": list.len(),
        }),
        words,
    ))
}
