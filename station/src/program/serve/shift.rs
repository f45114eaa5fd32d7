//! From signing in to the end of the shift: visits, one after another, and what lies between them.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use bundle::{OperatorId, Role, SealingKey};
use jiff::Timestamp;
use rulebook::Language;
use screens::{
    AsideView, CitizenView, Delivery, End, Heard, Place, ReceiptView, Screens, ShiftView, Side,
    Touch,
};
use station::answer::Trouble;
use station::attended::{AtScreens, Chosen, Floor, Reception as _, asked};
use station::clock;
use station::config::{Config, ScreensConfig};
use station::desk::{Desk, Unfinished, VisitEnd};
use station::devices::Devices;
use station::script::OperatorScript;
use station::shifts::{Event, Shifts};
use station::spool::Spool;
use station::visit::{Closed, ForWhom, StopKind};

use super::super::{assemble, preflight, visit};
use super::courier;
use super::reception::Reception;
use super::resume::TakenUp;

/// Says that a visit was begun, and when; nothing else is kept of one that the power ended.
const OPEN_VISIT: &str = "visit-open";

/// How many citizens found it how good, day by day: best first.
const SURVEY: &str = "survey.json";

pub(super) struct Shift<'a> {
    pub(super) config: &'a Config,
    pub(super) wanted: &'a ScreensConfig,
    pub(super) screens: &'a Screens,
    pub(super) heard: &'a Receiver<Heard>,
    pub(super) spool: &'a Spool,
    pub(super) reception: Reception<'a>,
    pub(super) shifts: Shifts,
    pub(super) line: Sender<()>,
}

/// A visit that begins, or goes on.
pub(super) enum Begun {
    Now(ForWhom),
    Before(Box<Unfinished>),
}

/// Somebody who is signed in, with the key that seals for them.
pub(super) struct Operator {
    pub(super) script: OperatorScript,
    pub(super) role: Role,
    key: Arc<dyn SealingKey>,
}

/// What the slip says of a visit besides what was sealed.
struct Told {
    sheets: u32,
    /// The last digits of the holder's number.
    holder: String,
}

/// What is heard while the desk waits.
pub(super) enum Waited {
    Touch(Touch),
    /// Nobody touched anything for so long that somebody has to sign in again.
    Silence,
    /// The windows are gone for good.
    Ended,
}

impl Shift<'_> {
    /// Until the program ends.
    pub(super) fn run(mut self, devices: &mut Devices) -> Result<(), Trouble> {
        let mut unfinished = self.take_mark();
        while let Some(operator) = self.sign_somebody_in() {
            let mut last = None;
            self.begins(&operator);
            // Between two visits.
            loop {
                match self.take_up(&operator, &mut unfinished, devices) {
                    TakenUp::Nothing => {}
                    TakenUp::End(end) => last = Some(end),
                    TakenUp::Away => break,
                    TakenUp::Ended => return Ok(()),
                }
                let turn = self.screens.go(Place::Home {
                    unfinished: unfinished.take(),
                    last: last.take(),
                });
                match self.wait(turn, true) {
                    Waited::Touch(Touch::Begin) => {}
                    Waited::Touch(Touch::SignOut) => break self.ends(Event::End),
                    Waited::Silence => break self.ends(Event::Locked),
                    Waited::Touch(_) => continue,
                    Waited::Ended => {
                        self.ends(Event::Interrupted);
                        return Ok(());
                    }
                }
                if let Some(end) = self.visit(&operator, devices) {
                    last = Some(end);
                }
            }
        }
        Ok(())
    }

    /// Notes that somebody sat down. A journal that cannot be written keeps nobody from work.
    fn begins(&mut self, operator: &Operator) {
        let now = Timestamp::now();
        let before = self.shifts.past().map(|past| (past.from, past.until));
        self.screens
            .show(|board| board.shift = Some(ShiftView { began: now, before }));
        let who = operator.script.id.as_str();
        if let Err(error) = self.shifts.start(who, operator.role, now) {
            tracing::error!(kind = ?error.kind(), "the start of a shift was not noted");
        }
    }

    fn ends(&mut self, event: Event) {
        self.screens.show(|board| board.shift = None);
        if let Err(error) = self.shifts.end(event, Timestamp::now()) {
            tracing::error!(kind = ?error.kind(), "the end of a shift was not noted");
        }
    }

    /// The next touch of this turn.
    pub(super) fn wait(&self, turn: u64, locks: bool) -> Waited {
        loop {
            match self.heard.recv_timeout(Duration::from_millis(500)) {
                Ok(heard) if heard.turn == turn => return Waited::Touch(heard.touch),
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => {
                    let silence = Duration::from_secs(self.wanted.lock_after_s);
                    // The page warns by the same measure, and one touch begins it anew.
                    let still = self.screens.still(Side::Operator, Instant::now());
                    if locks && still > silence {
                        return Waited::Silence;
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return Waited::Ended,
            }
        }
    }

    /// Asks until somebody is let in; none when the windows are gone for good.
    fn sign_somebody_in(&mut self) -> Option<Operator> {
        let mut refused = None;
        loop {
            self.screens.show(|board| board.operator = None);
            let people = self.reception.people();
            let turn = self.screens.go(Place::SignedOut { people, refused });
            let credentials = match self.wait(turn, false) {
                Waited::Touch(Touch::SignIn(credentials)) => credentials,
                Waited::Ended => return None,
                _ => continue,
            };
            let came = match self.reception.enter(&credentials) {
                Ok(came) => came,
                Err(why) => {
                    refused = Some(why);
                    continue;
                }
            };
            let script = OperatorScript {
                id: came.person.id.clone(),
                role: came.role,
                token: None,
                key: None,
                cert: None,
            };
            self.screens
                .show(|board| board.operator = Some(came.person));
            return Some(Operator {
                script,
                role: came.role,
                key: came.key,
            });
        }
    }

    /// One visit from "what is needed" to the slip. None when nobody wanted it after all.
    fn visit(&mut self, operator: &Operator, devices: &mut Devices) -> Option<End> {
        let now = Timestamp::now();
        let day = now.to_zoned(clock::vietnam()).date();
        let mut chosen = Chosen::default();
        let whom = loop {
            let turn = self.screens.go(Place::Prepare {
                asked: asked(operator.role, day),
                whom: chosen.view(),
            });
            match self.wait(turn, true) {
                Waited::Touch(Touch::ForWhom(whom)) => chosen.choose(whom),
                Waited::Touch(Touch::Subject(typed)) => chosen.name(&typed, day),
                Waited::Touch(Touch::Prepared) => {
                    if let Some(whom) = chosen.whom() {
                        break whom;
                    }
                }
                Waited::Touch(Touch::Back | Touch::StopAndErase)
                | Waited::Silence
                | Waited::Ended => {
                    return None;
                }
                Waited::Touch(_) => {}
            }
        };
        Some(self.through(operator, now, Begun::Now(whom), devices))
    }

    /// From the pre-flight to the slip.
    pub(super) fn through(
        &mut self,
        operator: &Operator,
        began: Timestamp,
        begun: Begun,
        devices: &mut Devices,
    ) -> End {
        self.screens.go(Place::Opening);
        self.screens.show(|board| board.began = Some(began));
        self.mark(began);
        let walked = self.walk(operator, begun, devices);
        // From here on the bundle, or nothing, is what is kept; the slip can be read again.
        self.unmark();
        let end = match walked {
            Ok((end, told)) => self.ended(&end, told),
            Err(trouble) => {
                tracing::warn!(code = trouble.code, "no visit could be opened");
                self.stopped(trouble.code, false)
            }
        };
        self.screens.pictures.wipe();
        self.screens.show(|board| {
            board.began = None;
            board.stopping = false;
            board.citizen = CitizenView {
                language: Language::Vi,
                size: 0,
                help: false,
            };
        });
        end
    }

    /// Over the same road, and through the same pre-flight, as a visit from a script.
    fn walk(
        &mut self,
        operator: &Operator,
        begun: Begun,
        devices: &mut Devices,
    ) -> Result<(VisitEnd, Told), Trouble> {
        let config = self.config;
        let device_key = assemble::device_key(config)?;
        let recipients = assemble::recipients(config)?;
        let trust = assemble::trust(config)?;
        let tickets = assemble::tickets(config)?;
        let looked = preflight::look(&preflight::Desk {
            config,
            spool: self.spool,
            tickets: &tickets,
            device: device_key.as_ref(),
            operator: Some((&operator.script, operator.key.as_ref())),
        })?;
        // A visit that goes on has its ticket.
        let has_ticket = matches!(begun, Begun::Before(_));
        let stops = looked.stops();
        if let Some(finding) = stops.filter(|it| !(has_ticket && it.code.starts_with("ticket."))) {
            return Err(Trouble::new(finding.code, "preflight"));
        }
        let lang = self.screens.board().citizen.language;
        let begun = match begun {
            Begun::Before(unfinished) => {
                tracing::info!(visit = %unfinished.road.visit, "visit taken up again");
                Err(unfinished)
            }
            Begun::Now(whom) => {
                let opening = visit::open(config, &operator.script, lang.as_str(), whom, &tickets)?;
                tracing::info!(visit = %opening.visit, "visit opened");
                Ok(opening)
            }
        };
        let terminal = config
            .card
            .terminal
            .as_ref()
            .map(|files| (files.certificates.as_path(), files.key.as_path()));
        let mut desk = Desk {
            devices,
            trust: &trust,
            spool: self.spool,
            device_key: device_key.as_ref(),
            operator_key: operator.key.as_ref(),
            recipients: &recipients,
            allow_bac: config.card.allow_bac,
            terminal: assemble::terminal(terminal)?,
            keeper: match begun {
                Ok(_) => self.keeper(),
                Err(_) => None,
            },
            now: &Timestamp::now,
        };
        let floor = Floor::new(self.screens, self.heard);
        let glass = match config.practice {
            true => self.wanted.lesson.pages.clone(),
            false => Vec::new(),
        };
        let mut people = AtScreens::new(&floor, self.wanted.feeder, glass, &mut self.reception);
        let mut watch = |step| floor.tell(step);
        let end = match begun {
            Ok(opening) => desk.run(opening, &mut people, &mut watch),
            Err(unfinished) => {
                let id = OperatorId::new(operator.script.id.clone())
                    .map_err(assemble::trouble("config.invalid"))?;
                desk.go_on(*unfinished, (id, operator.role), &mut people, &mut watch)
            }
        };
        let told = Told {
            sheets: floor.sheets(),
            holder: floor.holder(),
        };
        Ok((end, told))
    }

    fn ended(&self, end: &VisitEnd, told: Told) -> End {
        match &end.closed {
            Closed::Stopped(stop) => self.stopped(stop.code, stop.kind == StopKind::Refusal),
            Closed::Sealed(digest) => {
                let papers = end.documents.iter().map(|document| {
                    let grade = match document.grade {
                        bundle::Grade::G0 => 0,
                        bundle::Grade::G1 => 1,
                        bundle::Grade::G2 => 2,
                        bundle::Grade::G3 => 3,
                    };
                    (document.kind.clone(), document.pages, grade)
                });
                let aside = end.set_aside.iter().map(|aside| AsideView {
                    kind: aside.kind.clone(),
                    code: aside.code,
                });
                let receipt = ReceiptView {
                    number: courier::number_of(*digest),
                    bundle: digest.to_string(),
                    codes: Vec::new(),
                    holder: told.holder,
                    sealed_at: Timestamp::now(),
                    delivery: Delivery::Waiting,
                    sheets_returned: told.sheets,
                    papers: papers.collect(),
                    set_aside: aside.collect(),
                    issued: Default::default(),
                    surveyed: false,
                    notices: Vec::new(),
                };
                let turn = self.screens.go(Place::Receipt(receipt));
                // Now it can be sent, and the slip turns when it was.
                let _ = self.line.send(());
                self.read_slip(turn);
                match self.screens.board().place {
                    Place::Receipt(receipt) => End::Sealed(Box::new(receipt)),
                    _ => End::Stopped {
                        code: "visit.withdrawn",
                    },
                }
            }
        }
    }

    /// The slip stands until every paper was handed back.
    fn read_slip(&self, turn: u64) {
        loop {
            match self.wait(turn, false) {
                Waited::Touch(Touch::Done | Touch::SignOut) | Waited::Ended => return,
                Waited::Touch(Touch::Survey(level)) => {
                    if let Some(level) = level {
                        self.count(level);
                    }
                    self.screens.show(|board| {
                        if let Place::Receipt(receipt) = &mut board.place {
                            receipt.surveyed = true;
                        }
                    });
                }
                _ => {}
            }
        }
    }

    pub(super) fn stopped(&self, code: &'static str, refusal: bool) -> End {
        let turn = self.screens.go(Place::Stopped { code, refusal });
        loop {
            match self.wait(turn, true) {
                Waited::Touch(Touch::Done) | Waited::Silence | Waited::Ended => break,
                Waited::Touch(_) => {}
            }
        }
        End::Stopped { code }
    }

    /// How the citizen found it: a number a day and level, beside no visit and no hour.
    fn count(&self, level: u8) {
        let path = self.config.state_dir.join(SURVEY);
        let day = Timestamp::now()
            .to_zoned(clock::vietnam())
            .date()
            .to_string();
        let mut days: BTreeMap<String, [u32; 5]> = fs::read(&path)
            .ok()
            .and_then(|json| serde_json::from_slice(&json).ok())
            .unwrap_or_default();
        let counts = days.entry(day).or_default();
        if let Some(count) = counts.get_mut(usize::from(level).wrapping_sub(1)) {
            *count += 1;
        }
        let written = serde_json::to_vec(&days)
            .map_err(std::io::Error::other)
            .and_then(|json| fs::write(&path, json));
        if let Err(error) = written {
            tracing::warn!(kind = ?error.kind(), "an answer to the survey was not counted");
        }
    }

    fn mark(&self, at: Timestamp) {
        let path = self.config.state_dir.join(OPEN_VISIT);
        if let Err(error) = fs::write(path, at.to_string()) {
            tracing::warn!(kind = ?error.kind(), "the open visit could not be noted");
        }
    }

    fn unmark(&self) {
        let _ = fs::remove_file(self.config.state_dir.join(OPEN_VISIT));
    }

    fn take_mark(&self) -> Option<Timestamp> {
        let path = self.config.state_dir.join(OPEN_VISIT);
        let began = fs::read_to_string(&path).ok()?.trim().parse().ok();
        self.unmark();
        began
    }
}
