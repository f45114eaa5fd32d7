//! A desk believes a list of countries only when somebody it knows vouches for the list: import,
//! list, show, export and offline judging, with OpenSSL's program as the other side.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use emrtd::DataGroup;
use serde_json::Value;
use tests::rig::programs::json;

use crate::STATE;

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn openssl(arguments: &[&str]) {
    let output = Command::new("openssl").args(arguments).output().unwrap();
    assert!(
        output.status.success(),
        "openssl {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn station(arguments: &[&str]) -> (i32, Value) {
    json("niem-station", arguments)
}

/// A country that publishes lists, made by a program that none of us wrote.
struct Publisher {
    folder: tempfile::TempDir,
}

impl Publisher {
    fn new() -> Self {
        let publisher = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let file = |name: &str| publisher.file(name);
        fs::write(
            file("root.cnf"),
            "[req]\ndistinguished_name = dn\nprompt = no\nx509_extensions = ext\n\
             [dn]\nC = UT\nCN = Utopia Lists Root\n\
             [ext]\nbasicConstraints = critical,CA:true,pathlen:0\n\
             keyUsage = critical,keyCertSign,cRLSign\nsubjectKeyIdentifier = hash\n\
             authorityKeyIdentifier = keyid\n",
        )
        .unwrap();
        fs::write(
            file("signer.ext"),
            "keyUsage = critical,digitalSignature\nextendedKeyUsage = critical,2.23.136.1.1.3\n\
             subjectKeyIdentifier = hash\nauthorityKeyIdentifier = keyid\n",
        )
        .unwrap();
        let (root_key, root) = (file("root.key"), file("root.pem"));
        let (key, request, signer) = (file("signer.key"), file("signer.csr"), file("signer.pem"));
        let curve = "ec_paramgen_curve:brainpoolP256r1";
        openssl(&[
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            curve,
            "-nodes",
            "-days",
            "400",
            "-config",
            text(&file("root.cnf")),
            "-keyout",
            text(&root_key),
            "-out",
            text(&root),
        ]);
        openssl(&[
            "req",
            "-newkey",
            "ec",
            "-pkeyopt",
            curve,
            "-nodes",
            "-subj",
            "/C=UT/CN=Utopia Lists",
            "-keyout",
            text(&key),
            "-out",
            text(&request),
        ]);
        openssl(&[
            "x509",
            "-req",
            "-in",
            text(&request),
            "-CA",
            text(&root),
            "-CAkey",
            text(&root_key),
            "-CAcreateserial",
            "-days",
            "300",
            "-extfile",
            text(&file("signer.ext")),
            "-out",
            text(&signer),
        ]);
        publisher
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Its list: the specimen country, signed by `trust export`.
    fn list(&self, name: &str) -> PathBuf {
        let out = self.file(name);
        let (exit, told) = station(&[
            "trust",
            "export",
            "--trust",
            text(&STATE.csca()),
            "--key",
            text(&self.file("signer.key")),
            "--certificate",
            text(&self.file("signer.pem")),
            "--out",
            text(&out),
        ]);
        assert_eq!(
            (exit, told["outcome"].as_str()),
            (0, Some("exported")),
            "{told}"
        );
        out
    }
}

#[test]
fn a_list_comes_in_only_under_a_name_the_desk_knows() {
    let publisher = Publisher::new();
    let list = publisher.list("utopia.ml");
    // OpenSSL reads the list and follows its signer to the root.
    openssl(&[
        "cms",
        "-verify",
        "-binary",
        "-inform",
        "DER",
        "-in",
        text(&list),
        "-purpose",
        "any",
        "-CAfile",
        text(&publisher.file("root.pem")),
        "-out",
        "/dev/null",
    ]);
    let desk = tempfile::tempdir().unwrap();
    let trust = desk.path().join("trust");
    let root = publisher.file("root.pem");
    let (exit, told) = station(&["trust", "import", text(&list), "--trust", text(&trust)]);
    assert_eq!(
        (exit, told["code"].as_str()),
        (1, Some("trust.list_unpinned")),
        "{told}"
    );
    assert!(told["vi"]["cause"].is_string() && told["en"]["remedy"].is_string());
    let (exit, told) = station(&[
        "trust",
        "import",
        text(&list),
        "--trust",
        text(&trust),
        "--pinned-by",
        text(&root),
    ]);
    assert_eq!(
        (exit, told["outcome"].as_str()),
        (0, Some("imported")),
        "{told}"
    );
    assert_eq!(told["imported"][0]["entries"][0]["pinned"], true);
    assert_eq!(told["unpinned"], 0);

    let (exit, told) = station(&["trust", "list", "--trust", text(&trust), "--country", "ut"]);
    assert_eq!(
        (exit, told["outcome"].as_str()),
        (0, Some("whole")),
        "{told}"
    );
    let found = &told["certificates"][0];
    assert_eq!(
        (found["country"].as_str(), found["pinned"].as_bool()),
        (Some("UT"), Some(true))
    );
    let sha256 = found["sha256"].as_str().unwrap().to_owned();
    let (exit, told) = station(&["trust", "show", &sha256[..12], "--trust", text(&trust)]);
    assert_eq!(
        (exit, told["certificates"][0]["sha256"].as_str()),
        (0, Some(sha256.as_str()))
    );
    let (exit, told) = station(&["trust", "list", "--trust", text(&trust), "--country", "VN"]);
    assert_eq!((exit, told["code"].as_str()), (1, Some("trust.not_found")));

    // The specimen's card is judged under it, from files alone.
    let card = STATE.card("card").unwrap();
    let files = desk.path().join("card");
    fs::create_dir(&files).unwrap();
    fs::write(files.join("sod.bin"), card.sod()).unwrap();
    for group in DataGroup::ALL {
        if let Some(file) = card.group(group) {
            fs::write(files.join(format!("{}.bin", group.name())), file).unwrap();
        }
    }
    let judge = || station(&["card", "judge", text(&files), "--trust", text(&trust)]);
    let (exit, told) = judge();
    assert_eq!(
        (exit, told["outcome"].as_str()),
        (0, Some("signed")),
        "{told}"
    );
    assert_eq!(told["judged"][0]["passive"]["groups"]["dg1"], "match");
    let mut face = fs::read(files.join("dg2.bin")).unwrap();
    *face.last_mut().unwrap() ^= 1;
    fs::write(files.join("dg2.bin"), face).unwrap();
    let (exit, told) = judge();
    assert_eq!(
        (exit, told["code"].as_str()),
        (1, Some("chip.group_altered")),
        "{told}"
    );

    // A file that slipped in, and one that was altered, do not count, and are told.
    fs::copy(&root, trust.join("slipped-in.pem")).unwrap();
    let (exit, told) = station(&["trust", "list", "--trust", text(&trust)]);
    assert_eq!(
        (exit, told["outcome"].as_str()),
        (1, Some("left_out")),
        "{told}"
    );
    let sources = told["sources"].as_array().unwrap();
    assert!(
        sources
            .iter()
            .any(|source| source["state"] == "not_in_manifest")
    );
}

#[test]
fn an_older_list_does_not_take_a_newer_ones_place() {
    let publisher = Publisher::new();
    let older = publisher.list("older.ml");
    // The time of signing has whole seconds.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let newer = publisher.list("newer.ml");
    let desk = tempfile::tempdir().unwrap();
    let root = publisher.file("root.pem");
    let import = |list: &Path, more: &[&str]| {
        let arguments = ["trust", "import", text(list), "--trust", text(desk.path())];
        station(&[&arguments, more].concat())
    };
    let pin = ["--pinned-by", text(&root)];
    let (exit, told) = import(&newer, &pin);
    assert_eq!(exit, 0, "{told}");
    let (exit, told) = import(&older, &pin);
    assert_eq!(
        (exit, told["code"].as_str()),
        (1, Some("trust.list_older")),
        "{told}"
    );
    let (exit, told) = import(&older, &[pin[0], pin[1], "--force"]);
    assert_eq!(exit, 0, "{told}");
    assert_eq!(told["imported"][0]["replaced"].as_array().unwrap().len(), 1);
    // One bit of the first certificate on the list, and it is none.
    let mut damaged = fs::read(&newer).unwrap();
    damaged[200] ^= 1;
    fs::write(&newer, damaged).unwrap();
    let (exit, told) = import(&newer, &pin);
    assert_eq!(
        (exit, told["code"].as_str()),
        (1, Some("trust.list_damaged")),
        "{told}"
    );
}
