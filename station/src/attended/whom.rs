//! For whom a visit is, as it is chosen and typed at the operator's page before the visit is opened.

use bundle::{PersonalText, Subject};
use jiff::civil::Date;
use screens::{ConsentView, SubjectTyped, Whom, WhomView};

use crate::visit::ForWhom;

/// No day of the calendar.
const BIRTH: &str = "behalf.birth_date";

pub(crate) const CODES: &[&str] = &[BIRTH];

/// What was said so far. The number stays here; the screens get its last digits.
#[derive(Default)]
pub struct Chosen {
    whom: Whom,
    subject: Option<Subject>,
    refused: Option<&'static str>,
}

impl Chosen {
    /// Another answer; whoever was named for the one before is forgotten.
    pub fn choose(&mut self, whom: Whom) {
        *self = Self {
            whom,
            ..Self::default()
        };
    }

    /// Whose papers they are, as it was typed; checked at once, so that a slip of the hand costs no visit.
    pub fn name(&mut self, typed: &SubjectTyped, day: Date) {
        (self.subject, self.refused) = (None, None);
        let Some(born) = day_first(&typed.born) else {
            self.refused = Some(BIRTH);
            return;
        };
        let subject = Subject {
            number: PersonalText::new(typed.number.as_str()),
            born,
        };
        let whom = match self.whom {
            Whom::Child => ForWhom::Child(subject),
            Whom::Proxy => ForWhom::Proxy(subject),
            // Nobody is represented; the form was left open in another window.
            Whom::Holder | Whom::Helper => return,
        };
        self.refused = whom.fault(day);
        self.subject = whom.subject().filter(|_| self.refused.is_none()).cloned();
    }

    /// As it is shown.
    #[must_use]
    pub fn view(&self) -> WhomView {
        WhomView {
            whom: self.whom,
            subject: self.subject.as_ref().map(last_digits),
            refused: self.refused,
        }
    }

    /// What the visit is opened with; none as long as something is missing.
    #[must_use]
    pub fn whom(&self) -> Option<ForWhom> {
        Some(match self.whom {
            Whom::Holder => ForWhom::Holder,
            Whom::Helper => ForWhom::HelperPresent,
            Whom::Child => ForWhom::Child(self.subject.clone()?),
            Whom::Proxy => ForWhom::Proxy(self.subject.clone()?),
        })
    }
}

/// What the citizen is told of it.
pub(super) fn asked(whom: &ForWhom) -> ConsentView {
    ConsentView {
        whom: match whom {
            ForWhom::Holder => Whom::Holder,
            ForWhom::HelperPresent => Whom::Helper,
            ForWhom::Child(_) => Whom::Child,
            ForWhom::Proxy(_) => Whom::Proxy,
        },
        subject: whom.subject().map(last_digits),
        child: false,
    }
}

fn last_digits(subject: &Subject) -> String {
    let number = subject.number.as_str();
    number
        .get(number.len().saturating_sub(3)..)
        .unwrap_or_default()
        .to_owned()
}

/// Day, month and year, as dates are written in Vietnam.
fn day_first(text: &str) -> Option<Date> {
    let mut parts = text.split(['/', '.', '-']);
    let mut part = || parts.next()?.trim().parse::<i16>().ok();
    let (day, month, year) = (part()?, part()?, part()?);
    if parts.next().is_some() {
        return None;
    }
    Date::new(year, month.try_into().ok()?, day.try_into().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const FORM: &str = "personal_id.form";

    fn typed(number: &str, born: &str) -> SubjectTyped {
        SubjectTyped {
            number: number.to_owned().into(),
            born: born.to_owned().into(),
        }
    }

    #[test]
    fn whoever_is_named_is_checked_at_once_and_forgotten_with_the_answer() {
        let day = date(2026, 3, 2);
        let mut chosen = Chosen::default();
        assert_eq!(chosen.whom(), Some(ForWhom::Holder));
        chosen.choose(Whom::Child);
        for (number, born, code) in [
            ("001318004567", "20/5", Some(BIRTH)),
            ("001318004567", "31/2/2018", Some(BIRTH)),
            ("001318004567", "20/5/2018/1", Some(BIRTH)),
            ("0013180045", "20/5/2018", Some(FORM)),
            ("ábcđéf", "20/5/2018", Some(FORM)),
            ("001318004567", "20/5/2017", Some("personal_id.birth_year")),
            ("001190004567", "20/5/1990", Some("behalf.not_a_child")),
            ("001318004567", "20.05.2018", None),
        ] {
            chosen.name(&typed(number, born), day);
            assert_eq!(chosen.view().refused, code, "{number} {born}");
            assert_eq!(chosen.whom().is_some(), code.is_none());
            assert_eq!(chosen.view().complete(), code.is_none());
        }
        assert_eq!(chosen.view().subject.as_deref(), Some("567"));
        chosen.choose(Whom::Proxy);
        assert_eq!((chosen.whom(), chosen.view().subject), (None, None));
        chosen.choose(Whom::Helper);
        assert_eq!(chosen.whom(), Some(ForWhom::HelperPresent));
    }
}
