//! Only complete files become pages; all others are told with a reason and left where they are.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, SystemTime};

use image::ImageFormat;
use promises::{gray_sheet, sheet};
use scanner_drivers::settings::FolderSettings;
use scanner_drivers::{ScanEvent, ScanJob, ScannerDriver, Source, Waiting};

use crate::rig::{Rig, job, packed, scan_hearing};

fn patient() -> ScanJob {
    ScanJob {
        patience: Duration::from_secs(60),
        ..job()
    }
}

#[test]
fn every_format_gives_its_pages_and_a_jpeg_its_bytes() {
    let rig = Rig::new();
    let jpeg = packed(&sheet(2), ImageFormat::Jpeg);
    rig.put("1.png", &packed(&sheet(1), ImageFormat::Png));
    rig.put("2.JPG", &jpeg);
    rig.put("3.tif", &packed(&gray_sheet(3), ImageFormat::Tiff));
    // The name says nothing: the first bytes do.
    rig.put("4.pdf", &packed(&sheet(4), ImageFormat::Png));
    let brought = rig.scan(&rig.driver(), &job());
    brought.outcome.unwrap();
    let images: Vec<_> = brought.pages.iter().map(|page| &page.image).collect();
    assert_eq!(images.len(), 4);
    assert!(*images[0] == sheet(1) && *images[2] == gray_sheet(3) && *images[3] == sheet(4));
    assert!(brought.pages[1].jpeg.as_ref() == Some(&jpeg));
    assert!(brought.aside.is_empty());
    assert_eq!(
        fs::read_dir(rig.folder()).unwrap().count(),
        4,
        "nothing was moved"
    );
}

#[test]
fn a_file_that_grows_is_waited_for_to_its_last_byte() {
    let rig = Rig::new();
    let bytes = packed(&sheet(1), ImageFormat::Png);
    let third = bytes.len() / 3;
    let path = rig.folder().join("growing.png");
    let mut written = 0;
    let mut looks = 0;
    // The writer takes its time: a piece, more than the settling time of silence, a piece.
    let brought = scan_hearing(&rig.driver(), &rig.folder(), &patient(), &mut |event| {
        if matches!(event, ScanEvent::Waiting(Waiting::Paper)) {
            looks += 1;
            if looks % 4 == 1 && written < bytes.len() {
                let piece = &bytes[written..(written + third + 1).min(bytes.len())];
                let mut file = OpenOptions::new()
                    .create(true)
                    .append(true)
                    .open(&path)
                    .unwrap();
                file.write_all(piece).unwrap();
                written += piece.len();
            }
        }
        if matches!(event, ScanEvent::Page(_)) {
            assert_eq!(written, bytes.len(), "a page before its last byte");
        }
    });
    brought.outcome.unwrap();
    assert!(brought.pages.len() == 1 && brought.pages[0].image == sheet(1));
    assert!(brought.aside.is_empty());
}

#[test]
fn a_file_of_final_length_and_zeros_is_not_believed() {
    let rig = Rig::new();
    for (name, format) in [
        ("a.png", ImageFormat::Png),
        ("b.jpg", ImageFormat::Jpeg),
        ("c.tif", ImageFormat::Tiff),
    ] {
        let bytes = packed(&sheet(1), format);
        // Written from the front, but shown at its full length, as SMB servers do.
        let mut allotted = bytes[..bytes.len() * 2 / 3].to_vec();
        if format == ImageFormat::Tiff {
            allotted.truncate(8);
        }
        allotted.resize(bytes.len(), 0);
        rig.put(name, &allotted);
    }
    let brought = rig.scan(&rig.driver(), &job());
    assert_eq!(brought.outcome.unwrap_err().code(), "scan.no_paper");
    assert!(brought.pages.is_empty());
    let told: Vec<_> = brought
        .aside
        .iter()
        .map(|file| (file.file.as_str(), file.code.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("a.png", "scan.file_unfinished"),
            ("b.jpg", "scan.file_unfinished"),
            ("c.tif", "scan.file_unfinished")
        ]
    );
}

#[test]
fn what_is_no_page_is_set_aside_with_its_reason_and_left() {
    let rig = Rig::new();
    rig.put("good.png", &packed(&sheet(1), ImageFormat::Png));
    rig.put("letter.docx", b"PK\x03\x04 not a page");
    let mut damaged = packed(&sheet(2), ImageFormat::Png);
    let middle = damaged.len() / 2;
    damaged[middle..middle + 64].fill(0x55);
    rig.put("damaged.png", &damaged);
    rig.put("thumbs.tmp", b"unfinished by its name");
    fs::create_dir(rig.folder().join("folder.png")).unwrap();
    let secret = rig.dir.path().join("secret.png");
    fs::write(&secret, packed(&sheet(9), ImageFormat::Png)).unwrap();
    std::os::unix::fs::symlink(&secret, rig.folder().join("link.png")).unwrap();
    let brought = rig.scan(&rig.driver(), &job());
    brought.outcome.unwrap();
    assert!(brought.pages.len() == 1 && brought.pages[0].image == sheet(1));
    let mut told: Vec<_> = brought
        .aside
        .iter()
        .map(|file| (file.file.as_str(), file.code.as_str()))
        .collect();
    told.sort_unstable();
    assert_eq!(
        told,
        [
            ("damaged.png", "scan.file_unreadable"),
            ("letter.docx", "scan.file_unreadable"),
            ("link.png", "scan.file_unreadable"),
        ]
    );
    assert_eq!(
        fs::read_dir(rig.folder()).unwrap().count(),
        6,
        "all still there"
    );
}

#[test]
fn a_file_comes_once_and_again_when_it_changed() {
    let rig = Rig::new();
    let driver = rig.driver();
    rig.put("scan.png", &packed(&sheet(1), ImageFormat::Png));
    let first = rig.scan(&driver, &job());
    assert_eq!(first.pages.len(), 1);
    let second = rig.scan(&driver, &job());
    assert_eq!(second.outcome.unwrap_err().code(), "scan.no_paper");
    rig.put("scan.png", &packed(&sheet(2), ImageFormat::Png));
    let third = rig.scan(&driver, &job());
    assert!(third.pages.len() == 1 && third.pages[0].image == sheet(2));
}

#[test]
fn a_file_of_an_earlier_visit_is_not_taken() {
    let rig = Rig::new();
    rig.put("yesterday.png", &packed(&sheet(1), ImageFormat::Png));
    let file = File::open(rig.folder().join("yesterday.png")).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(86_400))
        .unwrap();
    rig.put("ahead.png", &packed(&sheet(2), ImageFormat::Png));
    let file = File::open(rig.folder().join("ahead.png")).unwrap();
    file.set_modified(SystemTime::now() + Duration::from_secs(300))
        .unwrap();
    let brought = rig.scan(&rig.driver(), &job());
    brought.outcome.unwrap();
    assert!(brought.pages.len() == 1 && brought.pages[0].image == sheet(2));
    assert_eq!(brought.aside[0].code, "scan.file_old");
    // The configuration may want files of any age.
    let any_age = FolderSettings {
        max_age_s: 0,
        ..rig.settings()
    };
    let brought = rig.scan(&rig.driver_with(any_age), &job());
    assert_eq!(brought.pages.len(), 2);
}

#[test]
fn taken_files_are_moved_where_the_configuration_says() {
    let rig = Rig::new();
    let done = rig.dir.path().join("done");
    fs::create_dir(&done).unwrap();
    let settings = FolderSettings {
        move_to: Some(done.clone()),
        ..rig.settings()
    };
    let driver = rig.driver_with(settings);
    rig.put("scan.png", &packed(&sheet(1), ImageFormat::Png));
    rig.put("broken.png", b"no page");
    assert_eq!(rig.scan(&driver, &job()).pages.len(), 1);
    assert!(done.join("scan.png").is_file());
    assert!(
        rig.folder().join("broken.png").is_file(),
        "what was not taken stays"
    );
}

#[test]
fn a_file_of_many_pages_comes_page_by_page_or_not_at_all() {
    let rig = Rig::new();
    let pages = [sheet(1), gray_sheet(2), sheet(3)];
    rig.put("many.tif", &tiff(&pages));
    let driver = rig.driver();
    let brought = rig.scan(&driver, &job());
    brought.outcome.unwrap();
    assert!(brought.pages.iter().map(|page| &page.image).eq(&pages));
    // A job that wants fewer takes fewer, and the file is not held for done.
    let rig = Rig::new();
    rig.put("many.tif", &tiff(&pages));
    let driver = rig.driver();
    let few = ScanJob {
        max_pages: 2,
        ..job()
    };
    assert_eq!(rig.scan(&driver, &few).pages.len(), 2);
    assert_eq!(rig.scan(&driver, &job()).pages.len(), 3);
}

/// A TIFF of several pages, put together from single ones: each page's directory leads to the next.
fn tiff(pages: &[image::DynamicImage]) -> Vec<u8> {
    let mut whole: Vec<u8> = Vec::new();
    let mut link = 4;
    for page in pages {
        let single = packed(page, ImageFormat::Tiff);
        assert_eq!(&single[..4], b"II*\0");
        let base = if whole.is_empty() { 0 } else { whole.len() };
        let mut moved = single.clone();
        let u32_at = |at: usize| u32::from_le_bytes(single[at..at + 4].try_into().unwrap());
        let u16_at = |at: usize| u16::from_le_bytes(single[at..at + 2].try_into().unwrap());
        let directory = u32_at(4) as usize;
        let entries = usize::from(u16_at(directory));
        let mut shift = |at: usize| {
            let there = u32_at(at) + base as u32;
            moved[at..at + 4].copy_from_slice(&there.to_le_bytes());
        };
        for number in 0..entries {
            let entry = directory + 2 + number * 12;
            let wide = match u16_at(entry + 2) {
                1 | 2 => 1,
                3 => 2,
                5 => 8,
                _ => 4,
            };
            let count = u32_at(entry + 4) as usize;
            let outside = wide * count > 4;
            if outside {
                if u16_at(entry) == 273 {
                    let list = u32_at(entry + 8) as usize;
                    assert_eq!(wide, 4);
                    (0..count).for_each(|strip| shift(list + strip * 4));
                }
                shift(entry + 8);
            } else if u16_at(entry) == 273 {
                shift(entry + 8);
            }
        }
        if !whole.is_empty() {
            let there = (base + directory) as u32;
            whole[link..link + 4].copy_from_slice(&there.to_le_bytes());
        }
        link = base + directory + 2 + entries * 12;
        whole.extend(moved);
    }
    whole
}

#[test]
fn a_folder_that_goes_is_told_and_one_that_never_was_too() {
    let rig = Rig::new();
    let mut gone = false;
    let brought = scan_hearing(&rig.driver(), &rig.folder(), &patient(), &mut |event| {
        if matches!(event, ScanEvent::Waiting(_)) && !gone {
            fs::remove_dir_all(rig.folder()).unwrap();
            gone = true;
        }
    });
    assert_eq!(brought.outcome.unwrap_err().code(), "scan.io");
    let brought = rig.scan(&rig.driver(), &job());
    assert_eq!(brought.outcome.unwrap_err().code(), "scan.not_found");
    let found = rig.driver().discover().unwrap();
    assert_eq!(
        found[0].capabilities().trouble.as_deref(),
        Some("scan.not_found")
    );
    // A folder that the configuration does not name is nobody's scanner.
    let other = tempfile::tempdir().unwrap();
    let brought = scan_hearing(&rig.driver(), other.path(), &job(), &mut |_| {});
    assert_eq!(brought.outcome.unwrap_err().code(), "scan.not_found");
}

#[test]
fn what_a_folder_cannot_do_is_refused() {
    let rig = Rig::new();
    let glass = ScanJob {
        source: Source::Flatbed,
        ..job()
    };
    let code = |job: &ScanJob| rig.scan(&rig.driver(), job).outcome.unwrap_err().code();
    assert_eq!(code(&glass), "scan.unsupported");
    let option = ScanJob {
        options: vec![("x".into(), "y".into())],
        ..job()
    };
    assert_eq!(code(&option), "scan.bad_option");
}

#[test]
fn a_file_nobody_may_read_is_set_aside() {
    let rig = Rig::new();
    rig.put("locked.png", &packed(&sheet(1), ImageFormat::Png));
    let path = rig.folder().join("locked.png");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if File::open(&path).is_ok() {
        return; // root reads everything
    }
    let brought = rig.scan(&rig.driver(), &job());
    assert_eq!(brought.aside[0].code, "scan.access_denied");
}
