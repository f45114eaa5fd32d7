//! Vietnamese letters as the machine-readable zone writes them: without marks, in capitals.

/// "Nguyễn Văn Ánh" becomes "NGUYEN VAN ANH". Letters outside Vietnamese become a space.
pub fn transliterate(name: &str) -> String {
    // Each row: the plain letter, then every marked form of it.
    const ROWS: [(char, &str); 7] = [
        ('A', "ÀÁẢÃẠĂẰẮẲẴẶÂẦẤẨẪẬ"),
        ('D', "Đ"),
        ('E', "ÈÉẺẼẸÊỀẾỂỄỆ"),
        ('I', "ÌÍỈĨỊ"),
        ('O', "ÒÓỎÕỌÔỒỐỔỖỘƠỜỚỞỠỢ"),
        ('U', "ÙÚỦŨỤƯỪỨỬỮỰ"),
        ('Y', "ỲÝỶỸỴ"),
    ];
    let plain = |letter: char| {
        if letter.is_ascii_alphanumeric() {
            return letter;
        }
        ROWS.iter()
            .find(|(_, marked)| marked.contains(letter))
            .map_or(' ', |(plain, _)| *plain)
    };
    let text: String = name
        .chars()
        .flat_map(char::to_uppercase)
        // Combining marks of decomposed text fall away.
        .filter(|letter| !('\u{300}'..='\u{36F}').contains(letter))
        .map(plain)
        .collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
