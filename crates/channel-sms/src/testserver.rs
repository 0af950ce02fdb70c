//! An SMSC that is not ours, for tests: the npm package `smpp` under Node (`tests/smsc`). It takes the
//! login [`SYSTEM_ID`] with [`PASSWORD`], gives every message an id and a receipt, and does otherwise
//! when it is told so. Gone with its value.

use std::{
    io::{self, BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, Mutex, PoisonError, mpsc},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

/// The login.
pub const SYSTEM_ID: &str = "beseda";
/// Its password.
pub const PASSWORD: &str = "secret08";

/// The longest that Node takes to start on a busy machine.
const TO_START: Duration = Duration::from_secs(60);

/// A running SMSC on a free port of 127.0.0.1.
pub struct Smsc {
    node: Child,
    orders: Mutex<ChildStdin>,
    events: Arc<Mutex<Vec<Value>>>,
    port: u16,
}

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/smsc"))
}

impl Smsc {
    /// Why it cannot run here; `None` when it can.
    pub fn missing() -> Option<String> {
        let node = Command::new("node").arg("--version").stdout(Stdio::null()).status();
        if !node.is_ok_and(|status| status.success()) {
            return Some("node is not installed".to_owned());
        }
        let package = folder().join("node_modules/smpp/package.json");
        (!package.exists()).then(|| {
            "the npm package smpp is not there: (cd crates/channel-sms/tests/smsc && npm ci)"
                .to_owned()
        })
    }

    /// Starts it and waits until it listens.
    pub fn start() -> io::Result<Self> {
        Self::start_with(&[])
    }

    /// The same within TLS, with the files of a key and a certificate, as PEM.
    pub fn start_secured(key: &Path, certificate: &Path) -> io::Result<Self> {
        Self::start_with(&[key, certificate])
    }

    fn start_with(files: &[&Path]) -> io::Result<Self> {
        let mut node = Command::new("node")
            .arg("smsc.mjs")
            .args(files)
            .current_dir(folder())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let gone = || io::Error::other("node has no pipes");
        let orders = node.stdin.take().ok_or_else(gone)?;
        let told = node.stdout.take().ok_or_else(gone)?;
        let events = Arc::new(Mutex::new(Vec::new()));
        let (listening, listens) = mpsc::channel();
        let written = Arc::clone(&events);
        std::thread::spawn(move || {
            for line in BufReader::new(told).lines().map_while(Result::ok) {
                let Ok(event) = serde_json::from_str::<Value>(&line) else { continue };
                if let Some(port) = event.get("port").and_then(Value::as_u64) {
                    let _ = listening.send(port);
                }
                written.lock().unwrap_or_else(PoisonError::into_inner).push(event);
            }
        });
        let port = listens.recv_timeout(TO_START).map_err(io::Error::other)?;
        let port = u16::try_from(port).map_err(io::Error::other)?;
        Ok(Self { node, orders: Mutex::new(orders), events, port })
    }

    /// Settings of a channel that is connected to it, with the password among them.
    pub fn settings(&self) -> Value {
        json!({
            "provider": "smpp", "number": "+79990001122",
            "smpp_host": "127.0.0.1", "smpp_port": self.port,
            "smpp_system_id": SYSTEM_ID, "smpp_password": PASSWORD,
        })
    }

    /// Changes what it does, from when this returns; `tests/smsc/smsc.mjs` lists the rules.
    pub fn rules(&self, mut rules: Value) -> io::Result<()> {
        if let Some(rules) = rules.as_object_mut() {
            rules.insert("do".to_owned(), json!("rules"));
        }
        let before = self.events("ruled").len();
        self.order(&rules)?;
        // Orders and connections are read apart: what is sent after this must find the rules.
        let begun = Instant::now();
        while self.events("ruled").len() == before {
            if begun.elapsed() > TO_START {
                return Err(io::Error::other("the SMSC does not listen to us"));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    /// A message of a customer, in the words of the npm package: `short_message`, `data_coding` …
    pub fn deliver(&self, mut pdu: Value) -> io::Result<()> {
        if let Some(fields) = pdu.as_object_mut() {
            let usual = json!({
                "do": "deliver", "source_addr": "79161234567", "source_addr_ton": 1,
                "source_addr_npi": 1, "destination_addr": "79990001122",
            });
            for (key, value) in usual.as_object().into_iter().flatten() {
                fields.entry(key.clone()).or_insert_with(|| value.clone());
            }
        }
        self.order(&pdu)
    }

    /// Breaks every connection.
    pub fn break_off(&self) -> io::Result<()> {
        self.order(&json!({ "do": "break" }))
    }

    /// Any order.
    pub fn order(&self, order: &Value) -> io::Result<()> {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(orders, "{order}")?;
        orders.flush()
    }

    /// What happened so far under one name: `bind`, `submit`, `deliver_resp` …
    pub fn events(&self, name: &str) -> Vec<Value> {
        let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        events.iter().filter(|e| e.get("event") == Some(&json!(name))).cloned().collect()
    }
}

impl Drop for Smsc {
    fn drop(&mut self) {
        let _ = self.node.kill();
        let _ = self.node.wait();
    }
}
