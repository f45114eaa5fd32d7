//! xmlsec1, unzip and libdigidocpp judge our containers, and see what we refuse.

use std::path::Path;
use std::process::{Command, Output};

use crate::{FAULTS, FILES, Signer, container, packed_anew};

/// `cargo xtask test` installs the judges and sets NIEM_JUDGES: there nothing is left out.
fn here(name: &str, there: bool) -> bool {
    assert!(
        there || std::env::var_os("NIEM_JUDGES").is_none(),
        "{name} is not there"
    );
    if !there {
        eprintln!("left out: {name} is not there; cargo xtask test fetches it");
    }
    there
}

fn unpacked(zip: &Path, into: &Path) -> Output {
    Command::new("unzip")
        .args(["-o", "-q"])
        .arg(zip)
        .arg("-d")
        .arg(into)
        .output()
        .unwrap()
}

/// xmlsec1's word on the files of a container, under this authority.
fn xmlsec(zip: &[u8], authority: &str) -> Output {
    let place = tempfile::tempdir().unwrap();
    let (path, files) = (place.path().join("c.asice"), place.path().join("files"));
    std::fs::write(&path, zip).unwrap();
    std::fs::write(place.path().join("ca.pem"), authority).unwrap();
    let tested = Command::new("unzip").arg("-t").arg(&path).output().unwrap();
    assert!(tested.status.success(), "{tested:?}");
    assert!(unpacked(&path, &files).status.success());
    Command::new("xmlsec1")
        .args([
            "--verify",
            "--id-attr:Id",
            "http://uri.etsi.org/01903/v1.3.2#:SignedProperties",
            "--trusted-pem",
            "../ca.pem",
            "META-INF/signatures0.xml",
        ])
        .current_dir(&files)
        .output()
        .unwrap()
}

#[test]
fn xmlsec1_agrees_and_sees_every_change_of_a_signed_file() {
    let there = |program: &str| Command::new(program).arg("--help").output().is_ok();
    if !here("xmlsec1", there("xmlsec1")) {
        return;
    }
    let signer = Signer::new();
    let zip = container(&signer);
    let good = xmlsec(&zip, &signer.authority);
    let said = String::from_utf8_lossy(&good.stderr).into_owned();
    assert!(good.status.success(), "{said}");
    // Three files and the signed properties.
    assert!(
        said.contains("SignedInfo References (ok/all): 4/4"),
        "{said}"
    );
    assert!(!xmlsec(&zip, &Signer::new().authority).status.success());
    // What lies outside the signature (the list in the manner of OpenDocument, a file too many, a space between elements)
    // is for us to see.
    for (change, _) in [&FAULTS[..3], &FAULTS[5..6]].concat() {
        let bad = xmlsec(&packed_anew(&zip, change), &signer.authority);
        assert!(!bad.status.success(), "{change}");
    }
}

/// Opens containers with libdigidocpp, without its lists of authorities, and tells what it found.
const DIGIDOC: &str = r#"
import json, os, shutil, sys, pydigidoc

# Its own schemas, and no lists of authorities out of the network.
home = os.path.join(sys.argv[2], "digidoc")
shutil.copytree(os.path.join(os.path.dirname(pydigidoc.__file__), "schema"), home, dirs_exist_ok=True)
with open(os.path.join(home, "digidocpp.conf"), "w") as conf:
    conf.write('<?xml version="1.0" encoding="UTF-8"?><configuration>'
               '<param name="tsl.autoupdate">false</param><param name="tsl.onlineDigest">false</param>'
               '<param name="tsl.timeOut">1</param><param name="log.level">0</param></configuration>')
os.environ["HOME"] = sys.argv[2]
pydigidoc.initialize_lib("niem", home)
for path in sys.argv[3:]:
    try:
        container = pydigidoc.Container.open(path)
        files = [[f.file_name(), f.media_type(), f.file_size()] for f in container.data_files()]
        signature, = container.signatures()
        said = {"files": files, "profile": signature.profile(), "by": signature.signed_by(), "faults": []}
        try:
            signature.validate()
        except Exception as error:
            said["faults"] = str(error).split("\n")
    except Exception as error:
        said = {"faults": str(error).split("\n")}
    print(json.dumps(said))
"#;

/// What it says of every container that is not below an authority of the European lists, and has no time-stamp: level B-B is
/// the lowest one, and archives add what they want above it.
const OF_EVERY_OTHER: [&str; 4] = [
    "Signature validation",
    "Unable to verify signing certificate",
    "unable to get local issuer certificate",
    "QualifyingProperties block 'UnsignedProperties' is missing.",
];

#[test]
fn libdigidocpp_opens_it_and_sees_what_is_altered() {
    let Some(python) = std::env::var_os("NIEM_SEALS") else {
        here("NIEM_SEALS", false);
        return;
    };
    let place = tempfile::tempdir().unwrap();
    let zip = container(&Signer::new());
    // One process for all of them: it looks for the lists of authorities first, which takes its time without a network.
    let mut paths = vec![place.path().join("good.asice")];
    std::fs::write(&paths[0], &zip).unwrap();
    for (n, (change, _)) in FAULTS.iter().enumerate() {
        let path = place.path().join(format!("{n}.asice"));
        std::fs::write(&path, packed_anew(&zip, change)).unwrap();
        paths.push(path);
    }
    let found = Command::new(&python)
        .args(["-c", DIGIDOC, "-"])
        .arg(place.path())
        .args(&paths)
        .output()
        .unwrap();
    assert!(found.status.success(), "{found:?}");
    let said: Vec<serde_json::Value> = String::from_utf8(found.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(said.len(), paths.len());
    let files = FILES
        .map(|(name, media_type, content)| serde_json::json!([name, media_type, content.len()]));
    assert_eq!(said[0]["files"], serde_json::json!(files));
    assert_eq!(
        (&said[0]["profile"], &said[0]["by"]),
        (&"BES".into(), &"Xuất hồ sơ <&>".into())
    );
    assert_eq!(said[0]["faults"], serde_json::json!(OF_EVERY_OTHER));
    for (said, (change, _)) in said[1..].iter().zip(&FAULTS[..6]) {
        assert_ne!(
            said["faults"],
            serde_json::json!(OF_EVERY_OTHER),
            "{change}"
        );
    }
    // A space outside of what is signed is for us alone to see.
    assert_eq!(said[7]["faults"], said[0]["faults"]);
}
