//! Is the make-believe scanner a scanner? Debian's sane-airscan, which none of us wrote, scans from it: the pixels must be
//! those that lie on the glass, whatever the fake does differently from other makers.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use escl_fake::{AdfState, Body, Device, Fake, Location};
use image::{DynamicImage, GrayImage, Luma, Rgb, RgbImage};
use tempfile::TempDir;

/// Whether the judge is here. Where judges are required, its absence is a failure.
fn judge_is_here() -> bool {
    let here = Command::new("scanimage").arg("--version").output().is_ok()
        && ["x86_64-linux-gnu", "aarch64-linux-gnu"]
            .iter()
            .any(|machine| {
                Path::new("/usr/lib")
                    .join(machine)
                    .join("sane/libsane-airscan.so.1")
                    .exists()
            });
    assert!(
        here || std::env::var_os("NIEM_JUDGES").is_none(),
        "the judge is not installed: apt-get install sane-airscan sane-utils"
    );
    here
}

struct Judge {
    folder: TempDir,
}

impl Judge {
    fn of(fake: &Fake) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("dll.conf"), "airscan\n").unwrap();
        fs::write(
            folder.path().join("airscan.conf"),
            format!(
                "[devices]\n\"Station\" = {}, eSCL\n[options]\ndiscovery = disable\nws-discovery = off\n",
                fake.url()
            ),
        )
        .unwrap();
        Self { folder }
    }

    fn scan(&self, arguments: &[&str]) -> Output {
        Command::new("timeout")
            .args(["120", "scanimage", "-d", "airscan:e0:Station"])
            .args(arguments)
            .env("SANE_CONFIG_DIR", self.folder.path())
            .env("HOME", self.folder.path())
            .output()
            .unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

fn colour(seed: u32) -> DynamicImage {
    // 360 x 240 pixels at 300 dpi; airscan measures in whole units of 1/300 inch, so the bed is exactly the page.
    RgbImage::from_fn(360, 240, |x, y| {
        Rgb([
            (x + seed * 40) as u8,
            (y * 2 % 256) as u8,
            ((x * y) % 255) as u8,
        ])
    })
    .into()
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn the_judge_gets_the_pixels_on_the_glass() {
    if !judge_is_here() {
        return;
    }
    let page = colour(0);
    for (location, end, body) in [
        (Location::Absolute, 404, Body::Whole),
        (Location::Relative, 410, Body::Chunked),
    ] {
        let fake = Fake::start(Device {
            glass: Some(page.clone()),
            location: location.clone(),
            end,
            body,
            ..Device::default()
        })
        .unwrap();
        let judge = Judge::of(&fake);
        let scanned = judge.scan(&[
            "--source",
            "Flatbed",
            "--mode",
            "Color",
            "--resolution",
            "300",
            "--format=pnm",
        ]);
        assert!(scanned.status.success(), "{location:?}: {}", told(&scanned));
        let scanned = image::load_from_memory(&scanned.stdout).unwrap();
        assert!(scanned == page, "{location:?} {end}: other pixels");
    }
}

#[test]
fn the_judge_empties_the_feeder_page_by_page() {
    if !judge_is_here() {
        return;
    }
    let gray = |seed: u32| -> DynamicImage {
        GrayImage::from_fn(360, 240, |x, y| Luma([((x * seed + y * 3) % 256) as u8])).into()
    };
    let sheets = [gray(1), gray(2), gray(3)];
    let fake = Fake::start(Device {
        feeder: sheets.to_vec().into(),
        ..Device::default()
    })
    .unwrap();
    let judge = Judge::of(&fake);
    let out = format!("--batch={}", judge.path("page%d.pnm").display());
    let scanned = judge.scan(&[
        "--source",
        "ADF",
        "--mode",
        "Gray",
        "--resolution",
        "300",
        "--format=pnm",
        &out,
    ]);
    assert!(
        told(&scanned).contains("out of documents"),
        "{}",
        told(&scanned)
    );
    for (number, sheet) in sheets.iter().enumerate() {
        let page = image::open(judge.path(&format!("page{}.pnm", number + 1))).unwrap();
        assert!(page == *sheet, "page {}", number + 1);
    }
    assert!(!judge.path("page4.pnm").exists());
}

#[test]
fn the_judge_understands_the_feeders_troubles() {
    if !judge_is_here() {
        return;
    }
    for (trouble, word) in [
        (Some((0, AdfState::Jam)), "jammed"),
        (Some((0, AdfState::DoorOpen)), "cover is open"),
        (None, "out of documents"),
    ] {
        let fake = Fake::start(Device {
            glass: Some(colour(0)),
            trouble,
            ..Device::default()
        })
        .unwrap();
        let judge = Judge::of(&fake);
        let scanned = judge.scan(&["--source", "ADF", "--resolution", "300", "--format=pnm"]);
        assert!(!scanned.status.success());
        assert!(
            told(&scanned).contains(word),
            "{trouble:?}: {}",
            told(&scanned)
        );
    }
}

#[test]
fn the_judge_waits_for_a_busy_scanner() {
    if !judge_is_here() {
        return;
    }
    let page = colour(1);
    let fake = Fake::start(Device {
        glass: Some(page.clone()),
        busy_pages: 2,
        ..Device::default()
    })
    .unwrap();
    let judge = Judge::of(&fake);
    let scanned = judge.scan(&["--mode", "Color", "--resolution", "300", "--format=pnm"]);
    assert!(scanned.status.success(), "{}", told(&scanned));
    assert!(image::load_from_memory(&scanned.stdout).unwrap() == page);
}
