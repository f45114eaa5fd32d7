//! What the verifier lets desks compare with is what this release's desks use, at the same limits.

use models::{FingerEngine as _, Manifest, MinutiaeEngine};
use tests::rig::programs::models_dir;
use verifier::comparers::{Sample, shipped};

#[test]
fn models_and_limits_are_the_same_on_both_sides() {
    let manifest = Manifest::load(models_dir()).unwrap();
    let face = manifest.entry("sface_2021dec").unwrap();
    let finger = MinutiaeEngine::default();
    let used = [
        (
            Sample::Face,
            format!("sface_2021dec@{}", face.sha256),
            face.bands.unwrap(),
        ),
        (Sample::Finger, finger.model().to_string(), finger.bands()),
    ];
    let known = shipped();
    assert_eq!(known.len(), used.len());
    for (comparer, (sample, model, bands)) in known.iter().zip(used) {
        assert_eq!((comparer.sample, &comparer.model), (sample, &model));
        for (one, other) in [
            (comparer.accept, bands.accept),
            (comparer.refer, bands.refer),
        ] {
            let same = (one - f64::from(other)).abs() < 1e-6;
            assert!(same, "{model}: {one} and {other}");
        }
    }
}
