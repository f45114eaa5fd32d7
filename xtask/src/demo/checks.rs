//! After the visit: what the wallet holds, and the same facts told by programs that none of us
//! wrote. The commands are printed too, so that a reader can repeat them by hand.

use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use super::Place;
use super::files::{INTEGRATOR, PURPOSE};
use crate::process::{bin_dir, run};

/// Asks the verifier's API, as an integrator would, what the citizen's wallet now holds.
pub(super) fn wallet(place: &Place, address: &str, told: &Value) -> Result<Value> {
    let person: Value = serde_json::from_slice(&fs::read(place.path("state/person.json"))?)?;
    let found = ask(
        place,
        address,
        "/v1/wallets/lookup",
        Some(json!({ "personal_id": person["personal_id"] })),
    )?;
    let wallet = found["wallet"].as_str().context("no wallet was found")?;
    let entries = ask(
        place,
        address,
        &format!("/v1/wallets/{wallet}/entries"),
        None,
    )?;
    let filed = entries["entries"]
        .as_array()
        .and_then(|entries| entries.iter().find(|entry| entry["entry"] == told["entry"]))
        .context("the wallet does not hold the entry of the receipt")?;
    Ok(filed.clone())
}

fn ask(place: &Place, address: &str, path: &str, body: Option<Value>) -> Result<Value> {
    let mut ask = Command::new(bin_dir(&place.root).join("niem-verifier"));
    ask.arg("ask")
        .arg(format!("{address}{path}"))
        .args(["--client", INTEGRATOR, "--purpose", PURPOSE, "--key"])
        .arg(place.path("state/integrator.pem"))
        .arg("--ca")
        .arg(place.path("verifier/keys/public/server-ca.pem"));
    if let Some(body) = body {
        ask.args(["--data", &body.to_string()]);
    }
    let answer = ask.output().context("niem-verifier ask")?;
    if !answer.status.success() {
        bail!(
            "{path}: {}{}",
            String::from_utf8_lossy(&answer.stdout),
            String::from_utf8_lossy(&answer.stderr)
        );
    }
    Ok(serde_json::from_slice(&answer.stdout)?)
}

/// Writes `check.sh` and runs it: one line a claim, and it stops at the first that does not hold.
pub(super) fn independent(place: &Place, told: &Value) -> Result<()> {
    let bundle = told["bundle"]
        .as_str()
        .context("the visit names no bundle")?;
    fs::create_dir_all(place.path("check"))?;
    fs::write(
        place.path("check/receipt.json"),
        told["receipt"].to_string(),
    )?;
    let script = SCRIPT
        .replace("@DEMO@", &place.demo.display().to_string())
        .replace("@BUNDLE@", bundle)
        .replace(
            "@VERIFIER@",
            &bin_dir(&place.root)
                .join("niem-verifier")
                .display()
                .to_string(),
        );
    fs::write(place.path("check.sh"), script)?;
    run(Command::new("bash").arg(place.path("check.sh")))
}

const SCRIPT: &str = r#"# bash target/demo/check.sh: nothing here but openssl, age, jq, qpdf, poppler and, last, our own examiner
set -euo pipefail
cd '@DEMO@'; B='bundle/@BUNDLE@'; K=verifier/keys
say() { what=$1; shift; told=$("$@" 2>&1) || { echo "  $what FAILED: $told"; exit 1; }; echo "  $what $(tail -1 <<< "$told")"; }
valid() { pdfsig -nocert "$1" | tr -s ' ' | grep -E 'Signature is Valid|Total document signed' | paste -sd ' ' | grep -E 'Total.*Valid|Valid.*Total'; }
words() { pdftotext "$1" - | grep -c 'CỘNG HÒA' > /dev/null && pdftotext "$1" - | wc -w; }
pae() { # DSSE v1 pre-authentication encoding of the envelope $1
  t=$(jq -r .payloadType "$1"); jq -r .payload "$1" | base64 -d > check/payload
  printf 'DSSEv1 %d %s %d ' ${#t} "$t" "$(stat -c %s check/payload)" | cat - check/payload; }
pae $B/outer.dsse.json > check/pae; cp check/payload check/statement.json
echo "  digest of the signed statement: $(sha256sum < check/statement.json | cut -c1-64)"
[ "$(sha256sum < check/statement.json | cut -c1-64)" = '@BUNDLE@' ]
jq -r .predicate.signer_certificate check/statement.json | base64 -d | openssl x509 -inform DER -out check/station.pem
say "openssl, station's certificate:" openssl verify -CAfile $K/public/station-ca.pem check/station.pem
openssl x509 -in check/station.pem -pubkey -noout > check/station.pub.pem
jq -r '.signatures[0].sig' $B/outer.dsse.json | base64 -d > check/sig
say "openssl, station's signature:  " openssl dgst -sha256 -verify check/station.pub.pem -signature check/sig check/pae
(cd $B/blobs; for f in *; do echo "$f  $f"; done | sha256sum --check --quiet)
for f in $B/blobs/*; do age -d -i $K/epoch.agekey "$f" > /dev/null; age -d -i $K/recovery.agekey "$f" > /dev/null; done
echo "  sha256sum and age, $(ls $B/blobs | wc -l) blobs:        digests right, open with epoch key and with recovery key"
for f in $B/blobs/*; do age -d -i $K/epoch.agekey "$f" | tail -c +65 | wc -c; done | awk "{n += \$1} END {print n}" > check/plain-bytes.txt
n=0; for d in $(jq -r '.subject[2:][].digest.sha256' check/statement.json); do n=$((n+1))
  age -d -i $K/epoch.agekey $B/blobs/$d | tail -c +65 > document-$n.pdf
  qpdf --check document-$n.pdf | grep -E 'PDF Version|No syntax' | paste -sd ' ' > check/qpdf.txt
  echo "  qpdf --check document-$n.pdf:     $(cat check/qpdf.txt)"
  say "pdftotext document-$n.pdf, words under the national heading:" words document-$n.pdf
  say "pdfsig document-$n.pdf:          " valid document-$n.pdf
done
pae check/receipt.json > check/receipt.pae; jq -r '.signatures[0].sig' check/receipt.json | base64 -d > check/receipt.sig
say "openssl, receipt:              " openssl pkeyutl -verify -pubin -inkey $K/public/receipt.pub.pem -rawin -in check/receipt.pae -sigfile check/receipt.sig
cp check/receipt.json "$B/receipt.json"; '@VERIFIER@' --lang en check "$B" --trust trust --keys $K --accept-simulated
"#;
