//! Named kinds of cards: one word makes a specimen of the usual sorts.

use std::fmt;
use std::str::FromStr;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rand_core::CryptoRng;
use thiserror::Error;

use super::{
    ActiveKeyKind, CardOptions, ChipGroup, ChipKeyOptions, Curve, Field, GroupForm, IssueError,
    IssuerOptions, Layout, LdsVersion, PaceMapping, PaceOptions, SigningKeys, SpecimenCard,
    SpecimenIssuer, SpecimenPerson, SpecimenTerminals, TerminalsOptions,
};
use crate::lds::DataGroup;
use crate::proof::active::{AnswerForm, Hash};

/// A kind of card, by the word that the tools know it by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    #[default]
    Cccd,
    Cccd2024,
    PassportEu,
    PassportCam,
    PassportBac,
    PassportDh,
    PassportRsa,
    Td2,
    Eac,
}

/// No profile has this name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{name:?} is no profile; known are: {}", Profile::ALL.map(Profile::name).join(" "))]
pub struct UnknownProfile {
    pub name: String,
}

/// A card with what it takes to believe it, and to open all of it.
#[derive(Debug)]
pub struct ProfileCard {
    pub card: SpecimenCard,
    /// The country that issued it.
    pub issuer: SpecimenIssuer,
    /// Who may read its fingers, where the card asks for that.
    pub terminals: Option<SpecimenTerminals>,
}

impl Profile {
    pub const ALL: [Self; 9] = [
        Self::Cccd,
        Self::Cccd2024,
        Self::PassportEu,
        Self::PassportCam,
        Self::PassportBac,
        Self::PassportDh,
        Self::PassportRsa,
        Self::Td2,
        Self::Eac,
    ];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cccd => "cccd",
            Self::Cccd2024 => "cccd-2024",
            Self::PassportEu => "passport-eu",
            Self::PassportCam => "passport-cam",
            Self::PassportBac => "passport-bac",
            Self::PassportDh => "passport-dh",
            Self::PassportRsa => "passport-rsa",
            Self::Td2 => "td2",
            Self::Eac => "eac",
        }
    }

    /// One line in Vietnamese.
    pub fn vietnamese(self) -> &'static str {
        match self {
            Self::Cccd => {
                "Thẻ căn cước công dân gắn chip: PACE bằng số CAN, xác thực chip và xác thực chủ động"
            }
            Self::Cccd2024 => {
                "Thẻ căn cước cấp từ 01/07/2024: như trên, khóa xác thực chủ động RSA, phiên bản LDS được ký"
            }
            Self::PassportEu => {
                "Hộ chiếu châu Âu: PACE ánh xạ chung và ánh xạ tích hợp, xác thực chip, không xác thực chủ động"
            }
            Self::PassportCam => "Hộ chiếu có PACE kèm xác thực chip (CAM) và tệp EF.CardSecurity",
            Self::PassportBac => "Hộ chiếu đời cũ: chỉ mở bằng BAC, xác thực chủ động bằng RSA",
            Self::PassportDh => {
                "Hộ chiếu dùng trường số nguyên tố: PACE-DH, xác thực chip DH với 3DES"
            }
            Self::PassportRsa => "Hộ chiếu ký bằng RSA ở mọi khâu",
            Self::Td2 => {
                "Giấy tờ khổ TD2: PACE 3DES trên đường cong NIST, xác thực chủ động ECDSA dạng DER"
            }
            Self::Eac => "Hộ chiếu khóa vân tay: chỉ thiết bị có chứng thư mới đọc được DG3",
        }
    }

    /// One line in English.
    pub fn english(self) -> &'static str {
        match self {
            Self::Cccd => {
                "Vietnamese citizen's card: PACE by access number, chip and active authentication"
            }
            Self::Cccd2024 => {
                "The card issued from July 2024: the same with an RSA key and a signed LDS version"
            }
            Self::PassportEu => {
                "European passport: PACE with generic and integrated mapping, chip authentication only"
            }
            Self::PassportCam => "Passport with chip authentication mapping and EF.CardSecurity",
            Self::PassportBac => "Old passport: BAC alone, active authentication by RSA",
            Self::PassportDh => {
                "Passport over prime fields: PACE-DH, chip authentication by DH with 3DES"
            }
            Self::PassportRsa => "Passport with RSA wherever there is a signature",
            Self::Td2 => {
                "TD2 document: PACE with 3DES on a NIST curve, active authentication answered in DER"
            }
            Self::Eac => "Passport with locked fingers: only a certified terminal reads DG3",
        }
    }

    /// The card opens by BAC alone, which a desk must allow.
    pub fn needs_bac(self) -> bool {
        self == Self::PassportBac
    }

    fn signing_keys(self) -> SigningKeys {
        match self {
            Self::PassportEu | Self::Eac => SigningKeys::BrainpoolExplicit,
            Self::PassportCam => SigningKeys::RsaPss,
            Self::PassportRsa | Self::PassportBac => SigningKeys::Rsa,
            Self::Td2 => SigningKeys::Nist,
            Self::Cccd | Self::Cccd2024 | Self::PassportDh => SigningKeys::Brainpool,
        }
    }

    /// What such a card has, signed at this time.
    pub fn options(self, signed_at: Timestamp) -> CardOptions {
        let cccd = CardOptions::cccd(signed_at);
        let curve = |group| ChipKeyOptions {
            group: ChipGroup::Curve(group),
            ..ChipKeyOptions::cccd()
        };
        let pace = |mapping, group, cipher| PaceOptions {
            mapping,
            group,
            cipher,
        };
        let passport = CardOptions {
            layout: Layout::Td3,
            active: ActiveKeyKind::None,
            bac: true,
            ..cccd.clone()
        };
        match self {
            Self::Cccd => cccd,
            Self::Cccd2024 => CardOptions {
                active: ActiveKeyKind::RSA_2048,
                lds_version: LdsVersion::V1_8,
                ..cccd
            },
            Self::PassportEu => CardOptions {
                chip_keys: vec![ChipKeyOptions {
                    form: GroupForm::Explicit,
                    ciphers: vec![1, 4],
                    key_id: Some(41),
                    ..curve(Curve::BrainpoolP256)
                }],
                pace: vec![
                    pace(
                        PaceMapping::Integrated,
                        ChipGroup::Curve(Curve::BrainpoolP256),
                        2,
                    ),
                    pace(
                        PaceMapping::Generic,
                        ChipGroup::Curve(Curve::BrainpoolP256),
                        2,
                    ),
                ],
                ..passport
            },
            Self::PassportCam => CardOptions {
                // The number of the parameters, ICAO 9303-11 §9.2.1.
                chip_keys: vec![ChipKeyOptions {
                    key_id: Some(13),
                    ..curve(Curve::BrainpoolP256)
                }],
                pace: vec![
                    pace(
                        PaceMapping::ChipAuthentication,
                        ChipGroup::Curve(Curve::BrainpoolP256),
                        4,
                    ),
                    pace(
                        PaceMapping::Generic,
                        ChipGroup::Curve(Curve::BrainpoolP256),
                        4,
                    ),
                ],
                lds_version: LdsVersion::V1_8,
                ..passport
            },
            Self::PassportBac => CardOptions {
                active: ActiveKeyKind::Rsa { bits: 1024 },
                active_form: AnswerForm {
                    smaller: true,
                    ..Hash::Sha1.into()
                },
                chip_keys: Vec::new(),
                pace: Vec::new(),
                digest: Hash::Sha1,
                ..passport
            },
            Self::PassportDh => CardOptions {
                chip_keys: vec![ChipKeyOptions {
                    group: ChipGroup::Field(Field::Modp2048),
                    form: GroupForm::Named,
                    ciphers: vec![1],
                    key_id: None,
                }],
                pace: vec![pace(
                    PaceMapping::Generic,
                    ChipGroup::Field(Field::Modp2048),
                    2,
                )],
                bac: false,
                digest: Hash::Sha512,
                ..passport
            },
            Self::PassportRsa => CardOptions {
                active: ActiveKeyKind::Rsa { bits: 3072 },
                active_form: Hash::Sha512.into(),
                chip_keys: vec![curve(Curve::P256)],
                pace: vec![pace(PaceMapping::Generic, ChipGroup::Curve(Curve::P256), 2)],
                ..passport
            },
            Self::Td2 => CardOptions {
                layout: Layout::Td2,
                active: ActiveKeyKind::Ec {
                    curve: Curve::P384,
                    explicit: true,
                },
                active_form: AnswerForm {
                    der: true,
                    ..Hash::Sha384.into()
                },
                // The key alone, which means 3DES.
                chip_keys: vec![ChipKeyOptions {
                    ciphers: Vec::new(),
                    ..curve(Curve::P224)
                }],
                pace: vec![pace(PaceMapping::Generic, ChipGroup::Curve(Curve::P256), 1)],
                digest: Hash::Sha384,
                ..passport
            },
            Self::Eac => CardOptions {
                chip_keys: vec![curve(Curve::BrainpoolP256)],
                pace: vec![PaceOptions::cccd()],
                ..passport
            },
        }
    }

    /// Makes a country, and a card of this kind for somebody. `can` in place of the usual one.
    pub fn make(
        self,
        person: &SpecimenPerson,
        can: Option<&str>,
        signed_at: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> Result<ProfileCard, IssueError> {
        let founded = signed_at - SignedDuration::from_hours(24 * 30);
        let issuer = SpecimenIssuer::new(
            &IssuerOptions {
                keys: self.signing_keys(),
                ..IssuerOptions::utopia(founded)
            },
            rng,
        )?;
        let mut options = self.options(signed_at);
        options.can = can.map(str::to_owned);
        let terminals = if self == Self::Eac {
            let from = signed_at.to_zoned(TimeZone::UTC).date();
            Some(SpecimenTerminals::new(
                &TerminalsOptions::utopia(from),
                rng,
            )?)
        } else {
            None
        };
        if let Some(terminals) = &terminals {
            options.terminal_authorities = vec![terminals.authority().clone()];
        }
        if self == Self::PassportBac {
            // Before there were fingers.
            options.without.push(DataGroup::Dg3);
        }
        let card = issuer.issue(person, &options, rng)?;
        Ok(ProfileCard {
            card,
            issuer,
            terminals,
        })
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(name: &str) -> Result<Self, UnknownProfile> {
        Self::ALL
            .into_iter()
            .find(|profile| profile.name() == name)
            .ok_or_else(|| UnknownProfile {
                name: name.to_owned(),
            })
    }
}

#[cfg(test)]
mod tests;
