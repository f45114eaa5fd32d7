//! Reading files in as few exchanges as the chip can bear.
//!
//! The first READ BINARY names the file by its short identifier and already asks for as much as an
//! answer may hold: no SELECT, no separate read of the header. A chip that balks is asked for less,
//! step by step, and what it could bear is remembered for the next file.

use super::collection::{Collection, Partial};
use super::{Habits, Progress, ReadError, SecureChip};
use crate::apdu::{Command, Response, Status};
use crate::lds::DataGroup;
use crate::lds::dg14::CvcaFile;
use crate::tlv::{self, TlvError};
use crate::transport::{Transport, TransportError};
use crate::wire::says_absent;

/// How much the data field of an answer may hold, from the boldest to the humblest.
const ROOMS: [usize; 6] = [65_000, 4_096, 1_024, 256, 160, 96];

/// The last offset that READ BINARY with even INS can name (ISO/IEC 7816-4 §11.2.3).
const LAST_EVEN_OFFSET: usize = 0x7FFF;

/// Enough to see tag and length of any file.
const HEADER: usize = 4;

/// How much of a file is compared before it is gone on with after the card was lost.
const SAME_BEGINNING: usize = 64;

/// What this chip has shown it can bear, while it is being read.
#[derive(Debug, Clone)]
pub(super) struct Reach {
    rooms: Vec<usize>,
    /// Where in `rooms` a file is begun, when its length is not known yet.
    first: usize,
    /// Where in `rooms` a file is gone on with, when no more is asked for than is there.
    next: usize,
    /// The most plain bytes that one answer brings, as the chip has said by 6Cxx.
    most: Option<usize>,
    /// A long answer has come back.
    proven: bool,
    /// A long answer has been asked for, and nothing has come back yet.
    daring: bool,
    /// What to begin the next file with, when asking for more has cost the session.
    hint: Option<usize>,
    pub(super) by_select: bool,
    sfi_works: bool,
    pub(super) reopened: u32,
}

impl Reach {
    /// `longest_answer`: as announced by EF.ATR/INFO.
    pub(super) fn new(habits: &Habits, longest_answer: Option<usize>) -> Self {
        let most = longest_answer.map_or(usize::MAX, |most| {
            // Some count the status bytes, some do not.
            if most > 256 { most - 2 } else { most }
        });
        let mut rooms: Vec<usize> = ROOMS.iter().copied().filter(|room| *room < most).collect();
        if most <= ROOMS[0] {
            rooms.insert(0, most);
        }
        let last = rooms.len() - 1;
        let at = |bearable| {
            let fits = rooms.iter().position(|room| *room <= bearable);
            fits.unwrap_or(last)
        };
        Self {
            first: at(habits.begin),
            next: at(habits.go_on),
            rooms,
            most: habits.most,
            proven: habits.long_answers,
            daring: false,
            hint: None,
            by_select: habits.by_select,
            sfi_works: false,
            reopened: 0,
        }
    }

    /// What is worth remembering.
    pub(super) fn habits(&self) -> Habits {
        Habits {
            begin: self.room_at(self.first),
            go_on: self.room_at(self.next),
            most: self.most,
            by_select: self.by_select,
            long_answers: self.proven,
        }
    }

    /// A long answer has been asked for, nothing has come back, and none ever has.
    pub(super) fn dared(&self) -> bool {
        self.daring && !self.proven
    }

    /// What to ask for once the length of the file is known.
    pub(super) fn room(&self) -> usize {
        self.room_at(self.next)
    }

    fn room_at(&self, index: usize) -> usize {
        self.rooms
            .get(index)
            .copied()
            .unwrap_or(ROOMS[ROOMS.len() - 1])
    }

    /// Long answers are known to work.
    pub(super) fn is_extended(&self) -> bool {
        self.proven && self.room() > 256
    }

    pub(super) fn at_most(&self, holds: usize) -> usize {
        self.most.map_or(holds, |most| holds.min(most))
    }

    fn can_step(&self, index: usize) -> bool {
        index + 1 < self.rooms.len()
    }

    /// A file could be begun with this room and no larger one.
    ///
    /// Less than a short answer holds may mean no more than that the file is small.
    fn began_at(&mut self, index: usize) {
        self.first = index;
        let short = self
            .rooms
            .iter()
            .position(|room| *room <= 256)
            .unwrap_or(index);
        self.next = self.next.max(index.min(short));
    }

    fn short_only(&mut self) {
        let short = self.rooms.iter().position(|room| *room <= 256).unwrap_or(0);
        self.first = self.first.max(short);
        self.next = self.next.max(short);
        self.hint = None;
    }
}

/// An elementary file of the travel document.
#[derive(Debug, Clone, Copy)]
pub(super) struct File {
    pub(super) name: &'static str,
    id: u16,
    sfi: u8,
    tag: u8,
}

impl File {
    /// ICAO 9303-10 §4.6.2.
    pub(super) const SOD: Self = Self {
        name: "sod",
        id: 0x011D,
        sfi: 0x1D,
        tag: 0x77,
    };

    /// ICAO 9303-10 §4.6.1.
    pub(super) const COM: Self = Self {
        name: "com",
        id: 0x011E,
        sfi: 0x1E,
        tag: 0x60,
    };

    /// The authorities whose terminals the chip trusts; no single object, so its tag is only the
    /// first one's.
    pub(super) fn cvca(file: CvcaFile) -> Self {
        Self {
            name: "cvca",
            id: file.id,
            sfi: file.sfi.unwrap_or_default(),
            tag: 0x42,
        }
    }

    pub(super) fn of(group: DataGroup) -> Self {
        Self {
            name: group.name(),
            id: group.file_id(),
            sfi: group.sfi(),
            tag: group.tag(),
        }
    }
}

/// What became of a file.
pub(super) enum Outcome {
    File(Vec<u8>),
    Absent,
    Locked(Status),
}

/// What a refusal means for what to try next.
enum Refusal {
    Absent,
    Locked,
    /// Not this way of naming the file.
    OtherWay,
    /// Not so much at once.
    Less,
    /// So much and no more.
    Exactly(usize),
    SessionGone,
}

fn judge(status: Status) -> Refusal {
    match status.0 {
        _ if says_absent(status) => Refusal::Absent,
        // Security status, authentication blocked, reference data unusable, conditions.
        0x6982..=0x6985 => Refusal::Locked,
        0x6981 | 0x6986 | 0x6A81 | 0x6A86 | 0x6B00 | 0x6D00 | 0x6E00 => Refusal::OtherWay,
        0x6987 | 0x6988 => Refusal::SessionGone,
        0x6C00 => Refusal::Exactly(256),
        0x6C01..=0x6CFF => Refusal::Exactly(usize::from(status.0 & 0xFF)),
        _ => Refusal::Less,
    }
}

impl<T: Transport> SecureChip<T> {
    /// Reads one whole file. What `partial` holds of it is not read again; what was read of it when
    /// the reading fails is left there.
    pub(super) fn read(
        &mut self,
        file: File,
        partial: &mut Option<Partial>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Outcome, ReadError> {
        let mut content = match Collection::take_partial(partial, file) {
            None => match self.begin(file, None)? {
                Outcome::File(content) => content,
                other => return Ok(other),
            },
            Some(content) => self.rejoin(file, content, partial)?,
        };
        let read = self.rest(file, &mut content, progress);
        match read {
            Ok(()) => Ok(Outcome::File(content)),
            Err(error) => {
                Collection::keep_partial(partial, file, content);
                Err(error)
            }
        }
    }

    /// Makes this file the current one again, and sure that it still begins as it did.
    fn rejoin(
        &mut self,
        file: File,
        content: Vec<u8>,
        partial: &mut Option<Partial>,
    ) -> Result<Vec<u8>, ReadError> {
        let begun = match self.begin(file, Some(SAME_BEGINNING)) {
            Ok(begun) => begun,
            Err(error) => {
                Collection::keep_partial(partial, file, content);
                return Err(error);
            }
        };
        match begun {
            Outcome::File(start) if start.iter().zip(&content).all(|(new, old)| new == old) => {
                Ok(content)
            }
            _ => Err(ReadError::OtherCard),
        }
    }

    /// Does this file still begin and end as it did? The end of EF.SOD is a signature.
    pub(super) fn still_ends_with(
        &mut self,
        file: File,
        content: &[u8],
    ) -> Result<bool, ReadError> {
        let Outcome::File(start) = self.begin(file, Some(SAME_BEGINNING))? else {
            return Ok(false);
        };
        let offset = content.len().saturating_sub(SAME_BEGINNING);
        let end = self.more(file, offset, content.len() - offset)?;
        Ok(content.starts_with(&start) && content[offset..].starts_with(&end))
    }

    /// Reads on from the first bytes of a file to its end.
    fn rest(
        &mut self,
        file: File,
        content: &mut Vec<u8>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), ReadError> {
        let malformed = ReadError::Malformed { file: file.name };
        let total = loop {
            match tlv::header(content) {
                Ok(header) if header.tag != u32::from(file.tag) => return Err(malformed),
                Ok(header) => break header.total(),
                Err(TlvError::Truncated { .. }) if content.len() < HEADER => {
                    let chunk = self.more(file, content.len(), HEADER - content.len())?;
                    content.extend_from_slice(&chunk);
                }
                Err(TlvError::TooLong { .. } | TlvError::BadLength) => {
                    return Err(ReadError::TooLong { file: file.name });
                }
                Err(_) => return Err(malformed),
            }
        };
        let mut report = |read: usize| {
            progress(Progress {
                file: file.name,
                bytes_read: read.min(total),
                bytes_total: total,
            });
        };
        report(content.len());
        while content.len() < total {
            let chunk = self.more(file, content.len(), total - content.len())?;
            content.extend_from_slice(&chunk);
            report(content.len());
        }
        content.truncate(total);
        Ok(())
    }

    /// The first bytes of a file that is no single object, up to `most`.
    pub(super) fn read_start(
        &mut self,
        file: File,
        most: usize,
        select: bool,
    ) -> Result<Vec<u8>, ReadError> {
        let before = self.reach.with_select(select);
        let begun = self.begin(file, Some(most));
        self.reach.by_select = before;
        let mut content = match begun? {
            Outcome::File(content) => content,
            Outcome::Absent => return Err(ReadError::Missing { file: file.name }),
            Outcome::Locked(status) => {
                return Err(ReadError::Refused {
                    file: file.name,
                    status,
                });
            }
        };
        while content.len() < most {
            match self.more(file, content.len(), most - content.len()) {
                Ok(chunk) => content.extend_from_slice(&chunk),
                // Nothing is left.
                Err(ReadError::Malformed { .. } | ReadError::Refused { .. }) => break,
                Err(error) => return Err(error),
            }
        }
        content.truncate(most);
        Ok(content)
    }

    /// Names the file to the chip and brings its first bytes.
    fn begin(&mut self, file: File, little: Option<usize>) -> Result<Outcome, ReadError> {
        let mut select = self.reach.by_select;
        let mut at = self.reach.first;
        let hint = little.or_else(|| self.reach.hint.take());
        let mut wanted = hint.unwrap_or_else(|| self.most(self.reach.room_at(at)));
        loop {
            if select {
                let command =
                    Command::new(0, 0xA4, 0x02, 0x0C).data(file.id.to_be_bytes().to_vec());
                let status = self.send(&command)?.status;
                if !status.brings_data() {
                    return match judge(status) {
                        Refusal::Absent => Ok(Outcome::Absent),
                        Refusal::Locked => Ok(Outcome::Locked(status)),
                        _ => Err(ReadError::Refused {
                            file: file.name,
                            status,
                        }),
                    };
                }
            }
            let p1 = if select { 0 } else { 0x80 | file.sfi };
            let response = self.ask(Command::new(0, 0xB0, p1, 0), wanted)?;
            if response.status.brings_data() && !response.data.is_empty() {
                self.reach.proven |= wanted > 256 && response.data.len() > 256;
                self.reach.began_at(at);
                self.reach.hint = None;
                self.reach.sfi_works |= !select;
                return Ok(Outcome::File(response.data));
            }
            match judge(response.status) {
                Refusal::Absent if select || self.reach.sfi_works => return Ok(Outcome::Absent),
                Refusal::Locked => return Ok(Outcome::Locked(response.status)),
                Refusal::SessionGone => {
                    return Err(ReadError::SessionLost {
                        status: response.status,
                    });
                }
                Refusal::Absent | Refusal::OtherWay if !select && !self.reach.sfi_works => {
                    select = true;
                    self.reach.by_select = true;
                }
                Refusal::Exactly(count) if count < wanted => wanted = count,
                _ if self.reach.can_step(at) && hint.is_none() => {
                    at += 1;
                    wanted = self.most(self.reach.room_at(at));
                }
                // A chip that bears no Le beyond the end of the file is asked for the header first.
                _ if wanted > HEADER => wanted = HEADER,
                _ => {
                    return Err(ReadError::Refused {
                        file: file.name,
                        status: response.status,
                    });
                }
            }
            // A bare refusal may have cost the session; then this is where to go on.
            if self.shaken {
                self.reach.first = at;
                self.reach.hint = Some(wanted);
            }
        }
    }

    /// The bytes from `offset` on, at most `rest` of them, at least one.
    fn more(&mut self, file: File, offset: usize, rest: usize) -> Result<Vec<u8>, ReadError> {
        let mut cap = usize::MAX;
        let mut by_sfi = false;
        loop {
            let wanted = self.most(self.reach.room()).min(rest).min(cap);
            let response = if offset <= LAST_EVEN_OFFSET {
                let [p1, p2] = (offset as u16).to_be_bytes();
                self.ask(Command::new(0, 0xB0, p1, p2), wanted)?
            } else {
                self.ask_beyond(offset, wanted, if by_sfi { file.sfi } else { 0 })?
            };
            if response.status.brings_data() && !response.data.is_empty() {
                self.reach.proven |= wanted > 256 && response.data.len() > 256;
                let mut data = response.data;
                data.truncate(rest);
                return Ok(data);
            }
            match judge(response.status) {
                Refusal::SessionGone => {
                    return Err(ReadError::SessionLost {
                        status: response.status,
                    });
                }
                Refusal::Exactly(count) if count < wanted => {
                    // There was more to give than that: so much is all that an answer holds.
                    cap = count;
                    self.reach.most = Some(count);
                }
                // The file says it is longer than the chip says it is.
                _ if response.status == Status::END_OF_FILE => {
                    return Err(ReadError::Malformed { file: file.name });
                }
                Refusal::OtherWay if offset > LAST_EVEN_OFFSET && !by_sfi => by_sfi = true,
                _ if self.reach.can_step(self.reach.next) => self.reach.next += 1,
                _ => {
                    return Err(ReadError::Refused {
                        file: file.name,
                        status: response.status,
                    });
                }
            }
        }
    }

    /// READ BINARY with odd INS: offset in DO'54', answer in DO'53' (ISO/IEC 7816-4 §11.2.3).
    ///
    /// Le counts the header of DO'53' too.
    fn ask_beyond(&mut self, offset: usize, wanted: usize, sfi: u8) -> Result<Response, ReadError> {
        let content = wanted
            .min(self.most(self.reach.room()).saturating_sub(HEADER))
            .max(1);
        let framed = tlv::encode(0x53, &vec![0; content]).len();
        let octets = (offset as u32).to_be_bytes();
        let offset = tlv::encode(
            0x54,
            if octets[1] == 0 {
                &octets[2..]
            } else {
                &octets[1..]
            },
        );
        let mut response = self.ask(Command::new(0, 0xB1, 0, sfi).data(offset), framed)?;
        if response.status.brings_data() && !response.data.is_empty() {
            response.data = tlv::require(&response.data, 0x53)
                .map_err(|_| ReadError::Malformed {
                    file: "odd READ BINARY",
                })?
                .to_vec();
        }
        Ok(response)
    }

    fn ask(&mut self, command: Command, le: usize) -> Result<Response, ReadError> {
        self.reach.daring = le > 256;
        let answer = self.send(&command.le(le as u32));
        if answer.is_ok() {
            self.reach.daring = false;
        }
        match answer {
            // Readers that know no extended length refuse before the chip has seen anything.
            Err(ReadError::Transport(TransportError::Failed { .. }))
                if le > 256 && !self.reach.proven =>
            {
                self.reach.short_only();
                Err(ReadError::SessionLost {
                    status: Status::WRONG_LENGTH,
                })
            }
            // A chip that dropped the session over a long Le is not asked for that again.
            Err(ReadError::SessionLost { status }) if le > 256 && !self.reach.proven => {
                self.reach.short_only();
                Err(ReadError::SessionLost { status })
            }
            other => other,
        }
    }
}
