//! Real mail servers for tests: Dovecot holds mailboxes, OpenSMTPD takes letters and hands them to
//! Dovecot over LMTP. Everything is private to one value and gone with it: folder, ports, processes.
//!
//! Any address at `shop.test` and `client.test` is a mailbox; every password is [`PASSWORD`], every
//! OAuth token of IMAP is [`TOKEN`]. SMTP has no TLS here: the one of Debian's OpenSMTPD fails with
//! OpenSSL 3. Needs root, because both servers change their user; OpenSMTPD's spool
//! and socket have fixed places, so it runs with private copies of these (a mount namespace).

use std::{
    fs,
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// Of every mailbox.
pub const PASSWORD: &str = "secret";

/// The OAuth access token of every mailbox.
pub const TOKEN: &str = "ya29.token";

/// The longest that a server takes to answer after its start.
const TO_START: Duration = Duration::from_secs(20);

/// Running mail servers on free ports of 127.0.0.1. Stopped when dropped.
pub struct MailServer {
    dovecot: Child,
    smtpd: Child,
    ports: Ports,
    authority: Vec<u8>,
    _tokens: Tokens,
    // Last: the folder goes when its users are gone.
    dir: TempDir,
}

impl MailServer {
    /// Why it cannot run here; `None` when it can.
    pub fn missing() -> Option<String> {
        let programs =
            ["/usr/sbin/dovecot", "/usr/sbin/smtpd", "/usr/bin/unshare", "/usr/bin/openssl"];
        for program in programs {
            if !Path::new(program).exists() {
                return Some(format!(
                    "{program} is not installed: apt-get install dovecot-imapd dovecot-lmtpd \
                     opensmtpd openssl"
                ));
            }
        }
        if !Path::new("/usr/lib/dovecot/lmtp").exists() {
            return Some("dovecot-lmtpd is not installed".to_owned());
        }
        let namespaces = Command::new("/usr/bin/unshare")
            .args(["--mount", "true"])
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        (!namespaces).then(|| "mail servers need root: they change their user".to_owned())
    }

    /// Starts both and waits until they answer.
    pub fn start() -> io::Result<Self> {
        // Somebody else may take a free port before our servers do.
        Self::start_once().or_else(|_| Self::start_once())
    }

    fn start_once() -> io::Result<Self> {
        let dir = tempfile::Builder::new().prefix("beseda-mail-").tempdir()?;
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755))?;
        let authority = certificates(dir.path())?;
        let ports = Ports::free()?;
        let tokens = Tokens::start(ports.tokens)?;
        let dovecot = start_dovecot(dir.path(), ports)?;
        let smtpd = match start_smtpd(dir.path(), ports) {
            Ok(smtpd) => smtpd,
            Err(error) => {
                let mut dovecot = dovecot;
                stop(&mut dovecot);
                return Err(error);
            }
        };
        let server = Self { dovecot, smtpd, ports, authority, _tokens: tokens, dir };
        for (port, greeting) in [(ports.imap, "* OK"), (ports.lmtp, "220"), (ports.smtp, "220")] {
            server.wait_for(port, greeting)?;
        }
        Ok(server)
    }

    /// IMAP without TLS.
    pub fn imap_port(&self) -> u16 {
        self.ports.imap
    }

    /// IMAP within TLS, for the host `localhost`.
    pub fn imaps_port(&self) -> u16 {
        self.ports.imaps
    }

    /// The certificate that signed those of the servers, as DER.
    pub fn authority(&self) -> Vec<u8> {
        self.authority.clone()
    }

    /// The certificate for `localhost` and its key (PKCS #8), both as DER, for servers of a test.
    pub fn certificate(&self) -> io::Result<(Vec<u8>, Vec<u8>)> {
        let dir = self.dir.path();
        Ok((fs::read(dir.join("server.der"))?, fs::read(dir.join("key.der"))?))
    }

    /// SMTP without TLS and without login.
    pub fn smtp_port(&self) -> u16 {
        self.ports.smtp
    }

    /// Hands a letter to SMTP as the outside world would; it is in the mailbox some moments later.
    pub fn deliver(&self, from: &str, to: &str, letter: &[u8]) -> io::Result<()> {
        let mut smtp = Dialog::open(self.ports.smtp)?;
        smtp.expect("220")?;
        for line in ["EHLO test", &format!("MAIL FROM:<{from}>"), &format!("RCPT TO:<{to}>")] {
            smtp.say(line)?;
            smtp.expect("250")?;
        }
        smtp.say("DATA")?;
        smtp.expect("354")?;
        for line in letter.split(|b| *b == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.starts_with(b".") {
                smtp.stream.write_all(b".")?;
            }
            smtp.stream.write_all(line)?;
            smtp.stream.write_all(b"\r\n")?;
        }
        smtp.say(".")?;
        smtp.expect("250")?;
        smtp.say("QUIT")
    }

    /// Puts a letter straight into a mailbox, byte for byte, without SMTP's own headers.
    pub fn append(&self, user: &str, mailbox: &str, letter: &[u8]) -> io::Result<()> {
        let mut imap = self.log_in(user)?;
        imap.say(&format!("a2 APPEND \"{mailbox}\" {{{}+}}", letter.len()))?;
        imap.stream.write_all(letter)?;
        imap.say("")?;
        imap.expect("a2 OK")
    }

    /// Runs IMAP commands as the owner of a mailbox; every one must succeed.
    pub fn command(&self, user: &str, commands: &[&str]) -> io::Result<String> {
        let mut imap = self.log_in(user)?;
        let mut said = String::new();
        for (n, command) in commands.iter().enumerate() {
            imap.say(&format!("b{n} {command}"))?;
            said.push_str(&imap.read_until(&format!("b{n} "))?);
            if !said.contains(&format!("b{n} OK")) {
                return Err(io::Error::other(said));
            }
        }
        Ok(said)
    }

    /// Makes Dovecot forget how it numbered the letters of an INBOX that nobody has open: the same
    /// letters get new UIDs under a new UIDVALIDITY, as after a restored backup.
    pub fn renumber(&self, user: &str) -> io::Result<()> {
        for entry in fs::read_dir(self.dir.path().join("mail").join(user))? {
            let path = entry?.path();
            let name = path.file_name().map(|n| n.to_string_lossy().into_owned());
            let name = name.unwrap_or_default();
            if name == "dovecot-uidlist" || name.starts_with("dovecot.index") {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    /// Cuts every IMAP connection of a user.
    pub fn kick(&self, user: &str) -> io::Result<()> {
        let config = self.dir.path().join("dovecot.conf");
        let status = Command::new("doveadm")
            .args(["-c".as_ref(), config.as_os_str(), "kick".as_ref(), user.as_ref()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        if status.success() { Ok(()) } else { Err(io::Error::other("nobody to kick")) }
    }

    /// What the servers logged, for a failed test.
    pub fn log(&self) -> String {
        ["dovecot.log", "smtpd.log"]
            .map(|name| fs::read_to_string(self.dir.path().join(name)).unwrap_or_default())
            .concat()
    }

    fn log_in(&self, user: &str) -> io::Result<Dialog> {
        let mut imap = Dialog::open(self.ports.imap)?;
        imap.expect("* OK")?;
        imap.say(&format!("a1 LOGIN {user} {PASSWORD}"))?;
        imap.expect("a1 OK")?;
        Ok(imap)
    }

    fn wait_for(&self, port: u16, greeting: &str) -> io::Result<()> {
        let start = Instant::now();
        loop {
            let outcome = Dialog::open(port).and_then(|mut dialog| dialog.expect(greeting));
            match outcome {
                Ok(()) => return Ok(()),
                Err(_) if start.elapsed() < TO_START => {
                    std::thread::sleep(Duration::from_millis(50));
                }
                Err(error) => {
                    return Err(io::Error::other(format!("{error} at {port}: {}", self.log())));
                }
            }
        }
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        stop(&mut self.smtpd);
        stop(&mut self.dovecot);
    }
}

/// Ends a server with all its children: each was started as the head of a group of its own.
fn stop(server: &mut Child) {
    for signal in ["-TERM", "-KILL"] {
        let _ = Command::new("kill")
            .args([signal, "--", &format!("-{}", server.id())])
            .stderr(Stdio::null())
            .status();
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(3) {
            if matches!(server.try_wait(), Ok(Some(_)) | Err(_)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

#[derive(Clone, Copy)]
struct Ports {
    imap: u16,
    imaps: u16,
    lmtp: u16,
    smtp: u16,
    tokens: u16,
}

impl Ports {
    /// Ports that are free now. Held until all are known, so that they differ.
    fn free() -> io::Result<Self> {
        let held = [(); 5].map(|()| TcpListener::bind("127.0.0.1:0"));
        let mut ports = [0; 5];
        for (port, listener) in ports.iter_mut().zip(held.iter()) {
            let listener = listener.as_ref().map_err(|e| io::Error::other(e.to_string()))?;
            *port = listener.local_addr()?.port();
        }
        let [imap, imaps, lmtp, smtp, tokens] = ports;
        Ok(Self { imap, imaps, lmtp, smtp, tokens })
    }
}

/// An authority of our own and a certificate of it for `localhost`; gives the authority as DER.
fn certificates(dir: &Path) -> io::Result<Vec<u8>> {
    let openssl = |line: &str| -> io::Result<()> {
        let output = Command::new("/usr/bin/openssl")
            .args(line.split_whitespace())
            .current_dir(dir)
            .stdin(Stdio::null())
            .output()?;
        if output.status.success() {
            return Ok(());
        }
        Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()))
    };
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    fs::write(dir.join("names"), "subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n")?;
    openssl(&format!("req -x509 {key} -keyout ca.key -out ca.pem -subj /CN=authority -days 2"))?;
    openssl(&format!("req {key} -keyout server.key -out server.csr -subj /CN=localhost"))?;
    openssl(
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
         -extfile names -out server.pem",
    )?;
    openssl("x509 -in ca.pem -outform DER -out ca.der")?;
    openssl("x509 -in server.pem -outform DER -out server.der")?;
    openssl("pkcs8 -topk8 -nocrypt -in server.key -outform DER -out key.der")?;
    fs::set_permissions(dir.join("server.key"), fs::Permissions::from_mode(0o600))?;
    fs::read(dir.join("ca.der"))
}

/// Tells Dovecot whose a token is, as the OAuth service of a mail provider does.
struct Tokens {
    stop: Arc<AtomicBool>,
    port: u16,
}

impl Tokens {
    fn start(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port))?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                if let Ok(stream) = stream {
                    // Dovecot asks again after an answer that failed.
                    let _ = answer_token(stream);
                }
            }
        });
        Ok(Self { stop, port })
    }
}

impl Drop for Tokens {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // Wakes the thread, so that it sees the flag.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn answer_token(mut stream: TcpStream) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut heard = Vec::new();
    let mut buffer = [0; 4096];
    while !heard.windows(4).any(|w| w == b"\r\n\r\n") {
        let n = stream.read(&mut buffer)?;
        if n == 0 {
            return Ok(());
        }
        heard.extend_from_slice(buffer.get(..n).unwrap_or_default());
    }
    let good = String::from_utf8_lossy(&heard).contains(TOKEN);
    let (status, body) = if good {
        ("200 OK", r#"{"email":"sales@shop.test","active":true}"#)
    } else {
        ("200 OK", r#"{"active":false}"#)
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    )
}

fn start_dovecot(dir: &Path, ports: Ports) -> io::Result<Child> {
    let mail = dir.join("mail");
    let base = dir.join("run");
    fs::create_dir(&mail)?;
    fs::create_dir(&base)?;
    chown("dovecot", &mail)?;
    let (dir_text, mail, base) = (dir.display(), mail.display(), base.display());
    let Ports { imap, imaps, lmtp, tokens, .. } = ports;
    let oauth = format!(
        "introspection_mode = get\nintrospection_url = http://127.0.0.1:{tokens}/?token=\n\
         username_attribute = email\nactive_attribute = active\nactive_value = true\n"
    );
    fs::write(dir.join("oauth.conf"), oauth)?;
    let config = format!(
        r#"
protocols = imap lmtp
listen = 127.0.0.1
base_dir = {base}
log_path = {dir_text}/dovecot.log
ssl = yes
ssl_cert = <{dir_text}/server.pem
ssl_key = <{dir_text}/server.key
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2
auth_failure_delay = 0
auth_username_format = %Lu
mail_location = maildir:{mail}/%Lu
mail_uid = dovecot
mail_gid = dovecot
first_valid_uid = 1
mail_max_userip_connections = 100
postmaster_address = postmaster@shop.test
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {dir_text}/oauth.conf
}}
passdb {{
  driver = static
  mechanisms = plain login
  args = password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid=dovecot gid=dovecot home={mail}/%Lu allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
  mailbox Sent {{
    auto = create
    special_use = \Sent
  }}
}}
service imap-login {{
  inet_listener imap {{
    address = 127.0.0.1
    port = {imap}
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {imaps}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
"#
    );
    let path = dir.join("dovecot.conf");
    fs::write(&path, config)?;
    Command::new("/usr/sbin/dovecot")
        .arg("-F")
        .arg("-c")
        .arg(path)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
}

fn start_smtpd(dir: &Path, ports: Ports) -> io::Result<Child> {
    let Ports { smtp, lmtp, .. } = ports;
    let config = format!(
        r#"
table domains {{ "shop.test", "client.test" }}
table everybody {{ "@shop.test" = "dovecot", "@client.test" = "dovecot" }}
listen on 127.0.0.1 port {smtp}
action "in" lmtp "127.0.0.1:{lmtp}" rcpt-to virtual <everybody>
match from any for domain <domains> action "in"
"#
    );
    let path = dir.join("smtpd.conf");
    fs::write(&path, config)?;
    let log = fs::File::create(dir.join("smtpd.log"))?;
    let script = concat!(
        "set -e; mount --make-rprivate /; mkdir -p /var/spool/smtpd; ",
        "mount -t tmpfs -o mode=711 tmpfs /var/spool/smtpd; mount -t tmpfs tmpfs /run; ",
        "exec /usr/sbin/smtpd -d -f \"$0\""
    );
    Command::new("/usr/bin/unshare")
        .args(["--mount", "sh", "-c", script])
        .arg(path)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .process_group(0)
        .spawn()
}

fn chown(owner: &str, path: &Path) -> io::Result<()> {
    let status = Command::new("chown").arg(owner).arg(path).status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("no user {owner}"))) }
}

/// A line protocol spoken by hand.
struct Dialog {
    stream: TcpStream,
    heard: String,
}

impl Dialog {
    fn open(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        Ok(Self { stream, heard: String::new() })
    }

    fn say(&mut self, line: &str) -> io::Result<()> {
        self.stream.write_all(format!("{line}\r\n").as_bytes())
    }

    /// Reads whole lines until one begins so.
    fn read_until(&mut self, start: &str) -> io::Result<String> {
        let mut lines = String::new();
        loop {
            while let Some((line, rest)) = self.heard.split_once("\r\n") {
                let line = line.to_owned();
                self.heard = rest.to_owned();
                lines.push_str(&line);
                lines.push('\n');
                // `250-` is not the last line of an SMTP answer.
                if line.starts_with(start) && line.as_bytes().get(3) != Some(&b'-') {
                    return Ok(lines);
                }
                if line.starts_with(['4', '5']) && start.starts_with(['2', '3']) {
                    return Err(io::Error::other(line));
                }
            }
            let mut buffer = [0; 4096];
            let n = self.stream.read(&mut buffer)?;
            if n == 0 {
                return Err(io::Error::other(format!("closed after: {lines}")));
            }
            let bytes = buffer.get(..n).unwrap_or_default();
            self.heard.push_str(&String::from_utf8_lossy(bytes));
        }
    }

    fn expect(&mut self, start: &str) -> io::Result<()> {
        let tag = start.split(' ').next().unwrap_or(start);
        let said = self.read_until(&if tag == "*" { "* ".to_owned() } else { tag.to_owned() })?;
        let last = said.lines().last().unwrap_or_default();
        if last.starts_with(start) { Ok(()) } else { Err(io::Error::other(said)) }
    }
}
