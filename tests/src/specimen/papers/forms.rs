//! The kinds of paper that can be drawn, one file each: `domain` wording with variants of layout and label.

mod cards;
mod civil_status;
mod decision;
mod land;
mod letters;
mod merit;
mod residence;
mod study;
mod trade;

use super::chance::Chance;
use super::form::{Form, Look};
use super::people::places::Address;
use super::people::{Family, Person, long_day, names};
use super::typeface::{Cut, Style, TypeCase};

/// Draws one page of a paper into a form.
type Draw = fn(&mut Form<'_>, &Family);

/// One kind of paper.
pub(crate) struct Kind {
    /// As in the corpus and, where it is there, in the rulebook.
    pub(crate) id: &'static str,
    first: Draw,
    /// Pages that follow, without a heading.
    pub(crate) further: &'static [Draw],
    habit: Habit,
}

/// What is usual for a kind.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Habit {
    /// Printed by an office.
    Printed,
    /// A form that is sometimes filled in by hand, more often the older it is.
    SometimesByHand,
    /// Always filled in by hand.
    ByHand,
    /// Set in a sans, as cards are.
    Card,
}

const fn kind(id: &'static str, first: Draw, further: &'static [Draw], habit: Habit) -> Kind {
    Kind {
        id,
        first,
        further,
        habit,
    }
}

/// The corpus' twelve, then what else belongs to the fifteen papers that people bring most.
pub(crate) const KINDS: &[Kind] = &[
    kind(
        "khai_sinh",
        civil_status::birth,
        &[],
        Habit::SometimesByHand,
    ),
    kind("cu_tru", residence::confirmation, &[], Habit::Printed),
    kind("cccd", cards::identity, &[], Habit::Card),
    kind("bang_tn", study::diploma, &[], Habit::Printed),
    kind("hon_nhan", civil_status::single, &[], Habit::Printed),
    kind(
        "ket_hon",
        civil_status::marriage,
        &[],
        Habit::SometimesByHand,
    ),
    kind("khai_tu", civil_status::death, &[], Habit::Printed),
    kind(
        "quyen_sdd",
        land::certificate,
        &[land::changes],
        Habit::Printed,
    ),
    kind(
        "quyet_dinh",
        decision::benefit,
        &[decision::annex],
        Habit::Printed,
    ),
    kind("to_khai_tay", letters::declaration, &[], Habit::ByHand),
    kind(
        "uy_quyen",
        letters::authority,
        &[letters::authority_end],
        Habit::Printed,
    ),
    kind("don_xin", letters::application, &[], Habit::SometimesByHand),
    kind(
        "hoc_ba",
        study::record_book,
        &[study::record_year, study::record_year, study::record_year],
        Habit::SometimesByHand,
    ),
    kind("bang_diem", study::transcript, &[], Habit::Printed),
    kind("chung_chi", study::skill, &[], Habit::Printed),
    kind("bao_hiem", cards::insurance, &[], Habit::Card),
    kind("dang_ky_kd", trade::business, &[], Habit::Printed),
    kind("nguoi_co_cong", merit::merit, &[], Habit::Printed),
];

impl Kind {
    /// The page (1 is the first) of this kind's paper of a family; the same chance gives the same paper.
    pub(crate) fn draw<'a>(
        &self,
        case: &'a TypeCase,
        family: &Family,
        chance: &Chance,
        page: usize,
    ) -> Form<'a> {
        let mut choice = chance.fork("look");
        let mut look = Look::invent(case, &mut choice);
        match self.habit {
            Habit::Printed => {}
            Habit::SometimesByHand if choice.chance(0.75) => {}
            Habit::SometimesByHand | Habit::ByHand => {
                look.hand = Some(choice.pick(&case.of(Style::Hand)));
                look.pitch = look.pitch.max(1.65);
                look.value = Cut::Plain;
            }
            Habit::Card => look.face = choice.pick(&case.of(Style::Sans)),
        }
        let further = page.checked_sub(2).map(|at| self.further[at]);
        let mut form = Form::new(
            case,
            look,
            self.id,
            chance.fork(&format!("page {page}")),
            super::form::A4,
        );
        form.truth.page = u32::try_from(page).unwrap_or(1);
        form.truth.titled = further.is_none();
        further.unwrap_or(self.first)(&mut form, family);
        if further.is_none() && self.habit != Habit::Card {
            let mut marks = chance.fork("marks");
            if marks.chance(0.15) {
                super::marks::certified(&mut form, false);
            }
            if marks.chance(0.05) {
                super::marks::forbidden(&mut form);
            }
        }
        form
    }
}

/// An office of a commune and who signs for it.
struct Office {
    place: Address,
    signer: String,
    /// "Thới An, ngày 27 tháng 07 năm 2026".
    dated: String,
}

impl Office {
    fn invent(chance: &mut Chance, day: jiff::civil::Date, old: bool) -> Self {
        let place = Address::invent(chance, old);
        let female = chance.chance(0.35);
        let (signer, _) = names::invent(chance, female, Some("Kinh"));
        let dated = format!(
            "{}, {}",
            super::people::words::capital(place.short()),
            long_day(day)
        );
        Self {
            place,
            signer,
            dated,
        }
    }

    /// "Ủy ban nhân dân phường Bảy Hiền, Thành phố Hồ Chí Minh".
    fn committee(&self) -> String {
        format!("Ủy ban nhân dân {}", self.place.place())
    }

    /// "PHƯỜNG BẢY HIỀN".
    fn commune_capitals(&self) -> String {
        self.place.commune.to_uppercase()
    }

    fn province_capitals(&self) -> String {
        self.place.province.to_uppercase()
    }
}

/// Who signs where a committee does.
fn chairs(chance: &mut Chance) -> &'static [&'static str] {
    chance.pick(&[
        &["CHỦ TỊCH"] as &[&str],
        &["KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"],
        &["TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH"],
        &["TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"],
    ])
}

/// Whose paper it is.
fn owns(form: &mut Form<'_>, name: &str, person: &Person) {
    let owner = [
        ("ho_ten", name.to_owned()),
        ("so_dinh_danh", person.number.clone()),
        ("ngay_sinh", person.birthday()),
    ];
    form.truth.owners.push(owner.into_iter().collect());
}
