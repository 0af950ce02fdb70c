//! SMPP within TLS, against the same SMSC with a certificate of its own.

use std::{fs, path::Path, process::Command, sync::Arc};

use channel::{ConnectError, Connecting, Driver};
use channel_sms::{Options, Reach, Sms};
use rustls::pki_types::CertificateDer;
use serde_json::json;

use crate::{
    testserver::Smsc,
    world::{Real, channel, outbound, pace},
};

/// A key and a certificate for `localhost` that signs itself, as PEM; and the latter as DER.
fn certificate(dir: &Path) -> Option<CertificateDer<'static>> {
    let openssl = |line: &str| {
        let output =
            Command::new("openssl").args(line.split_whitespace()).current_dir(dir).output();
        output.is_ok_and(|output| output.status.success()).then_some(())
    };
    openssl(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out \
         cert.pem -subj /CN=localhost -addext subjectAltName=DNS:localhost -addext \
         basicConstraints=critical,CA:FALSE -days 2",
    )?;
    openssl("x509 -in cert.pem -outform DER -out cert.der")?;
    fs::read(dir.join("cert.der")).ok().map(CertificateDer::from)
}

fn driver(extra_roots: Vec<CertificateDer<'static>>) -> Sms {
    let options =
        Options { reach: Reach::Everywhere, pace: pace(), extra_roots, ..Options::default() };
    Sms::new(Arc::new(Real), options)
}

#[tokio::test]
async fn ch_11_tls_is_a_setting_and_the_certificate_must_fit() {
    let dir = tempfile::tempdir().expect("a folder");
    let (missing, made) = (Smsc::missing(), certificate(dir.path()));
    let (None, Some(root)) = (&missing, made) else {
        eprintln!("SKIPPED: {}", missing.unwrap_or_else(|| "there is no openssl".to_owned()));
        return;
    };
    let smsc = Smsc::start_secured(&dir.path().join("key.pem"), &dir.path().join("cert.pem"))
        .expect("the SMSC starts");
    let mut settings = smsc.settings();
    settings["smpp_tls"] = json!(true);
    settings["smpp_host"] = json!("localhost");
    let secured = channel(settings);
    let nowhere = Connecting { hook_url: None };

    let trusting = driver(vec![root]);
    trusting.connect(&secured, &nowhere).await.expect("it connects");
    trusting.send(&secured, &outbound("+79161234567", "Привет")).await.expect("it is accepted");

    let strange = driver(Vec::new()).connect(&secured, &nowhere).await;
    let Err(ConnectError::Field(field)) = strange else { panic!("nobody signed it: {strange:?}") };
    assert_eq!(field.field, "smpp_tls");

    let mut elsewhere = secured.clone();
    elsewhere.settings.insert("smpp_host".to_owned(), "127.0.0.1".into());
    let other_name = trusting.connect(&elsewhere, &nowhere).await;
    assert!(matches!(other_name, Err(ConnectError::Field(_))), "the name differs: {other_name:?}");
}
