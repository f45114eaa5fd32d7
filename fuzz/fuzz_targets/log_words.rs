//! Any bytes as what is said about a log: leaves, heads, cosignatures, keys, policies, and paths of tiles.
#![no_main]

use libfuzzer_sys::fuzz_target;
use verifier::foreign::{tile_path, upload_digest};
use verifier::log::{Cosigner, Policy, read_checkpoint, read_leaf};

/// Keys of nobody in particular.
const LOG: &str = include_str!("log.vkey");
const WITNESS: &str = include_str!("witness.vkey");

fuzz_target!(|bytes: &[u8]| {
    if let Some(leaf) = read_leaf(bytes) {
        assert_eq!(leaf.hour % 3600, 0);
        // A byte more is another leaf, and none of ours.
        assert_eq!(read_leaf(&[bytes, b" "].concat()), None);
    }
    assert!(read_checkpoint(bytes, LOG).is_err(), "nobody has signed it");
    let witness = Cosigner::parse(WITNESS).expect("a key of ours");
    assert_eq!(witness.cosigned(bytes), None);
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(cosigner) = Cosigner::parse(text) {
        assert_eq!(Cosigner::parse(&cosigner.vkey()), Ok(cosigner));
    }
    if let Ok(policy) = Policy::parse(text) {
        let _ = policy.check(bytes);
    }
    let _ = read_checkpoint(LOG.as_bytes(), text);
    let _ = tile_path(text);
    if let Some(digest) = upload_digest(text) {
        assert!(text.len() > digest.to_string().len());
    }
});
