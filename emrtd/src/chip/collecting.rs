//! Collecting the evidence: which file when, what proof in between, and how a reading that another
//! session has begun is taken up.

use rand_core::CryptoRng;

use super::collection::{self, Partial};
use super::reading::{File, Outcome};
use super::{
    Collection, MAX_REOPENINGS, MAX_TOTAL, Progress, ReadError, SecureChip, TerminalAccess,
    TerminalAuthError,
};
use crate::evidence::{ChipEvidence, MappingWitness};
use crate::lds::DataGroup;
use crate::proof::mapping;
use crate::proof::terminal::Terminal;
use crate::transport::Transport;

impl<T: Transport> SecureChip<T> {
    /// Reads the evidence off the chip.
    ///
    /// A group that the chip does not have is left out, one that it will not give is recorded as
    /// locked; DG3 and DG4 come last. Chip authentication runs straight after DG14 if that offers
    /// it, active authentication with the collection's challenge once DG15 has been read.
    ///
    /// # Errors
    /// [`ReadError`]; where it [`can_go_on`](ReadError::can_go_on), with the same `collection` after
    /// the chip was opened again. After any other the collection is of no more use.
    pub fn collect(
        &mut self,
        collection: &mut Collection,
        rng: &mut dyn CryptoRng,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<ChipEvidence, ReadError> {
        let taken_up = collection.has_begun();
        self.collect_rest(collection, rng, progress)
            .map_err(|error| match error {
                ReadError::ChipAuthentication if taken_up => ReadError::OtherCard,
                error => error,
            })
    }

    fn collect_rest(
        &mut self,
        collection: &mut Collection,
        rng: &mut dyn CryptoRng,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<ChipEvidence, ReadError> {
        self.go_on(collection, rng)?;
        let access = self.protocol;
        let Collection {
            order,
            next,
            challenge,
            evidence,
            partial,
            com,
            terminal,
            terminal_access,
        } = collection;
        let evidence = evidence.get_or_insert_with(|| {
            let mut evidence = collection::begun(access, self.card_access.as_deref());
            evidence.mapping = self.mapping.clone();
            evidence.card_security = self.card_security.clone();
            evidence
        });
        if evidence.sod.is_empty() {
            evidence.sod = self.mandatory(File::SOD, partial, rng, progress)?;
        }
        while let Some(&group) = order.get(*next) {
            if !evidence.groups.contains_key(&group) {
                let locked = matches!(group, DataGroup::Dg3 | DataGroup::Dg4);
                if let (true, Some(terminal)) = (locked, terminal.as_deref()) {
                    let access = self.show_terminal(terminal, rng)?;
                    *terminal_access = access.or(terminal_access.take());
                }
                self.group(group, evidence, partial, rng, progress)?;
                // Access ends with the session, and reading may have cost that.
                if let (true, Some(terminal), true) = (
                    evidence.locked.contains(&group),
                    terminal.as_deref().filter(|_| locked),
                    matches!(terminal_access, Some(Ok(_))) && !self.terminal_accepted,
                ) {
                    *terminal_access = self.show_terminal(terminal, rng)?;
                    self.group(group, evidence, partial, rng, progress)?;
                }
            }
            match (group, evidence.groups.get(&group)) {
                (DataGroup::Dg14, Some(content)) if self.dg14.is_none() => {
                    evidence.chip_auth = self.authenticate_chip(content, rng)?;
                }
                (DataGroup::Dg15, Some(_)) if evidence.active.is_none() => {
                    evidence.active = self.active(challenge, rng)?;
                }
                _ => {}
            }
            *next += 1;
        }
        if *com && evidence.com.is_none() {
            let read = self.steadily(rng, |chip| chip.read(File::COM, partial, progress));
            evidence.com = match read {
                Ok(Outcome::File(content)) => Some(content),
                // Nothing hangs on it.
                Ok(_) | Err(ReadError::Refused { .. }) => None,
                Err(error) => return Err(error),
            };
        }
        collection.evidence.take().ok_or(ReadError::OtherCard)
    }

    /// Terminal authentication, once a session; its failure is a fact, unless the chip is gone.
    fn show_terminal(
        &mut self,
        terminal: &dyn Terminal,
        rng: &mut dyn CryptoRng,
    ) -> Result<Option<Result<TerminalAccess, TerminalAuthError>>, ReadError> {
        if self.terminal_accepted {
            return Ok(None);
        }
        match self.authenticate_terminal(terminal, rng) {
            Err(TerminalAuthError::Read(
                gone @ (ReadError::Transport(_)
                | ReadError::SecureMessaging(_)
                | ReadError::ChipAuthentication
                | ReadError::TooManyCommands),
            )) => Err(gone),
            access => {
                self.terminal_accepted = access.is_ok();
                Ok(Some(access))
            }
        }
    }

    /// Takes up a reading that another session has begun: is this the same card?
    ///
    /// The lock must be the same, and the chip must prove again that it holds the key of DG14. A
    /// chip without such a key must have the same issuer's signature at the end of its EF.SOD.
    /// Nothing is believed by this: whatever is read from here on must fit the issuer's list as
    /// everything else. It spares an honest citizen the verdict over a mixture of two cards.
    fn go_on(
        &mut self,
        collection: &mut Collection,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), ReadError> {
        let Some(evidence) = &mut collection.evidence else {
            return Ok(());
        };
        if evidence.access != self.protocol || evidence.card_access != self.card_access {
            return Err(ReadError::OtherCard);
        }
        if evidence.sod.is_empty() {
            return Ok(());
        }
        if let Some(dg14) = evidence.groups.get(&DataGroup::Dg14) {
            let witness = self.authenticate_chip(dg14, rng)?;
            if self.dg14.is_some() {
                evidence.chip_auth = witness;
                evidence.mapping = self.mapping.clone();
                evidence.card_security = self.card_security.clone();
                return Ok(());
            }
            let proved = |witness: &MappingWitness| mapping::proves_key_of(witness, dg14);
            if evidence.chip_auth.is_some() || evidence.mapping.as_ref().is_some_and(proved) {
                return Err(ReadError::OtherCard);
            }
        }
        if !self.steadily(rng, |chip| chip.still_ends_with(File::SOD, &evidence.sod))? {
            return Err(ReadError::OtherCard);
        }
        // What this chip cannot prove by the key of DG14 it proves anew by what it has: a copy laid
        // down in its place must not live on the original's answers.
        evidence.mapping = self.mapping.clone();
        evidence.card_security = self.card_security.clone();
        if evidence.active.is_some() {
            evidence.active = self.active(&collection.challenge, rng)?;
        }
        Ok(())
    }

    /// Reads one group into the evidence: there, absent or locked.
    fn group(
        &mut self,
        group: DataGroup,
        evidence: &mut ChipEvidence,
        partial: &mut Option<Partial>,
        rng: &mut dyn CryptoRng,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), ReadError> {
        // Asked for again, after a loss or with a terminal: the last answer counts.
        evidence.locked.retain(|other| *other != group);
        let file = File::of(group);
        if group == DataGroup::Dg1 {
            let content = self.mandatory(file, partial, rng, progress)?;
            evidence.groups.insert(group, content);
            return Ok(());
        }
        // Fingers are expected to be locked, and a group that nobody signed for to be absent.
        let expected = !matches!(group, DataGroup::Dg3 | DataGroup::Dg4)
            && collection::mentions(&evidence.sod, group);
        let outcome = match self.believably(file, expected, partial, rng, progress) {
            // What an optional group is refused with is the chip's own affair.
            Err(ReadError::Refused { status, .. }) => Outcome::Locked(status),
            other => other?,
        };
        match outcome {
            Outcome::File(content) => {
                evidence.groups.insert(group, content);
            }
            Outcome::Absent => {}
            Outcome::Locked(_) => evidence.locked.push(group),
        }
        let total: usize = evidence.groups.values().map(Vec::len).sum();
        if total > MAX_TOTAL {
            return Err(ReadError::TooLong { file: file.name });
        }
        Ok(())
    }

    fn mandatory(
        &mut self,
        file: File,
        partial: &mut Option<Partial>,
        rng: &mut dyn CryptoRng,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Vec<u8>, ReadError> {
        match self.believably(file, true, partial, rng, progress)? {
            Outcome::File(content) => Ok(content),
            Outcome::Absent => Err(ReadError::Missing { file: file.name }),
            Outcome::Locked(status) => Err(ReadError::Refused {
                file: file.name,
                status,
            }),
        }
    }

    /// Reads a file. That one which is `expected` is not there, or locked, is believed only under
    /// the chip's seal or when it says so in two sessions: a bare status could be anybody's on the
    /// wire, and would make an honest card look like one that hides a file (ICAO 9303-11 §9.8.5).
    fn believably(
        &mut self,
        file: File,
        expected: bool,
        partial: &mut Option<Partial>,
        rng: &mut dyn CryptoRng,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Outcome, ReadError> {
        let outcome = self.steadily(rng, |chip| chip.read(file, partial, progress));
        let refused = matches!(
            outcome,
            Ok(Outcome::Absent | Outcome::Locked(_)) | Err(ReadError::Refused { .. })
        );
        if !(expected && refused && self.shaken && self.reach.reopened < MAX_REOPENINGS) {
            return outcome;
        }
        self.reach.reopened += 1;
        self.reopen(rng)?;
        self.steadily(rng, |chip| chip.read(file, partial, progress))
    }
}
