//! What can be wrong with a simulated chip: each fault is a word in a script.
//!
//! A script is words with commas between them: `no-extended,drop=40`. Some words are faults, some are
//! only the ways of honest chips that a reader must put up with.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A fault script. By default, none: a well-behaved chip with DG3 locked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    /// The card is taken away when this command arrives, counting from one.
    pub drop_at: Option<u32>,
    /// A card that was taken away lies there again after so many milliseconds, once.
    pub back_after: Option<u32>,
    /// This command is never answered, though the card stays.
    pub hang_at: Option<u32>,
    /// The answer to this command carries a wrong MAC.
    pub bad_mac_at: Option<u32>,
    /// The answer to this command is the one before it once more.
    pub replay_at: Option<u32>,
    /// The answer to this command comes bare, though there is a session.
    pub bare_at: Option<u32>,
    /// From this command on, every answer is 61xx without end.
    pub endless_61_at: Option<u32>,
    /// From this command on, every answer is 6Cxx, whatever Le is.
    pub endless_6c_at: Option<u32>,
    /// From the first command in extended form on, the chip is gone, until it is reset.
    pub mute_on_extended: bool,
    /// No answer brings more plain bytes than this; a larger Le is refused (6700).
    pub max_le: Option<u32>,
    /// Extended length is refused (6700).
    pub no_extended: bool,
    /// A refused length ends the session, as some chips do.
    pub refusal_ends_session: bool,
    /// Under a session, errors are answered bare, and the session ends.
    pub plain_errors: bool,
    /// Le beyond the end of a file is answered with 6Cxx and no data.
    pub exact_le: bool,
    /// Short file identifiers are not known (6A82).
    pub no_sfi: bool,
    /// SELECT of the master file answers 6D00.
    pub mf_6d00: bool,
    /// EF.CardAccess can be reached after SELECT of the master file only.
    pub starts_in_document: bool,
    /// No EF.CardAccess: the chip is older than PACE.
    pub no_pace: bool,
    /// PACE is advertised, then refused.
    pub refuse_pace: bool,
    /// BAC is refused.
    pub no_bac: bool,
    /// MSE:Set AT is refused without DO'84'.
    pub wants_parameter_id: bool,
    /// MSE:Set AT is refused with DO'84'.
    pub hates_parameter_id: bool,
    /// DG3 and DG4 are open to everyone.
    pub dg3_open: bool,
    /// Active authentication by another key than that of DG15: a copied chip.
    pub wrong_aa: bool,
    /// Active authentication is refused.
    pub refuse_aa: bool,
    /// Chip authentication by another key than that of DG14: a copied chip.
    pub wrong_ca: bool,
    /// Chip authentication is refused.
    pub refuse_ca: bool,
    /// Terminal authentication is refused.
    pub refuse_ta: bool,
    /// Our own mapping key is sent back.
    pub pace_echo: bool,
    /// Our own key of the agreement is sent back.
    pub pace_echo_key: bool,
    /// Our own token is sent back.
    pub pace_echo_token: bool,
    /// The mapping key is no element of the group.
    pub pace_off_curve: bool,
    /// The key of the agreement is no element of the group.
    pub pace_off_curve_key: bool,
    /// The mapping key is the point at infinity, or one.
    pub pace_infinity: bool,
    /// The key of the agreement is the point at infinity, or one.
    pub pace_infinity_key: bool,
    /// The mapping key is the number p − 1, of order two; on a curve, its own with another sign octet.
    pub pace_small_subgroup: bool,
    /// The mapping key is a byte too short.
    pub pace_short_key: bool,
    /// The nonce is shorter than a block.
    pub pace_short_nonce: bool,
    /// The nonce is nothing but zeros.
    pub pace_zero_nonce: bool,
    /// The answers of PACE end before their length says.
    pub pace_malformed: bool,
    /// The chip's token is wrong.
    pub pace_wrong_token: bool,
    /// In chip authentication mapping, what ties the keys is wrong: a copied chip.
    pub cam_wrong: bool,
    /// In chip authentication mapping, what ties the keys is left out.
    pub cam_missing: bool,
    /// In chip authentication mapping, what ties the keys cannot be decrypted.
    pub cam_garbled: bool,
    /// DG1 announces sixteen megabytes.
    pub length_bomb: bool,
    /// DG1 announces a few bytes more than it has.
    pub long_dg1: bool,
    /// DG1 announces two gibibytes.
    pub two_gib: bool,
    /// DG1 is ten thousand objects, each inside the one before.
    pub deep_nesting: bool,
    /// DG1 has an indefinite length.
    pub indefinite_length: bool,
}

/// The word is no fault, or lacks its number.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{word:?} is no fault; known are: {KNOWN}")]
pub struct UnknownFault {
    pub word: String,
}

const KNOWN: &str = "drop=N back=N hang=N bad-mac=N replay=N bare=N endless-61=N endless-6c=N mute-on-extended \
     two-gib deep-nesting indefinite-length max-le=N no-extended refusal-ends-session plain-errors exact-le no-sfi mf-6d00 \
     starts-in-document no-pace refuse-pace no-bac wants-parameter-id hates-parameter-id dg3-open wrong-aa refuse-aa \
     wrong-ca refuse-ca refuse-ta \
     pace-echo pace-echo-key pace-echo-token pace-off-curve pace-off-curve-key pace-infinity pace-infinity-key \
     pace-small-subgroup pace-short-key pace-short-nonce pace-zero-nonce pace-malformed pace-wrong-token cam-wrong \
     cam-missing cam-garbled length-bomb long-dg1";

impl Faults {
    /// Every word that a script may hold, without its number.
    pub fn words() -> impl Iterator<Item = &'static str> {
        KNOWN
            .split_whitespace()
            .map(|word| word.trim_end_matches("=N"))
    }

    fn flag(&mut self, word: &str) -> Option<&mut bool> {
        Some(match word {
            "no-extended" => &mut self.no_extended,
            "refusal-ends-session" => &mut self.refusal_ends_session,
            "plain-errors" => &mut self.plain_errors,
            "exact-le" => &mut self.exact_le,
            "no-sfi" => &mut self.no_sfi,
            "mf-6d00" => &mut self.mf_6d00,
            "starts-in-document" => &mut self.starts_in_document,
            "no-pace" => &mut self.no_pace,
            "refuse-pace" => &mut self.refuse_pace,
            "no-bac" => &mut self.no_bac,
            "wants-parameter-id" => &mut self.wants_parameter_id,
            "hates-parameter-id" => &mut self.hates_parameter_id,
            "dg3-open" => &mut self.dg3_open,
            "wrong-aa" => &mut self.wrong_aa,
            "refuse-aa" => &mut self.refuse_aa,
            "wrong-ca" => &mut self.wrong_ca,
            "refuse-ca" => &mut self.refuse_ca,
            "refuse-ta" => &mut self.refuse_ta,
            "pace-echo" => &mut self.pace_echo,
            "pace-echo-key" => &mut self.pace_echo_key,
            "pace-echo-token" => &mut self.pace_echo_token,
            "pace-off-curve" => &mut self.pace_off_curve,
            "pace-off-curve-key" => &mut self.pace_off_curve_key,
            "pace-infinity" => &mut self.pace_infinity,
            "pace-infinity-key" => &mut self.pace_infinity_key,
            "pace-small-subgroup" => &mut self.pace_small_subgroup,
            "pace-short-key" => &mut self.pace_short_key,
            "pace-short-nonce" => &mut self.pace_short_nonce,
            "pace-zero-nonce" => &mut self.pace_zero_nonce,
            "pace-malformed" => &mut self.pace_malformed,
            "pace-wrong-token" => &mut self.pace_wrong_token,
            "cam-wrong" => &mut self.cam_wrong,
            "cam-missing" => &mut self.cam_missing,
            "cam-garbled" => &mut self.cam_garbled,
            "length-bomb" => &mut self.length_bomb,
            "long-dg1" => &mut self.long_dg1,
            "two-gib" => &mut self.two_gib,
            "deep-nesting" => &mut self.deep_nesting,
            "indefinite-length" => &mut self.indefinite_length,
            "mute-on-extended" => &mut self.mute_on_extended,
            _ => return None,
        })
    }

    fn number(&mut self, word: &str) -> Option<&mut Option<u32>> {
        Some(match word {
            "drop" => &mut self.drop_at,
            "back" => &mut self.back_after,
            "hang" => &mut self.hang_at,
            "bad-mac" => &mut self.bad_mac_at,
            "replay" => &mut self.replay_at,
            "bare" => &mut self.bare_at,
            "endless-61" => &mut self.endless_61_at,
            "endless-6c" => &mut self.endless_6c_at,
            "max-le" => &mut self.max_le,
            _ => return None,
        })
    }
}

impl FromStr for Faults {
    type Err = UnknownFault;

    fn from_str(script: &str) -> Result<Self, UnknownFault> {
        let mut faults = Self::default();
        for word in script
            .split(',')
            .map(str::trim)
            .filter(|word| !word.is_empty())
        {
            let unknown = || UnknownFault {
                word: word.to_owned(),
            };
            if let Some((name, number)) = word.split_once('=') {
                let number = number.parse().map_err(|_| unknown())?;
                *faults.number(name).ok_or_else(unknown)? = Some(number);
            } else {
                *faults.flag(word).ok_or_else(unknown)? = true;
            }
        }
        Ok(faults)
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut copy = self.clone();
        let mut words = Vec::new();
        for known in KNOWN.split_whitespace() {
            let name = known.trim_end_matches("=N");
            if let Some(Some(number)) = copy.number(name) {
                words.push(format!("{name}={number}"));
            }
            if copy.flag(name).is_some_and(|flag| *flag) {
                words.push(name.to_owned());
            }
        }
        f.write_str(&words.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_word_is_read_and_written() {
        for word in KNOWN.split_whitespace() {
            let word = word.replace("=N", "=7");
            let faults: Faults = word.parse().unwrap();
            assert_ne!(faults, Faults::default(), "{word}");
            assert_eq!(faults.to_string(), word);
        }
        let both: Faults = "drop=40, no-extended".parse().unwrap();
        assert_eq!(both.to_string(), "drop=40,no-extended");
        assert!("drop".parse::<Faults>().is_err());
        assert!("brew-tea".parse::<Faults>().is_err());
    }
}
