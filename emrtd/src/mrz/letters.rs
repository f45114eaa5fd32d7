//! Vietnamese letters as the machine-readable zone writes them: without marks, in capitals.

use unicode_normalization::UnicodeNormalization as _;

/// "Nguyễn Văn Ánh" becomes "NGUYEN VAN ANH", however its marks are encoded. Hyphens and letters of
/// other scripts become a space, apostrophes fall away (9303-3 §4.6 and §6 A): "H'Hen" is "HHEN".
pub fn transliterate(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    // Decomposed, a letter is itself and its marks; only those that are no marks need a row here.
    for letter in name.nfd().flat_map(char::to_uppercase) {
        match letter {
            'A'..='Z' | '0'..='9' => text.push(letter),
            'Đ' | 'Ð' => text.push('D'),
            'Ł' => text.push('L'),
            'Ø' => text.push_str("OE"),
            'Æ' => text.push_str("AE"),
            'Œ' => text.push_str("OE"),
            'Þ' => text.push_str("TH"),
            'Ƀ' => text.push('B'),
            '\u{300}'..='\u{36F}' => {}
            '\'' | '’' | '‘' | 'ʼ' | '`' | '´' => {}
            _ => text.push(' '),
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
