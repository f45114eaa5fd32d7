use super::*;
use crate::simulator::issuer::tests::jpeg;

const LEAST_JP2: &[u8] = include_bytes!("../../../tests/vectors/dg2/dg2_39794_least_jp2.bin");
const LEAST_STREAM: &[u8] =
    include_bytes!("../../../tests/vectors/dg2/dg2_39794_least_codestream.bin");
const EVERY_FIELD: &[u8] =
    include_bytes!("../../../tests/vectors/dg2/dg2_39794_every_field_jpeg.bin");

fn about(face: &Face) -> &About39794 {
    match &face.about {
        About::Iso39794(about) => about,
        About::Iso19794(_) => panic!("another standard"),
    }
}

#[test]
fn the_newer_record_is_read_as_another_program_wrote_it() {
    for (file, format, declared) in [
        (LEAST_JP2, ImageFormat::Jpeg2000, 3),
        (LEAST_STREAM, ImageFormat::Jpeg2000, 4),
        (EVERY_FIELD, ImageFormat::Jpeg, 2),
    ] {
        let faces = read_all(file).unwrap();
        assert_eq!(faces.len(), 1);
        let portrait = &faces[0].portrait;
        assert_eq!(portrait.format(), format);
        assert_eq!((portrait.width(), portrait.height()), (30, 40));
        assert_eq!(portrait.end(), ImageEnd::Whole);
        assert_eq!(faces[0].encoding(), Encoding::Iso39794);
        assert_eq!(about(&faces[0]).data_format, Some(declared));
        assert!(read(file).unwrap() == *portrait);
    }
    assert_eq!(read_all(LEAST_JP2).unwrap()[0].declared_size(), None);
}

#[test]
fn every_field_of_the_newer_record_has_its_value() {
    let faces = read_all(EVERY_FIELD).unwrap();
    let about = about(&faces[0]);
    assert_eq!(about.representation_id, 7);
    assert_eq!(faces[0].declared_size(), Some((30, 40)));
    assert_eq!((about.kind, about.colour_space), (Some(0), Some(2)));
    let date = about.captured.unwrap();
    assert_eq!((date.year, date.month, date.day), (2026, Some(3), Some(9)));
    let quality: Vec<_> = about
        .quality
        .iter()
        .map(|quality| (quality.organisation, quality.algorithm, quality.score))
        .collect();
    assert_eq!(quality, [(257, 40_000, Some(88)), (257, 2, None)]);
    assert_eq!(
        (
            about.gender,
            about.eye_colour,
            about.hair_colour,
            about.subject_height
        ),
        (Some(3), Some(4), Some(3), Some(162))
    );
    let points: Vec<_> = about
        .landmarks
        .iter()
        .map(|point| (point.mpeg4, point.at))
        .collect();
    assert_eq!(points, [(Some(84), Some((11, 15))), (None, None)]);
    assert_eq!(
        format!("{:?}", faces[0]),
        "Face(Iso39794, PortraitBytes(Jpeg))"
    );
}

#[test]
fn what_is_written_is_read_back_in_both_forms() {
    let picture = jpeg();
    for (file, encoding) in [
        (
            write(&picture, ImageFormat::Jpeg, 337, 449),
            Encoding::Iso19794,
        ),
        (
            write_39794(&picture, ImageFormat::Jpeg, 337, 449),
            Encoding::Iso39794,
        ),
    ] {
        let faces = read_all(&file).unwrap();
        assert_eq!(faces.len(), 1);
        assert_eq!(faces[0].encoding(), encoding);
        assert_eq!(faces[0].portrait.bytes(), picture);
        assert_eq!(faces[0].declared_size(), Some((337, 449)));
    }
}

#[test]
fn several_faces_and_all_that_is_said_of_them_are_kept() {
    let first = About19794 {
        gender: 2,
        eye_colour: 5,
        hair_colour: 2,
        properties: 0x0001_0203,
        expression: 1,
        pose: [1, 2, 3],
        pose_uncertainty: [4, 5, 6],
        points: vec![FeaturePoint {
            kind: 1,
            code: (12, 1),
            x: 120,
            y: 180,
        }],
        width: 337,
        height: 449,
        source: 2,
        device: 0x1234,
        quality: 77,
        ..About19794::full_frontal()
    };
    let second = About19794 {
        image_type: 2,
        ..About19794::full_frontal()
    };
    let (one, other) = (jpeg(), [jpeg(), vec![9; 4]].concat());
    let file = write_faces(&[(&one, &first), (&other, &second)]);
    let faces = read_all(&file).unwrap();
    let told: Vec<_> = faces.iter().map(|face| &face.about).collect();
    assert!(told == [&About::Iso19794(first), &About::Iso19794(second)]);
    assert_eq!(faces[1].portrait.bytes(), other);
    assert_eq!(faces[1].portrait.end(), ImageEnd::Trailing);
    assert!(read(&file).unwrap() == faces[0].portrait);
    // Seventeen are no portrait any more.
    let plain = About19794::full_frontal();
    let many = vec![(one.as_slice(), &plain); 17];
    assert!(matches!(
        read_all(&write_faces(&many)),
        Err(LdsError::TooMany { .. })
    ));
}

#[test]
fn the_declared_type_and_size_are_not_believed() {
    // Declared JPEG, and one by one; it is a code stream of 30 by 40.
    let stream = read(LEAST_STREAM).unwrap();
    let file = write(stream.bytes(), ImageFormat::Jpeg, 1, 1);
    let portrait = read(&file).unwrap();
    assert_eq!(portrait.format(), ImageFormat::Jpeg2000);
    assert_eq!((portrait.width(), portrait.height()), (30, 40));
    // A picture whose header asks for the memory of 60,000 by 60,000 pixels never gets out.
    let mut bomb = stream.bytes().to_vec();
    let at = bomb
        .windows(2)
        .position(|pair| pair == [0xFF, 0x51])
        .unwrap();
    for side in [at + 6, at + 10, at + 22, at + 26] {
        bomb[side..side + 4].copy_from_slice(&60_000u32.to_be_bytes());
    }
    for file in [
        write(&bomb, ImageFormat::Jpeg2000, 30, 40),
        write_39794(&bomb, ImageFormat::Jpeg2000, 30, 40),
    ] {
        assert!(matches!(
            read(&file),
            Err(LdsError::TooMany {
                field: "pixels",
                ..
            })
        ));
    }
    // So does one that is no picture, and one that is larger than any portrait.
    assert!(read(&write(b"GIF89a..........", ImageFormat::Jpeg, 1, 1)).is_err());
    let padded = [jpeg(), vec![0; 128 * 1024]].concat();
    assert!(matches!(
        read(&write(&padded, ImageFormat::Jpeg, 1, 1)),
        Err(LdsError::TooMany {
            field: "bytes of a portrait",
            ..
        })
    ));
}

#[test]
fn a_cut_portrait_is_read_and_told() {
    let whole = read(LEAST_JP2).unwrap();
    let cut = &whole.bytes()[..whole.bytes().len() - 20];
    let portrait = read(&write_39794(cut, ImageFormat::Jpeg2000, 30, 40)).unwrap();
    assert_eq!(portrait.end(), ImageEnd::Truncated);
}

#[test]
fn a_writer_who_leaves_out_the_outer_or_inner_wrapping_is_understood() {
    let file = write_39794(&jpeg(), ImageFormat::Jpeg, 337, 449);
    // Without the [1] around the application tag.
    let template = tlv::only(&file, 0x75)
        .and_then(|all| tlv::only(all, 0x7F61))
        .unwrap();
    let record = tlv::require(tlv::require(template, 0x7F60).unwrap(), 0x7F2E).unwrap();
    let block = tlv::only(record, 0xA1).unwrap();
    let mut faces = Vec::new();
    iso39794::read(block, &mut faces).unwrap();
    // Without the SEQUENCE around the only representation.
    let fields = tlv::only(block, 0x65).unwrap();
    let version = tlv::encode(0xA0, tlv::require(fields, 0xA0).unwrap());
    let only = tlv::only(tlv::require(fields, 0xA1).unwrap(), 0x30).unwrap();
    let bare = tlv::encode_all(0x65, &[&version, &tlv::encode(0xA1, only)]);
    iso39794::read(&bare, &mut faces).unwrap();
    assert_eq!(faces.len(), 2);
    assert!(faces[0] == faces[1]);
}

#[test]
fn no_damage_to_a_newer_record_makes_it_panic_or_grow() {
    for file in [LEAST_JP2, LEAST_STREAM, EVERY_FIELD] {
        for length in 0..file.len() {
            assert!(read_all(&file[..length]).is_err());
        }
        for at in 0..file.len() {
            for mask in [0x01, 0x20, 0x80, 0xFF] {
                let mut altered = file.to_vec();
                altered[at] ^= mask;
                for face in read_all(&altered).unwrap_or_default() {
                    let (width, height) = (face.portrait.width(), face.portrait.height());
                    assert!(u64::from(width) * u64::from(height) <= ImageFacts::MOST_PIXELS);
                }
            }
        }
    }
}
