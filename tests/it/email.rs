//! CH-10: a mailbox as a channel, through real Dovecot and OpenSMTPD and the whole server. Where these
//! cannot run, the tests say so and pass.

use std::sync::Arc;

use channel_email::testserver::{MailServer, PASSWORD};
use serde_json::{Value, json};
use tests::{Session, TestServer, at_channel, at_conversation, until};
use uuid::Uuid;

const SHOP: &str = "sales@shop.test";
const ANNA: &str = "anna@client.test";

struct Stage {
    server: TestServer,
    owner: Session,
    mail: Arc<MailServer>,
    channel: Value,
}

/// Runs what waits for a mail server on a thread that may wait.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

fn settings(mail: &MailServer, password: &str) -> Value {
    json!({
        "email": SHOP, "sender_name": "Магазин", "password": password,
        "imap_host": "127.0.0.1", "imap_port": mail.imap_port(), "imap_security": "none",
        "smtp_host": "127.0.0.1", "smtp_port": mail.smtp_port(), "smtp_security": "none",
    })
}

impl Stage {
    /// A company whose mailbox is connected and read. `None` where mail servers cannot run.
    async fn start(more: Value) -> Option<Self> {
        if let Some(why) = MailServer::missing() {
            eprintln!("SKIPPED: {why}");
            return None;
        }
        let mail =
            blocking(|| Arc::new(MailServer::start().expect("the mail servers start"))).await;
        let server = TestServer::start().await;
        let owner = server.sign_up().await;
        let mut form =
            json!({ "kind": "email", "name": "Почта", "settings": settings(&mail, PASSWORD) });
        if let Some(steps) = more.get("steps") {
            let scenario = json!({ "name": "Почта", "tree": { "steps": steps } });
            let made = owner.post("/api/v1/scenarios", &scenario, 201).await.json();
            form["scenario_id"] = made["scenario_id"].clone();
        }
        let channel = owner.connects(&form).await;
        let stage = Self { server, owner, mail, channel };
        // Letters from before the first look stay outside.
        let mut conn = stage.server.database().connect().await;
        until("the mailbox is looked into", async || {
            let cursors: i64 =
                sqlx::query_scalar("select count(*) from channel_state where key = 'imap.inbox'")
                    .fetch_one(&mut conn)
                    .await
                    .unwrap();
            (cursors > 0).then_some(())
        })
        .await;
        Some(stage)
    }

    /// A letter to the shop, as the outside world sends it.
    async fn arrives(&self, from: &str, letter: Vec<u8>) {
        let (mail, from) = (self.mail.clone(), from.to_owned());
        blocking(move || mail.deliver(&from, SHOP, &letter).expect("delivered")).await;
    }

    /// A letter put straight into a folder of the shop.
    async fn lies_in(&self, folder: &'static str, letter: Vec<u8>) {
        let mail = self.mail.clone();
        blocking(move || mail.append(SHOP, folder, &letter).expect("appended")).await;
    }

    /// All letters of somebody's inbox as one text.
    async fn inbox_of(&self, user: &'static str) -> String {
        let mail = self.mail.clone();
        blocking(move || {
            // An empty mailbox has no letters to fetch.
            mail.command(user, &["SELECT INBOX", "FETCH 1:* BODY.PEEK[]"]).unwrap_or_default()
        })
        .await
    }

    async fn until_mail(&self, user: &'static str, what: &str) -> String {
        until(&format!("{user} has a letter with {what}"), async || {
            let inbox = self.inbox_of(user).await;
            inbox.contains(what).then_some(inbox)
        })
        .await
    }

    /// Letters of a conversation without the lines about what happened.
    async fn letters(&self, conversation: &Value) -> Vec<Value> {
        let all = self.owner.messages(conversation).await;
        all.into_iter().filter(|m| m["direction"] != "system").collect()
    }

    async fn count(&self, table: &str) -> i64 {
        let mut conn = self.server.database().connect().await;
        let statement = format!("select count(*) from {table}");
        sqlx::query_scalar(sqlx::AssertSqlSafe(statement)).fetch_one(&mut conn).await.unwrap()
    }

    /// Waits until rules and sending have nothing left to do.
    async fn idle(&self) {
        until("no job is left", async || (self.count("lanes").await == 0).then_some(())).await;
    }
}

fn letter(from: &str, headers: &str, body: &str) -> Vec<u8> {
    format!(
        "From: {from}\r\nTo: {SHOP}\r\nDate: Mon, 05 May 2025 12:00:00 +0300\r\n{headers}\r\n{body}\r\n"
    )
    .into_bytes()
}

/// Windows-1251, as old mail programs write Russian.
fn cp1251(text: &str) -> Vec<u8> {
    text.chars()
        .map(|c| match c {
            'ё' => 0xB8,
            'А'..='я' => u8::try_from(u32::from(c) - u32::from('А') + 0xC0).unwrap(),
            c => u8::try_from(u32::from(c)).unwrap(),
        })
        .collect()
}

/// An encoded word of a header (RFC 2047).
fn word(text: &str) -> String {
    let hex: String = cp1251(text).iter().map(|b| format!("={b:02X}")).collect();
    format!("=?windows-1251?Q?{hex}?=")
}

fn order_letter() -> Vec<u8> {
    let head = format!(
        "From: {} <Anna@Client.Test>\r\nTo: {SHOP}\r\nMessage-ID: <order-1@client.test>\r\n\
         Subject: {}\r\nDate: Mon, 05 May 2025 12:00:00 +0300\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\n\
         --b\r\nContent-Type: text/plain; charset=windows-1251\r\n\
         Content-Transfer-Encoding: 8bit\r\n\r\n",
        word("Анна"),
        word("Вопрос о доставке"),
    );
    let mut raw = head.into_bytes();
    raw.extend(cp1251(
        "Здравствуйте! Когда приедет ёлка?\r\n\r\n\
         04.05.2025, 12:00, \"Магазин\" <sales@shop.test> пишет:\r\n> Заказ принят\r\n",
    ));
    raw.extend(
        b"--b\r\nContent-Type: application/pdf; name=\"bill.pdf\"\r\n\
        Content-Disposition: attachment; filename=\"bill.pdf\"\r\n\r\n%PDF-1.4 bill\r\n--b--\r\n",
    );
    raw
}

/// Our Message-ID in a mailbox's text, without brackets.
fn our_id(inbox: &str, message: &Value) -> String {
    let id = message["message_id"].as_str().unwrap().trim_start_matches("msg_");
    let start = inbox.find(&format!("<{id}.")).expect("our Message-ID");
    inbox.get(start + 1..).and_then(|rest| rest.split('>').next()).unwrap().to_owned()
}

fn bounce_of(our_id: &str) -> Vec<u8> {
    format!(
        "From: MAILER-DAEMON@mx.client.test (Mail Delivery System)\r\nTo: {SHOP}\r\n\
         Subject: Undelivered Mail Returned to Sender\r\nAuto-Submitted: auto-replied\r\n\
         Message-ID: <bounce-1@mx.client.test>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"R\"\r\n\r\n\
         --R\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n\r\n\
         --R\r\nContent-Type: message/delivery-status\r\n\r\n\
         Reporting-MTA: dns; mx.client.test\r\n\r\nFinal-Recipient: rfc822; {ANNA}\r\n\
         Action: failed\r\nStatus: 5.1.1\r\n\
         Diagnostic-Code: smtp; 550 5.1.1 <{ANNA}>: User unknown\r\n\r\n\
         --R\r\nContent-Type: message/rfc822\r\n\r\n\
         From: {SHOP}\r\nTo: {ANNA}\r\nMessage-ID: <{our_id}>\r\n\r\ntext\r\n--R--\r\n"
    )
    .into_bytes()
}

/// CH-10, CV-1, CV-6, CV-7: a letter in, the answer out, the reply into the same conversation, the
/// bounce at our letter; the copy in \Sent makes nothing odd.
#[tokio::test(flavor = "multi_thread")]
async fn ch_10_a_letter_all_the_way_and_back() {
    let Some(stage) = Stage::start(json!({})).await else { return };
    stage.arrives(ANNA, order_letter()).await;
    let conversation = stage.owner.conversation_with("Анна").await;
    assert_eq!(conversation["subject"], "Вопрос о доставке");
    assert_eq!(conversation["is_first"], true);
    let came = stage.letters(&conversation).await.remove(0);
    assert_eq!(came["body"]["type"], "letter");
    assert_eq!(came["body"]["text"], "Здравствуйте! Когда приедет ёлка?");
    let quoted = came["body"]["quoted"].as_str().unwrap_or_default();
    assert!(quoted.contains("Заказ принят"), "the tail is folded: {came}");
    let file = &came["body"]["files"][0];
    assert_eq!((file["name"].as_str(), file["state"].as_str()), (Some("bill.pdf"), Some("stored")));
    let id = file["attachment_id"].as_str().unwrap();
    let link = stage.owner.get(&format!("/api/v1/attachments/{id}"), 200).await.json();
    let url = link["url"].as_str().expect("a signed address");
    let path = url.strip_prefix(stage.owner.url()).unwrap_or(url);
    assert_eq!(stage.owner.nobody().get(path, 200).await.text().trim(), "%PDF-1.4 bill");
    let contact = conversation["contact_id"].as_str().unwrap();
    let contact = stage.owner.get(&format!("/api/v1/contacts/{contact}"), 200).await.json();
    assert_eq!(contact["emails"], json!([ANNA]));

    // The answer arrives as an answer to her letter.
    let sent = stage.owner.answer(&conversation, "e-1", "Ёлка приедет завтра.").await;
    let inbox = stage.until_mail(ANNA, "In-Reply-To: <order-1@client.test>").await;
    let ours = our_id(&inbox, &sent);
    assert!(inbox.contains(&format!("Message-ID: <{ours}>")), "{inbox}");
    assert!(inbox.contains("References:"), "{inbox}");
    stage.owner.until_status(&conversation, "e-1", "sent").await;

    // Her reply joins; on the way the copy in \Sent is looked at.
    let headers = format!(
        "Message-ID: <order-2@client.test>\r\nIn-Reply-To: <{ours}>\r\nReferences: \
         <order-1@client.test> <{ours}>\r\nSubject: Re: order\r\n"
    );
    stage.arrives(ANNA, letter("Anna <anna@client.test>", &headers, "thanks")).await;
    until("her reply is there", async || {
        let all = stage.letters(&conversation).await;
        all.iter().any(|m| m["body"]["text"] == "thanks").then_some(())
    })
    .await;
    assert_eq!(stage.letters(&conversation).await.len(), 3, "hers, ours, hers");
    assert_eq!(stage.owner.conversations("").await.len(), 1);
    stage.owner.until_status(&conversation, "e-1", "sent").await;

    // A bounce marks ours and is no message of a customer.
    let second = stage.owner.answer(&conversation, "e-2", "И ещё одно.").await;
    stage.owner.until_status(&conversation, "e-2", "sent").await;
    let second_id = second["message_id"].as_str().unwrap().trim_start_matches("msg_").to_owned();
    let inbox = stage.until_mail(ANNA, &format!("<{second_id}.")).await;
    stage.arrives("", bounce_of(&our_id(&inbox, &second))).await;
    let failed = stage.owner.until_status(&conversation, "e-2", "failed").await;
    let why = failed["failure"].as_str().unwrap_or_default();
    assert!(why.contains("User unknown"), "{failed}");
    assert_eq!(stage.letters(&conversation).await.len(), 4);
    assert_eq!(stage.owner.conversations("").await.len(), 1);
    let contacts = stage.owner.get("/api/v1/contacts", 200).await.json();
    assert_eq!(contacts["items"].as_array().unwrap().len(), 1, "{contacts}");
    assert_eq!(stage.count("early_reports").await, 0);
    assert_eq!(stage.count("quarantine").await, 0);
}

/// CV-7: our own letter seen in \Sent before (or without) the record of its sending is a report that
/// waits, and no conversation, message or quarantine.
#[tokio::test(flavor = "multi_thread")]
async fn cv_7_our_own_letter_in_sent_makes_nothing_odd() {
    let Some(stage) = Stage::start(json!({})).await else { return };
    let channel = stage.channel["channel_id"].as_str().unwrap().trim_start_matches("chn_");
    let unknown = format!("{}.{channel}.b@shop.test", Uuid::now_v7().simple());
    let ours =
        format!("From: {SHOP}\r\nTo: {ANNA}\r\nMessage-ID: <{unknown}>\r\nSubject: x\r\n\r\nx\r\n");
    let mail = stage.mail.clone();
    // The folder may not be there before the first letter was sent.
    blocking(move || mail.command(SHOP, &["CREATE Sent"]).unwrap_or_default()).await;
    stage.lies_in("Sent", ours.into_bytes()).await;
    stage.arrives(ANNA, letter("Anna <anna@client.test>", "Subject: hello\r\n", "hello")).await;
    let conversation = stage.owner.conversation_with("Anna").await;
    stage.idle().await;
    assert_eq!(stage.letters(&conversation).await.len(), 1);
    assert_eq!(stage.owner.conversations("").await.len(), 1);
    assert_eq!((stage.count("messages where direction <> 'system'").await), 1);
    assert_eq!(stage.count("quarantine").await, 0);
}

/// S16, CH-10: a letter over the caps is kept raw and shown with its reason, and the next one is read.
#[tokio::test(flavor = "multi_thread")]
async fn s16_a_letter_over_the_caps_is_kept_and_shown() {
    let Some(stage) = Stage::start(json!({})).await else { return };
    let mut socket = stage.owner.socket(None).await;
    let bomb = "Content-Type: message/rfc822\r\n\r\n".repeat(40_000);
    stage.lies_in("INBOX", bomb.clone().into_bytes()).await;
    stage.arrives(ANNA, letter("Anna <anna@client.test>", "Subject: after\r\n", "hello")).await;
    stage.owner.conversation_with("Anna").await;
    socket.next_event("quarantine.added", tests::PATIENCE).await;
    let list = stage.owner.get("/api/v1/quarantine", 200).await.json();
    let items = list["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "{list}");
    for language in ["ru", "en"] {
        assert!(items[0]["reason"][language].as_str().is_some_and(|r| !r.is_empty()), "{list}");
    }
    let path = format!("/api/v1/quarantine/{}", items[0]["quarantine_id"].as_str().unwrap());
    let body = stage.owner.get(&format!("{path}/body"), 200).await;
    assert_eq!(body.body.len(), bomb.len(), "kept byte for byte");
    assert_eq!(body.header("content-type"), Some("application/octet-stream"));
    stage.owner.poke(&format!("{path}/resolve"), 204).await;
    let list = stage.owner.get("/api/v1/quarantine", 200).await.json();
    assert!(list["items"].as_array().unwrap().is_empty());
}

/// RFC 3834, S19: a person's letter gets the auto-reply, marked as such; a robot's does not; two robots
/// that answer each other without marks stop at the hourly cap.
#[tokio::test(flavor = "multi_thread")]
async fn s19_robots_are_not_answered() {
    let steps = json!({ "steps": [{ "do": "auto_reply", "text": "Спасибо, ответим." }] });
    let Some(stage) = Stage::start(steps).await else { return };
    stage.arrives(ANNA, letter("Anna <anna@client.test>", "Subject: hello\r\n", "hello")).await;
    let conversation = stage.owner.conversation_with("Anna").await;
    until("she is answered", async || {
        let all = stage.letters(&conversation).await;
        all.iter().any(|m| m["automatic"] == true && m["status"] == "sent").then_some(())
    })
    .await;
    let inbox = stage.until_mail(ANNA, "Auto-Submitted: auto-replied").await;
    assert!(inbox.contains("Subject:"), "{inbox}");

    let robot = letter(
        "Robot <robot@client.test>",
        "Subject: out of office\r\nAuto-Submitted: auto-replied\r\n",
        "away",
    );
    stage.arrives("robot@client.test", robot).await;
    let conversation = stage.owner.conversation_with("Robot").await;
    stage.idle().await;
    let all = stage.letters(&conversation).await;
    assert_eq!(all.len(), 1, "the robot is not answered: {all:?}");
}

/// CV-4: writing first to an address; the answer to it joins.
#[tokio::test(flavor = "multi_thread")]
async fn cv_4_a_letter_written_first() {
    let Some(stage) = Stage::start(json!({})).await else { return };
    let form = json!({ "channel_id": stage.channel["channel_id"], "to": "Ivan@Client.Test",
        "name": "Иван", "subject": "Offer", "text": "Добрый день!", "client_id": "w-1" });
    let written = stage.owner.post("/api/v1/conversations", &form, 201).await.json();
    let conversation = written["conversation"].clone();
    assert_eq!(conversation["state"], "in_work");
    let inbox = stage.until_mail("ivan@client.test", "Subject: Offer").await;
    let ours = our_id(&inbox, &written["message"]);
    stage.owner.post("/api/v1/conversations", &form, 201).await;
    let headers = format!("Subject: Re: Offer\r\nIn-Reply-To: <{ours}>\r\n");
    stage.arrives("ivan@client.test", letter("ivan@client.test", &headers, "yes")).await;
    until("the reply joins", async || {
        let all = stage.letters(&conversation).await;
        all.iter().any(|m| m["body"]["text"] == "yes").then_some(())
    })
    .await;
    assert_eq!(stage.letters(&conversation).await.len(), 2, "written once, answered once");
    let inbox = stage.inbox_of("ivan@client.test").await;
    assert_eq!(inbox.matches("Subject: Offer").count(), 1, "sent once");
}

/// S18: the server dies between letters; nothing is lost, nothing is doubled, order holds.
#[tokio::test(flavor = "multi_thread")]
async fn s18_a_kill_between_letters_loses_and_doubles_nothing() {
    let Some(mut stage) = Stage::start(json!({})).await else { return };
    let write = |n: usize| {
        let id = (!n.is_multiple_of(3)).then(|| format!("Message-ID: <l{n}@client.test>\r\n"));
        let headers = format!("{}Subject: s\r\n", id.unwrap_or_default());
        letter("Anna <anna@client.test>", &headers, &format!("letter {n}"))
    };
    for n in 0..4 {
        stage.lies_in("INBOX", write(n)).await;
    }
    let conversation = stage.owner.conversation_with("Anna").await;
    // Perhaps in the middle of the four.
    stage.server.kill();
    for n in 4..8 {
        stage.lies_in("INBOX", write(n)).await;
    }
    stage.server.restart().await;
    until("all letters are there", async || {
        (stage.letters(&conversation).await.len() >= 8).then_some(())
    })
    .await;
    stage.idle().await;
    let all = stage.letters(&conversation).await;
    let texts: Vec<&str> = all.iter().filter_map(|m| m["body"]["text"].as_str()).collect();
    let wanted: Vec<String> = (0..8).map(|n| format!("letter {n}")).collect();
    assert_eq!(texts, wanted);
    assert_eq!(stage.owner.conversations("").await.len(), 1);
}

/// CH-13: a wrong password is a state with its reason and remedy, and mending it connects.
#[tokio::test(flavor = "multi_thread")]
async fn ch_13_a_wrong_password_says_what_to_do() {
    let Some(stage) = Stage::start(json!({})).await else { return };
    let path = at_channel(&stage.channel);
    let wrong = json!({ "settings": settings(&stage.mail, "wrong") });
    stage.owner.patch(&path, &wrong, 200).await;
    let told = until("the channel says so", async || {
        let channel = stage.owner.get(&path, 200).await.json();
        let passing = ["connected", "connecting", "interrupted"].map(Value::from);
        (!passing.contains(&channel["state"])).then_some(channel)
    })
    .await;
    assert_eq!(told["state"], "bad_credentials", "{told}");
    for what in ["reason", "remedy"] {
        assert!(told[what]["ru"].as_str().is_some_and(|t| !t.is_empty()), "{told}");
    }
    assert!(!told.to_string().contains("\"wrong\""), "the password is not shown: {told}");
    let right = json!({ "settings": settings(&stage.mail, PASSWORD) });
    stage.owner.patch(&path, &right, 200).await;
    stage.arrives(ANNA, letter("Anna <anna@client.test>", "Subject: later\r\n", "hello")).await;
    let conversation = stage.owner.conversation_with("Anna").await;
    stage.owner.get(&at_conversation(&conversation, ""), 200).await;
}
