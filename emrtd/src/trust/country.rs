//! Three-letter codes of the machine-readable zone against two-letter codes of certificates
//! (ICAO 9303-3 §5, ISO 3166-1), and which of them are one issuing state.

/// Pairs as alpha-3 then alpha-2; ISO 3166-1 first, ICAO's own additions last.
const PAIRS: &str = "\
AFGAF ALBAL DZADZ ASMAS ANDAD AGOAO AIAAI ATAAQ ATGAG ARGAR ARMAM ABWAW AUSAU AUTAT AZEAZ BHSBS \
BHRBH BGDBD BRBBB BLRBY BELBE BLZBZ BENBJ BMUBM BTNBT BOLBO BESBQ BIHBA BWABW BVTBV BRABR IOTIO \
BRNBN BGRBG BFABF BDIBI KHMKH CMRCM CANCA CPVCV CYMKY CAFCF TCDTD CHLCL CHNCN CXRCX CCKCC COLCO \
COMKM COGCG CODCD COKCK CRICR CIVCI HRVHR CUBCU CUWCW CYPCY CZECZ DNKDK DJIDJ DMADM DOMDO ECUEC \
EGYEG SLVSV GNQGQ ERIER ESTEE SWZSZ ETHET FLKFK FROFO FJIFJ FINFI FRAFR GUFGF PYFPF ATFTF GABGA \
GMBGM GEOGE DEUDE GHAGH GIBGI GRCGR GRLGL GRDGD GLPGP GUMGU GTMGT GGYGG GINGN GNBGW GUYGY HTIHT \
HMDHM VATVA HNDHN HKGHK HUNHU ISLIS INDIN IDNID IRNIR IRQIQ IRLIE IMNIM ISRIL ITAIT JAMJM JPNJP \
JEYJE JORJO KAZKZ KENKE KIRKI PRKKP KORKR KWTKW KGZKG LAOLA LVALV LBNLB LSOLS LBRLR LBYLY LIELI \
LTULT LUXLU MACMO MDGMG MWIMW MYSMY MDVMV MLIML MLTMT MHLMH MTQMQ MRTMR MUSMU MYTYT MEXMX FSMFM \
MDAMD MCOMC MNGMN MNEME MSRMS MARMA MOZMZ MMRMM NAMNA NRUNR NPLNP NLDNL NCLNC NZLNZ NICNI NERNE \
NGANG NIUNU NFKNF MKDMK MNPMP NORNO OMNOM PAKPK PLWPW PSEPS PANPA PNGPG PRYPY PERPE PHLPH PCNPN \
POLPL PRTPT PRIPR QATQA REURE ROURO RUSRU RWARW BLMBL SHNSH KNAKN LCALC MAFMF SPMPM VCTVC WSMWS \
SMRSM STPST SAUSA SENSN SRBRS SYCSC SLESL SGPSG SXMSX SVKSK SVNSI SLBSB SOMSO ZAFZA SGSGS SSDSS \
ESPES LKALK SDNSD SURSR SJMSJ SWESE CHECH SYRSY TWNTW TJKTJ TZATZ THATH TLSTL TGOTG TKLTK TONTO \
TTOTT TUNTN TURTR TKMTM TCATC TUVTV UGAUG UKRUA AREAE GBRGB USAUS UMIUM URYUY UZBUZ VUTVU VENVE \
VNMVN VGBVG VIRVI WLFWF ESHEH YEMYE ZMBZM ZWEZW ALAAX \
GBDGB GBNGB GBOGB GBPGB GBSGB EUEEU UNOUN UNAUN XOMXO RKSKS UTOUT";

/// The two letters that a certificate of this state carries; `None` when the pair is not known.
pub fn alpha_2(alpha_3: &str) -> Option<&'static str> {
    // 9303-3 §5: Germany's code is the one letter D.
    if alpha_3 == "D" {
        return Some("DE");
    }
    PAIRS
        .split(' ')
        .find_map(|pair| pair.strip_prefix(alpha_3).filter(|rest| rest.len() == 2))
}

/// Territories whose documents are signed by the state before them (ISO 3166-1, alpha-2). The
/// state's own documents may be signed under a territory's code as well: both answer for each other.
const TERRITORIES: &[(&str, &str)] = &[
    ("AU", "CC CX HM NF"),
    ("CN", "HK MO"),
    ("DK", "FO GL"),
    ("FI", "AX"),
    ("FR", "BL GF GP MF MQ NC PF PM RE TF WF YT"),
    ("GB", "AI BM FK GG GI GS IM IO JE KY MS PN SH TC VG"),
    ("NL", "AW BQ CW SX"),
    ("NO", "BV SJ"),
    ("NZ", "CK NU TK"),
    ("US", "AS GU MP PR UM VI"),
    // Kosovo's certificates and its user-assigned code.
    ("KS", "XK"),
];

/// The state that answers for this code's documents.
pub(crate) fn state(alpha_2: &str) -> &str {
    let found = TERRITORIES
        .iter()
        .find(|(_, list)| list.split(' ').any(|territory| territory == alpha_2));
    found.map_or(alpha_2, |(state, _)| state)
}

/// Are two codes of certificates one issuing state's?
pub fn same_state(one: &str, other: &str) -> bool {
    state(one) == state(other)
}

/// May a certificate of this country sign a document whose zone names that issuer? `None` when the
/// zone's code is not known here: then only the certificate itself can say so.
pub fn signs_for(country: &str, alpha_3: &str) -> Option<bool> {
    match alpha_2(alpha_3) {
        Some(alpha_2) => Some(same_state(country, alpha_2)),
        // 9303-3 §5 part D: organisations have codes that begin with X.
        None if alpha_3.starts_with('X') && alpha_3.get(..2) == Some(country) => Some(true),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_known_by_three_letters() {
        assert_eq!(alpha_2("VNM"), Some("VN"));
        assert_eq!(alpha_2("D"), Some("DE"));
        assert_eq!(alpha_2("UTO"), Some("UT"));
        for unknown in ["", "V", "VN", "XXX", "VNMVN"] {
            assert_eq!(alpha_2(unknown), None);
        }
        assert!(PAIRS.split(' ').all(|pair| pair.len() == 5));
        for (alpha_2, alpha_3) in [
            ("CN", "HKG"),
            ("HK", "CHN"),
            ("GB", "GBD"),
            ("BM", "GBR"),
            ("NL", "CUW"),
            ("KS", "RKS"),
            ("UN", "UNO"),
            ("EU", "EUE"),
            ("DE", "D"),
        ] {
            assert_eq!(signs_for(alpha_2, alpha_3), Some(true), "{alpha_3}");
        }
        assert_eq!(signs_for("TW", "CHN"), Some(false));
        assert_eq!(signs_for("VN", "UTO"), Some(false));
        assert_eq!(signs_for("VN", "XYZ"), None);
        assert_eq!(signs_for("XP", "XPO"), Some(true));
        assert!(PAIRS.split(' ').count() > 250);
    }
}
