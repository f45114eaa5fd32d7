//! Provinces and communes, as they are since 1 July 2025 and as they were before.
//!
//! Old papers name places that are no more. What is printed stays; beside it stands what the place is called now.

use std::sync::LazyLock;

use crate::syllables::normal;

/// A province as it is now.
#[derive(Debug, PartialEq, Eq)]
pub struct Province {
    /// With its rank: `tỉnh Nghệ An`, `thành phố Huế`.
    pub name: &'static str,
    /// The provinces that became it, itself among them where it kept its name.
    pub before: Vec<&'static str>,
    communes: Vec<Commune>,
}

#[derive(Debug, PartialEq, Eq)]
struct Commune {
    rank: &'static str,
    name: &'static str,
    key: String,
}

struct OldDistrict {
    /// Normal form of rank and name.
    key: String,
    bare: String,
    communes: Vec<(Commune, Vec<usize>)>,
}

struct OldProvince {
    name: &'static str,
    key: String,
    bare: String,
    now: usize,
    districts: Vec<OldDistrict>,
}

struct Units {
    now: Vec<Province>,
    now_keys: Vec<(String, String)>,
    before: Vec<OldProvince>,
}

static UNITS: LazyLock<Units> = LazyLock::new(|| {
    parse(
        include_str!("../data/units_2025.txt"),
        include_str!("../data/units_before.txt"),
    )
    .expect("the embedded lists are parsed by a test")
});

/// The province that a printed address ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// The province it belongs to now.
    pub province: &'static Province,
    /// The name printed is one from before 1 July 2025 that is no more.
    pub gone: bool,
}

/// What an old address is called now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Now {
    /// The commune, where it is certain which: an undivided one.
    pub commune: Option<String>,
    /// The province.
    pub province: &'static str,
}

/// The provinces that are.
pub fn provinces() -> &'static [Province] {
    &UNITS.now
}

impl Province {
    /// Whether a commune of this rank and name lies in it: `phường Long Trường`.
    pub fn has_commune(&self, printed: &str) -> bool {
        let (rank, name) = ranked(printed);
        let key = key(name);
        self.communes
            .iter()
            .any(|commune| commune.key == key && rank.is_none_or(|rank| rank == commune.rank))
    }

    /// How many communes it has.
    pub fn communes(&self) -> usize {
        self.communes.len()
    }
}

/// The province named at the end of an address, marks and all; a name with a slip in it is none.
pub fn province_in(address: &str) -> Option<Found> {
    let last = parts(address).pop()?;
    let found = province(last);
    // "xã Long Hậu tỉnh Cà Mau": no comma before the province.
    found.or_else(|| {
        let words: Vec<(usize, &str)> = words_at(last);
        (1..words.len()).rev().take(5).find_map(|at| {
            let tail = &last[words[at].0..];
            let ranks = ["tỉnh", "thành phố", "tp", "tp."];
            let lower = tail.to_lowercase();
            ranks
                .iter()
                .any(|rank| lower.starts_with(rank))
                .then(|| province(tail))
                .flatten()
        })
    })
}

/// The province that is called so, now or before.
fn province(printed: &str) -> Option<Found> {
    let whole = key(printed);
    let (rank, name) = ranked(printed);
    let bare = key(alias(name));
    let fits = |full: &str, only: &str| {
        full == whole || only == bare && rank.is_none_or(|rank| full.starts_with(&key(rank)))
    };
    let units = &*UNITS;
    if let Some(at) = units
        .now_keys
        .iter()
        .position(|(full, only)| fits(full, only))
    {
        return Some(Found {
            province: &units.now[at],
            gone: false,
        });
    }
    let old = units.before.iter().find(|old| fits(&old.key, &old.bare))?;
    Some(Found {
        province: &units.now[old.now],
        gone: true,
    })
}

/// What the place of an address from before 1 July 2025 is called now; none where nothing changed or nothing is known.
pub fn now(address: &str) -> Option<Now> {
    let parts = parts(address);
    let last = *parts.last()?;
    let (rank, name) = ranked(last);
    let whole = key(last);
    let bare = key(alias(name));
    let old = UNITS.before.iter().find(|old| {
        old.key == whole
            || old.bare == bare && rank.is_none_or(|rank| old.key.starts_with(&key(rank)))
    })?;
    let province = &UNITS.now[old.now];
    let district = parts.iter().rev().skip(1).find_map(|part| {
        let (rank, name) = ranked(part);
        let (full, bare) = (key(part), key(name));
        let is_district =
            rank.is_none_or(|rank| matches!(rank, "quận" | "huyện" | "thị xã" | "thành phố"));
        old.districts.iter().find(|district| {
            is_district && (district.key == full || rank.is_none() && district.bare == bare)
        })
    });
    let commune = district.and_then(|district| {
        let (_, communes) = parts.iter().rev().find_map(|part| {
            let (rank, name) = ranked(part);
            let wanted = key(name);
            district
                .communes
                .iter()
                .find(|(commune, _)| commune.key == wanted && rank == Some(commune.rank))
        })?;
        // A divided commune's part cannot be told from an address.
        let [only] = communes[..] else { return None };
        let commune = province.communes.get(only)?;
        Some(format!("{} {}", commune.rank, commune.name))
    });
    let gone = key(old.name) != key(province.name);
    (gone || district.is_some()).then_some(Now {
        commune,
        province: province.name,
    })
}

/// An address at its commas, the last word of a printed number taken off.
fn parts(address: &str) -> Vec<&str> {
    address
        .split([',', ';'])
        .map(|part| part.trim_matches(|c: char| c.is_whitespace() || c == '.' || c == '-'))
        .filter(|part| !part.is_empty())
        .collect()
}

/// The short names that are printed for some.
fn alias(name: &str) -> &str {
    match name {
        "HCM" | "Hồ Chí Minh." => "Hồ Chí Minh",
        "Đắc Lắc" | "Đăk Lăk" | "Đắc Lăk" => "Đắk Lắk",
        "Đăk Nông" | "Đắc Nông" => "Đắk Nông",
        "Thừa Thiên - Huế" => "Thừa Thiên Huế",
        "Bà Rịa-Vũng Tàu" | "Bà Rịa Vũng Tàu" => "Bà Rịa - Vũng Tàu",
        name => name,
    }
}

const RANKS: &[(&str, &str)] = &[
    ("thành phố", "thành phố"),
    ("đặc khu", "đặc khu"),
    ("thị trấn", "thị trấn"),
    ("thị xã", "thị xã"),
    ("phường", "phường"),
    ("huyện", "huyện"),
    ("quận", "quận"),
    ("tỉnh", "tỉnh"),
    ("tp.", "thành phố"),
    ("tp", "thành phố"),
    ("tt.", "thị trấn"),
    ("xã", "xã"),
    ("p.", "phường"),
    ("q.", "quận"),
    ("h.", "huyện"),
    ("x.", "xã"),
    ("t.", "tỉnh"),
];

/// A place's rank and its name.
fn ranked(printed: &str) -> (Option<&'static str>, &str) {
    let printed = printed.trim();
    for (start, rank) in RANKS {
        let length: usize = printed
            .chars()
            .zip(start.chars())
            .take_while(|(a, b)| a.to_lowercase().eq([*b]))
            .map(|(a, _)| a.len_utf8())
            .sum();
        let (head, name) = printed.split_at(length);
        let parted = start.ends_with('.') || name.starts_with([' ', '.']);
        if head.chars().count() == start.chars().count() && parted {
            return (Some(rank), name.trim_start_matches([' ', '.']));
        }
    }
    (None, printed)
}

/// Words in normal form, blanks and strokes alike.
fn key(text: &str) -> String {
    text.split(|c: char| !(c.is_alphanumeric() || c == '\''))
        .filter(|word| !word.is_empty())
        .map(normal)
        .collect::<Vec<_>>()
        .join(" ")
}

fn words_at(text: &str) -> Vec<(usize, &str)> {
    text.split_whitespace()
        .map(|word| (word.as_ptr() as usize - text.as_ptr() as usize, word))
        .collect()
}

fn commune(entry: &'static str) -> Option<Commune> {
    let rank = match entry.as_bytes().first()? {
        b'p' => "phường",
        b'x' => "xã",
        b'k' => "đặc khu",
        b't' => "thị trấn",
        b'-' => "",
        _ => return None,
    };
    Some(Commune {
        rank,
        name: &entry[1..],
        key: key(&entry[1..]),
    })
}

fn parse(now: &'static str, before: &'static str) -> Option<Units> {
    let mut units = Units {
        now: Vec::new(),
        now_keys: Vec::new(),
        before: Vec::new(),
    };
    for line in now.lines().filter(|line| !line.starts_with('#')) {
        if let Some(head) = line.strip_prefix("= ") {
            let (name, before) = head.split_once(" < ")?;
            units.now_keys.push((key(name), key(ranked(name).1)));
            units.now.push(Province {
                name,
                before: before.split(", ").collect(),
                communes: Vec::new(),
            });
        } else {
            units.now.last_mut()?.communes = line.split(',').map(commune).collect::<Option<_>>()?;
        }
    }
    for line in before.lines().filter(|line| !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix("< ") {
            let now = units
                .now
                .iter()
                .position(|province| province.before.contains(&name))?;
            units.before.push(OldProvince {
                name,
                key: key(name),
                bare: key(ranked(name).1),
                now,
                districts: Vec::new(),
            });
        } else {
            let (name, entries) = line.split_once(": ")?;
            let communes = entries.split(',').map(|entry| {
                let (old, new) = entry.split_once('>')?;
                let new = new
                    .split('/')
                    .map(|at| at.parse().ok())
                    .collect::<Option<_>>()?;
                Some((commune(old)?, new))
            });
            units.before.last_mut()?.districts.push(OldDistrict {
                key: key(name),
                bare: key(ranked(name).1),
                communes: communes.collect::<Option<_>>()?,
            });
        }
    }
    Some(units)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_hold_every_unit() {
        assert_eq!(provinces().len(), 34);
        assert_eq!(
            provinces().iter().map(Province::communes).sum::<usize>(),
            3_321
        );
        assert_eq!(UNITS.before.len(), 63);
        let districts = UNITS.before.iter().flat_map(|province| &province.districts);
        assert_eq!(districts.clone().count(), 696);
        for province in &UNITS.before {
            let communes = UNITS.now[province.now].communes.len();
            assert!(
                province
                    .districts
                    .iter()
                    .flat_map(|d| &d.communes)
                    .all(|(_, now)| !now.is_empty() && now.iter().all(|at| *at < communes)),
                "{}",
                province.name
            );
        }
    }

    #[test]
    fn a_province_is_known_at_the_end_of_an_address() {
        let name = |address| province_in(address).map(|found| (found.province.name, found.gone));
        assert_eq!(
            name("313/55 Xô Viết Nghệ Tĩnh, phường Long Trường, tỉnh Nghệ An"),
            Some(("tỉnh Nghệ An", false))
        );
        assert_eq!(
            name("xã Đại Lộc, thành phố Huế"),
            Some(("thành phố Huế", false))
        );
        assert_eq!(
            name("phường Bảy Hiền, Thành phố Hồ Chí Minh"),
            Some(("thành phố Hồ Chí Minh", false))
        );
        assert_eq!(
            name("Quận 1, TP. Hồ Chí Minh"),
            Some(("thành phố Hồ Chí Minh", false))
        );
        assert_eq!(
            name("Quận 1, TP.HCM"),
            Some(("thành phố Hồ Chí Minh", false))
        );
        assert_eq!(
            name("xã Long Hậu tỉnh Cà Mau"),
            Some(("tỉnh Cà Mau", false))
        );
        assert_eq!(name("Gio Linh, Quảng Bình"), Some(("tỉnh Quảng Trị", true)));
        assert_eq!(name("tỉnh Khánh Hoà"), Some(("tỉnh Khánh Hòa", false)));
        assert_eq!(name("tỉnh Nghệ"), None);
        assert_eq!(name("thành phố Cần Thở"), None);
        assert_eq!(
            name("thành phố Cà Mau"),
            None,
            "that is a town of the province"
        );
        assert_eq!(name(""), None);
    }

    #[test]
    fn an_old_place_is_told_by_its_new_name() {
        let told = now("phường Phúc Xá, quận Ba Đình, thành phố Hà Nội").expect("it changed");
        assert_eq!(
            (told.commune.as_deref(), told.province),
            (Some("phường Hồng Hà"), "thành phố Hà Nội")
        );
        let divided = now("phường Cống Vị, quận Ba Đình, Hà Nội").expect("it changed");
        assert_eq!(divided.commune, None, "it was divided");
        let moved = now("thị xã Bà Rịa, tỉnh Bà Rịa - Vũng Tàu").expect("the province is no more");
        assert_eq!(moved.province, "thành phố Hồ Chí Minh");
        assert_eq!(now("phường Long Trường, tỉnh Nghệ An"), None);
    }

    #[test]
    fn a_commune_is_looked_for_in_its_province() {
        let hanoi = province_in("Hà Nội").expect("it is one").province;
        assert!(hanoi.has_commune("phường Hồng Hà") && hanoi.has_commune("Hồng Hà"));
        assert!(!hanoi.has_commune("xã Hồng Hà") && !hanoi.has_commune("phường Long Trường"));
    }
}
