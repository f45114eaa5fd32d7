//! One scan: the order, the pages one after the other, and the end, however the device says it.

use std::time::Duration;

use page_files::{FileError, FilePage};
use reqwest::{Method, Url};
use scanner_drivers::settings::EsclSettings;
use scanner_drivers::wire::{Fault, PageHeader};
use scanner_drivers::worker::{Desk, Patience, Trouble};
use scanner_drivers::{Progress, ScanJob, Side, Source, Waiting};
use tokio::time::timeout;

use crate::capabilities::Offer;
use crate::link::{Answer, Link, until_gone};
use crate::order::{Order, order};
use crate::search;
use crate::status::Status;

/// Warming up is no trouble: so long a 503 is borne, whatever the job's patience.
const WARM_UP: Duration = Duration::from_secs(30);

/// The pause after a 503 that names none, and the longest that is granted to one that does.
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// How long a cancelled job may take to be called off at the device.
const FAREWELL: Duration = Duration::from_secs(2);

/// Scans from the device at that address.
///
/// # Errors
/// The device's trouble in one word, or that the desk is gone.
pub(crate) async fn scan(
    address: &str,
    settings: &EsclSettings,
    job: &ScanJob,
    desk: &mut Desk,
) -> Result<(), Trouble> {
    if job.max_pages == 0 {
        return Ok(());
    }
    let link = Link::new(address, settings)?;
    let offer = search::offer(&link, desk).await?;
    let order = order(&offer, job)?;
    let scan = Scan {
        link: &link,
        offer: &offer,
        job,
        order: &order,
        patience: Patience::new(job.patience),
    };
    loop {
        let url = scan.place(desk).await?;
        let mut pages = 0;
        let outcome = scan.pages(&url, &mut pages, desk).await;
        if !matches!(outcome, Ok(End::SaidSo)) {
            // The device still holds the job: call it off, also when the desk is gone.
            let farewell = link.ask_anyway(Method::DELETE, url, None);
            let _ = timeout(FAREWELL, farewell).await;
        }
        match outcome? {
            End::SaidSo | End::Enough if pages > 0 => return Ok(()),
            _ => scan.patience.bear(scan.why_no_page(desk).await, desk)?,
        }
    }
}

struct Scan<'a> {
    link: &'a Link,
    offer: &'a Offer,
    job: &'a ScanJob,
    order: &'a Order,
    patience: Patience,
}

/// How the pages of a job ended.
enum End {
    /// The device said that there are no more.
    SaidSo,
    /// As many as were wanted.
    Enough,
}

impl Scan<'_> {
    /// Places the order, once there is paper and the device is free; gives the job's address.
    async fn place(&self, desk: &mut Desk) -> Result<Url, Trouble> {
        let warm_up = Patience::new(WARM_UP);
        loop {
            if self.job.source != Source::Flatbed {
                let status = self.status(desk).await?;
                let empty = self.offer.senses_paper && status.feeder_is_empty();
                let fault = status.feeder_fault().or(empty.then_some(Fault::NoPaper));
                if let Some(fault) = fault {
                    self.patience.bear(fault, desk)?;
                    continue;
                }
            }
            let url = self.link.resource("ScanJobs");
            let order = Some(self.order.xml.clone());
            let answer = self.link.ask(Method::POST, url, order, desk).await?;
            match answer.code {
                201 => {
                    let location = answer.location.ok_or(Fault::BadReply)?;
                    return Ok(self.link.job(&location)?);
                }
                503 if !warm_up.left().is_zero() => pause(&answer, desk).await?,
                code => {
                    let fault = self.refused(code, desk).await;
                    self.patience.bear(fault, desk)?;
                }
            }
        }
    }

    /// What a refused order means.
    async fn refused(&self, code: u16, desk: &Desk) -> Fault {
        match code {
            401 | 403 => Fault::AccessDenied,
            400 | 405 | 415 => Fault::Unsupported,
            404 => Fault::BadReply,
            503 => Fault::DeviceBusy,
            // 409, and what the specification does not foresee: the device's status knows more.
            _ => match self.status(desk).await {
                Err(fault) => fault,
                Ok(status) => status
                    .feeder_fault()
                    .filter(|_| self.job.source != Source::Flatbed)
                    .or_else(|| {
                        let empty = self.job.source != Source::Flatbed && status.feeder_is_empty();
                        empty.then_some(Fault::NoPaper)
                    })
                    .or_else(|| status.device_fault())
                    .unwrap_or(if code == 409 {
                        Fault::DeviceBusy
                    } else {
                        Fault::Io
                    }),
            },
        }
    }

    /// Fetches page after page.
    async fn pages(&self, job: &Url, pages: &mut u32, desk: &mut Desk) -> Result<End, Trouble> {
        let warm_up = Patience::new(WARM_UP);
        while *pages < self.job.max_pages {
            let mut url = job.clone();
            url.set_path(&format!("{}/NextDocument", job.path()));
            let page = *pages + 1;
            let answer = self
                .link
                .document(url, desk, |desk, bytes, of| {
                    desk.progress(Progress { page, bytes, of })
                })
                .await?;
            match answer.code {
                // The glass gives one page; asking once more is how the device hears that we are done.
                200 if *pages > 0 && self.job.source == Source::Flatbed => return Ok(End::Enough),
                200 => self.hand_over(&answer.body, pages, desk)?,
                404 | 410 => return self.end(*pages, desk).await,
                503 if !warm_up.left().is_zero() => pause(&answer, desk).await?,
                code => return Err(self.refused(code, desk).await.into()),
            }
        }
        Ok(End::Enough)
    }

    /// The device said that there are no more pages: because there is no more paper, or because of trouble?
    async fn end(&self, pages: u32, desk: &Desk) -> Result<End, Trouble> {
        if self.job.source != Source::Flatbed
            && pages > 0
            && let Some(fault) = self.status(desk).await?.feeder_fault()
        {
            return Err(fault.into());
        }
        Ok(End::SaidSo)
    }

    /// Why a job ended without a page.
    async fn why_no_page(&self, desk: &Desk) -> Fault {
        if self.job.source == Source::Flatbed {
            return Fault::Io;
        }
        match self.status(desk).await {
            Err(fault) => fault,
            Ok(status) => status.feeder_fault().unwrap_or({
                // Paper lies there, and the job gave none of it: laid in just now, or the device lost the job.
                let loaded = self.offer.senses_paper && !status.feeder_is_empty();
                if loaded && self.patience.left().is_zero() {
                    Fault::Io
                } else {
                    Fault::NoPaper
                }
            }),
        }
    }

    /// Unpacks a document, mostly one page, and gives its pages to the desk.
    fn hand_over(&self, bytes: &[u8], pages: &mut u32, desk: &mut Desk) -> Result<(), Trouble> {
        let mut told = Ok(());
        let read = page_files::read(bytes, &mut |page| {
            let back = self.job.source == Source::FeederDuplex && *pages % 2 == 1;
            told = give(desk, &page, self.order.dpi, back);
            *pages += 1;
            told.is_ok() && *pages < self.job.max_pages
        });
        told?;
        read.map_err(|error| {
            Trouble::from(match error {
                FileError::TooLarge | FileError::TooManyPages => Fault::HugePage,
                FileError::Damaged => Fault::ShortPage,
                _ => Fault::WrongFormat,
            })
        })
    }

    async fn status(&self, desk: &Desk) -> Result<Status, Fault> {
        let url = self.link.resource("ScannerStatus");
        let answer = self.link.ask(Method::GET, url, None, desk).await?;
        match answer.code {
            200 => Status::parse(&answer.body),
            401 | 403 => Err(Fault::AccessDenied),
            503 => Err(Fault::DeviceBusy),
            _ => Err(Fault::Io),
        }
    }
}

fn give(desk: &mut Desk, page: &FilePage, dpi: u32, back: bool) -> Result<(), Trouble> {
    let header = PageHeader {
        width: page.image.width(),
        height: page.image.height(),
        channels: page.image.color().channel_count(),
        // What was ordered: the density in the document is often a constant of the firmware.
        dpi: Some(dpi),
        side: if back { Side::Back } else { Side::Front },
        jpeg_bytes: 0,
    };
    let jpeg = page.jpeg.as_deref().unwrap_or_default();
    desk.page(header, page.image.as_bytes(), jpeg)
}

/// Waits as long as the device asks, within reason.
async fn pause(answer: &Answer, desk: &mut Desk) -> Result<(), Trouble> {
    desk.waiting(Waiting::Device)?;
    let length = answer.retry_after.unwrap_or(PAUSE).min(LONGEST_PAUSE);
    let step = Duration::from_millis(200);
    let mut left = length.max(step);
    while !left.is_zero() {
        until_gone(desk, tokio::time::sleep(step.min(left))).await?;
        left = left.saturating_sub(step);
        desk.waiting(Waiting::Device)?;
    }
    Ok(())
}
