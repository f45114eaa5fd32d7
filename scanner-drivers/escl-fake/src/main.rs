//! Runs the make-believe scanner by hand: `niem-escl-fake page1.png page2.png` puts the pages into the feeder and the
//! first of them on the glass.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Parser;
use escl_fake::{Certificate, Device, Fake};

#[derive(Parser)]
struct Arguments {
    /// 0 takes any free port.
    #[arg(long, default_value_t = 8190)]
    port: u16,
    /// Speaks HTTPS with a fresh certificate.
    #[arg(long)]
    secure: bool,
    /// Tells the loopback interface of itself by mDNS.
    #[arg(long)]
    announce: bool,
    /// The resolution the pages are said to have.
    #[arg(long, default_value_t = 300)]
    dpi: u32,
    #[arg(required = true)]
    pages: Vec<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let pages = arguments
        .pages
        .iter()
        .map(|path| image::open(path).with_context(|| path.display().to_string()))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let device = Device {
        glass: pages.first().cloned(),
        feeder: pages.into(),
        dpi: arguments.dpi,
        ..Device::default()
    };
    let certificate = arguments.secure.then(Certificate::fresh);
    let fingerprint = certificate.as_ref().map(|made| made.fingerprint.clone());
    let mut fake = Fake::listen(device, certificate, arguments.port)?;
    if arguments.announce {
        fake.announce()?;
    }
    println!("{}", fake.url());
    if let Some(fingerprint) = fingerprint {
        println!("certificate {fingerprint}");
    }
    loop {
        std::thread::park();
    }
}
