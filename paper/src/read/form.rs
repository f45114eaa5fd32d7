//! What kind of word a text can be. Evidence between two readings, never a reason to write a third.

use rulebook::syllables::is_syllable;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Vietnamese syllables in capitals throughout.
    Capitals,
    /// Vietnamese syllables, or English words that papers carry beside them.
    Small,
    /// Digits with the usual dividers, or a Roman numeral.
    Number,
    /// Anything else that letters and digits can make: codes, abbreviations, foreign names.
    Other,
    /// Holds a sign that no word and no number holds.
    Odd,
}

/// English on identity cards, certificates and diplomas.
const ENGLISH: &[&str] = &[
    "and",
    "bachelor",
    "birth",
    "card",
    "certificate",
    "certify",
    "citizen",
    "citizenship",
    "code",
    "confers",
    "country",
    "date",
    "degree",
    "diploma",
    "director",
    "engineer",
    "english",
    "ethnicity",
    "expiry",
    "father",
    "first",
    "form",
    "freedom",
    "full",
    "gender",
    "given",
    "good",
    "graduation",
    "happiness",
    "high",
    "identification",
    "identity",
    "in",
    "independence",
    "issue",
    "level",
    "license",
    "major",
    "male",
    "female",
    "marriage",
    "master",
    "minister",
    "ministry",
    "month",
    "mother",
    "name",
    "nationality",
    "of",
    "on",
    "origin",
    "passport",
    "permanent",
    "personal",
    "place",
    "president",
    "principal",
    "rector",
    "reg",
    "registration",
    "regular",
    "religion",
    "republic",
    "residence",
    "school",
    "science",
    "second",
    "sex",
    "signature",
    "socialist",
    "surname",
    "the",
    "time",
    "to",
    "type",
    "university",
    "upon",
    "valid",
    "viet",
    "nam",
    "vietnam",
    "year",
];

/// The form of one or several words.
pub(super) fn form(text: &str) -> Form {
    let mut worst: Option<Form> = None;
    for word in text.split_whitespace() {
        let found = of_word(word);
        worst = Some(match worst {
            Some(before) if rank(before) >= rank(found) => before,
            _ => found,
        });
    }
    worst.unwrap_or(Form::Other)
}

/// Mixed words are what their least word is; of well-formed ones small letters come before capitals.
fn rank(form: Form) -> u8 {
    match form {
        Form::Number => 0,
        Form::Capitals => 1,
        Form::Small => 2,
        Form::Other => 3,
        Form::Odd => 4,
    }
}

fn of_word(word: &str) -> Form {
    let core = word.trim_matches(|c: char| !c.is_alphanumeric());
    if core.is_empty() {
        return Form::Other;
    }
    if core.chars().any(is_odd) {
        return Form::Odd;
    }
    if is_number(core) {
        return Form::Number;
    }
    let parts = || {
        core.split(['-', '/', '.', ':', ','])
            .filter(|part| !part.is_empty())
    };
    if parts().all(is_syllable) {
        let capitals = core
            .chars()
            .filter(|c| c.is_alphabetic())
            .all(char::is_uppercase);
        // A single capital letter is an initial as well as a syllable.
        return if capitals && core.chars().count() > 1 {
            Form::Capitals
        } else {
            Form::Small
        };
    }
    if parts().all(|part| ENGLISH.contains(&part.to_lowercase().as_str())) {
        return Form::Small;
    }
    Form::Other
}

/// Digits and dividers, each divider between digits; or a Roman numeral below forty.
fn is_number(core: &str) -> bool {
    let digits = core.chars().any(|c| c.is_ascii_digit())
        && core
            .chars()
            .all(|c| c.is_ascii_digit() || "/-.,:".contains(c));
    let parts_filled = core
        .split(['/', '-', '.', ',', ':'])
        .all(|part| !part.is_empty());
    digits && parts_filled || is_roman(core)
}

fn is_roman(core: &str) -> bool {
    let tens = core.trim_start_matches('X');
    let units = ["", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"];
    !core.is_empty() && core.len() - tens.len() <= 3 && units.contains(&tens)
}

/// Neither a Latin letter as Vietnamese and English use them, nor a digit, nor a sign found inside words.
fn is_odd(c: char) -> bool {
    const LETTERS: &str = "àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ";
    let known = c.is_ascii_alphanumeric()
        || "/-.,:()<&%°+".contains(c)
        || c.to_lowercase().all(|small| LETTERS.contains(small));
    !known
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_apart() {
        for (text, expected) in [
            ("NGUYỄN", Form::Capitals),
            ("TP-HẢI", Form::Other),
            ("Nguyễn", Form::Small),
            ("(Bản", Form::Small),
            ("Nationality:", Form::Small),
            ("Quốc tịch / Nationality:", Form::Other),
            ("05/06/2014", Form::Number),
            ("XIV.", Form::Number),
            ("IIII", Form::Other),
            ("05//2014", Form::Other),
            ("TT-BCA", Form::Other),
            ("T'T", Form::Odd),
            ("J@Ó", Form::Odd),
            ("Ấz›2", Form::Odd),
            ("VIỆT NAM", Form::Capitals),
            ("Ngày 12", Form::Small),
            ("", Form::Other),
        ] {
            assert_eq!(form(text), expected, "{text}");
        }
    }
}
