//! TLS, STARTTLS, SMTP logins and OAuth: IMAP with Dovecot, SMTP with a scripted server, both with
//! a certificate of our own.

use std::sync::Arc;

use channel::{Channel, ConnectError, Connecting, Driver, Outbound, SendError, Thread};
use channel_email::{Email, Reach};
use domain::{content::Content, ids::MessageId};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;
use uuid::Uuid;

use crate::{
    support::{channel, driver, servers},
    testserver::{MailServer, PASSWORD, TOKEN},
};

const SALES: &str = "sales@shop.test";
const CONNECTING: Connecting = Connecting { hook_url: None };

fn letter() -> Outbound {
    Outbound {
        id: MessageId(Uuid::new_v4()),
        recipient: "anna@client.test".to_owned(),
        content: Content::text("Здравствуйте!"),
        reply_to: None,
        thread: Thread::default(),
        automatic: false,
        repeated: false,
    }
}

/// An SMTP server that wants TLS and a login, and counts the letters that it took.
struct Smtp {
    port: u16,
    taken: Arc<std::sync::Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Smtp {
    async fn start(server: &MailServer, starttls: &'static str) -> Self {
        let (certificate, key) = server.certificate().expect("the certificate is there");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring knows TLS")
            .with_no_client_auth()
            .with_single_cert(
                vec![CertificateDer::from(certificate)],
                PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key)),
            )
            .expect("the key fits");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("its number").port();
        let taken = Arc::default();
        let keep = Arc::clone(&taken);
        let task = tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                // A client that does not trust us goes away in the middle.
                let _ = serve(tcp, &acceptor, starttls == "starttls", &keep).await;
            }
        });
        Self { port, taken, task }
    }

    fn taken(&self) -> Vec<String> {
        self.taken.lock().expect("no test panics inside").clone()
    }
}

impl Drop for Smtp {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    mut tcp: TcpStream,
    acceptor: &TlsAcceptor,
    starttls: bool,
    taken: &std::sync::Mutex<Vec<String>>,
) -> std::io::Result<()> {
    if starttls {
        tcp.write_all(b"220 hi\r\n").await?;
        let mut plain = BufReader::new(tcp);
        let mut line = String::new();
        while plain.read_line(&mut line).await? > 0 && !line.starts_with("STARTTLS") {
            plain.get_mut().write_all(b"250-server\r\n250 STARTTLS\r\n").await?;
            line.clear();
        }
        plain.get_mut().write_all(b"220 go on\r\n").await?;
        return dialog(acceptor.accept(plain.into_inner()).await?, "", taken).await;
    }
    dialog(acceptor.accept(tcp).await?, "220 hi\r\n", taken).await
}

async fn dialog<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    greeting: &str,
    taken: &std::sync::Mutex<Vec<String>>,
) -> std::io::Result<()> {
    use base64::{Engine, prelude::BASE64_STANDARD};
    let good = BASE64_STANDARD.encode(format!("\0{SALES}\0{PASSWORD}"));
    let token = BASE64_STANDARD.encode(format!("user={SALES}\x01auth=Bearer {TOKEN}\x01\x01"));
    let (read, mut write) = tokio::io::split(stream);
    let mut read = BufReader::new(read);
    write.write_all(greeting.as_bytes()).await?;
    let mut line = String::new();
    while read.read_line(&mut line).await? > 0 {
        let said = line.trim_end().to_owned();
        line.clear();
        let answer = match said.as_str() {
            _ if said.starts_with("EHLO") => "250-server\r\n250 AUTH PLAIN XOAUTH2",
            _ if said == format!("AUTH PLAIN {good}") => "235 ok",
            _ if said == format!("AUTH XOAUTH2 {token}") => "235 ok",
            _ if said.starts_with("AUTH") => "535 5.7.8 no",
            "DATA" => {
                write.write_all(b"354 go on\r\n").await?;
                let mut letter = String::new();
                while read.read_line(&mut letter).await? > 0 && !letter.ends_with("\r\n.\r\n") {}
                taken.lock().expect("no test panics inside").push(letter);
                "250 queued"
            }
            "QUIT" => "221 bye",
            _ => "250 ok",
        };
        write.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
    Ok(())
}

/// The test's mailbox with both connections secured.
fn secured(server: &MailServer, smtp: &Smtp, security: &str) -> Channel {
    let mut channel = channel(server, SALES);
    let imap = if security == "tls" { server.imaps_port() } else { server.imap_port() };
    for (key, value) in [
        ("imap_host", Value::from("localhost")),
        ("imap_port", imap.into()),
        ("imap_security", security.into()),
        ("smtp_host", "localhost".into()),
        ("smtp_port", smtp.port.into()),
        ("smtp_security", security.into()),
    ] {
        channel.settings.insert(key.to_owned(), value);
    }
    channel
}

fn trusting(server: &MailServer) -> Email {
    Email::new(Reach::Everywhere, vec![server.authority().into()])
}

#[tokio::test]
async fn ch_10_tls_and_starttls_work_with_a_known_authority_and_with_no_other() {
    let Some(server) = servers() else { return };
    for security in ["tls", "starttls"] {
        let smtp = Smtp::start(&server, security).await;
        let channel = secured(&server, &smtp, security);
        let connected = trusting(&server).connect(&channel, &CONNECTING).await;
        assert!(connected.is_ok(), "{security}: {connected:?}\n{}", server.log());
        let sent = trusting(&server).send(&channel, &letter()).await;
        assert!(sent.is_ok(), "{security}: {sent:?}\n{}", server.log());
        assert_eq!(smtp.taken().len(), 1, "{security}");

        match driver().connect(&channel, &CONNECTING).await {
            Err(ConnectError::Field(error)) => {
                assert_eq!((error.field.as_str(), error.code), ("imap_security", "bad_tls"));
            }
            other => panic!("{security}: a strange certificate was trusted: {other:?}"),
        }
        let sent = driver().send(&channel, &letter()).await;
        assert!(matches!(sent, Err(SendError::Retry { .. })), "{security}: {sent:?}");
        assert_eq!(smtp.taken().len(), 1, "{security}: nothing goes to a stranger");
    }
}

#[tokio::test]
async fn a_server_that_takes_starttls_away_gets_neither_password_nor_letter() {
    let Some(server) = servers() else { return };
    let mut channel = channel(&server, SALES);
    // This OpenSMTPD offers no STARTTLS.
    channel.settings.insert("smtp_security".to_owned(), json!("starttls"));
    let sent = driver().send(&channel, &letter()).await;
    assert!(matches!(sent, Err(SendError::Retry { .. })), "{sent:?}");
}

#[tokio::test]
async fn a_refused_smtp_login_stops_the_channel_and_loses_nothing() {
    let Some(server) = servers() else { return };
    let smtp = Smtp::start(&server, "tls").await;
    let mut channel = secured(&server, &smtp, "tls");
    channel.secrets.insert("password".to_owned(), "wrong".into());
    let sent = trusting(&server).send(&channel, &letter()).await;
    assert!(matches!(sent, Err(SendError::Disconnected(_))), "{sent:?}");
    assert!(smtp.taken().is_empty());
}

#[tokio::test]
async fn ch_10_oauth_lets_in_with_a_token_and_says_when_it_is_refused() {
    let Some(server) = servers() else { return };
    let smtp = Smtp::start(&server, "tls").await;
    let mut channel = secured(&server, &smtp, "tls");
    channel.secrets.clear();
    channel.settings.insert("auth".to_owned(), json!("xoauth2"));
    channel.secrets.insert("oauth_access_token".to_owned(), TOKEN.into());
    let connected = trusting(&server).connect(&channel, &CONNECTING).await;
    assert!(connected.is_ok(), "{connected:?}\n{}", server.log());
    let sent = trusting(&server).send(&channel, &letter()).await;
    assert!(sent.is_ok(), "{sent:?}");

    channel.secrets.insert("oauth_access_token".to_owned(), "withdrawn".into());
    match trusting(&server).connect(&channel, &CONNECTING).await {
        Err(ConnectError::Field(error)) => {
            assert_eq!((error.field.as_str(), error.code), ("oauth_access_token", "refused"));
        }
        other => panic!("{other:?}"),
    }
}

/// RFC 6749, section 6: one request for many logins, and a withdrawn grant is told.
#[tokio::test]
async fn ch_10_an_access_token_is_renewed_and_kept_until_it_ends() {
    let Some(server) = servers() else { return };
    let service = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = service.local_addr().expect("its number").port();
    let asked = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let task = tokio::spawn(async move {
        while let Ok((mut stream, _)) = service.accept().await {
            let mut heard = Vec::new();
            let whole = |heard: &[u8]| String::from_utf8_lossy(heard).contains("refresh_token=");
            while !whole(&heard) {
                let mut piece = [0; 4096];
                let n = tokio::io::AsyncReadExt::read(&mut stream, &mut piece).await.unwrap_or(0);
                if n == 0 {
                    break;
                }
                heard.extend_from_slice(piece.get(..n).unwrap_or_default());
            }
            count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let good = String::from_utf8_lossy(&heard).contains("granted");
            let (status, body) = if good {
                let body =
                    json!({ "access_token": TOKEN, "token_type": "bearer", "expires_in": 3600 });
                ("200 OK", body)
            } else {
                ("400 Bad Request", json!({ "error": "invalid_grant" }))
            };
            let body = body.to_string();
            let answer = format!(
                "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
                 Connection: close\r\n\r\n{body}",
                body.len()
            );
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    let mut channel = channel(&server, SALES);
    channel.secrets.clear();
    for (key, value) in [
        ("auth", json!("xoauth2")),
        ("oauth_token_url", json!(format!("http://127.0.0.1:{port}/token"))),
        ("oauth_client_id", json!("beseda")),
    ] {
        channel.settings.insert(key.to_owned(), value);
    }
    channel.secrets.insert("oauth_refresh_token".to_owned(), "granted".into());
    let driver = driver();
    for _ in 0..3 {
        let connected = driver.connect(&channel, &CONNECTING).await;
        assert!(connected.is_ok(), "{connected:?}\n{}", server.log());
    }
    assert_eq!(asked.load(std::sync::atomic::Ordering::SeqCst), 1);

    channel.secrets.insert("oauth_refresh_token".to_owned(), "withdrawn".into());
    match driver.connect(&channel, &CONNECTING).await {
        Err(ConnectError::Field(error)) => assert_eq!(error.field, "oauth_refresh_token"),
        other => panic!("{other:?}"),
    }
    task.abort();
}

#[tokio::test]
async fn s13_an_installation_for_strangers_reaches_no_internal_server() {
    let Some(server) = servers() else { return };
    let guarded = Email::new(Reach::PublicOnly, Vec::new());
    let mut channel = channel(&server, SALES);
    match guarded.connect(&channel, &CONNECTING).await {
        Err(ConnectError::Field(error)) => assert_eq!(error.code, "not_public"),
        other => panic!("{other:?}"),
    }
    for (key, value) in [
        ("auth", "xoauth2"),
        ("oauth_token_url", "https://127.0.0.1:9/token"),
        ("oauth_client_id", "beseda"),
    ] {
        channel.settings.insert(key.to_owned(), json!(value));
    }
    channel.secrets.insert("oauth_refresh_token".to_owned(), "granted".into());
    match guarded.connect(&channel, &CONNECTING).await {
        Err(ConnectError::Field(error)) => {
            assert!(error.message.en.contains("not allowed"), "{error:?}");
        }
        other => panic!("{other:?}"),
    }
}
