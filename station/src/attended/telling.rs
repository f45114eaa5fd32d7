//! What happens at the devices, as it is put on the board: places and codes, never a score to play against.

use bundle::MatchOutcome;
use paper::Severity;
use screens::{FaceView, FingerView, PageView, Place};

use crate::desk::Step;

use super::Floor;

/// Files that a card gives in one reading (`desk::card`).
const FILES: [&str; 8] = ["SOD", "COM", "DG1", "DG2", "DG13", "DG14", "DG15", "DG3"];

impl Floor<'_> {
    /// Puts a step on the board.
    pub fn tell(&self, step: Step) {
        self.listen();
        match step {
            Step::CardReading => {
                self.screens.go(Place::CardReading {
                    share: 0,
                    lost: false,
                });
            }
            Step::CardFile {
                file,
                bytes_read,
                bytes_total,
            } => self.card(|share, lost| {
                *share = (*share).max(part_read(file, bytes_read, bytes_total));
                *lost = false;
            }),
            Step::CardLost { .. } => self.card(|_, lost| *lost = true),
            Step::CardGoesOn { .. } => self.card(|_, lost| *lost = false),
            Step::Card { .. } | Step::CardNotRead { .. } => self.card(|share, _| *share = 100),
            Step::Look { pose } => self.face(|face| {
                face.pose = Some(pose);
                face.lost = None;
            }),
            Step::FaceAdvice { codes } => self.face(|face| face.advice = codes),
            Step::CameraLost { code } => self.face(|face| face.lost = Some(code)),
            Step::CameraBack => self.face(|face| face.lost = None),
            Step::NotPresent { code, attempt } => self.face(|face| {
                face.before = Some(code);
                face.attempt = attempt + 1;
                face.pose = None;
            }),
            Step::Face {
                outcome, attempt, ..
            } => self.face(|face| {
                if outcome != MatchOutcome::Match {
                    face.before = Some(match outcome {
                        MatchOutcome::NoMatch => "person.face_no_match",
                        _ => "person.face_inconclusive",
                    });
                    face.attempt = attempt + 1;
                    face.pose = None;
                }
            }),
            Step::LayFinger {
                finger,
                presentation,
            } => {
                self.screens.go(Place::Finger(FingerView {
                    finger,
                    presentation,
                    advice: None,
                }));
            }
            Step::FingerAdvice { code } | Step::FingerUnusable { code, .. } => {
                self.screens.show(|board| {
                    if let Place::Finger(finger) = &mut board.place {
                        finger.advice = Some(code);
                    }
                });
            }
            Step::Page { number, .. } => self.page(number, |page| {
                page.read = false;
                page.refused.clear();
                page.notices.clear();
                page.version += 1;
            }),
            Step::PageTurned { number, turn } => {
                // First, so that nobody turns it once more before it was read.
                self.page(number, |page| page.read = false);
                self.turned(number, turn);
            }
            Step::PageRead {
                number,
                verdicts,
                turn,
                ..
            } => {
                self.turned(number, turn);
                self.page(number, |page| {
                    page.read = true;
                    let of = |severity: Severity| {
                        verdicts
                            .iter()
                            .filter(|verdict| verdict.severity == severity)
                            .map(|verdict| verdict.code)
                            .collect()
                    };
                    page.refused = of(Severity::Refused);
                    page.notices = of(Severity::Flagged);
                })
            }
            Step::PageUnread { number, code } => self.page(number, |page| {
                page.read = true;
                page.refused = vec![code];
            }),
            Step::PageAgain { .. }
            | Step::Consent { .. }
            | Step::ChildAsked { .. }
            | Step::PortraitNotices { .. }
            | Step::Finger { .. }
            | Step::FingerNotDone { .. }
            | Step::OfficialsCalled { .. }
            | Step::OfficialLooked { .. }
            | Step::Paper { .. }
            | Step::Sealed { .. } => {}
        }
    }

    fn card(&self, change: impl FnOnce(&mut u8, &mut bool)) {
        self.screens.show(|board| {
            if let Place::CardReading { share, lost } = &mut board.place {
                change(share, lost);
            }
        });
    }

    /// The first word about a face opens its place.
    fn face(&self, change: impl FnOnce(&mut FaceView)) {
        if !matches!(self.screens.board().place, Place::Face(_)) {
            self.screens.go(Place::Face(FaceView {
                attempt: 1,
                ..FaceView::default()
            }));
        }
        self.screens.show(|board| {
            if let Place::Face(face) = &mut board.place {
                change(face);
                face.attempt = face.attempt.min(3);
            }
        });
    }

    fn page(&self, number: u32, change: impl FnOnce(&mut PageView)) {
        self.at_papers(
            |papers| match papers.pages.iter_mut().find(|page| page.number == number) {
                Some(page) => change(page),
                None => {
                    let mut page = PageView {
                        number,
                        ..PageView::default()
                    };
                    change(&mut page);
                    papers.pages.push(page);
                }
            },
        );
    }
}

/// Each file counts alike; the one under way by how much of it there is.
fn part_read(file: &str, read: usize, total: usize) -> u8 {
    let before = FILES
        .iter()
        .position(|name| file.contains(name))
        .unwrap_or(0);
    let within = read.min(total) * 100 / total.max(1);
    u8::try_from((before * 100 + within) / FILES.len()).unwrap_or(100)
}
