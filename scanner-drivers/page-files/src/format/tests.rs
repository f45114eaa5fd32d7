//! A file is whole with its last byte and not one before.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use super::*;
use crate::samples;

/// Every cut of the file is unfinished, and none is mistaken for something else.
fn every_cut_is_unfinished(bytes: &[u8], from: usize) {
    assert_eq!(whole(bytes), Whole::Yes);
    for length in from..bytes.len() {
        assert_eq!(whole(&bytes[..length]), Whole::NotYet, "cut at {length}");
        // The same cut on a server that shows the final length from the beginning.
        let mut padded = bytes[..length].to_vec();
        padded.resize(bytes.len(), 0);
        if padded != bytes {
            assert_eq!(whole(&padded), Whole::NotYet, "zeros from {length}");
        }
    }
}

#[test]
fn a_jpeg_ends_with_its_end_marker() {
    every_cut_is_unfinished(&samples::jpeg(&samples::colour(40, 30)), 3);
}

#[test]
fn the_end_marker_of_a_preview_is_not_the_end() {
    let outer = samples::jpeg(&samples::colour(40, 30));
    let inner = samples::jpeg(&samples::colour(8, 8));
    let mut nested = outer[..2].to_vec();
    nested.extend([0xff, 0xe1]);
    nested.extend(((inner.len() + 2) as u16).to_be_bytes());
    nested.extend(&inner);
    nested.extend(&outer[2..]);
    every_cut_is_unfinished(&nested, 3);
}

#[test]
fn a_png_ends_with_its_last_chunk() {
    every_cut_is_unfinished(&samples::png(&samples::colour(40, 30)), 8);
}

#[test]
fn a_tiff_is_whole_when_all_it_names_is_there() {
    let bytes = samples::tiff(&[samples::colour(20, 10), samples::gray(15, 12)]);
    assert_eq!(whole(&bytes), Whole::Yes);
    // The directories stand at the end here: without any of its bytes the chain breaks.
    for length in 8..bytes.len() {
        assert_eq!(whole(&bytes[..length]), Whole::NotYet, "cut at {length}");
    }
    // Zeros where the directory will be.
    let mut allotted = bytes[..bytes.len() / 2].to_vec();
    allotted.resize(bytes.len(), 0);
    assert_eq!(whole(&allotted), Whole::NotYet);
}

#[test]
fn a_tiff_chain_that_bites_its_tail_ends() {
    let mut bytes = samples::tiff(&[samples::gray(15, 12)]);
    let directory = u32::from_le_bytes(bytes[4..8].try_into().unwrap()) as usize;
    let entries = u16::from_le_bytes(bytes[directory..directory + 2].try_into().unwrap());
    let next = directory + 2 + usize::from(entries) * 12;
    bytes[next..next + 4].copy_from_slice(&(directory as u32).to_le_bytes());
    assert_eq!(whole(&bytes), Whole::Yes);
    assert_eq!(
        crate::read(&bytes, &mut |_| true),
        Err(crate::FileError::Damaged)
    );
}

#[test]
fn a_pdf_ends_with_its_end_of_file_mark() {
    let bytes = samples::pdf(&[samples::jpeg_image(&samples::colour(40, 30))], "");
    assert_eq!(whole(&bytes), Whole::Yes);
    for length in [5, 100, bytes.len() / 2, bytes.len() - 7] {
        assert_eq!(whole(&bytes[..length]), Whole::NotYet, "cut at {length}");
    }
}

#[test]
fn what_is_none_of_them_never_will_be() {
    assert_eq!(
        whole(b"Dear Sir or Madam, please find enclosed"),
        Whole::Never
    );
    assert_eq!(whole(b"PK\x03\x04"), Whole::Never);
    assert_eq!(whole(b""), Whole::NotYet);
    assert_eq!(whole(&[0; 4096]), Whole::NotYet);
}
