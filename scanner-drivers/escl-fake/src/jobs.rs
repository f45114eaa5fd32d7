//! What the scanner does when it is asked: orders become jobs, jobs give pages until the paper ends.

use image::DynamicImage;

use crate::device::{Body, Device, EmptyFeeder, Location};
use crate::document;
use crate::http::{Answer, Heard};
use crate::words::{self, value};

/// The device and the jobs it has.
pub(crate) struct Desk {
    pub(crate) device: Device,
    jobs: Vec<Job>,
    /// `METHOD path` of everything that was asked.
    pub(crate) requests: Vec<String>,
    /// The last order as it came.
    pub(crate) order: String,
    base: String,
}

struct Job {
    order: String,
    given: u32,
    ended: bool,
}

const ROOT: &str = "/eSCL";

impl Desk {
    pub(crate) fn new(device: Device, base: String) -> Self {
        Self {
            device,
            jobs: Vec::new(),
            requests: Vec::new(),
            order: String::new(),
            base,
        }
    }

    pub(crate) fn answer(&mut self, heard: &Heard) -> Answer {
        self.requests
            .push(format!("{} {}", heard.method, heard.path));
        if let Some(code) = self.device.only_code {
            return Answer::code(code);
        }
        let Some(path) = heard.path.strip_prefix(ROOT) else {
            return Answer::code(404);
        };
        match (heard.method.as_str(), path) {
            ("GET", "/ScannerCapabilities") => {
                let xml = words::capabilities(&self.device).into_bytes();
                Answer::code(200).body("text/xml", xml, self.device.capabilities_body)
            }
            ("GET", "/ScannerStatus") => {
                let working = self.jobs.iter().any(|job| !job.ended);
                let xml = words::status(&self.device, self.is_in_trouble(), working);
                Answer::code(200).body("text/xml", xml.into_bytes(), Body::Whole)
            }
            ("POST", "/ScanJobs") => self.order(&heard.body),
            (method, path) => {
                let Some(rest) = path.strip_prefix("/ScanJobs/") else {
                    return Answer::code(404);
                };
                let (number, ask) = rest.split_once('/').unwrap_or((rest, ""));
                let Some(job) = number
                    .parse::<usize>()
                    .ok()
                    .and_then(|number| number.checked_sub(1))
                    .filter(|job| *job < self.jobs.len())
                else {
                    return Answer::code(404);
                };
                match (method, ask) {
                    ("DELETE", "") => {
                        self.jobs[job].ended = true;
                        Answer::code(200)
                    }
                    ("GET", "NextDocument") => self.next_document(job),
                    _ => Answer::code(404),
                }
            }
        }
    }

    /// Whether the feeder's trouble has come: at once, or in the running job.
    fn is_in_trouble(&self) -> bool {
        let given = self.jobs.last().map_or(0, |job| job.given);
        self.device.trouble.is_some_and(|(after, _)| given >= after)
    }

    fn busy(&self) -> Answer {
        let answer = Answer::code(503);
        match &self.device.retry_after {
            Some(seconds) => answer.with("Retry-After", seconds.clone()),
            None => answer,
        }
    }

    fn order(&mut self, order: &str) -> Answer {
        order.clone_into(&mut self.order);
        if self.device.busy_orders > 0 {
            self.device.busy_orders -= 1;
            return self.busy();
        }
        let format = value(order, "DocumentFormatExt").or_else(|| value(order, "DocumentFormat"));
        if !format.is_some_and(|format| self.device.formats.contains(&format)) {
            return Answer::code(400);
        }
        let resolution = value(order, "XResolution").and_then(|dpi| dpi.parse().ok());
        if !resolution.is_some_and(|dpi: u32| self.device.resolutions.contains(&dpi)) {
            return Answer::code(400);
        }
        let wants_feeder = value(order, "InputSource") == Some("Feeder");
        let refuses = self.device.feeder.is_empty()
            && self.device.empty_feeder == EmptyFeeder::Conflict
            && !self.is_in_trouble();
        if wants_feeder && !self.device.has_feeder {
            return Answer::code(400);
        }
        if wants_feeder && refuses || !wants_feeder && self.device.glass.is_none() {
            return Answer::code(409);
        }
        self.jobs.push(Job {
            order: order.to_owned(),
            given: 0,
            ended: false,
        });
        let path = format!("{ROOT}/ScanJobs/{}", self.jobs.len());
        let answer = Answer::code(201);
        match &self.device.location {
            Location::Absolute => answer.with("Location", format!("{}{path}", self.base)),
            Location::Relative => answer.with("Location", path),
            Location::OtherHost(host) => answer.with("Location", format!("http://{host}{path}")),
            Location::Missing => answer,
            Location::Nonsense => answer.with("Location", "ht!tp:\\nowhere"),
        }
    }

    fn next_document(&mut self, number: usize) -> Answer {
        if self.device.busy_pages > 0 {
            self.device.busy_pages -= 1;
            return self.busy();
        }
        if self.jobs[number].ended {
            return Answer::code(self.device.end);
        }
        let feeder = value(&self.jobs[number].order, "InputSource") == Some("Feeder");
        let given = self.jobs[number].given;
        if feeder && self.device.trouble.is_some_and(|(after, _)| given >= after) {
            self.jobs[number].ended = true;
            return Answer::code(self.device.trouble_code);
        }
        let page = if feeder {
            self.device.feeder.pop_front()
        } else if given == 0 {
            self.device.glass.clone()
        } else {
            None
        };
        let Some(page) = page else {
            self.jobs[number].ended = true;
            return Answer::code(self.device.end);
        };
        self.jobs[number].given += 1;
        self.document(&self.jobs[number].order, &page)
    }

    fn document(&self, order: &str, page: &DynamicImage) -> Answer {
        let format = value(order, "DocumentFormatExt")
            .or_else(|| value(order, "DocumentFormat"))
            .unwrap_or("image/png");
        let mode = value(order, "ColorMode").unwrap_or("RGB24");
        let mut bytes = document::encode(page, format, mode);
        if let Body::Boast(side) = self.device.body {
            boast(&mut bytes, side);
        }
        let kind = self.device.content_type.unwrap_or(format);
        Answer::code(200).body(kind, bytes, self.device.body)
    }
}

/// Writes another size into the header of a PNG (PNG 3rd edition §11.2.1) or a JPEG (ITU-T T.81 §B.2.2).
fn boast(bytes: &mut [u8], side: u32) {
    if bytes.starts_with(b"\x89PNG") {
        bytes[16..20].copy_from_slice(&side.to_be_bytes());
        bytes[20..24].copy_from_slice(&side.to_be_bytes());
    } else if let Some(frame) = bytes.windows(2).position(|two| two == [0xff, 0xc0]) {
        let side = u16::try_from(side).unwrap_or(u16::MAX).to_be_bytes();
        bytes[frame + 5..frame + 7].copy_from_slice(&side);
        bytes[frame + 7..frame + 9].copy_from_slice(&side);
    }
}
