//! The typefaces that papers are set in: Debian's free ones, and four that look written by hand.
//!
//! Each is checked for every Vietnamese letter before anything is drawn: a missing glyph would be counted
//! against whoever reads the page.

use std::io;
use std::path::Path;

use ab_glyph::{Font as _, FontVec};

/// Upright or slanted, light or heavy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    Plain,
    Bold,
    Italic,
    BoldItalic,
}

/// One family in up to four cuts.
pub(crate) struct Typeface {
    pub(crate) name: &'static str,
    pub(crate) style: Style,
    cuts: [Option<FontVec>; 4],
}

/// What a typeface looks like, hence where it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// As most offices print (TCVN fonts and Times New Roman look like these).
    Serif,
    Sans,
    /// One width for all letters: old decisions.
    Typewriter,
    Hand,
}

const CROSCORE: &str = "/usr/share/fonts/truetype/croscore/";
const GYRE: &str = "/usr/share/texmf/fonts/opentype/public/tex-gyre/";
const FREE: &str = "/usr/share/fonts/truetype/freefont/";
const DEJAVU: &str = "/usr/share/fonts/truetype/dejavu/";
const CROSEXTRA: &str = "/usr/share/fonts/truetype/crosextra/";
const LIBERTINE: &str = "/usr/share/fonts/opentype/linux-libertine/";
const CHARIS: &str = "/usr/share/fonts/truetype/charis/";
const OPEN: &str = "/usr/share/fonts/truetype/open-sans/";
const ROBOTO: &str = "/usr/share/fonts/truetype/roboto/unhinted/RobotoTTF/";
/// Our own: `specimen/fonts`, under the Open Font License.
const OURS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../specimen/fonts/");

/// Debian package, folder, name, style, files of the four cuts ("" where there is none).
type Entry = (
    &'static str,
    &'static str,
    &'static str,
    Style,
    [&'static str; 4],
);

const CASE: &[Entry] = &[
    (
        "fonts-croscore",
        CROSCORE,
        "tinos",
        Style::Serif,
        [
            "Tinos-Regular.ttf",
            "Tinos-Bold.ttf",
            "Tinos-Italic.ttf",
            "Tinos-BoldItalic.ttf",
        ],
    ),
    (
        "fonts-texgyre",
        GYRE,
        "termes",
        Style::Serif,
        [
            "texgyretermes-regular.otf",
            "texgyretermes-bold.otf",
            "texgyretermes-italic.otf",
            "texgyretermes-bolditalic.otf",
        ],
    ),
    (
        "fonts-freefont-ttf",
        FREE,
        "freeserif",
        Style::Serif,
        [
            "FreeSerif.ttf",
            "FreeSerifBold.ttf",
            "FreeSerifItalic.ttf",
            "FreeSerifBoldItalic.ttf",
        ],
    ),
    (
        "fonts-texgyre",
        GYRE,
        "pagella",
        Style::Serif,
        [
            "texgyrepagella-regular.otf",
            "texgyrepagella-bold.otf",
            "texgyrepagella-italic.otf",
            "texgyrepagella-bolditalic.otf",
        ],
    ),
    (
        "fonts-texgyre",
        GYRE,
        "schola",
        Style::Serif,
        [
            "texgyreschola-regular.otf",
            "texgyreschola-bold.otf",
            "texgyreschola-italic.otf",
            "texgyreschola-bolditalic.otf",
        ],
    ),
    (
        "fonts-texgyre",
        GYRE,
        "bonum",
        Style::Serif,
        [
            "texgyrebonum-regular.otf",
            "texgyrebonum-bold.otf",
            "texgyrebonum-italic.otf",
            "texgyrebonum-bolditalic.otf",
        ],
    ),
    (
        "fonts-linuxlibertine",
        LIBERTINE,
        "libertine",
        Style::Serif,
        [
            "LinLibertine_R.otf",
            "LinLibertine_RB.otf",
            "LinLibertine_RI.otf",
            "",
        ],
    ),
    (
        "fonts-sil-charis",
        CHARIS,
        "charis",
        Style::Serif,
        [
            "CharisSIL-Regular.ttf",
            "CharisSIL-Bold.ttf",
            "CharisSIL-Italic.ttf",
            "CharisSIL-BoldItalic.ttf",
        ],
    ),
    (
        "fonts-dejavu-core",
        DEJAVU,
        "dejavuserif",
        Style::Serif,
        ["DejaVuSerif.ttf", "DejaVuSerif-Bold.ttf", "", ""],
    ),
    (
        "fonts-croscore",
        CROSCORE,
        "arimo",
        Style::Sans,
        [
            "Arimo-Regular.ttf",
            "Arimo-Bold.ttf",
            "Arimo-Italic.ttf",
            "Arimo-BoldItalic.ttf",
        ],
    ),
    (
        "fonts-texgyre",
        GYRE,
        "heros",
        Style::Sans,
        [
            "texgyreheros-regular.otf",
            "texgyreheros-bold.otf",
            "texgyreheros-italic.otf",
            "texgyreheros-bolditalic.otf",
        ],
    ),
    (
        "fonts-crosextra-carlito",
        CROSEXTRA,
        "carlito",
        Style::Sans,
        [
            "Carlito-Regular.ttf",
            "Carlito-Bold.ttf",
            "Carlito-Italic.ttf",
            "Carlito-BoldItalic.ttf",
        ],
    ),
    (
        "fonts-open-sans",
        OPEN,
        "opensans",
        Style::Sans,
        [
            "OpenSans-Regular.ttf",
            "OpenSans-Bold.ttf",
            "OpenSans-Italic.ttf",
            "OpenSans-BoldItalic.ttf",
        ],
    ),
    (
        "fonts-roboto-unhinted",
        ROBOTO,
        "roboto",
        Style::Sans,
        [
            "Roboto-Regular.ttf",
            "Roboto-Bold.ttf",
            "Roboto-Italic.ttf",
            "Roboto-BoldItalic.ttf",
        ],
    ),
    (
        "fonts-dejavu-core",
        DEJAVU,
        "dejavusans",
        Style::Sans,
        ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "", ""],
    ),
    (
        "fonts-croscore",
        CROSCORE,
        "cousine",
        Style::Typewriter,
        [
            "Cousine-Regular.ttf",
            "Cousine-Bold.ttf",
            "Cousine-Italic.ttf",
            "Cousine-BoldItalic.ttf",
        ],
    ),
    (
        "fonts-freefont-ttf",
        FREE,
        "freemono",
        Style::Typewriter,
        [
            "FreeMono.ttf",
            "FreeMonoBold.ttf",
            "FreeMonoOblique.ttf",
            "FreeMonoBoldOblique.ttf",
        ],
    ),
    (
        "fonts-texgyre",
        GYRE,
        "cursor",
        Style::Typewriter,
        [
            "texgyrecursor-regular.otf",
            "texgyrecursor-bold.otf",
            "texgyrecursor-italic.otf",
            "texgyrecursor-bolditalic.otf",
        ],
    ),
    (
        "",
        OURS,
        "mali",
        Style::Hand,
        ["Mali_400Regular.ttf", "", "", ""],
    ),
    (
        "",
        OURS,
        "patrickhand",
        Style::Hand,
        ["PatrickHand_400Regular.ttf", "", "", ""],
    ),
    (
        "",
        OURS,
        "charm",
        Style::Hand,
        ["Charm_400Regular.ttf", "", "", ""],
    ),
    (
        "",
        OURS,
        "dancing",
        Style::Hand,
        ["DancingScript_500Medium.ttf", "", "", ""],
    ),
];

/// All of them.
pub struct TypeCase(Vec<Typeface>);

impl TypeCase {
    /// Reads and checks every font.
    ///
    /// # Errors
    /// When one is missing (the message names its Debian package) or lacks a Vietnamese letter.
    pub fn open() -> io::Result<Self> {
        CASE.iter()
            .map(open)
            .collect::<io::Result<Vec<_>>>()
            .map(Self)
    }

    /// By its name.
    pub(crate) fn named(&self, name: &str) -> &Typeface {
        self.0
            .iter()
            .find(|face| face.name == name)
            .expect("only names out of the list above are asked for")
    }

    pub(crate) fn of(&self, style: Style) -> Vec<&Typeface> {
        self.0.iter().filter(|face| face.style == style).collect()
    }
}

impl Typeface {
    /// The cut, or the nearest there is.
    pub(crate) fn cut(&self, cut: Cut) -> &FontVec {
        let order: &[usize] = match cut {
            Cut::Plain => &[0],
            Cut::Bold => &[1, 0],
            Cut::Italic => &[2, 0],
            Cut::BoldItalic => &[3, 1, 2, 0],
        };
        order
            .iter()
            .find_map(|&at| self.cuts[at].as_ref())
            .expect("every typeface has a plain cut")
    }
}

fn open(&(package, folder, name, style, files): &Entry) -> io::Result<Typeface> {
    let mut cuts = [None, None, None, None];
    for (cut, file) in cuts.iter_mut().zip(files) {
        if file.is_empty() {
            continue;
        }
        let path = Path::new(folder).join(file);
        let bytes = std::fs::read(&path).map_err(|error| {
            io::Error::new(
                error.kind(),
                format!("{}: {error}; install {package}", path.display()),
            )
        })?;
        let font = FontVec::try_from_vec(bytes)
            .map_err(|error| io::Error::other(format!("{}: {error}", path.display())))?;
        if let Some(letter) = missing(&font) {
            return Err(io::Error::other(format!(
                "{} lacks {letter:?}",
                path.display()
            )));
        }
        *cut = Some(font);
    }
    Ok(Typeface { name, style, cuts })
}

/// The first letter that Vietnamese papers need and the font cannot draw.
fn missing(font: &FontVec) -> Option<char> {
    alphabet().find(|&letter| {
        let id = font.glyph_id(letter);
        id.0 == 0
            || font
                .outline(id)
                .is_none_or(|outline| outline.curves.is_empty())
    })
}

/// Printable ASCII, the Vietnamese letters with all their marks, and the few other signs that forms use.
fn alphabet() -> impl Iterator<Item = char> {
    let latin = "ÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝàáâãèéêìíòóôõùúýĂăĐđĨĩŨũƠơƯư–";
    ('!'..='~')
        .chain(latin.chars())
        .chain('\u{1ea0}'..='\u{1ef9}')
}
