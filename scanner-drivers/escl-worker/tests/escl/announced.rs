//! Scanners that tell the network of themselves are found without being known, where there is multicast to hear them.

use std::net::{Ipv4Addr, UdpSocket};
use std::time::Duration;

use escl_fake::{Certificate, Device, Fake};
use scanner_drivers::settings::EsclSettings;
use scanner_drivers::{HotPlug, Registry, ScannerDriver};

use crate::rig::driver;

/// Whether a datagram to a group comes back over the loopback interface.
fn multicast_works() -> bool {
    let group = Ipv4Addr::new(239, 255, 77, 77);
    let try_it = || -> std::io::Result<bool> {
        let socket = UdpSocket::bind("0.0.0.0:0")?;
        socket.join_multicast_v4(&group, &Ipv4Addr::LOCALHOST)?;
        socket.set_multicast_loop_v4(true)?;
        socket.set_read_timeout(Some(Duration::from_secs(2)))?;
        let port = socket.local_addr()?.port();
        let sender = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        sender.send_to(b"hear me", (group, port))?;
        let mut room = [0; 16];
        Ok(socket.recv(&mut room)? == 7)
    };
    try_it().unwrap_or(false)
}

#[test]
fn an_announced_scanner_is_found_and_its_goodbye_is_heard() {
    assert!(
        multicast_works() || std::env::var_os("NIEM_JUDGES").is_none(),
        "no multicast on the loopback interface: ip link set lo multicast on; ip route add 224.0.0.0/4 dev lo"
    );
    if !multicast_works() {
        return;
    }
    let settings = EsclSettings {
        mdns: true,
        listen_ms: 6000,
        ..EsclSettings::default()
    };
    let mut plain = Fake::start(Device {
        glass: Some(promises::sheet(1)),
        ..Device::default()
    })
    .unwrap();
    plain.announce().unwrap();
    let mut secure = Fake::start_secure(
        Device {
            uuid: "6c1f7a52-0002-4bb0-9c5e-7f5d2a3b4c5d".into(),
            ..Device::default()
        },
        &Certificate::fresh(),
    )
    .unwrap();
    secure.announce().unwrap();

    let driver = driver(settings);
    // Datagrams get lost on a busy machine, and the registry looks again and again; three looks are enough for anybody.
    let mut found = Vec::new();
    for _ in 0..3 {
        found = driver.discover().unwrap();
        if found.len() >= 2 {
            break;
        }
    }
    let of = |url: &str| found.iter().find(|scanner| scanner.id() == url);
    let heard = of(&plain.url())
        .expect("_uscan._tcp is heard")
        .capabilities();
    assert_eq!(heard.trouble, None);
    assert_eq!(
        heard.serial.as_deref(),
        Some(Device::default().uuid.as_str())
    );
    let heard = of(&secure.url())
        .expect("_uscans._tcp is heard")
        .capabilities();
    assert_eq!(heard.trouble.as_deref(), Some("scan.certificate_unknown"));
    assert!(heard.certificate.is_some());

    // Hot plug: it goes, and is not there at the next look.
    let registry = Registry::new(vec![Box::new(driver)]);
    registry.look();
    let url = plain.url();
    drop(plain);
    let events = registry.look();
    assert!(
        events
            .iter()
            .any(|event| matches!(event, HotPlug::Vanished(known) if known.id == url)),
        "{events:?}"
    );
}
