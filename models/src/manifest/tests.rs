//! The list is read strictly and the weights are believed only byte for byte.
#![allow(clippy::unwrap_used)]

use std::fs;

use super::*;

const LIST: &str = r#"
[model.small]
purpose = "For this test."
file = "sub/small.bin"
sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
bytes = 5
licence = "MIT"
training = "None."
derived = "copy"
bands = { accept = 0.5, refer = 0.4 }
[[model.small.source]]
registry = "debian"
package = "small"
version = "1"
path = "/small.bin"
sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
[model.small.measured]
sample = "None, this is a test."
sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
accept = 0.5
[[model.small.measured.group]]
name = "all"
genuine_pairs = 100
false_non_matches = 4
impostor_pairs = 2_000
false_matches = 1

[model.smaller]
purpose = "Takes the place of the other."
stands_in_for = "small"
file = "sub/small.bin"
sha256 = "8a798890fe93817163b10b5f7bd2ca4d25d84c52739a645a889c173eee7d9d3d"
bytes = 3
licence = "MIT"
training = "None."
derived = "copy"
[[model.smaller.source]]
registry = "npm"
package = "smaller"
version = "1"
path = "smaller.bin"
sha256 = "8a798890fe93817163b10b5f7bd2ca4d25d84c52739a645a889c173eee7d9d3d"
"#;

/// A folder with the list and a file of the given bytes, removed when dropped.
struct Folder(PathBuf);

impl Folder {
    fn with(test: &str, weights: Option<&[u8]>) -> Self {
        let path = std::env::temp_dir().join(format!("models-{}-{test}", std::process::id()));
        fs::create_dir_all(path.join("cache/sub")).unwrap();
        fs::write(path.join("models.toml"), LIST).unwrap();
        if let Some(weights) = weights {
            fs::write(path.join("cache/sub/small.bin"), weights).unwrap();
        }
        Self(path)
    }

    fn manifest(&self) -> Manifest {
        Manifest::load(&self.0).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn the_pinned_bytes_are_given_out() {
    let folder = Folder::with("pinned", Some(b"hello"));
    let manifest = folder.manifest();
    assert!(
        manifest
            .verify("small")
            .unwrap()
            .ends_with("cache/sub/small.bin")
    );
    let id = manifest.id("small").unwrap();
    assert!(id.to_string().starts_with("small@2cf24dba"));
    assert_eq!(manifest.bands("small").unwrap().accept, 0.5);
}

#[test]
fn one_changed_byte_is_refused() {
    let folder = Folder::with("changed", Some(b"hellp"));
    assert_eq!(
        folder.manifest().verify("small").unwrap_err().code(),
        "model.altered"
    );
}

#[test]
fn one_byte_more_is_refused() {
    let folder = Folder::with("longer", Some(b"hello!"));
    assert_eq!(
        folder.manifest().verify("small").unwrap_err().code(),
        "model.altered"
    );
}

#[test]
fn a_missing_file_and_a_missing_name_differ() {
    let folder = Folder::with("missing", None);
    let manifest = folder.manifest();
    assert_eq!(
        manifest.verify("small").unwrap_err().code(),
        "model.missing"
    );
    assert_eq!(
        manifest.verify("large").unwrap_err().code(),
        "model.unknown"
    );
    assert_eq!(
        manifest.bands("smaller").unwrap_err().code(),
        "model.thresholds"
    );
}

#[test]
fn a_stand_in_is_named_as_what_it_is() {
    let folder = Folder::with("stand-in", Some(b"abc"));
    fs::write(folder.0.join("cache/sub/small.bin"), b"hey").unwrap();
    let manifest = folder.manifest();
    assert_eq!(
        manifest.resolve("small").unwrap_err().code(),
        "model.altered"
    );
    fs::write(folder.0.join("cache/sub/small.bin"), b"hello").unwrap();
    assert_eq!(manifest.resolve("small").unwrap().0.name, "small");
    fs::write(folder.0.join("cache/sub/small.bin"), b"yes").unwrap();
    assert_eq!(manifest.resolve("small").unwrap().0.name, "smaller");
}

#[test]
fn a_file_outside_the_cache_is_refused() {
    for outside in ["../small.bin", "/etc/passwd", "sub/../../x", ""] {
        let list = LIST.replacen("sub/small.bin", outside, 1);
        let error = Manifest::parse(&list, PathBuf::new()).unwrap_err();
        assert!(error.contains("inside the cache"), "{outside}: {error}");
    }
}

#[test]
fn unknown_words_short_digests_and_crossed_bands_are_refused() {
    for (from, to) in [
        ("licence =", "license ="),
        ("9824\"\nbytes", "98\"\nbytes"),
        ("accept = 0.5", "accept = 0.3"),
        ("stands_in_for = \"small\"", "stands_in_for = \"nothing\""),
        ("sample = ", "samples = "),
        ("false_matches = 1\n", "false_matches = 2_001\n"),
        ("genuine_pairs = 100", "genuine_pairs = 0"),
        ("impostor_pairs = 2_000", "impostors = 2_000"),
    ] {
        let list = LIST.replacen(from, to, 1);
        assert_ne!(list, LIST, "{from} is not in the list");
        assert!(Manifest::parse(&list, PathBuf::new()).is_err(), "{to}");
    }
}

#[test]
fn limits_that_were_not_measured_with_these_weights_are_refused() {
    let manifest = |list: &str| Manifest::parse(list, PathBuf::new()).unwrap();
    assert!(manifest(LIST).bands("small").is_ok());
    let measured = manifest(LIST);
    let measured = measured.entry("small").unwrap().measured.as_ref().unwrap();
    assert_eq!(measured.group[0].fmr(), 0.0005);
    assert_eq!(measured.group[0].fnmr(), 0.04);

    let head = LIST.find("[model.small.measured]").unwrap();
    let tail = LIST.find("[model.smaller]").unwrap();
    let without = format!("{}{}", &LIST[..head], &LIST[tail..]);
    let other_weights = LIST.replacen("test.\"\nsha256 = \"2cf2", "test.\"\nsha256 = \"2cf3", 1);
    let lowered = LIST.replacen("{ accept = 0.5", "{ accept = 0.45", 1);
    for list in [without, other_weights, lowered] {
        assert_ne!(list, LIST);
        let error = manifest(&list).bands("small").unwrap_err();
        assert_eq!(error.code(), "model.unmeasured");
    }
}

#[test]
fn our_own_list_is_read_and_judges_faces() {
    let manifest = Manifest::load(env!("CARGO_MANIFEST_DIR")).unwrap();
    assert_eq!(
        manifest.bands("sface_2021dec").unwrap(),
        Bands {
            accept: 0.44,
            refer: 0.36
        }
    );
    for (name, entry) in manifest.models() {
        assert!(
            !entry.licence.is_empty() && !entry.training.is_empty(),
            "{name}"
        );
    }
}
