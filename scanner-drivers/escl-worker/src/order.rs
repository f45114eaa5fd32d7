//! The order a scanner gets: `ScanSettings` (Mopria eSCL technical specification 2.97, §8.1.6).

use scanner_drivers::wire::Fault;
use scanner_drivers::{ScanJob, Source};

use crate::capabilities::{Input, Offer, mode_word};

/// What we read, the best first: PNG loses nothing, a JPEG is kept as it comes, a PDF is unpacked to its images.
const FORMATS: [&str; 3] = ["image/png", "image/jpeg", "application/pdf"];

/// An order, and the resolution it asks for.
pub(crate) struct Order {
    pub(crate) xml: String,
    pub(crate) dpi: u32,
}

/// Words what the job wants in what the device offers.
///
/// # Errors
/// When it does not offer that.
pub(crate) fn order(offer: &Offer, job: &ScanJob) -> Result<Order, Fault> {
    if let Some((name, _)) = job.options.first() {
        return Err(Fault::BadOption { name: name.clone() });
    }
    let input: &Input = offer.input(job.source).ok_or(Fault::Unsupported)?;
    if !input.modes.contains(&job.mode) {
        return Err(Fault::Unsupported);
    }
    let format = FORMATS
        .into_iter()
        .find(|format| input.formats.iter().any(|offered| offered == format))
        .ok_or(Fault::WrongFormat)?;
    let dpi = input.resolutions.nearest(job.dpi);
    let (place, duplex) = match job.source {
        Source::Flatbed => ("Platen", ""),
        Source::Feeder => ("Feeder", "<scan:Duplex>false</scan:Duplex>"),
        Source::FeederDuplex => ("Feeder", "<scan:Duplex>true</scan:Duplex>"),
    };
    // No `Intent`: with one, devices whiten backgrounds and sharpen letters; the page is wanted as it is.
    // Both words for the format: the second is of version 2.1, and older devices know the first only.
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <scan:ScanSettings xmlns:scan=\"http://schemas.hp.com/imaging/escl/2011/05/03\" \
         xmlns:pwg=\"http://www.pwg.org/schemas/2010/12/sm\">\
         <pwg:Version>{version}</pwg:Version>\
         <pwg:ScanRegions><pwg:ScanRegion>\
         <pwg:ContentRegionUnits>escl:ThreeHundredthsOfInches</pwg:ContentRegionUnits>\
         <pwg:XOffset>0</pwg:XOffset><pwg:YOffset>0</pwg:YOffset>\
         <pwg:Width>{width}</pwg:Width><pwg:Height>{height}</pwg:Height>\
         </pwg:ScanRegion></pwg:ScanRegions>\
         <pwg:InputSource>{place}</pwg:InputSource>\
         <pwg:DocumentFormat>{format}</pwg:DocumentFormat>\
         <scan:DocumentFormatExt>{format}</scan:DocumentFormatExt>\
         <scan:XResolution>{dpi}</scan:XResolution><scan:YResolution>{dpi}</scan:YResolution>\
         <scan:ColorMode>{mode}</scan:ColorMode>{duplex}\
         </scan:ScanSettings>\n",
        version = offer.version,
        width = input.max_width,
        height = input.max_height,
        mode = mode_word(job.mode),
    );
    Ok(Order { xml, dpi })
}
