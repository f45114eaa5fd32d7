//! Where invented people live: the 34 provinces with some of their wards and communes since 1 July 2025, and
//! older addresses with districts, which most papers still carry.
//!
//! Names of places are real (`places.txt`); who lives there is made up.

use std::sync::LazyLock;

use super::super::chance::Chance;

/// A province of today.
struct Province {
    /// "tỉnh Nghệ An", "thành phố Huế".
    title: &'static str,
    /// Codes of personal numbers given out by the provinces it was made of.
    codes: Vec<&'static str>,
    wards: Vec<&'static str>,
    communes: Vec<&'static str>,
    /// Commune, district, province of before.
    old: Vec<[&'static str; 3]>,
}

static PROVINCES: LazyLock<Vec<Province>> = LazyLock::new(|| {
    let list = |text: &'static str| text.split(", ").map(str::trim).collect::<Vec<_>>();
    include_str!("places.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let parts: Vec<&str> = line.split('|').map(str::trim).collect();
            let [title, codes, wards, communes, old] = parts[..] else {
                panic!("places.txt has five columns: {line}");
            };
            let three = |text: &'static str| {
                let mut parts = text.split('<').map(str::trim);
                [(); 3].map(|()| parts.next().expect("commune < district < province"))
            };
            Province {
                title,
                codes: codes.split(' ').collect(),
                wards: list(wards),
                communes: list(communes),
                old: old.split(';').map(three).collect(),
            }
        })
        .collect()
});

const STREETS: &[&str] = &[
    "Nguyễn Thị Minh Khai",
    "Điện Biên Phủ",
    "Lê Văn Sỹ",
    "Trần Hưng Đạo",
    "Xô Viết Nghệ Tĩnh",
    "Lý Thường Kiệt",
    "Nguyễn Đình Chiểu",
    "Phan Đăng Lưu",
    "Hoàng Hoa Thám",
    "Ngô Gia Tự",
    "Tôn Đức Thắng",
    "Cách Mạng Tháng Tám",
    "Bùi Thị Xuân",
    "Huỳnh Thúc Kháng",
    "Võ Văn Kiệt",
    "Đường số 7",
    "Lạc Long Quân",
    "Âu Cơ",
    "Nguyễn Ảnh Thủ",
    "Quốc lộ 1A",
    "Hồ Biểu Chánh",
    "Phạm Ngũ Lão",
    "Tuệ Tĩnh",
    "Đỗ Xuân Hợp",
    "Ỷ Lan",
    "Tô Ngọc Vân",
];

/// Where somebody lives or an office stands.
#[derive(Clone)]
pub(crate) struct Address {
    /// House and street, or hamlet.
    house: String,
    /// "phường Bảy Hiền" or "xã Mường La"; with the district in old addresses.
    pub(crate) commune: String,
    pub(crate) district: Option<String>,
    /// "tỉnh Cà Mau", "thành phố Huế", "Thành phố Hồ Chí Minh".
    pub(crate) province: String,
    /// The first digits of the numbers given out there.
    pub(crate) code: &'static str,
}

impl Address {
    pub(crate) fn invent(chance: &mut Chance, old: bool) -> Self {
        let province = chance.one(&PROVINCES);
        let code = chance.pick(&province.codes);
        let town = chance.chance(0.6);
        let (commune, district, name) = if old {
            let &[commune, district, name] = chance.one(&province.old);
            (
                commune.to_owned(),
                Some(district.to_owned()),
                name.to_owned(),
            )
        } else if town {
            (
                format!("phường {}", chance.pick(&province.wards)),
                None,
                province.title.to_owned(),
            )
        } else {
            (
                format!("xã {}", chance.pick(&province.communes)),
                None,
                province.title.to_owned(),
            )
        };
        let house = if commune.starts_with("xã") {
            let n = chance.whole(1, 12);
            match chance.whole(0, 4) {
                0 => format!("Thôn {n}"),
                1 => format!(
                    "Ấp {}",
                    chance.pick(&["Tân Lập", "Mỹ Phước", "Bình Hòa", "Phú Thạnh", "Giồng Lức"])
                ),
                2 => format!("Xóm {n}"),
                3 => format!(
                    "Bản {}",
                    chance.pick(&["Nà Lạnh", "Pá Hốc", "Huổi Lụ", "Phiêng Ngùa", "Nậm Pục"])
                ),
                _ => format!(
                    "Tổ {n}, thôn {}",
                    chance.pick(&["Đồng Ý", "Vĩnh Lộc", "Phú Ổ", "Hữu Bằng"])
                ),
            }
        } else {
            let (n, alley, street) = (
                chance.whole(1, 480),
                chance.whole(1, 70),
                chance.pick(STREETS),
            );
            match chance.whole(0, 5) {
                0 => format!("{n} {street}"),
                1 => format!("Số {n}, đường {street}"),
                2 => format!("Số nhà {n}, ngõ {alley}, {street}"),
                3 => format!("{n}/{alley}/{} {street}", chance.whole(1, 9)),
                4 => format!("{n}A/{alley} {street}"),
                _ => format!("{n}/{alley} {street}"),
            }
        };
        Self {
            house,
            commune,
            district,
            province: name,
            code,
        }
    }

    /// In one line.
    pub(crate) fn line(&self) -> String {
        format!("{}, {}", self.house, self.place())
    }

    /// Without house and street: what stands for the place of origin or a registry office.
    pub(crate) fn place(&self) -> String {
        match &self.district {
            Some(district) => format!("{}, {district}, {}", self.commune, self.province),
            None => format!("{}, {}", self.commune, self.province),
        }
    }

    /// The name of the commune alone: what a date line opens with.
    pub(crate) fn short(&self) -> &str {
        ["phường ", "Phường ", "xã "]
            .iter()
            .find_map(|kind| self.commune.strip_prefix(kind))
            .filter(|name| name.parse::<u32>().is_err())
            .unwrap_or(&self.commune)
    }

    /// "phường" or "xã".
    pub(crate) fn rank(&self) -> &'static str {
        if self.commune.starts_with("xã") {
            "xã"
        } else {
            "phường"
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::PROVINCES;

    #[test]
    fn thirty_four_provinces_share_the_codes_of_sixty_three() {
        assert_eq!(PROVINCES.len(), 34);
        let codes: BTreeSet<&str> = PROVINCES
            .iter()
            .flat_map(|p| p.codes.iter().copied())
            .collect();
        assert_eq!(codes.len(), 63);
        for code in codes {
            assert!(
                rulebook::personal_id::province(&format!("{code}000000000")).is_some(),
                "{code}"
            );
        }
    }
}
