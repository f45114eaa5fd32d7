//! The papers: each is a PDF with the pages it claims, of a grade its maker may give, signed where the grade says so.

use bundle::{DocumentClaim, Grade, Opened};

use super::Examiner;
use super::checklist::{Fault, Report};
use super::chip::day_of;
use super::envelope::fault;
use super::parts::Parts;
use super::pdf;
use super::verdict::VerifiedDocument;

/// NĐ 30/2020/NĐ-CP, Phụ lục I: a scan has at least 200 dots an inch.
const MIN_DPI: u32 = 200;

/// Returns the papers that could be read, whatever else is wrong with them.
pub(super) fn check(
    examiner: &Examiner,
    opened: &Opened<'_>,
    parts: &mut Parts,
    report: &mut Report,
) -> Vec<VerifiedDocument> {
    let documents = &opened.manifest().documents;
    let none = documents.is_empty();
    report.checked(
        "papers",
        if none {
            vec![Fault::new("examine.no_papers")]
        } else {
            Vec::new()
        },
    );
    let mut verified = Vec::with_capacity(documents.len());
    for (n, claim) in (1_u32..).zip(documents) {
        let mut faults = claim_faults(opened, claim);
        match parts.take(opened, claim.pdf, examiner.policy.max_blob_bytes) {
            Err(error) => faults.push(fault(&error)),
            Ok(content) => {
                faults.extend(pdf_faults(examiner, opened, claim, &content));
                let title =
                    rulebook::kinds::find(&claim.kind).map_or("", |kind| kind.title_vi.as_str());
                verified.push(VerifiedDocument {
                    kind: claim.kind.clone(),
                    title: title.to_owned(),
                    grade: claim.grade,
                    pages: u32::try_from(claim.pages.len()).unwrap_or(u32::MAX),
                    pdf: content,
                });
            }
        }
        for fault in &mut faults {
            fault.place.get_or_insert_with(|| format!("paper {n}"));
        }
        report.checked(format!("paper {n}"), faults);
    }
    verified
}

/// What can be seen without opening the PDF.
fn claim_faults(opened: &Opened<'_>, claim: &DocumentClaim) -> Vec<Fault> {
    let mut faults = Vec::new();
    if rulebook::kinds::find(&claim.kind).is_none() {
        faults.push(Fault::new("examine.kind_unknown"));
    }
    if !may_make(opened, claim.grade) {
        faults.push(Fault::new("examine.grade_not_allowed"));
    }
    // A sheet gives one image or two; fewer images than sheets means that one was not scanned.
    if claim.sheets_declared == 0 || (claim.pages.len() as u64) < u64::from(claim.sheets_declared) {
        faults.push(Fault::new("examine.sheets_missing"));
    }
    if claim.pages.iter().any(|page| page.dpi < MIN_DPI) {
        faults.push(Fault::new("examine.resolution"));
    }
    faults
}

fn may_make(opened: &Opened<'_>, grade: Grade) -> bool {
    let role = opened.operator().role.as_str().parse();
    let grade = grade.as_str().parse();
    match (role, grade) {
        (Ok(role), Ok(grade)) => rulebook::grades::may_make(role, grade, day_of(opened.manifest())),
        _ => false,
    }
}

fn pdf_faults(
    examiner: &Examiner,
    opened: &Opened<'_>,
    claim: &DocumentClaim,
    content: &[u8],
) -> Vec<Fault> {
    let Some(form) = pdf::form(content) else {
        return vec![Fault::new("examine.pdf_malformed")];
    };
    let mut faults = Vec::new();
    if form.pages as usize != claim.pages.len() {
        faults.push(Fault::new("examine.pages_differ"));
    }
    faults.extend(signature_faults(examiner, opened, claim.grade, content));
    faults
}

/// How many signatures a grade asks for stands in the rulebook. Each must hold, and its signer be known to
/// us; a paper of grade 0 asks for none, but a broken one on it is told all the same.
fn signature_faults(
    examiner: &Examiner,
    opened: &Opened<'_>,
    grade: Grade,
    content: &[u8],
) -> Vec<Fault> {
    let manifest = opened.manifest();
    let signatures = match pades::check(content, &examiner.signers, manifest.sealed_at) {
        Ok(signatures) => signatures,
        Err(error) => return vec![Fault::new(error.code())],
    };
    let rule = grade
        .as_str()
        .parse()
        .ok()
        .and_then(|grade| rulebook::grades::rule(grade, day_of(manifest)));
    // A grade without a rule is told by `may_make`.
    let wanted = rule.map_or(0, |rule| usize::from(rule.signatures));
    let mut faults = Vec::new();
    if signatures.len() < wanted {
        faults.push(Fault::new("examine.signature_missing"));
    }
    for fault in signatures.iter().flat_map(pades::SignatureReport::faults) {
        if wanted > 0 || !matches!(fault, pades::Fault::Chain(_)) {
            faults.push(Fault::new(fault.code()));
        }
    }
    // Bytes behind the last signature would be signed by nobody.
    if wanted > 0
        && !signatures.is_empty()
        && !signatures
            .iter()
            .any(|signature| signature.covers_whole_document)
    {
        faults.push(Fault::new("examine.signature_partial"));
    }
    faults
}
