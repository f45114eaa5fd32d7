//! What the QR code of a paper says: the codes of a dossier and its procedure, a person's number, a link, and the rest
//! as it stands.
//!
//! TT 01/2023/TT-VPCP wants on papers of the one-stop system at least the dossier's code, the procedure's code, the
//! owner's number and the paper's title, and fixes no order and no separator; land certificates of 2025 and certified
//! copies carry links or numbers of their own. So the parts are known by their shape.

use zeroize::Zeroizing;

/// More parts than any known code has are left unread.
const MAX_PARTS: usize = 64;

/// The code of a paper. Each part verbatim; nothing in `Debug`.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DocumentQr {
    /// The dossier's code, such as `000.00.16.H40-260504-0001` (TT 01/2018/TT-VPCP art. 19).
    pub dossier: Option<Zeroizing<String>>,
    /// The procedure's code in the national database, such as `1.004222` or `1.004222.000.00.00.H40`.
    pub procedure: Option<Zeroizing<String>>,
    /// The first twelve-digit number: the owner's.
    pub personal_number: Option<Zeroizing<String>>,
    /// The first http or https address.
    pub link: Option<Zeroizing<String>>,
    /// All parts in their order, those above included.
    pub parts: Vec<Zeroizing<String>>,
}

impl std::fmt::Debug for DocumentQr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DocumentQr({} parts)", self.parts.len())
    }
}

impl DocumentQr {
    pub(crate) fn of(text: &str) -> Self {
        let parts: Vec<&str> = text
            .split(['|', '\r', '\n', ';', '\t'])
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .take(MAX_PARTS)
            .collect();
        let first = |is: fn(&str) -> bool| {
            let words = parts
                .iter()
                .flat_map(|part| part.split([' ', ':', ',', '?', '&', '=']));
            words.map(str::trim).find(|word| is(word)).map(owned)
        };
        Self {
            dossier: first(is_dossier),
            procedure: first(is_procedure),
            personal_number: first(|word| word.len() == 12 && digits(word)),
            link: parts
                .iter()
                .flat_map(|part| part.split_whitespace())
                .find(|word| is_link(word))
                .map(owned),
            parts: parts.iter().map(|part| owned(part)).collect(),
        }
    }
}

fn owned(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_owned())
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit())
}

/// `V1V2V3.Z1Z2.Y1Y2.MX1X2-YYMMDD-XXXX`: four groups of the unit that took the dossier, its day, its number of the day
/// (TT 01/2018/TT-VPCP art. 19). Some systems write four digits more or fewer at the end.
fn is_dossier(word: &str) -> bool {
    let mut parts = word.split('-');
    let (Some(unit), Some(day), Some(serial), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let mut groups = unit.split('.');
    let unit_fits = groups.by_ref().all(|group| {
        (1..=4).contains(&group.len()) && group.bytes().all(|octet| octet.is_ascii_alphanumeric())
    }) && unit.contains('.');
    let day_fits = day.len() == 6
        && digits(day)
        && (1..=12).contains(&day[2..4].parse::<u8>().unwrap_or(0))
        && (1..=31).contains(&day[4..6].parse::<u8>().unwrap_or(0));
    unit_fits && day_fits && (3..=8).contains(&serial.len()) && digits(serial)
}

/// `N.NNNNNN`, with or without the groups of the place behind it.
fn is_procedure(word: &str) -> bool {
    let mut groups = word.split('.');
    groups
        .next()
        .is_some_and(|level| level.len() == 1 && digits(level))
        && groups
            .next()
            .is_some_and(|number| number.len() == 6 && digits(number))
        && groups.all(|group| {
            (1..=4).contains(&group.len())
                && group.bytes().all(|octet| octet.is_ascii_alphanumeric())
        })
}

fn is_link(word: &str) -> bool {
    ["http://", "https://"].iter().any(|scheme| {
        word.get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
            && word.len() > scheme.len()
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_are_known_by_their_shape_in_any_order() {
        let says = "Mã hồ sơ: 000.00.16.H40-260504-0001|1.004222.000.00.00.H40|001203000001|Giấy khai sinh";
        let turned = "Giấy khai sinh\n001203000001\n1.004222.000.00.00.H40\nMã hồ sơ: 000.00.16.H40-260504-0001";
        for text in [says, turned] {
            let qr = DocumentQr::of(text);
            assert_eq!(qr.dossier.unwrap().as_str(), "000.00.16.H40-260504-0001");
            assert_eq!(qr.procedure.unwrap().as_str(), "1.004222.000.00.00.H40");
            assert_eq!(qr.personal_number.unwrap().as_str(), "001203000001");
            assert_eq!((qr.parts.len(), qr.link), (4, None));
        }
        let link = DocumentQr::of("https://example.vn/tra-cuu?ma=000.00.16.H40-260504-0001");
        assert!(link.link.unwrap().starts_with("https://example.vn/"));
        assert_eq!(link.dossier.unwrap().as_str(), "000.00.16.H40-260504-0001");
    }

    #[test]
    fn what_only_looks_alike_is_left_alone() {
        for text in [
            "H40-261304-0001",
            "000.00.16.H40-261304-0001",
            "000.00.16.H40-260504-01",
            "1.00422",
            "12.004222",
            "0012030000012",
            "http://",
            "0-0-0",
            "",
        ] {
            let qr = DocumentQr::of(text);
            let found = [qr.dossier, qr.procedure, qr.personal_number, qr.link];
            assert!(found.iter().all(Option::is_none), "{text}");
        }
        assert_eq!(DocumentQr::of(&"x|".repeat(1000)).parts.len(), MAX_PARTS);
    }
}
