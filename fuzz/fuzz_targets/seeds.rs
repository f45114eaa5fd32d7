//! Writes the seed corpus into the folder that `NIEM_FUZZ_CORPUS` names: what honest chips say, one
//! folder a target. Built like a target because everything here is, and ends before it fuzzes.
#![no_main]
#![expect(unreachable_code, reason = "it ends before it would fuzz")]

use std::fs;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use niem_fuzz::{Specimen, profiles, unwrapped};

fuzz_target!(
    init: {
        let folder = std::env::var("NIEM_FUZZ_CORPUS").expect("NIEM_FUZZ_CORPUS names a folder");
        write(&folder).expect("the seeds can be written");
        std::process::exit(0);
    },
    |_bytes: &[u8]| {}
);

fn write(folder: &str) -> std::io::Result<()> {
    let specimen = Specimen::new();
    let put = |target: &str, name: &str, bytes: &[u8]| {
        let place = Path::new(&folder).join(target);
        fs::create_dir_all(&place)?;
        fs::write(place.join(name), bytes)
    };
    // A P-256 signing key's public area, and a certification of it.
    let mut public = vec![
        0, 0x23, 0, 0x0b, 0, 4, 0, 0x72, 0, 0, 0, 0x10, 0, 0x18, 0, 0x0b, 0, 3, 0, 0x10,
    ];
    public.extend([&[0, 32], [1; 32].as_slice(), &[0, 32], &[2; 32]].concat());
    put("tpm_public", "public", &public)?;
    let mut attest = vec![0xff, 0x54, 0x43, 0x47, 0x80, 0x17, 0, 0, 0, 0];
    attest.extend([[0; 25].as_slice(), &[0, 34], &[3; 34], &[0, 0]].concat());
    put("tpm_public", "attest", &attest)?;
    // RFC 9449 §4.1, figure 1, and an assertion by nobody's key.
    let proof = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUk\
        RZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsIm\
        NydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4\
        YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiO\
        SsX0x7NVY-FNyJK70nfbV37xRZT3Lg";
    put("signed_token", "proof", proof.as_bytes())?;
    put(
        "signed_token",
        "claims",
        br#"{"alg":"ES256","typ":"JWT"}.{"iss":"a","sub":"a","aud":"https://niem.example","jti":"1","iat":1,"exp":2}"#,
    )?;
    // RFC 8037 appendix A.2
    put(
        "signed_token",
        "jwk",
        br#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
    )?;
    words_of_the_service(&put)?;
    put("sod", "specimen", &specimen.evidence.sod)?;
    put("tlv", "sod", &specimen.evidence.sod)?;
    for (group, file) in &specimen.evidence.groups {
        put("tlv", group.name(), file)?;
        put("data_group", group.name(), file)?;
    }
    if let Some(card_access) = &specimen.evidence.card_access {
        put("security_infos", "specimen", card_access)?;
        put("tlv", "card_access", card_access)?;
    }
    for (name, command) in [
        (
            "select",
            &[0x00, 0xA4, 0x04, 0x0C, 0x07, 0xA0, 0, 0, 2, 0x47, 0x10, 1][..],
        ),
        ("short", &[0x00, 0xB0, 0x9C, 0x00, 0x00]),
        ("long", &[0x00, 0xB0, 0x9D, 0x00, 0x00, 0xFD, 0xE8]),
    ] {
        put("apdu", name, command)?;
    }
    for cipher in 0..4_u8 {
        put("unwrap", &format!("honest{cipher}"), &[cipher | 4])?;
        put(
            "unwrap",
            &format!("altered{cipher}"),
            &[cipher | 4, 0, 0, 0, 0, 1],
        )?;
    }
    put(
        "card_qr",
        "2021",
        "001090004721|012345678|Nguyễn Văn Mẫu|15031990|Nam|Nơi thường trú mẫu|05012026".as_bytes(),
    )?;
    put("certificate", "csca", &specimen.csca)?;
    put("certificate", "terminal", &specimen.terminals)?;
    // Every profile's files, so that each form of key and picture is somewhere to begin with.
    for (name, card) in profiles() {
        for (id, file) in &card.files {
            put("data_group", &format!("{name}-{id:04x}"), file)?;
        }
        if let Some(card_access) = &card.card_access {
            put("security_infos", name, card_access)?;
        }
        let zone = card.mrz_lines().join("\n");
        put("mrz", name, zone.as_bytes())?;
        put("zone", name, zone.as_bytes())?;
        // As a reader without a feeling for zones gives it.
        put(
            "zone",
            &format!("{name}-misread"),
            zone.replace('0', "O").replace("<<", "< <").as_bytes(),
        )?;
    }
    put("chip", "honest", &[8, 0, 0])?;
    put("chip", "garbled", &[8, 0, 0, 8, 0, 0, 8, 0, 0, 0, 9, 1])?;
    put("chip", "lost", &[[8, 0, 0]; 9].concat())?;
    // An honest reading, then somebody on the wire who says yes to the finger.
    for honest in 14..24 {
        let script = [vec![[8, 0, 0]; honest], vec![[5, 0x90, 0]; 4]].concat();
        put("chip", &format!("yes-{honest}"), &script.concat())?;
    }
    for (name, text) in [
        (
            "card",
            "001090004721|012345678|Nguyễn Văn Mẫu|15031990|Nam|Nơi thường trú mẫu|05012026",
        ),
        (
            "dossier",
            "000.00.16.H40-260504-0001|1.004222.000.00.00.H40|001203000001|Giấy khai sinh",
        ),
        (
            "link",
            "https://example.vn/tra-cuu?ma=000.00.16.H40-260504-0001",
        ),
    ] {
        put("qr_payload", name, text.as_bytes())?;
    }
    put("escl", "status", STATUS.as_bytes())?;
    put("escl", "capabilities", CAPABILITIES.as_bytes())?;
    fingers(&put)?;
    portraits(&put)?;
    records(&put)?;
    on_card(&put)?;
    page_files(&put)
}

/// Finger records of every form, and small pictures in every format of fingers.
fn fingers(put: &dyn Fn(&str, &str, &[u8]) -> std::io::Result<()>) -> std::io::Result<()> {
    use models::finger::record::{
        CaptureTime, CardForm, CardLimits, Certification, Device, FingerView, ImageSize,
        MinutiaField, QualityBlock, Record2005, Record2011, RecordKind, RecordMinutia, View2005,
        View2011,
    };
    let size = ImageSize {
        width: 300,
        height: 400,
        x_per_cm: 197,
        y_per_cm: 197,
    };
    let minutiae = (0..14).map(|i| RecordMinutia {
        kind: [RecordKind::Ending, RecordKind::Fork][usize::from(i % 2)],
        x: 20 * i + 7,
        y: 390 - 27 * i,
        angle: (i * 17) as u8,
        quality: 50,
    });
    let view = FingerView {
        position: 2,
        number: 0,
        impression: 0,
        minutiae: minutiae.collect(),
        extended: vec![0, 1, 0, 8, 1, 1, 0x14, 5],
    };
    let old = Record2005 {
        device: 1,
        size,
        views: vec![
            View2005 {
                quality: 80,
                view: view.clone(),
            };
            2
        ],
    };
    put(
        "finger_record",
        "2005",
        &old.write().map_err(std::io::Error::other)?,
    )?;
    for (name, field) in [
        ("2011-5", MinutiaField::Five),
        ("2011-6", MinutiaField::Six),
    ] {
        let view = View2011 {
            captured: CaptureTime::UNKNOWN,
            device: Device {
                technology: 1,
                vendor: 2,
                model: 3,
            },
            qualities: vec![QualityBlock {
                value: 70,
                vendor: 1,
                algorithm: 1,
            }],
            certifications: vec![Certification {
                authority: 1,
                scheme: 2,
            }],
            size,
            ending: 0,
            field,
            view: view.clone(),
        };
        let new = Record2011 {
            certified: true,
            views: vec![view; 2],
        };
        put(
            "finger_record",
            name,
            &new.write().map_err(std::io::Error::other)?,
        )?;
    }
    for (name, form) in [("normal", CardForm::Normal), ("compact", CardForm::Compact)] {
        let card = CardLimits::DEFAULT
            .prepare(&view, size, form)
            .and_then(|card| card.write())
            .map_err(std::io::Error::other)?;
        put("finger_record", name, &card)?;
    }
    put(
        "finger_record",
        "limits",
        &[0x81, 2, 12, 60, 0x82, 1, 9, 0x83, 1, 0],
    )?;
    // The picture is just over the least that is taken, so that a run sees many of them.
    let ridges =
        image::GrayImage::from_fn(66, 68, |x, y| image::Luma([((x * x / 9 + y) * 25) as u8]));
    let mut pgm = b"P5 66 68 255\n".to_vec();
    pgm.extend_from_slice(ridges.as_raw());
    put("finger_image", "pgm", &pgm)?;
    for (name, format) in FORMATS {
        put(
            "finger_image",
            name,
            &encoded(&ridges.clone().into(), format)?,
        )?;
    }
    Ok(())
}

const FORMATS: [(&str, image::ImageFormat); 3] = [
    ("jpeg", image::ImageFormat::Jpeg),
    ("png", image::ImageFormat::Png),
    ("tiff", image::ImageFormat::Tiff),
];

fn encoded(picture: &image::DynamicImage, format: image::ImageFormat) -> std::io::Result<Vec<u8>> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture
        .write_to(&mut bytes, format)
        .map_err(std::io::Error::other)?;
    Ok(bytes.into_inner())
}

/// A small face-coloured slope in every format that a portrait may have.
fn portraits(put: &dyn Fn(&str, &str, &[u8]) -> std::io::Result<()>) -> std::io::Result<()> {
    let picture =
        image::RgbImage::from_fn(24, 32, |x, y| image::Rgb([x as u8 * 9, y as u8 * 7, 90]));
    for (name, format) in &FORMATS[..2] {
        put(
            "portrait",
            name,
            &encoded(&picture.clone().into(), *format)?,
        )?;
    }
    for (name, bytes) in [
        (
            "jp2",
            &include_bytes!("../../models/src/portrait/vectors/rgb.jp2")[..],
        ),
        (
            "j2k",
            include_bytes!("../../models/src/portrait/vectors/rgb.j2k"),
        ),
        (
            "gray",
            include_bytes!("../../models/src/portrait/vectors/gray.jp2"),
        ),
    ] {
        put("portrait", name, bytes)?;
    }
    Ok(())
}

/// Face and finger records of both families, bare, and the pictures in them.
fn records(put: &dyn Fn(&str, &str, &[u8]) -> std::io::Result<()>) -> std::io::Result<()> {
    use emrtd::lds::dg2::{self, About19794, FeaturePoint};
    use emrtd::lds::dg3::{self, FingerRecord};
    use emrtd::lds::{ImageFacts, ImageFormat};
    let picture = image::DynamicImage::from(image::GrayImage::from_fn(24, 32, |x, y| {
        image::Luma([(x * 9 + y * 3) as u8])
    }));
    let gray = picture.to_luma8().into_raw();
    let mut wsq = vec![0xFF, 0xA0, 0xFF, 0xA2, 0, 17, 0, 255, 0, 32, 0, 24];
    wsq.extend([0; 9]);
    wsq.extend([0xFF, 0xA3, 0, 3, 0, 1, 2, 3, 0xFF, 0xA1]);
    let mut pictures = vec![
        (
            "jp2",
            include_bytes!("../../models/src/portrait/vectors/gray.jp2").to_vec(),
        ),
        (
            "j2k",
            include_bytes!("../../models/src/portrait/vectors/rgb.j2k").to_vec(),
        ),
        ("wsq", wsq),
    ];
    for (name, format) in &FORMATS[..2] {
        pictures.push((name, encoded(&picture, *format)?));
    }
    let mut fingers = vec![FingerRecord::new(2, (24, 32), 500, ImageFormat::Raw, gray)];
    for (name, bytes) in &pictures {
        put("image_header", name, bytes)?;
        let facts = ImageFacts::of(bytes).ok_or_else(|| std::io::Error::other(*name))?;
        let (format, size) = (facts.format, (facts.width as u16, facts.height as u16));
        fingers.push(FingerRecord::new(7, size, 500, format, bytes.clone()));
        if format == ImageFormat::Wsq {
            continue;
        }
        let point = FeaturePoint {
            kind: 1,
            code: (12, 1),
            x: 7,
            y: 9,
        };
        let mut about = About19794::full_frontal();
        about.points = vec![point; 3];
        for (family, file) in [
            (
                "19794",
                dg2::write_faces(&[(bytes, &about), (bytes, &about)]),
            ),
            ("39794", dg2::write_39794(bytes, format, size.0, size.1)),
        ] {
            for (_, record) in unwrapped(0x75, &file) {
                put("face_record", &format!("{family}-{name}"), record)?;
            }
        }
    }
    for (family, file) in [
        ("19794", dg3::write(&fingers)),
        ("39794", dg3::write_39794(&fingers)),
    ] {
        for (number, (_, record)) in unwrapped(0x63, &file).into_iter().enumerate() {
            put(
                "finger_picture_record",
                &format!("{family}-{number}"),
                record,
            )?;
        }
    }
    Ok(())
}

/// What cards say of the fingers they compare, and minutiae on their way.
fn on_card(put: &dyn Fn(&str, &str, &[u8]) -> std::io::Result<()>) -> std::io::Result<()> {
    use emrtd::on_card::{InformationTemplate, MinutiaeForm, presented};
    let finger = |reference, position, form| InformationTemplate {
        reference,
        position,
        form,
        parameters: vec![0x81, 2, 12, 60, 0x82, 1, 5],
    };
    let fingers = [
        finger(0x96, 2, MinutiaeForm::Compact),
        finger(0x97, 7, MinutiaeForm::Normal),
    ];
    put("on_card", "two", &InformationTemplate::write(&fingers))?;
    put("on_card", "one", &InformationTemplate::write(&fingers[..1]))?;
    let field = presented(&[7; 36]).ok_or_else(|| std::io::Error::other("minutiae"))?;
    put("on_card", "sent", &field)
}

const STATUS: &str = "<s:ScannerStatus xmlns:s='x' xmlns:p='y'><p:State>Idle</p:State><s:AdfState>ScannerAdfLoaded</s:AdfState></s:ScannerStatus>";

const CAPABILITIES: &str = "<s:ScannerCapabilities xmlns:s='x' xmlns:p='y'><p:Version>2.97</p:Version>\
    <p:MakeAndModel>Specimen 1</p:MakeAndModel><s:UUID>4509a320-00a0-008f-00b6-002507510eca</s:UUID>\
    <s:Platen><s:PlatenInputCaps><s:MaxWidth>2550</s:MaxWidth><s:MaxHeight>3508</s:MaxHeight>\
    <s:SettingProfiles><s:SettingProfile><s:ColorModes><s:ColorMode>RGB24</s:ColorMode></s:ColorModes>\
    <s:DocumentFormats><p:DocumentFormat>image/jpeg</p:DocumentFormat></s:DocumentFormats>\
    <s:SupportedResolutions><s:DiscreteResolutions><s:DiscreteResolution><s:XResolution>300</s:XResolution>\
    <s:YResolution>300</s:YResolution></s:DiscreteResolution></s:DiscreteResolutions></s:SupportedResolutions>\
    </s:SettingProfile></s:SettingProfiles></s:PlatenInputCaps></s:Platen></s:ScannerCapabilities>";

/// A receipt whole and in short, a container, and what is said about logs and at enrolment.
fn words_of_the_service(
    put: &dyn Fn(&str, &str, &[u8]) -> std::io::Result<()>,
) -> std::io::Result<()> {
    let text = include_str!("../../bundle/tests/vectors/slip_v1.txt");
    put("slip", "printed", text.as_bytes())?;
    #[cfg(feature = "service")]
    {
        let slip = bundle::Slip::read(text).map_err(std::io::Error::other)?;
        let key = bundle::ReceiptKey::generate(&mut niem_fuzz::Dice(7));
        let receipt = slip.signed(key.public_key());
        put("envelope", "receipt", &receipt.to_json())?;
        put("envelope", "payload", &receipt.envelope().payload)?;
    }
    put("envelope", "ticket", TICKET.as_bytes())?;
    put("envelope", "epoch", EPOCH.as_bytes())?;
    put("container", "content", b"document.pdf%PDF-1.7 of a paper")?;
    let mut writer =
        asic::Writer::new(std::io::Cursor::new(Vec::new())).map_err(std::io::Error::other)?;
    writer
        .add("document.pdf", "application/pdf", &mut &b"%PDF-1.7"[..])
        .map_err(std::io::Error::other)?;
    let zip = writer
        .finish(&Nobody, jiff::Timestamp::UNIX_EPOCH)
        .map_err(std::io::Error::other)?;
    put("container", "whole", zip.get_ref())?;
    let leaf = format!(
        r#"{{"v":1,"kind":"filed","c":"{}","station":"tram-01","t":1772600400}}"#,
        "ab".repeat(32)
    );
    put("log_words", "leaf", leaf.as_bytes())?;
    put("log_words", "vkey", include_bytes!("witness.vkey"))?;
    let witness = include_str!("witness.vkey").trim();
    let policy = format!("witness one {witness} https://w.example/\ngroup all 1 one\nquorum all\n");
    put("log_words", "policy", policy.as_bytes())?;
    put("log_words", "tile", b"1/x001/234.p/7")?;
    put("log_words", "upload", b"sha256 YWFhYQ==,filename YQ==")?;
    let root = "CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=";
    let note = format!(
        "niem.example/log\n3\n{root}\n\n\u{2014} niem.example/log {}\n",
        "AAAA".repeat(24)
    );
    put("log_words", "note", note.as_bytes())?;
    let csr = include_str!("request.pem");
    put("enrolment", "csr", csr.as_bytes())?;
    let request = format!(
        r#"{{"subject":{{"station":"tram-01"}},"code":"ABCD","storage":"file","csr":"{}"}}"#,
        csr.replace('\n', "\\n")
    );
    put("enrolment", "request", request.as_bytes())
}

/// What such statements look like; nobody has signed them.
const TICKET: &str = r#"{"id":"019cacea-e080-7975-8b30-694f8a5e2c01","station":"hn-0101","nonce":"0707070707070707070707070707070707070707070707070707070707070707","issued_at":"2026-03-02T00:00:00Z","expires_at":"2026-03-03T00:00:00Z"}"#;
const EPOCH: &str =
    r#"{"epoch":2,"verifier":"age1","recovery":"age1","since":"2026-03-02T00:00:00Z"}"#;

/// Signs nothing.
struct Nobody;

impl asic::ContainerKey for Nobody {
    fn certificate(&self) -> &[u8] {
        b"no certificate"
    }

    fn sign(&self, _message: &[u8]) -> Option<[u8; 64]> {
        Some([0; 64])
    }
}

/// One small page in every format, and in a PDF of ours.
fn page_files(put: &dyn Fn(&str, &str, &[u8]) -> std::io::Result<()>) -> std::io::Result<()> {
    let picture =
        image::RgbImage::from_fn(24, 32, |x, y| image::Rgb([x as u8 * 9, y as u8 * 7, 90]));
    for (name, format) in [
        ("jpeg", image::ImageFormat::Jpeg),
        ("png", image::ImageFormat::Png),
        ("tiff", image::ImageFormat::Tiff),
    ] {
        let mut bytes = std::io::Cursor::new(Vec::new());
        picture
            .write_to(&mut bytes, format)
            .map_err(std::io::Error::other)?;
        put("page_file", name, bytes.get_ref())?;
    }
    #[cfg(feature = "papers")]
    for (name, pdf) in pdfs(picture)? {
        put("page_file", name, &pdf)?;
    }
    Ok(())
}

/// Small papers as our own writer puts them down.
#[cfg(feature = "papers")]
fn pdfs(picture: image::RgbImage) -> std::io::Result<[(&'static str, Vec<u8>); 2]> {
    let pdf = |sheet: Result<paper::Sheet, paper::PaperError>| {
        let master = sheet
            .and_then(|sheet| sheet.master())
            .map_err(std::io::Error::other)?;
        let page = paper::pdf::PdfPage {
            picture: paper::pdf::Picture::Master(&master),
            read: None,
        };
        let meta = paper::pdf::PdfMeta::new("", jiff::Timestamp::UNIX_EPOCH);
        paper::pdf::write(&[page], &meta).map_err(std::io::Error::other)
    };
    let white = image::GrayImage::from_pixel(24, 32, image::Luma([255]));
    Ok([
        ("pdf", pdf(paper::Sheet::new(picture, 300))?),
        ("pdf-two-level", pdf(paper::Sheet::new(white, 300))?),
    ])
}
