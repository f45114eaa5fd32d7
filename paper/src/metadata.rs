//! The minimum metadata of a digitised paper, out of its kind and fields (TT 01/2023/TT-VPCP Art. 9).
//!
//! Each entry says which field it comes from and whether that field was accepted; nothing is invented. What the paper
//! does not say is left out.

use serde::{Deserialize, Serialize};

use crate::documents::{Documents, Template};
use crate::fields::{Field, FieldState, day_of};
use crate::kind::Kind;

/// One entry, and where it comes from.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub value: String,
    /// The field it was taken from.
    pub field: String,
    /// The field was accepted; otherwise a person looks first.
    pub accepted: bool,
}

/// Somebody the paper is about.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<Entry>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Entry>,
    /// ISO 8601 where the whole date is known, else as printed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth: Option<Entry>,
}

impl Subject {
    /// The personal number, or the nine digits of an earlier card, without the words around it.
    pub fn digits(&self) -> Option<&str> {
        let value = self.number.as_ref()?.value.as_str();
        value
            .split(|c: char| !c.is_ascii_digit())
            .find(|digits| matches!(digits.len(), 9 | 12))
    }
}

/// What the archive wants to know of every paper. `Debug` prints none of it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// Mã loại giấy tờ: the rulebook's kind.
    pub type_code: String,
    /// Mã định danh hoặc dữ liệu xác định cá nhân, tổ chức; a marriage certificate has two.
    pub subjects: Vec<Subject>,
    /// Tên giấy tờ.
    pub title: String,
    /// Số, ký hiệu.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<Entry>,
    /// Thời gian ban hành, ISO 8601.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued: Option<Entry>,
    /// Cơ quan ban hành.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<Entry>,
    /// Trích yếu nội dung.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Entry>,
    /// Thời hạn có hiệu lực: the last day, ISO 8601.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Entry>,
    /// Phạm vi có hiệu lực theo lãnh thổ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub territory: Option<String>,
}

impl std::fmt::Debug for Metadata {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Metadata({})", self.type_code)
    }
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Entry({}, {})", self.field, self.accepted)
    }
}

impl std::fmt::Debug for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Subject(..)")
    }
}

impl Metadata {
    /// Gathers the metadata of a paper.
    pub fn of(kind: &Kind, fields: &[Field]) -> Self {
        Self::by(Documents::built_in(), kind, fields)
    }

    /// As [`Metadata::of`], by a site's templates.
    pub fn by(documents: &Documents, kind: &Kind, fields: &[Field]) -> Self {
        let template = documents.template(&kind.id);
        let known = &template.metadata;
        let first = |names: &[String]| names.iter().find_map(|name| entry(fields, name));
        let issued = first(&known.issued).map(dated);
        Self {
            type_code: kind.id.to_string(),
            subjects: subjects(template, fields),
            title: kind.title.to_string(),
            number: first(&known.number),
            issuer: first(&known.issuer),
            summary: first(&known.summary),
            valid_until: first(&known.valid_until).map(dated).or_else(|| {
                known
                    .valid_months
                    .and_then(|months| months_on(issued.as_ref()?, months))
            }),
            issued,
            territory: known.territory.clone(),
        }
    }
}

/// The people a paper is about, as its template names them.
pub(crate) fn subjects(template: &Template, fields: &[Field]) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for person in template.persons.iter().filter(|person| person.owner) {
        for end in template.endings(&person.name, fields.iter().map(|field| field.name.as_str())) {
            let of = |name: &String| entry(fields, &name.replace("{s}", &end));
            let subject = Subject {
                number: person.number.as_ref().and_then(of),
                name: of(&person.name),
                birth: person.birth.as_ref().and_then(of).map(dated),
            };
            if subject != Subject::default() {
                subjects.push(subject);
            }
        }
    }
    subjects
}

fn entry(fields: &[Field], name: &str) -> Option<Entry> {
    let field = fields
        .iter()
        .find(|field| field.name == name && !field.value.is_empty())?;
    Some(Entry {
        value: field.value.clone(),
        field: field.name.clone(),
        accepted: field.state == FieldState::Accepted,
    })
}

/// A printed date in ISO 8601; as printed when it names no day.
fn dated(mut entry: Entry) -> Entry {
    if let Some(day) = day_of(&entry.value) {
        entry.value = day.to_string();
    }
    entry
}

/// The last day of a paper that is good for so many months.
fn months_on(issued: &Entry, months: u32) -> Option<Entry> {
    let day: jiff::civil::Date = issued.value.parse().ok()?;
    let last = day
        .checked_add(jiff::Span::new().try_months(months).ok()?)
        .ok()?;
    Some(Entry {
        value: last.to_string(),
        ..issued.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::extract;
    use crate::kind::classify;
    use crate::layout::drawn;

    const SINGLE: &str = "
 ỦY BAN NHÂN DÂN              CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
   PHƯỜNG MẪU                     Độc lập - Tự do - Hạnh phúc
 Số: 437/UBND-XNTTHN
GIẤY XÁC NHẬN TÌNH TRẠNG HÔN NHÂN
Họ, chữ đệm, tên: TRẦN VĂN THỬ
Ngày, tháng, năm sinh: 12/06/1997
Giấy tờ tùy thân: Căn cước số 079097000001 do Bộ Công an cấp ngày 03/02/2024
Tình trạng hôn nhân: Chưa đăng ký kết hôn với ai.
                                   Mẫu, ngày 31 tháng 08 năm 2025
                                         CHỦ TỊCH";

    #[test]
    fn the_archive_gets_what_it_asks_for() {
        let page = drawn(SINGLE);
        let kind = classify(&[&page]);
        let metadata = Metadata::of(&kind, &extract(&kind.id, &[&page]));
        let value = |entry: &Option<Entry>| entry.as_ref().map(|entry| entry.value.clone());
        assert_eq!(metadata.type_code, "hon_nhan");
        assert_eq!(value(&metadata.number).as_deref(), Some("437/UBND-XNTTHN"));
        assert_eq!(value(&metadata.issued).as_deref(), Some("2025-08-31"));
        assert_eq!(
            value(&metadata.issuer).as_deref(),
            Some("ỦY BAN NHÂN DÂN PHƯỜNG MẪU")
        );
        assert_eq!(
            value(&metadata.valid_until).as_deref(),
            Some("2026-02-28"),
            "six months on"
        );
        assert_eq!(metadata.subjects.len(), 1);
        assert_eq!(
            value(&metadata.subjects[0].birth).as_deref(),
            Some("1997-06-12")
        );
        let json = serde_json::to_value(&metadata).expect("it is plain data");
        assert_eq!(json["number"]["field"], "so");
        assert!(
            json.get("territory").is_none(),
            "what is not known is left out"
        );
        assert!(!format!("{metadata:?}{:?}", metadata.subjects).contains("TRẦN"));
    }

    #[test]
    fn a_marriage_has_two_subjects() {
        let page = drawn(
            "GIẤY CHỨNG NHẬN KẾT HÔN\nHọ, chữ đệm, tên vợ: LÊ THỊ MẪU\nHọ, chữ đệm, tên chồng: TRẦN VĂN THỬ",
        );
        let kind = classify(&[&page]);
        let metadata = Metadata::of(&kind, &extract(&kind.id, &[&page]));
        assert_eq!(metadata.subjects.len(), 2);
        assert_eq!(metadata.number, None);
    }
}
