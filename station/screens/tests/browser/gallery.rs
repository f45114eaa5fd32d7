//! Every page of the desk with something on it, invented.

use jiff::Timestamp;
use screens::{
    AsideView, Asked, Clause, ConsentView, Defect, Delivery, Device, DeviceState, DeviceView,
    Diagnosis, End, Examine, FaceView, FingerView, Found, Issued, NoticeView, OfficialsView, Out,
    Owner, PageView, PaperView, Person, Place, Quiet, ReceiptView, Refused, ReviewView, Role,
    ScanView, Section, ShiftView, UnfinishedView, Whom, WhomView, Why,
};

pub(crate) fn person() -> Person {
    Person {
        id: "can-bo-mau".into(),
        name: "Nguyễn Thị Mẫu Đường".into(),
        role: Role::Clerk,
    }
}

/// What is plugged in: all well in one picture, all that can go wrong in another.
pub(crate) fn devices(name: &str) -> Vec<DeviceView> {
    let view = |device, state| DeviceView { device, state };
    let trouble = DeviceState::Trouble;
    match name {
        "home-devices" => vec![
            view(Device::CardReader, trouble("card.service_missing")),
            view(Device::Camera, trouble("camera.not_found")),
            view(Device::Scanner, trouble("scan.not_found")),
            view(Device::FingerSensor, DeviceState::Looking),
        ],
        "home-reader" => vec![
            view(Device::CardReader, trouble("card.no_reader")),
            view(Device::Camera, DeviceState::Ready),
            view(Device::Scanner, DeviceState::Ready),
            view(Device::FingerSensor, trouble("sensor.not_found")),
        ],
        _ => vec![
            view(Device::CardReader, DeviceState::Card),
            view(Device::Camera, DeviceState::Ready),
            view(Device::Scanner, DeviceState::Ready),
            view(Device::FingerSensor, DeviceState::Ready),
        ],
    }
}

/// How still it has become at the operator's page and at the citizen's display.
pub(crate) fn quiet(name: &str) -> (Quiet, Quiet) {
    match name {
        "home-locking" => (Quiet::Warned, Quiet::Awake),
        "consent-warned" | "receipt-warned" => (Quiet::Awake, Quiet::Warned),
        "consent-covered" | "receipt-covered" => (Quiet::Awake, Quiet::Over),
        _ => (Quiet::Awake, Quiet::Awake),
    }
}

/// A shift, and the one before.
pub(crate) fn shift() -> ShiftView {
    ShiftView {
        began: at(),
        before: Some((at(), at())),
    }
}

/// A desk that was looked over.
pub(crate) struct Look;

impl Examine for Look {
    fn examine(&self) -> Diagnosis {
        let text = |text: &str| Found::Text(text.into());
        let digest = || Found::Digest("9f".repeat(32));
        Diagnosis {
            at: at(),
            station: "phuong-mau-01".into(),
            findings: vec![
                Defect {
                    code: "preflight.clock_differs",
                    stops: true,
                },
                Defect {
                    code: "preflight.certificate_soon",
                    stops: false,
                },
            ],
            sections: vec![
                Section::new("diag.program")
                    .with("diag.version", text("0.1.0"))
                    .with("diag.rulebook", digest())
                    .about("diag.package", "espeak-ng", Found::Nothing)
                    .about("diag.package", "pcscd", text("1.9.9-2")),
                Section::new("diag.devices")
                    .with("device.card_reader", Found::Yes)
                    .with("device.camera", Found::Trouble("camera.not_found"))
                    .about(
                        "device.camera",
                        "usb:046d:0825:A1B2C3",
                        text("opencv-videoio"),
                    ),
                Section::new("diag.clock")
                    .with("diag.desk_time", Found::At(at()))
                    .with("diag.ahead", Found::Seconds(-412)),
                Section::new("diag.queue")
                    .with("diag.waiting", Found::Count(12))
                    .with("diag.bytes", Found::Bytes(123_456_789)),
                Section::new("diag.models")
                    .about("diag.model", "face-recognition-sface", digest())
                    .about("diag.model", "vietnamese-line-recogniser", digest()),
            ],
        }
    }
}

fn at() -> Timestamp {
    "2026-03-02T03:12:00Z".parse().unwrap()
}

fn receipt(delivery: Delivery, surveyed: bool) -> ReceiptView {
    ReceiptView {
        number: "3B63-01C3-5E80".into(),
        bundle: format!("sha256:3b6301c35e80{}", "0".repeat(52)),
        codes: Vec::new(),
        holder: "721".into(),
        sealed_at: at(),
        delivery,
        sheets_returned: 3,
        papers: vec![("khai_sinh".into(), 1, 1), ("hoc_ba".into(), 12, 1)],
        set_aside: vec![AsideView {
            kind: "bang_tn".into(),
            code: "paper.other_owner",
        }],
        issued: Issued {
            waiting: u32::from(surveyed),
            answered: 0,
        },
        surveyed,
        notices: Vec::new(),
    }
}

fn page(number: u32, read: bool, refused: &[&'static str], notices: &[&'static str]) -> PageView {
    PageView {
        number,
        read,
        refused: refused.to_vec(),
        notices: notices.to_vec(),
        version: 1,
        ..PageView::default()
    }
}

fn scan(busy: bool, pages: Vec<PageView>) -> Place {
    Place::Scan(ScanView {
        sheets: 3,
        current: pages.last().map(|page| page.number),
        pages,
        busy,
        trouble: None,
        feeder: true,
    })
}

fn consent(whom: Whom, child: bool) -> Place {
    Place::Consent(ConsentView {
        whom,
        subject: Some("567".into()),
        child,
    })
}

fn officials(number: usize, refused: Option<Refused>, looking: Option<Person>) -> Place {
    Place::Officials(OfficialsView {
        code: "person.face_inconclusive",
        number,
        people: vec![person()],
        refused,
        looking,
        portrait: true,
        likely: Why::AgedPortrait,
    })
}

fn unfinished(why: Option<&'static str>, other: bool) -> Place {
    Place::Unfinished(UnfinishedView {
        began: at(),
        pages: 2,
        why,
        other,
    })
}

/// Two pages are there, and the scanner met this.
fn scanner_met(code: &'static str) -> Place {
    let pages = vec![page(1, true, &[], &[]), page(2, true, &[], &[])];
    let Place::Scan(scan) = scan(false, pages) else {
        unreachable!("a scan");
    };
    Place::Scan(ScanView {
        trouble: Some(code),
        ..scan
    })
}

/// Two papers; a page was taken out.
fn arranged() -> Place {
    let of = |number, paper, out| PageView {
        paper,
        out,
        ..page(number, true, &[], &[])
    };
    Place::Scan(ScanView {
        sheets: 3,
        pages: vec![
            of(2, 0, None),
            of(1, 0, None),
            of(4, 1, None),
            of(3, 1, Some(Out::Duplicate)),
        ],
        feeder: true,
        current: Some(1),
        ..ScanView::default()
    })
}

/// Each with the name its picture gets.
pub(crate) fn places() -> Vec<(&'static str, Place)> {
    let clause = Clause {
        why_vi: "Dữ liệu có giá trị pháp lý của giấy này đã được chia sẻ.".into(),
        why_en: "Data of legal value from this paper is already shared.".into(),
        clause: "TT 01/2023/TT-VPCP, Điều 4".into(),
    };
    let asked = |vi: &str, en: &str, not_needed: Option<Clause>| Asked {
        title_vi: vi.into(),
        title_en: en.into(),
        not_needed,
    };
    let filed = Delivery::Filed {
        entry: "e1".into(),
        at: at(),
    };
    vec![
        (
            "signed-out",
            Place::SignedOut {
                people: vec![person()],
                refused: None,
            },
        ),
        (
            "signed-out-locked",
            Place::SignedOut {
                people: vec![person()],
                refused: Some(Refused {
                    code: "login.locked",
                    minutes: 15,
                }),
            },
        ),
        (
            "home",
            Place::Home {
                unfinished: None,
                last: None,
            },
        ),
        (
            "home-after",
            Place::Home {
                unfinished: Some(at()),
                last: Some(End::Sealed(Box::new(receipt(Delivery::Waiting, true)))),
            },
        ),
        (
            "home-devices",
            Place::Home {
                unfinished: None,
                last: None,
            },
        ),
        (
            "home-locking",
            Place::Home {
                unfinished: None,
                last: None,
            },
        ),
        (
            "home-reader",
            Place::Home {
                unfinished: None,
                last: None,
            },
        ),
        (
            "prepare",
            Place::Prepare {
                asked: vec![
                    asked("Thẻ căn cước", "Identity card", Some(clause)),
                    asked("Giấy khai sinh", "Birth certificate", None),
                    asked("Học bạ", "School record book", None),
                ],
                whom: WhomView::default(),
            },
        ),
        (
            "prepare-child",
            Place::Prepare {
                asked: vec![asked("Giấy khai sinh", "Birth certificate", None)],
                whom: WhomView {
                    whom: Whom::Child,
                    subject: None,
                    refused: Some("behalf.not_a_child"),
                },
            },
        ),
        (
            "prepare-proxy",
            Place::Prepare {
                asked: vec![asked("Giấy khai sinh", "Birth certificate", None)],
                whom: WhomView {
                    whom: Whom::Proxy,
                    subject: Some("678".into()),
                    refused: None,
                },
            },
        ),
        ("unfinished", unfinished(None, false)),
        ("unfinished-other", unfinished(None, true)),
        ("unfinished-gone", unfinished(Some("kept.no_key"), false)),
        ("still-here", Place::StillHere { began: at() }),
        ("opening", Place::Opening),
        ("consent", Place::Consent(ConsentView::default())),
        ("consent-for-child", consent(Whom::Child, false)),
        ("consent-of-child", consent(Whom::Child, true)),
        ("consent-proxy", consent(Whom::Proxy, false)),
        ("consent-helped", consent(Whom::Helper, false)),
        ("consent-warned", Place::Consent(ConsentView::default())),
        ("consent-covered", Place::Consent(ConsentView::default())),
        ("card", Place::CardKey { failed: None }),
        (
            "card-failed",
            Place::CardKey {
                failed: Some("card.removed"),
            },
        ),
        (
            "card-reading",
            Place::CardReading {
                share: 40,
                lost: false,
            },
        ),
        (
            "card-lost",
            Place::CardReading {
                share: 60,
                lost: true,
            },
        ),
        (
            "face",
            Place::Face(FaceView {
                attempt: 1,
                pose: Some("left"),
                ..FaceView::default()
            }),
        ),
        (
            "face-advice",
            Place::Face(FaceView {
                attempt: 2,
                pose: None,
                advice: vec!["face.busy_background"],
                lost: None,
                before: Some("person.face_inconclusive"),
            }),
        ),
        (
            "finger",
            Place::Finger(FingerView {
                finger: 2,
                presentation: 2,
                advice: Some("person.finger_inconclusive"),
            }),
        ),
        ("officials", officials(1, None, None)),
        (
            "officials-locked",
            officials(
                2,
                Some(Refused {
                    code: "login.wrong",
                    minutes: 0,
                }),
                None,
            ),
        ),
        ("officials-looking", officials(2, None, Some(person()))),
        ("sheets", Place::Sheets),
        ("scan-empty", scan(false, Vec::new())),
        ("scan-busy", scan(true, vec![page(1, false, &[], &[])])),
        (
            "scan-bad",
            scan(
                false,
                vec![
                    page(1, true, &[], &[]),
                    page(2, true, &["quality.blurred"], &[]),
                    page(3, true, &[], &["quality.shadow"]),
                ],
            ),
        ),
        (
            "scan-ready",
            scan(false, (1..=3).map(|at| page(at, true, &[], &[])).collect()),
        ),
        ("scan-jam", scanner_met("scan.jam")),
        ("scan-cover", scanner_met("scan.cover_open")),
        ("scan-no-paper", scanner_met("scan.no_paper")),
        ("scan-gone", scanner_met("scan.not_found")),
        ("scan-busy-elsewhere", scanner_met("scan.device_busy")),
        ("scan-short", scanner_met("paper.count_mismatch")),
        ("scan-arranged", arranged()),
        ("recount", Place::Recount { sheets: 3 }),
        ("reading", Place::Reading),
        (
            "review",
            Place::Review(ReviewView {
                whom: Whom::Holder,
                holder: "721".into(),
                papers: vec![
                    PaperView {
                        kind: "khai_sinh".into(),
                        pages: 1,
                        grade: 1,
                        owner: Owner::Holder,
                        to_check: vec!["name".into()],
                    },
                    PaperView {
                        kind: "hoc_ba".into(),
                        pages: 12,
                        grade: 0,
                        owner: Owner::Unknown,
                        to_check: Vec::new(),
                    },
                ],
                set_aside: vec![AsideView {
                    kind: "bang_tn".into(),
                    code: "paper.other_owner",
                }],
            }),
        ),
        (
            "review-for-child",
            Place::Review(ReviewView {
                whom: Whom::Child,
                holder: "567".into(),
                papers: vec![PaperView {
                    kind: "khai_sinh".into(),
                    pages: 1,
                    grade: 1,
                    owner: Owner::Holder,
                    to_check: Vec::new(),
                }],
                set_aside: Vec::new(),
            }),
        ),
        ("sealing", Place::Sealing),
        (
            "receipt-waiting",
            Place::Receipt(receipt(Delivery::Waiting, false)),
        ),
        ("receipt", Place::Receipt(receipt(filed.clone(), true))),
        (
            "receipt-warned",
            Place::Receipt(receipt(filed.clone(), false)),
        ),
        (
            "receipt-covered",
            Place::Receipt(receipt(filed.clone(), false)),
        ),
        (
            "receipt-noticed",
            Place::Receipt(ReceiptView {
                notices: vec![NoticeView {
                    code: "examine.pages_filed_before",
                    paper: Some(1),
                }],
                issued: Issued {
                    waiting: 1,
                    answered: 1,
                },
                ..receipt(filed, true)
            }),
        ),
        (
            "stopped",
            Place::Stopped {
                code: "visit.withdrawn",
                refusal: true,
            },
        ),
        (
            "failed",
            Place::Stopped {
                code: "ticket.none_left",
                refusal: false,
            },
        ),
    ]
}
