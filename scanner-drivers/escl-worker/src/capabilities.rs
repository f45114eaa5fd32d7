//! What a scanner offers, out of its `ScannerCapabilities` (Mopria eSCL technical specification 2.97, §8.1.1).

use scanner_drivers::wire::Fault;
use scanner_drivers::{Capabilities, Mode, Resolutions, Source};

use crate::xml::Element;

/// eSCL measures paper in 1/300 inch (§8.1.5).
pub(crate) const UNITS_PER_INCH: f32 = 300.0;

/// More resolutions than any scanner lists.
const MAX_LIST: usize = 64;

/// One device as it describes itself.
#[derive(Debug)]
pub(crate) struct Offer {
    pub(crate) version: String,
    make_and_model: String,
    serial: Option<String>,
    pub(crate) uuid: Option<String>,
    platen: Option<Input>,
    adf: Option<Input>,
    duplex: Option<Input>,
    /// The feeder knows whether paper lies in it. Where it does not, "empty" means nothing.
    pub(crate) senses_paper: bool,
}

/// What one paper source can do.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) modes: Vec<Mode>,
    pub(crate) resolutions: Resolutions,
    pub(crate) formats: Vec<String>,
    /// In 1/300 inch.
    pub(crate) max_width: u32,
    pub(crate) max_height: u32,
}

/// The eSCL word for a mode (§8.1.4).
pub(crate) fn mode_word(mode: Mode) -> &'static str {
    match mode {
        Mode::Colour => "RGB24",
        Mode::Gray => "Grayscale8",
        Mode::Lineart => "BlackAndWhite1",
    }
}

impl Offer {
    /// # Errors
    /// [`Fault::BadReply`] when this is not what a scanner says of itself.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        let root = Element::parse(bytes).map_err(|_| Fault::BadReply)?;
        if root.name != "ScannerCapabilities" {
            return Err(Fault::BadReply);
        }
        let input = |part: &str, caps: &str| {
            let caps = root.child(part)?.child(caps)?;
            Input::of(&root, caps)
        };
        let offer = Self {
            version: root
                .value("Version")
                .filter(|version| {
                    version.len() <= 8
                        && version
                            .bytes()
                            .all(|byte| byte.is_ascii_digit() || byte == b'.')
                })
                .unwrap_or("2.0")
                .to_owned(),
            make_and_model: root.value("MakeAndModel").unwrap_or_default().to_owned(),
            serial: root.value("SerialNumber").map(str::to_owned),
            uuid: root.value("UUID").map(plain_uuid),
            platen: input("Platen", "PlatenInputCaps"),
            adf: input("Adf", "AdfSimplexInputCaps"),
            duplex: input("Adf", "AdfDuplexInputCaps"),
            senses_paper: root
                .all("AdfOption")
                .iter()
                .any(|option| option.text == "DetectPaperLoaded"),
        };
        if offer.platen.is_none() && offer.adf.is_none() && offer.duplex.is_none() {
            return Err(Fault::BadReply);
        }
        Ok(offer)
    }

    pub(crate) fn input(&self, source: Source) -> Option<&Input> {
        match source {
            Source::Flatbed => self.platen.as_ref(),
            Source::Feeder => self.adf.as_ref(),
            Source::FeederDuplex => self.duplex.as_ref(),
        }
    }

    /// In the desk's words.
    pub(crate) fn capabilities(&self, id: &str) -> Capabilities {
        let sources = [Source::Flatbed, Source::Feeder, Source::FeederDuplex];
        let offered: Vec<(Source, &Input)> = sources
            .into_iter()
            .filter_map(|source| self.input(source).map(|input| (source, input)))
            .collect();
        let mut modes = Vec::new();
        for mode in offered.iter().flat_map(|(_, input)| &input.modes) {
            if !modes.contains(mode) {
                modes.push(*mode);
            }
        }
        let (vendor, model) = self
            .make_and_model
            .split_once(' ')
            .unwrap_or(("", &self.make_and_model));
        let first = offered.first().map(|(_, input)| *input);
        let millimetres = |units: u32| units as f32 * 25.4 / UNITS_PER_INCH;
        Capabilities {
            driver: "escl".to_owned(),
            id: id.to_owned(),
            vendor: vendor.to_owned(),
            model: model.to_owned(),
            kind: "network scanner".to_owned(),
            serial: self.uuid.clone().or_else(|| self.serial.clone()),
            sources: offered.iter().map(|(source, _)| *source).collect(),
            modes,
            resolutions: first.map_or(Resolutions::Unknown, |input| input.resolutions.clone()),
            area_mm: first
                .map(|input| (millimetres(input.max_width), millimetres(input.max_height))),
            ..Capabilities::default()
        }
    }
}

impl Input {
    fn of(root: &Element, caps: &Element) -> Option<Self> {
        // A profile may stand here or, named, elsewhere (§8.1.3); what is not found in its place is looked for anywhere.
        let anywhere = |name: &str| {
            let here = caps.all(name);
            if here.is_empty() {
                root.all(name)
            } else {
                here
            }
        };
        let modes = anywhere("ColorMode");
        let modes = [Mode::Colour, Mode::Gray, Mode::Lineart]
            .into_iter()
            .filter(|mode| modes.iter().any(|word| word.text == mode_word(*mode)))
            .collect();
        let mut formats: Vec<String> = anywhere("DocumentFormatExt")
            .into_iter()
            .chain(anywhere("DocumentFormat"))
            .map(|format| format.text.to_ascii_lowercase())
            .filter(|format| !format.is_empty())
            .take(MAX_LIST)
            .collect();
        formats.dedup();
        Some(Self {
            modes,
            resolutions: resolutions(&anywhere),
            formats,
            max_width: caps.number("MaxWidth")?,
            max_height: caps.number("MaxHeight")?,
        })
    }
}

fn resolutions<'a>(anywhere: &dyn Fn(&str) -> Vec<&'a Element>) -> Resolutions {
    // Only resolutions that are the same in both directions: others would stretch the page.
    let mut list: Vec<u32> = anywhere("DiscreteResolution")
        .into_iter()
        .filter_map(|both| {
            let across = both.number("XResolution")?;
            (Some(across) == both.number("YResolution")).then_some(across)
        })
        .filter(|dpi| (1..=9600).contains(dpi))
        .take(MAX_LIST)
        .collect();
    list.sort_unstable();
    list.dedup();
    if !list.is_empty() {
        return Resolutions::List(list);
    }
    let range = anywhere("XResolutionRange").into_iter().find_map(|range| {
        let (min, max) = (range.number("Min")?, range.number("Max")?);
        (0 < min && min <= max && max <= 9600).then_some(Resolutions::Range { min, max })
    });
    range.unwrap_or_default()
}

/// As everybody writes it: without `urn:uuid:`, in small letters.
pub(crate) fn plain_uuid(text: &str) -> String {
    let lower = text.trim().to_ascii_lowercase();
    let plain = lower.strip_prefix("urn:uuid:").unwrap_or(&lower);
    plain.chars().take(64).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// A printer whose profile stands apart from its sources, in the form HP's have.
    const APART: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<scan:ScannerCapabilities xmlns:scan="http://schemas.hp.com/imaging/escl/2011/05/03" xmlns:pwg="http://www.pwg.org/schemas/2010/12/sm">
  <pwg:Version>2.6</pwg:Version>
  <pwg:MakeAndModel>Acme &amp; Sons Jet 9</pwg:MakeAndModel>
  <scan:UUID>urn:uuid:1C852A4D-B800-1F08-ABCD-3863BBE12345</scan:UUID>
  <scan:SettingProfiles><scan:SettingProfile name="p1">
    <scan:ColorModes><scan:ColorMode>Grayscale8</scan:ColorMode><scan:ColorMode>RGB24</scan:ColorMode><scan:ColorMode>RGB48</scan:ColorMode></scan:ColorModes>
    <scan:DocumentFormats><pwg:DocumentFormat>application/pdf</pwg:DocumentFormat><scan:DocumentFormatExt>image/jpeg</scan:DocumentFormatExt></scan:DocumentFormats>
    <scan:SupportedResolutions><scan:DiscreteResolutions>
      <scan:DiscreteResolution><scan:XResolution>600</scan:XResolution><scan:YResolution>600</scan:YResolution></scan:DiscreteResolution>
      <scan:DiscreteResolution><scan:XResolution>300</scan:XResolution><scan:YResolution>300</scan:YResolution></scan:DiscreteResolution>
      <scan:DiscreteResolution><scan:XResolution>300</scan:XResolution><scan:YResolution>600</scan:YResolution></scan:DiscreteResolution>
    </scan:DiscreteResolutions></scan:SupportedResolutions>
  </scan:SettingProfile></scan:SettingProfiles>
  <scan:Platen><scan:PlatenInputCaps>
    <scan:MaxWidth>2550</scan:MaxWidth><scan:MaxHeight>3508</scan:MaxHeight>
    <scan:SettingProfiles><scan:SettingProfile ref="p1"/></scan:SettingProfiles>
  </scan:PlatenInputCaps></scan:Platen>
</scan:ScannerCapabilities>"#;

    #[test]
    fn a_profile_that_stands_apart_is_found() {
        let offer = Offer::parse(APART.as_bytes()).unwrap();
        let told = offer.capabilities("http://192.0.2.1/eSCL");
        assert_eq!(
            (told.vendor.as_str(), told.model.as_str()),
            ("Acme", "& Sons Jet 9")
        );
        assert_eq!(
            told.serial.as_deref(),
            Some("1c852a4d-b800-1f08-abcd-3863bbe12345")
        );
        assert_eq!(told.sources, [Source::Flatbed]);
        assert_eq!(told.modes, [Mode::Colour, Mode::Gray]);
        assert_eq!(told.resolutions, Resolutions::List(vec![300, 600]));
        let input = offer.input(Source::Flatbed).unwrap();
        assert_eq!(input.formats, ["image/jpeg", "application/pdf"]);
        assert!(offer.input(Source::Feeder).is_none() && !offer.senses_paper);
        let (width, height) = told.area_mm.unwrap();
        assert!((width - 215.9).abs() < 0.1 && (height - 297.0).abs() < 0.1);
    }

    #[test]
    fn what_describes_no_scanner_is_refused() {
        for xml in [
            "<ScannerStatus/>",
            "<ScannerCapabilities/>",
            "<ScannerCapabilities><Platen><PlatenInputCaps/></Platen></ScannerCapabilities>",
            "<html/>",
        ] {
            assert!(
                matches!(Offer::parse(xml.as_bytes()), Err(Fault::BadReply)),
                "{xml}"
            );
        }
    }
}
