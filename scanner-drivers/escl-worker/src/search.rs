//! The search: everybody known by address or heard on the network is asked what it can do, all at once.

use std::time::Duration;

use reqwest::Method;
use scanner_drivers::settings::EsclSettings;
use scanner_drivers::wire::Fault;
use scanner_drivers::worker::{Desk, Trouble};
use scanner_drivers::{Capabilities, ScanError};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::capabilities::Offer;
use crate::link::{Link, until_gone};
use crate::mdns::{self, Heard};

/// A scanner that takes longer to say what it can do is asked again at the next search.
const WITHIN: Duration = Duration::from_secs(8);

/// Lists whoever is there.
///
/// # Errors
/// That the desk is gone.
pub(crate) async fn list(settings: &EsclSettings, desk: &mut Desk) -> Result<(), Trouble> {
    let mut asked: Vec<Heard> = settings
        .urls
        .iter()
        .map(|url| Heard {
            url: url.clone(),
            uuid: None,
            name: String::new(),
        })
        .collect();
    if settings.mdns {
        let length = Duration::from_millis(settings.listen_ms);
        for heard in mdns::listen(length, desk) {
            if asked.iter().all(|known| known.url != heard.url) {
                asked.push(heard);
            }
        }
    }
    let mut asking = JoinSet::new();
    for (place, heard) in asked.into_iter().enumerate() {
        let settings = settings.clone();
        asking.spawn(async move { (place, describe(&heard, &settings).await) });
    }
    let mut found = Vec::new();
    while let Some(told) = until_gone(desk, asking.join_next()).await? {
        if let Ok(told) = told {
            found.push(told);
        }
    }
    found.sort_by_key(|(place, _)| *place);
    // The same device known by address and heard: once is enough.
    let mut serials: Vec<String> = Vec::new();
    for (_, capabilities) in found {
        if let Some(serial) = &capabilities.serial {
            if serials.contains(serial) {
                continue;
            }
            serials.push(serial.clone());
        }
        desk.device(capabilities)?;
    }
    Ok(())
}

/// What a scanner says of itself, or why it says nothing.
async fn describe(heard: &Heard, settings: &EsclSettings) -> Capabilities {
    let link = match Link::new(&heard.url, settings) {
        Ok(link) => link,
        Err(fault) => return ill(heard, fault, None),
    };
    let asked = timeout(WITHIN, capabilities(&link)).await;
    let asked = asked.unwrap_or(Err(Fault::Silent {
        after_ms: u64::try_from(WITHIN.as_millis()).unwrap_or(u64::MAX),
    }));
    let shown = link.pins.shown();
    match asked {
        Ok(offer) => Capabilities {
            certificate: shown,
            ..offer.capabilities(&heard.url)
        },
        // The name it announced may be the one that was pinned.
        Err(Fault::CertificateUnknown | Fault::CertificateChanged) => {
            let uuid = heard.uuid.as_deref().unwrap_or_default();
            let names = [link.host(), uuid];
            let fault = link.pins.fault(&names).unwrap_or(Fault::CertificateUnknown);
            ill(heard, fault, shown)
        }
        Err(fault) => ill(heard, fault, shown),
    }
}

fn ill(heard: &Heard, fault: Fault, certificate: Option<String>) -> Capabilities {
    let (vendor, model) = heard.name.split_once(' ').unwrap_or(("", &heard.name));
    Capabilities {
        driver: "escl".to_owned(),
        id: heard.url.clone(),
        vendor: vendor.to_owned(),
        model: model.to_owned(),
        kind: "network scanner".to_owned(),
        serial: heard.uuid.clone(),
        certificate,
        trouble: Some(ScanError::from(fault).code().to_owned()),
        ..Capabilities::default()
    }
}

/// Asks the device what it can do.
pub(crate) async fn offer(link: &Link, desk: &Desk) -> Result<Offer, Fault> {
    until_gone(desk, capabilities(link)).await?
}

async fn capabilities(link: &Link) -> Result<Offer, Fault> {
    let url = link.resource("ScannerCapabilities");
    let answer = link.ask_anyway(Method::GET, url, None).await?;
    let offer = match answer.code {
        200 => Offer::parse(&answer.body)?,
        401 | 403 => return Err(Fault::AccessDenied),
        503 => return Err(Fault::DeviceBusy),
        404 | 410 => return Err(Fault::NotFound),
        _ => return Err(Fault::Io),
    };
    // A certificate that was pinned for another device does not do for this one.
    let uuid = offer.uuid.as_deref().unwrap_or_default();
    match link.pins.fault(&[link.host(), uuid]) {
        Some(fault) => Err(fault),
        None => Ok(offer),
    }
}
