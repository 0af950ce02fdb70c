//! S15: what hostile requests get. Every refusal is a problem that says why, nothing is a fault of
//! ours, and no request makes the server hold more memory than its limits allow.

use std::{fs, io::Write as _, time::Duration};

use flate2::{Compression, write::GzEncoder};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{
    Client, PATIENCE, Place, ProcessServer, Session, Socket, TestServer, Visitor, connect,
    free_address, kill_9, until, widget,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

/// Values as they stand in JSON, and what must become of them where a text is expected.
const STRANGE: [(&str, &str); 19] = [
    ("a NUL", r#""a\u0000b""#),
    ("a lone surrogate", r#""a\ud800b""#),
    ("surrogates the wrong way round", r#""\udc00\ud800""#),
    ("a bidi override", r#""abc\u202e\u2066def\u200b\ufeff""#),
    ("control characters", r#""a\u0001\u0007\u001b[31m\u007f\u0085b""#),
    ("line breaks", r#""a\r\nSet-Cookie: x=1""#),
    ("nothing", r#""""#),
    ("spaces", "\" \u{a0}\u{2003} \""),
    ("SQL", r#""'; drop table messages; --\\""#),
    ("a template", r#""{{7*7}} ${7*7} %s%n %00""#),
    ("a path", r#""../../../../etc/passwd""#),
    ("a script", r#""<script>alert(1)</script>""#),
    ("noncharacters", r#""\uffff\ufffe\udbff\udfff""#),
    ("a number", "1e308"),
    ("a number over all bounds", "1e309"),
    ("no value", "null"),
    ("a list", "[[[[]]]]"),
    ("an object", r#"{"$ne":null,"__proto__":{}}"#),
    ("a truth", "true"),
];

struct Form {
    method: Method,
    path: String,
    body: Value,
    /// Texts in it, as paths of field names.
    texts: &'static [&'static str],
}

fn forms(conversation: &str, mailbox: &str) -> Vec<Form> {
    let post = |path: &str, body: Value, texts: &'static [&'static str]| Form {
        method: Method::POST,
        path: format!("/api/v1/{path}"),
        body,
        texts,
    };
    let sign_up = json!({ "company": "c", "name": "n", "email": "x@example.test",
        "password": "a long enough password", "language": "ru" });
    let contact = json!({ "name": "n", "phones": [], "emails": [], "fields": { "a": "b" } });
    let message = json!({ "client_id": "c", "text": "t", "subject": "s" });
    let scenario = json!({ "name": "n", "tree": { "steps": [
        { "do": "auto_reply", "text": "t" }] } });
    let hours = json!({ "name": "n", "schedule": {
        "time_zone": "Europe/Moscow", "week": { "mon": ["09:00-18:00"] } } });
    let site = json!({ "kind": "widget", "name": "n", "settings": {
        "title": "t", "greeting": "g", "color": "#112233", "language": "ru" } });
    let bot = json!({ "kind": "telegram_bot", "name": "n", "settings": {
        "token": "1:a", "base_url": "http://127.0.0.1:9", "receive": "polling", "proxy": "" } });
    let mail = json!({ "kind": "email", "name": "n", "settings": {
        "email": "a@example.test", "password": "p", "imap_host": "127.0.0.1", "login": "l" } });
    vec![
        post("sign-up", sign_up, &["company", "name", "email", "password", "language"]),
        post("session", json!({ "email": "a@b.test", "password": "p" }), &["email", "password"]),
        post("contacts", contact, &["name", "phones.0", "emails.0", "fields.a"]),
        post("tags", json!({ "name": "n", "color": "#112233" }), &["name", "color"]),
        post("groups", json!({ "name": "n" }), &["name", "members.0"]),
        post("scenarios", scenario, &["name", "tree.steps.0.text", "tree.steps.0.do"]),
        post(
            "channels",
            site,
            &["kind", "name", "settings.title", "settings.color", "settings.language"],
        ),
        post("channels", bot, &["settings.token", "settings.base_url", "settings.proxy"]),
        post(
            "channels",
            mail,
            &["settings.email", "settings.password", "settings.imap_host", "settings.login"],
        ),
        post("endpoints", json!({ "url": "https://x.test/" }), &["url", "kinds.0"]),
        post("tokens", json!({ "name": "n", "scopes": ["read_audit"] }), &["name", "scopes.0"]),
        post("invites", json!({ "email": "a@b.test", "role": "operator" }), &["email", "role"]),
        post("invites/open", json!({ "token": "t" }), &["token"]),
        post(
            "blacklist",
            json!({ "kind": "phone", "value": "+79120000000", "note": "n" }),
            &["kind", "value", "note"],
        ),
        post("schedules", hours, &["name", "schedule.time_zone", "schedule.week.mon.0"]),
        post(
            "conversations",
            json!({ "channel_id": mailbox, "client_id": "c", "text": "t",
            "to": "b@example.test", "name": "n" }),
            &["channel_id", "client_id", "text", "to", "name"],
        ),
        post(
            &format!("conversations/{conversation}/messages"),
            message,
            &["client_id", "text", "subject", "kind", "reply_to", "files.0", "mentions.0"],
        ),
        Form {
            method: Method::PATCH,
            path: "/api/v1/account".to_owned(),
            body: json!({ "name": "n", "country": "RU", "language": "ru",
                "time_zone": "Europe/Moscow" }),
            texts: &["name", "country", "language", "time_zone"],
        },
    ]
}

/// The form with this text at this place.
fn with(form: &Form, place: &str, value: &str) -> String {
    const HERE: &str = "@here@";
    let mut body = form.body.clone();
    let mut at = &mut body;
    for name in place.split('.') {
        at = match name.parse::<usize>() {
            Ok(n) if at.is_array() => {
                let list = at.as_array_mut().unwrap();
                if list.len() <= n {
                    list.resize(n + 1, Value::Null);
                }
                &mut list[n]
            }
            Ok(_) => {
                *at = json!([null]);
                &mut at[0]
            }
            Err(_) => &mut at[name],
        };
    }
    *at = json!(HERE);
    body.to_string().replace(&format!("\"{HERE}\""), value)
}

#[tokio::test(flavor = "multi_thread")]
async fn s15_strange_values_in_every_text_are_taken_or_named() {
    let server = TestServer::start().await;
    let owner = server.sign_up().await;
    let channel = widget(&owner, json!({})).await;
    let mut visitor = Visitor::open(&server.url(), &channel, json!({})).await;
    visitor.says("client-id-1", "Hello").await;
    let conversation = owner.conversations("").await.remove(0);
    let id = conversation["conversation_id"].as_str().unwrap();
    // Nothing listens there: what is written waits.
    let mail = json!({ "kind": "email", "name": "m", "settings": {
        "email": "m@example.test", "password": "p", "imap_host": "127.0.0.1", "imap_port": 9,
        "smtp_host": "127.0.0.1", "smtp_port": 9 } });
    let mailbox = owner.post("/api/v1/channels", &mail, 201).await.json();
    let mailbox = mailbox["channel_id"].as_str().unwrap();
    let forms = forms(id, mailbox);
    let (long, longer) = (format!("\"{}\"", "я".repeat(5_000)), "a".repeat(900_000));
    let longer = format!("\"{longer}\"");
    let long = [("a long text", long.as_str()), ("a very long text", longer.as_str())];
    let mut tried = 0;
    let mut wrong = Vec::new();
    for form in &forms {
        for place in form.texts {
            for (what, value) in STRANGE.into_iter().chain(long) {
                let request = owner.request(form.method.clone(), &form.path);
                let request = request.header("content-type", "application/json");
                let answer = request.body(with(form, place, value)).send().await.unwrap();
                let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
                let text = answer.text().await.unwrap();
                tried += 1;
                if status < 400 {
                    continue;
                }
                let problem: Value = serde_json::from_str(&text).unwrap_or_default();
                let named = problem["errors"][0]["field"].as_str().unwrap_or_default();
                let leaf = place.split('.').find(|part| part.parse::<usize>().is_err()).unwrap();
                let good = headers["content-type"] == "application/problem+json"
                    && match status {
                        400 => problem["code"] == "bad_json",
                        422 => named.contains(leaf),
                        401 | 403 | 404 | 409 => true,
                        _ => false,
                    };
                if !good {
                    wrong.push(format!("{} {place} {what}: {status} {text}", form.path));
                }
            }
        }
    }
    println!("{tried} strange values tried, {} answered wrongly", wrong.len());
    assert!(tried > 800 && wrong.is_empty(), "{}", wrong.join("\n"));
    // Refused letters leave nothing behind.
    for opened in owner.conversations(&format!("channel_id={mailbox}&limit=100")).await {
        assert_ne!(opened["last_position"], 0, "an empty conversation: {opened}");
    }
    // What is no fault is kept as it was written.
    let text = "abc\u{202e}\u{2066}def\u{200b}\u{feff} '; -- \u{10ffff}";
    owner.answer(&conversation, "kept", text).await;
    let kept = owner.messages(&conversation).await;
    assert!(kept.iter().any(|m| m["body"]["text"] == text), "{kept:?}");
}

struct Besieged {
    server: ProcessServer,
    place: Place,
    url: String,
}

impl Besieged {
    fn start() -> Self {
        let address = free_address();
        let place = Place::new();
        let url = format!("http://{address}");
        let mut command = place.command(&["serve"]);
        command
            .env("BESEDA_HTTP__LISTEN", address.to_string())
            .env("BESEDA_PUBLIC_URL", &url)
            .env("BESEDA_OUTGOING__ALLOW_LOOPBACK", "true")
            .env("BESEDA_DEMO_COMPANY", "false");
        let server = ProcessServer::start(command);
        Self { server, place, url }
    }

    fn client(&self) -> Client {
        Client::new(&self.url)
    }

    /// Resident memory, in MiB.
    fn memory(&self) -> i64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.server.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.split_whitespace().next().and_then(|n| n.parse::<i64>().ok()).unwrap() / 1024
    }

    /// Sends this head and then pieces until the server stops reading; its first line.
    async fn pours(&self, head: String, piece: &[u8], most: usize) -> String {
        let address = self.url.trim_start_matches("http://");
        let mut tcp = TcpStream::connect(address).await.unwrap();
        let mut answer = vec![0; 64];
        let talk = async {
            if tcp.write_all(head.as_bytes()).await.is_ok() {
                for _ in 0..most {
                    if tcp.write_all(piece).await.is_err() {
                        break;
                    }
                }
            }
            let read = tcp.read(&mut answer).await.unwrap_or(0);
            answer.truncate(read);
        };
        // An answer may be lost in the reset that follows when the server stops reading.
        let _ = tokio::time::timeout(PATIENCE, talk).await;
        String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned()
    }
}

/// A gibibyte of zeros in a megabyte.
fn bomb() -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    let piece = vec![0; 1024 * 1024];
    for _ in 0..1024 {
        gzip.write_all(&piece).unwrap();
    }
    gzip.finish().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn s15_huge_endless_and_packed_bodies_cost_no_memory() {
    let besieged = Besieged::start();
    let owner = Session::sign_up(besieged.client()).await;
    let telegram = sandbox::telegram::Telegram::start(sandbox::telegram::Options::quick()).await;
    let telegram = telegram.unwrap();
    let bot = telegram.add_bot("shop_bot");
    let channel = connect(&owner, &telegram, &bot, tests::Way::Webhook).await;
    let hook = format!("/hooks/telegram_bot/{}", channel["hook_key"].as_str().unwrap());
    let secret = bot.webhook_secret().unwrap();
    let before = besieged.memory();

    let bomb = bomb();
    let five = vec![b' '; 5 * 1024 * 1024];
    for path in ["/api/v1/contacts", "/api/v1/sign-up", "/api/v1/attachments", hook.as_str()] {
        let post = |body: Vec<u8>| {
            owner
                .request(Method::POST, path)
                .header("content-type", "application/json")
                .header("X-Telegram-Bot-Api-Secret-Token", &secret)
                .body(body)
        };
        let answer = post(bomb.clone()).header("content-encoding", "gzip").send().await.unwrap();
        assert!([400, 413, 415].contains(&answer.status().as_u16()), "{path}: {answer:?}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json", "{path}");
        if let Ok(answer) = post(five.clone()).send().await {
            assert!([400, 413].contains(&answer.status().as_u16()), "{path}: {answer:?}");
        }
        let proof = owner.headers()["cookie"].to_str().unwrap().to_owned();
        let head = |length: &str| {
            format!(
                "POST {path} HTTP/1.1\r\nHost: x\r\nCookie: {proof}\r\nSec-Fetch-Site: \
                 same-origin\r\nX-Telegram-Bot-Api-Secret-Token: {secret}\r\nContent-Type: \
                 application/json\r\n{length}\r\n\r\n"
            )
        };
        let mut piece = b"10000\r\n".to_vec();
        piece.extend(vec![b' '; 65_536]);
        piece.extend(b"\r\n");
        // 256 MiB, if somebody took them.
        let told = besieged.pours(head("Transfer-Encoding: chunked"), &piece, 4096).await;
        assert!(told.is_empty() || told.starts_with("HTTP/1.1 4"), "{path}: {told}");
        for length in [
            "Content-Length: 99999999999999999999999",
            "Content-Length: -1",
            "Content-Length: 1\r\nContent-Length: 2",
            "Transfer-Encoding: cow",
        ] {
            let told = besieged.pours(head(length), b"{}", 1).await;
            assert!(told.starts_with("HTTP/1.1 400"), "{path} {length}: {told}");
        }
        let nested = "[".repeat(100_000).into_bytes();
        let status = post(nested).send().await.unwrap().status().as_u16();
        // The messenger goes on: what cannot be read is kept for people.
        assert!(status == if path == hook { 200 } else { 422 } || status == 400, "{path} {status}");
    }
    let told = besieged.pours(format!("GET / HTTP/1.1\r\nX-A: {}", "a".repeat(900_000)), b"", 0);
    assert!(told.await.starts_with("HTTP/1.1 431"));
    // Methods are words of the client: they must not become series of figures.
    for n in 0..50 {
        let method = Method::from_bytes(format!("INVENTED{n}").as_bytes()).unwrap();
        owner.send(owner.request(method, "/api/v1/contacts"), 405).await;
    }
    let figures = owner.get("/metrics", 200).await.text();
    assert!(!figures.contains("INVENTED"), "an invented method is among the figures");

    let grown = besieged.memory() - before;
    println!("memory before {before} MiB, grown by {grown} MiB");
    assert!(grown <= 64, "grown by {grown} MiB");
    owner.get("/readyz", 200).await;
}

/// What a killed Postgres costs: honest refusals and seconds, and nothing that was acknowledged.
#[tokio::test(flavor = "multi_thread")]
async fn s3_a_killed_database_is_503_and_comes_back_with_everything() {
    let besieged = Besieged::start();
    let owner = Session::sign_up(besieged.client()).await;
    let post = async |n: usize| {
        let form = json!({ "name": format!("Contact {n}") });
        let request = owner.request(Method::POST, "/api/v1/contacts").json(&form);
        request.send().await.expect("the server itself stays up")
    };
    let mut acknowledged = Vec::new();
    let mut refused = 0;
    for round in 0..3 {
        kill_9(besieged.place.postmaster().unwrap());
        let killed = std::time::Instant::now();
        let mut since = 0;
        // Until twenty in a row were taken again.
        for n in 0.. {
            let n = round * 100_000 + n;
            let answer = post(n).await;
            match answer.status().as_u16() {
                201 => {
                    acknowledged.push(format!("Contact {n}"));
                    since += 1;
                }
                503 => {
                    assert!(answer.headers().contains_key("retry-after"), "{answer:?}");
                    assert_eq!(answer.headers()["content-type"], "application/problem+json");
                    (refused, since) = (refused + 1, 0);
                    // As it is told to, only sooner.
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                other => panic!("{other}: {}", answer.text().await.unwrap()),
            }
            if since >= 20 && killed.elapsed() > Duration::from_millis(500) {
                break;
            }
            assert!(killed.elapsed() < PATIENCE, "the database did not come back");
        }
        println!("round {round}: back after {:?}", killed.elapsed());
    }
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = owner.get(&format!("/api/v1/contacts?limit=100{cursor}"), 200).await.json();
        let items = page["items"].as_array().unwrap();
        found.extend(items.iter().map(|c| c["name"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let lost = acknowledged.iter().filter(|name| !found.contains(name)).count();
    println!("{} acknowledged, {refused} refused with 503, {lost} lost", acknowledged.len());
    assert!(refused > 0, "the kill was felt");
    assert_eq!(lost, 0);
}

/// S12: secrets of others, other methods, addresses that climb.
#[tokio::test(flavor = "multi_thread")]
async fn s12_hooks_know_their_own_secret_and_methods_alone() {
    let stage = tests::TelegramStage::start(tests::Way::Webhook).await;
    let other = stage.server.sign_up().await;
    let bot = stage.telegram.add_bot("other_bot");
    connect(&other, &stage.telegram, &bot, tests::Way::Webhook).await;
    let path = format!("/hooks/telegram_bot/{}", stage.channel["hook_key"].as_str().unwrap());
    let update = json!({ "update_id": 1, "message": { "message_id": 1, "date": 1_790_000_000,
        "text": "x", "chat": { "id": 1, "type": "private" },
        "from": { "id": 1, "is_bot": false, "first_name": "X" } } });
    let send = async |method: Method, secret: String, expect: u16| {
        let client = other.nobody();
        let request = client.request(method, &path).json(&update);
        client.send(request.header("X-Telegram-Bot-Api-Secret-Token", secret), expect).await
    };
    let (own, foreign) = (stage.bot.webhook_secret().unwrap(), bot.webhook_secret().unwrap());
    send(Method::POST, foreign, 401).await;
    for method in [Method::PUT, Method::DELETE, Method::PATCH] {
        send(method, own.clone(), 405).await;
    }
    assert!(stage.owner.conversations("").await.is_empty());
    for _ in 0..3 {
        send(Method::POST, own.clone(), 200).await;
    }
    let conversation = stage.owner.conversations("").await.remove(0);
    assert_eq!(conversation["last_position"], 1, "a replay is the same message");

    let key = stage.channel["hook_key"].as_str().unwrap();
    for path in [
        format!("/hooks/telegram_bot/{key}%2f..%2f.."),
        "/hooks/%2e%2e%2f%2e%2e%2fetc%2fpasswd/x".to_owned(),
        format!("/widget/{key}/..%2f..%2f..%2fetc%2fpasswd"),
        format!("/widget/{key}/%00"),
        "/widget/..%2f..%2fetc%2fpasswd.js".to_owned(),
        "/files/..%2f..%2f..%2fetc%2fpasswd".to_owned(),
        "/files/%00".to_owned(),
        format!("/files/{}", "A".repeat(6000)),
    ] {
        let answer = stage.owner.nobody().get(&path, 404).await;
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{path}");
    }
}

/// What a customer sends runs in nobody's browser.
#[tokio::test(flavor = "multi_thread")]
async fn cv_6_pages_and_drawings_of_customers_are_downloads() {
    use sandbox::telegram::Media;
    let stage = tests::TelegramStage::start(tests::Way::Webhook).await;
    let customer = stage.telegram.customer(700, "Эва", None);
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>".to_vec();
    let html = b"<!doctype html><script>alert(1)</script>".to_vec();
    let named = "../../../etc/\u{202e}gpj.exe\r\nX: y";
    customer.sends(&stage.bot, Media::document("a.svg", "image/svg+xml", svg.clone()));
    customer.sends(&stage.bot, Media::document("a.png", "image/png", html.clone()));
    customer.sends(&stage.bot, Media::document(named, "text/html", html));
    let conversation = stage.owner.conversation_with("Эва").await;
    let files = until("three files are here", async || {
        let all = stage.owner.messages(&conversation).await;
        let files: Vec<Value> = all.iter().map(|m| m["body"]["files"][0].clone()).collect();
        (files.len() == 3 && files.iter().all(|f| f["state"] == "stored")).then_some(files)
    })
    .await;
    for file in files {
        let id = file["attachment_id"].as_str().unwrap();
        let view = stage.owner.get(&format!("/api/v1/attachments/{id}"), 200).await.json();
        let url = view["url"].as_str().unwrap();
        let path = url.strip_prefix(stage.owner.url()).unwrap_or(url);
        let answer = stage.owner.nobody().get(path, 200).await;
        assert_eq!(answer.header("content-type"), Some("application/octet-stream"), "{file}");
        assert!(answer.header("content-disposition").is_some_and(|d| d.starts_with("attachment")));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert!(answer.header("content-security-policy").is_some_and(|p| p.starts_with("sandbox")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s22_floods_and_silence_close_a_socket_and_harm_nobody() {
    let server = TestServer::start().await;
    let owner = server.sign_up().await;
    let channel = widget(&owner, json!({})).await;
    let mut witness = owner.socket(None).await;

    let silent = tokio::spawn({
        let (owner, channel, url) = (owner.clone(), channel.clone(), server.url());
        async move {
            let mut socket = Socket::connect(&owner).await.unwrap();
            let mut visitor = Visitor::connect(&url, &channel, &url).await.unwrap();
            let code = socket.closed(Duration::from_secs(20)).await.map(|(code, _)| code);
            (code, visitor.is_closed(Duration::from_secs(20)).await)
        }
    });
    let flood = async |path: String, headers: reqwest::header::HeaderMap, hello: Value| {
        use futures::{SinkExt, StreamExt};
        use tokio_tungstenite::tungstenite::Message;
        let url = format!("{}{path}", server.url().replacen("http", "ws", 1));
        let mut request = url.into_client_request().unwrap();
        request.headers_mut().extend(headers);
        request.headers_mut().insert("origin", server.url().parse().unwrap());
        let (stream, _) = tokio_tungstenite::connect_async(request).await.unwrap();
        let (mut sink, mut frames) = stream.split();
        sink.send(Message::text(hello.to_string())).await.unwrap();
        let junk = ["{", "[]", "null", "{\"type\":7}", "\u{202e}", "{\"type\":\"\\ud800\"}"];
        let sending = async {
            for n in 0..10_000 {
                if sink.send(Message::text(junk[n % junk.len()])).await.is_err() {
                    break;
                }
            }
        };
        let reading = async {
            let mut code = None;
            while let Some(Ok(message)) = frames.next().await {
                if let Message::Close(Some(frame)) = message {
                    code = Some(u16::from(frame.code));
                }
            }
            code
        };
        let both = async { tokio::join!(sending, reading) };
        tokio::time::timeout(PATIENCE, both).await.expect("it is closed").1
    };
    let hello = json!({ "type": "hello" });
    let ended = flood("/api/v1/socket".to_owned(), owner.headers(), hello.clone()).await;
    // The close may be lost in the reset, as the flood is still on its way.
    assert!([Some(4029), None].contains(&ended), "{ended:?}");
    let path = format!("/widget/{}/socket", channel["hook_key"].as_str().unwrap());
    let ended = flood(path, reqwest::header::HeaderMap::new(), hello).await;
    assert!([Some(4029), None].contains(&ended), "{ended:?}");

    owner.post("/api/v1/contacts", &json!({ "name": "After the flood" }), 201).await;
    let event = witness.next_event("event", PATIENCE).await;
    assert_eq!(event["data"]["contact"]["name"], "After the flood");
    let (code, visitor_closed) = silent.await.unwrap();
    assert_eq!((code, visitor_closed), (Some(4001), true), "no hello, no socket");
}

/// S28: new visitors of one address are counted.
#[tokio::test(flavor = "multi_thread")]
async fn s28_new_visitors_of_one_address_are_counted() {
    let server = TestServer::start().await;
    let owner = server.sign_up().await;
    let channel = widget(&owner, json!({})).await;
    let known = Visitor::open(&server.url(), &channel, json!({})).await.token();
    // The count goes down meanwhile, by one in two seconds.
    for n in 2.. {
        let mut visitor = Visitor::connect(&server.url(), &channel, &server.url()).await.unwrap();
        visitor.send(&json!({ "type": "hello" })).await;
        if visitor.is_refused().await {
            assert!(n > 30, "visitor {n} was refused");
            break;
        }
        assert!(n < 60, "nobody was refused");
    }
    // Who is known comes in all the same.
    Visitor::open(&server.url(), &channel, json!({ "token": known })).await;
}

/// CV-1: an answer that meets the customer's next messages is taken, not told to come again.
#[tokio::test(flavor = "multi_thread")]
async fn cv_1_an_answer_and_the_customers_next_messages_do_not_block_each_other() {
    let stage = tests::TelegramStage::start(tests::Way::Webhook).await;
    for n in 0..12 {
        let name = format!("Клиент {n}");
        let customer = stage.telegram.customer(800 + n, &name, None);
        customer.sends_text(&stage.bot, "раз");
        let conversation = stage.owner.conversation_with(&name).await;
        for text in ["два", "три", "четыре"] {
            customer.sends_text(&stage.bot, text);
        }
        // The first answer also takes the conversation.
        stage.owner.answer(&conversation, &format!("a-{n}"), "ответ").await;
    }
}
