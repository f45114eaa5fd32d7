//! The XML a scanner says: its capabilities and its status (Mopria eSCL technical specification 2.97, §8).

use std::fmt::Write as _;

use crate::device::Device;

/// eSCL measures paper in 1/300 inch (§8.1.5).
const UNITS_PER_INCH: u32 = 300;

pub(crate) fn capabilities(device: &Device) -> String {
    let mut sources = String::new();
    if device.glass.is_some() {
        let _ = write!(
            sources,
            "<scan:Platen>{}</scan:Platen>",
            input(device, "PlatenInputCaps")
        );
    }
    if device.has_feeder {
        let duplex = if device.duplex {
            input(device, "AdfDuplexInputCaps")
        } else {
            String::new()
        };
        let option = if device.duplex {
            "<scan:AdfOption>Duplex</scan:AdfOption>"
        } else {
            ""
        };
        let _ = write!(
            sources,
            "<scan:Adf>{}<scan:FeederCapacity>50</scan:FeederCapacity>{duplex}\
             <scan:AdfOptions><scan:AdfOption>DetectPaperLoaded</scan:AdfOption>{option}</scan:AdfOptions></scan:Adf>",
            input(device, "AdfSimplexInputCaps")
        );
    }
    let body = format!(
        "<pwg:Version>2.63</pwg:Version><pwg:MakeAndModel>{}</pwg:MakeAndModel>\
         <pwg:SerialNumber>{}</pwg:SerialNumber><scan:UUID>{}</scan:UUID>{sources}",
        escaped(&device.make_and_model),
        escaped(&device.serial),
        device.uuid
    );
    dressed(device, "ScannerCapabilities", &body)
}

fn input(device: &Device, name: &str) -> String {
    let page = match name {
        "PlatenInputCaps" => device.glass.as_ref(),
        _ => device.feeder.front().or(device.glass.as_ref()),
    };
    // The page fills the bed, so that a client that asks for the whole bed gets the whole page.
    let (width, height) = page.map_or((8 * UNITS_PER_INCH, 11 * UNITS_PER_INCH), |page| {
        let units = |pixels: u32| pixels * UNITS_PER_INCH / device.dpi;
        (units(page.width()), units(page.height()))
    });
    let list = |element: &str, words: &[&str]| -> String {
        words
            .iter()
            .map(|word| format!("<{element}>{word}</{element}>"))
            .collect()
    };
    let resolutions: String = device
        .resolutions
        .iter()
        .map(|dpi| {
            format!(
                "<scan:DiscreteResolution><scan:XResolution>{dpi}</scan:XResolution>\
                 <scan:YResolution>{dpi}</scan:YResolution></scan:DiscreteResolution>"
            )
        })
        .collect();
    format!(
        "<scan:{name}><scan:MinWidth>1</scan:MinWidth><scan:MaxWidth>{width}</scan:MaxWidth>\
         <scan:MinHeight>1</scan:MinHeight><scan:MaxHeight>{height}</scan:MaxHeight>\
         <scan:MaxScanRegions>1</scan:MaxScanRegions><scan:SettingProfiles><scan:SettingProfile>\
         <scan:ColorModes>{}</scan:ColorModes><scan:DocumentFormats>{}{}</scan:DocumentFormats>\
         <scan:SupportedResolutions><scan:DiscreteResolutions>{resolutions}</scan:DiscreteResolutions>\
         </scan:SupportedResolutions><scan:ColorSpaces><scan:ColorSpace>sRGB</scan:ColorSpace></scan:ColorSpaces>\
         </scan:SettingProfile></scan:SettingProfiles>\
         <scan:SupportedIntents><scan:Intent>Document</scan:Intent></scan:SupportedIntents></scan:{name}>",
        list("scan:ColorMode", &["BlackAndWhite1", "Grayscale8", "RGB24"]),
        list("pwg:DocumentFormat", &device.formats),
        list("scan:DocumentFormatExt", &device.formats),
    )
}

pub(crate) fn status(device: &Device, in_trouble: bool, working: bool) -> String {
    let adf = match device.trouble {
        Some((_, state)) if in_trouble => state.word(),
        _ if device.feeder.is_empty() => "ScannerAdfEmpty",
        _ => "ScannerAdfLoaded",
    };
    let state = if working { "Processing" } else { "Idle" };
    let adf = if device.has_feeder {
        format!("<scan:AdfState>{adf}</scan:AdfState>")
    } else {
        String::new()
    };
    let body =
        format!("<pwg:Version>2.63</pwg:Version><pwg:State>{state}</pwg:State>{adf}<scan:Jobs/>");
    dressed(device, "ScannerStatus", &body)
}

/// The root element with its namespaces; odd devices choose other prefixes, write comments
/// and declare a default. sane-airscan takes the usual prefixes only, whatever they stand for.
fn dressed(device: &Device, root: &str, body: &str) -> String {
    const SCAN: &str = "http://schemas.hp.com/imaging/escl/2011/05/03";
    const PWG: &str = "http://www.pwg.org/schemas/2010/12/sm";
    if device.odd_xml {
        let body = body.replace("scan:", "").replace("pwg:", "p:");
        format!(
            "\u{feff}<?xml version='1.0' encoding='UTF-8'?>\n<!-- made by hand -->\n<{root} xmlns='{SCAN}' xmlns:p='{PWG}'>\n{body}\n</{root}>\n"
        )
    } else {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<scan:{root} xmlns:scan=\"{SCAN}\" xmlns:pwg=\"{PWG}\">{body}</scan:{root}>\n"
        )
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// The text of the first element of that name, whatever its prefix: enough for an order.
pub(crate) fn value<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = xml;
    loop {
        let open = rest.find('<')?;
        rest = &rest[open + 1..];
        let close = rest.find('>')?;
        let tag = &rest[..close];
        let local = tag.split_whitespace().next()?.rsplit(':').next()?;
        if local == name {
            let text = &rest[close + 1..];
            return Some(text[..text.find('<')?].trim());
        }
    }
}
