//! How a scanner is, out of its `ScannerStatus` (Mopria eSCL technical specification 2.97, §8.1.2).

use scanner_drivers::wire::Fault;

use crate::xml::Element;

/// The device's and its feeder's state.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Status {
    state: String,
    adf: Option<String>,
}

impl Status {
    /// # Errors
    /// [`Fault::BadReply`] when this is no scanner's status.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        let root = Element::parse(bytes).map_err(|_| Fault::BadReply)?;
        if root.name != "ScannerStatus" {
            return Err(Fault::BadReply);
        }
        Ok(Self {
            state: root.value("State").unwrap_or_default().to_owned(),
            adf: root.value("AdfState").map(str::to_owned),
        })
    }

    /// What is wrong with the feeder; none when it says nothing of the kind.
    pub(crate) fn feeder_fault(&self) -> Option<Fault> {
        match self.adf.as_deref()? {
            // A sheet that was not gripped, or two at once, is taken out and laid in again like a jammed one.
            "ScannerAdfJam"
            | "ScannerAdfMispick"
            | "ScannerAdfMultipickDetected"
            | "ScannerAdfInputTrayOverloaded" => Some(Fault::Jam),
            // The second is no word of the specification; some makers use it.
            "ScannerAdfHatchOpen" | "ScannerAdfDoorOpen" => Some(Fault::CoverOpen),
            "ScannerAdfDuplexPageTooShort" | "ScannerAdfDuplexPageTooLong" => {
                Some(Fault::Unsupported)
            }
            "ScannerAdfInputTrayFailed" => Some(Fault::Io),
            _ => None,
        }
    }

    pub(crate) fn feeder_is_empty(&self) -> bool {
        self.adf.as_deref() == Some("ScannerAdfEmpty")
    }

    /// What is wrong with the device as a whole (`pwg:State`).
    pub(crate) fn device_fault(&self) -> Option<Fault> {
        match self.state.as_str() {
            "Processing" | "Testing" => Some(Fault::DeviceBusy),
            "Stopped" | "Down" => Some(Fault::Io),
            _ => None,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn status(state: &str, adf: &str) -> Status {
        let xml = format!(
            "<s:ScannerStatus xmlns:s='x'><p:State xmlns:p='y'>{state}</p:State><s:AdfState>{adf}</s:AdfState></s:ScannerStatus>"
        );
        Status::parse(xml.as_bytes()).unwrap()
    }

    #[test]
    fn every_state_has_its_meaning() {
        assert_eq!(
            status("Idle", "ScannerAdfJam").feeder_fault(),
            Some(Fault::Jam)
        );
        assert_eq!(
            status("Idle", "ScannerAdfHatchOpen").feeder_fault(),
            Some(Fault::CoverOpen)
        );
        let empty = status("Idle", "ScannerAdfEmpty");
        assert!(empty.feeder_is_empty() && empty.feeder_fault().is_none());
        let well = status("Idle", "ScannerAdfLoaded");
        assert!(well.feeder_fault().is_none() && well.device_fault().is_none());
        assert_eq!(
            status("Processing", "ScannerAdfLoaded").device_fault(),
            Some(Fault::DeviceBusy)
        );
        assert_eq!(status("Down", "").device_fault(), Some(Fault::Io));
        assert!(Status::parse(b"<ScannerCapabilities/>").is_err());
    }
}
