//! The chats API of amoCRM, asked with a plain HTTP client that signs by itself: point 9 of what a
//! faithful counterpart has to enforce. The product's AMO-13 and WA-1..WA-7 lean on it.

use std::time::Duration;

use chrono::DateTime;
use sandbox::amo::{
    Account, Amo, Integration, Kind as Entity, Limits, Options, Outage, Switches,
    chats::{Author, Delivery, Draft, Kind, content_md5, sign_body},
};
use serde_json::{Value, json};

use super::{SOON, hook::Hook};

struct Chats {
    amo: Amo,
    account: Account,
    integration: Integration,
    hook: Hook,
    client: reqwest::Client,
    token: String,
}

impl Chats {
    /// Installed and connected.
    async fn connected() -> Self {
        let chats = Self::installed().await;
        let (status, answer) = chats.connect().await;
        assert_eq!(status, 200, "{answer}");
        chats
    }

    async fn installed() -> Self {
        let options = Options { limits: Limits::off(), ..Options::default() };
        let amo = Amo::start(options).await.unwrap();
        let hook = Hook::start().await;
        let account = amo.add_account("acme");
        let integration = Integration::named("Беседа", "https://beseda.example/back")
            .with_channel(&format!("{}/chats/:scope_id", hook.url));
        let integration = amo.add_integration(integration);
        let life = Duration::from_secs(86_400);
        let token = account.long_lived_token(&integration.client_id, life).unwrap();
        Self { amo, account, integration, hook, client: reqwest::Client::new(), token }
    }

    fn channel(&self) -> &sandbox::amo::Channel {
        self.integration.channel.as_ref().unwrap()
    }

    fn scope(&self) -> String {
        format!("{}_{}", self.channel().id, self.account.amojo_id)
    }

    fn date(&self, off: i64) -> String {
        DateTime::from_timestamp(self.amo.now() + off, 0).unwrap().to_rfc2822()
    }

    /// A signed call; `path` begins after `/v2/origin/custom/`.
    async fn call(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.send(method, path, &body, &content_md5(body.as_bytes()), &self.date(0), None).await
    }

    async fn send(
        &self,
        method: &str,
        path: &str,
        body: &str,
        md5: &str,
        date: &str,
        signature: Option<&str>,
    ) -> (u16, Value) {
        let path = format!("/v2/origin/custom/{path}");
        let bare = path.split('?').next().unwrap();
        let text = format!("{method}\n{md5}\napplication/json\n{date}\n{bare}");
        let own = sign_body(&self.channel().secret, text.as_bytes());
        let answer = self
            .client
            .request(method.parse().unwrap(), format!("{}/amojo{path}", self.amo.url()))
            .header("Date", date)
            .header("Content-Type", "application/json")
            .header("Content-MD5", md5)
            .header("X-Signature", signature.unwrap_or(&own))
            .body(body.to_owned())
            .send()
            .await
            .unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or(Value::Null))
    }

    async fn connect(&self) -> (u16, Value) {
        let body = json!({"account_id": self.account.amojo_id, "hook_api_version": "v2"});
        self.call("POST", &format!("{}/connect", self.channel().id), &body).await
    }

    async fn event(&self, event_type: &str, payload: Value) -> (u16, Value) {
        let body = json!({"event_type": event_type, "payload": payload});
        self.call("POST", &self.scope(), &body).await
    }

    /// An incoming message; `more` is merged into the payload.
    fn incoming(&self, conversation: &str, msgid: &str, more: Value) -> Value {
        let now = self.amo.now();
        let mut payload = json!({
            "timestamp": now, "msec_timestamp": now * 1000, "msgid": msgid,
            "conversation_id": conversation, "silent": false,
            "sender": {
                "id": format!("client of {conversation}"), "name": "Вася",
                "profile": {"phone": "+79151112233"},
            },
            "message": {"type": "text", "text": format!("текст {msgid}")},
        });
        for (name, value) in more.as_object().unwrap() {
            payload[name] = value.clone();
        }
        payload
    }

    async fn says(&self, conversation: &str, msgid: &str) -> Value {
        let payload = self.incoming(conversation, msgid, json!({}));
        let (status, answer) = self.event("new_message", payload).await;
        assert_eq!(status, 200, "{answer}");
        answer["new_message"].clone()
    }

    /// Plain account API with the integration's token.
    async fn api(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let answer = self
            .client
            .request(method.parse().unwrap(), format!("{}/api/v4/{path}", self.account.url()))
            .bearer_auth(&self.token)
            .json(&body)
            .send()
            .await
            .unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
    }

    fn last_refusal(&self) -> String {
        self.account.chat_refusals().last().unwrap().why.clone()
    }
}

#[tokio::test]
async fn amo_13_sim_wrong_signature_old_date_and_foreign_md5_are_403_and_change_nothing() {
    let chats = Chats::connected().await;
    let scope = chats.scope();
    let payload = chats.incoming("c1", "m1", json!({}));
    let body = json!({"event_type": "new_message", "payload": payload}).to_string();
    let md5 = content_md5(body.as_bytes());
    let now = chats.date(0);
    for (md5, date, signature, why) in [
        (md5.as_str(), now.clone(), Some("0".repeat(40)), "X-Signature"),
        (md5.as_str(), chats.date(-901), None, "Date"),
        (md5.as_str(), chats.date(901), None, "Date"),
        ("d41d8cd98f00b204e9800998ecf8427e", now, None, "Content-MD5"),
    ] {
        let (status, _) = chats.send("POST", &scope, &body, md5, &date, signature.as_deref()).await;
        assert_eq!(status, 403, "{why}");
        assert!(chats.last_refusal().contains(why), "{}", chats.last_refusal());
    }
    assert!(chats.account.chats().is_empty());
    let (status, _) = chats.send("POST", &scope, &body, &md5, &chats.date(-899), None).await;
    assert_eq!(status, 200);
    assert_eq!(chats.account.chats().len(), 1);
}

#[tokio::test]
async fn amo_13_sim_scope_is_channel_and_account_and_connect_is_repeated_after_a_reinstall() {
    let chats = Chats::installed().await;
    let payload = chats.incoming("c1", "m1", json!({}));
    assert_eq!(chats.event("new_message", payload.clone()).await.0, 403);
    let (status, answer) = chats.connect().await;
    assert_eq!((status, &answer["scope_id"]), (200, &json!(chats.scope())));
    assert_eq!(chats.event("new_message", payload).await.0, 200);
    let other = format!("{}_{}", chats.channel().id, chats.amo.add_account("other").amojo_id);
    let body = json!({"conversation_id": "c1", "user": {"id": "u", "name": "Я"}});
    assert_eq!(chats.call("POST", &format!("{other}/chats"), &body).await.0, 403);
    let unknown = "00000000-0000-4000-8000-000000000000/connect";
    assert_eq!(chats.call("POST", unknown, &json!({"account_id": "x"})).await.0, 404);

    chats.account.disable_integration(&chats.integration.client_id);
    assert_eq!(chats.call("POST", &format!("{}/chats", chats.scope()), &body).await.0, 403);
    assert_eq!(chats.connect().await.0, 403, "not installed");
    let life = Duration::from_secs(86_400);
    chats.account.long_lived_token(&chats.integration.client_id, life).unwrap();
    assert_eq!(chats.call("POST", &format!("{}/chats", chats.scope()), &body).await.0, 403);
    assert_eq!(chats.connect().await.0, 200);
    assert_eq!(chats.call("POST", &format!("{}/chats", chats.scope()), &body).await.0, 200);
    let gone = json!({"account_id": chats.account.amojo_id});
    let path = format!("{}/disconnect", chats.channel().id);
    assert_eq!(chats.call("DELETE", &path, &gone).await.0, 200);
    assert!(chats.account.scopes().is_empty());
}

#[tokio::test]
async fn amo_13_sim_a_msgid_comes_once_and_fields_of_its_type_are_required() {
    let chats = Chats::connected().await;
    let answer = chats.says("c1", "m1").await;
    assert_eq!(answer["ref_id"], "m1");
    assert_eq!(chats.event("new_message", chats.incoming("c1", "m1", json!({}))).await.0, 400);
    assert!(chats.last_refusal().contains("msgid"));
    let picture = json!({"type": "picture", "media": "https://files.example/1.png"});
    let payload = chats.incoming("c1", "m2", json!({"message": picture}));
    assert_eq!(chats.event("new_message", payload).await.0, 400);
    assert!(chats.last_refusal().contains("file_name"));
    let local = json!({
        "type": "picture", "media": "http://10.0.0.5/1.png", "file_name": "1", "file_size": 1,
    });
    let payload = chats.incoming("c1", "m2", json!({"message": local}));
    assert_eq!(chats.event("new_message", payload).await.0, 400);
    assert!(chats.last_refusal().contains("public"));
    assert_eq!(chats.account.chat("c1").unwrap().messages.len(), 1);
}

#[tokio::test]
async fn amo_13_sim_a_chat_is_made_once_for_a_conversation_and_is_invisible_while_empty() {
    let chats = Chats::connected().await;
    let path = format!("{}/chats", chats.scope());
    let user = json!({
        "id": "client of c1", "name": "Вася", "profile": {"phone": "79151112233"},
    });
    let body = json!({"conversation_id": "c1", "user": user});
    let (_, first) = chats.call("POST", &path, &body).await;
    let (_, again) = chats.call("POST", &path, &body).await;
    assert_eq!((&first["id"], &first["user"]["id"]), (&again["id"], &again["user"]["id"]));
    assert_eq!(first["user"]["client_id"], "client of c1");
    assert!(chats.account.chats().is_empty());
    chats.says("c1", "m1").await;
    assert_eq!(json!(chats.account.chat("c1").unwrap().id), first["id"]);
}

#[tokio::test]
async fn amo_13_sim_only_a_loud_message_of_somebody_unlinked_becomes_unsorted() {
    let chats = Chats::connected().await;
    let silent = chats.incoming("c1", "m1", json!({"silent": true}));
    assert_eq!(chats.event("new_message", silent).await.0, 200);
    assert!(chats.account.unsorted().is_empty(), "silent");

    chats.says("c1", "m2").await;
    chats.says("c1", "m3").await;
    let unsorted = chats.account.unsorted();
    assert_eq!(unsorted.len(), 1, "one for a chat");
    assert_eq!(unsorted[0]["category"], "chats");
    let chat = chats.account.chat("c1").unwrap();
    let contact = chats.account.contact(chat.contact_id.unwrap()).unwrap();
    assert_eq!((&contact["name"], &contact["hidden"]), (&json!("Вася"), &json!(true)));

    // A chat that was given to a contact beforehand makes nothing.
    let known = chats.account.add_contact("Пётр", Some("+79160000000"), None);
    let path = format!("{}/chats", chats.scope());
    let body = json!({
        "conversation_id": "c2", "user": {"id": "client of c2", "name": "Пётр"},
    });
    let (_, made) = chats.call("POST", &path, &body).await;
    let link = json!([{"contact_id": known, "chat_id": made["id"]}]);
    let (status, answer) = chats.api("POST", "contacts/chats", link).await;
    assert_eq!(status, 200, "{answer}");
    chats.says("c2", "m4").await;
    assert_eq!(chats.account.unsorted().len(), 1);
    assert_eq!(chats.account.chat("c2").unwrap().contact_id, Some(known));

    // After a refusal the same person is somebody new.
    assert!(chats.account.decline(unsorted[0]["uid"].as_str().unwrap()));
    assert_eq!(chats.account.chat("c1").unwrap().contact_id, None);
    chats.says("c1", "m5").await;
    assert_eq!(chats.account.unsorted().len(), 1);
}

#[tokio::test]
async fn amo_13_sim_the_source_of_a_chat_chooses_the_pipeline_of_its_unsorted() {
    let chats = Chats::connected().await;
    let service = chats.account.stages().into_iter().find(|s| s.pipeline == "Сервис").unwrap();
    let source = json!([{
        "name": "WhatsApp", "external_id": "79001234567", "pipeline_id": service.pipeline_id,
    }]);
    let (status, answer) = chats.api("POST", "sources", source).await;
    assert_eq!(status, 200, "{answer}");
    let source = json!({"source": {"external_id": "79001234567"}});
    let payload = chats.incoming("c1", "m1", source);
    assert_eq!(chats.event("new_message", payload).await.0, 200);
    chats.says("c2", "m2").await;
    let of = |conversation: &str| {
        let lead = chats.account.chat(conversation).unwrap().lead_id.unwrap();
        chats.account.lead(lead).unwrap()["pipeline_id"].clone()
    };
    assert_eq!(of("c1"), json!(service.pipeline_id));
    let main = &chats.account.stages()[0];
    assert_eq!(of("c2"), json!(main.pipeline_id));
}

#[tokio::test]
async fn amo_13_sim_ref_id_tells_incoming_from_outgoing_and_a_stranger_is_refused() {
    let chats = Chats::connected().await;
    chats.says("c1", "m1").await;
    let manager = chats.account.managers()[0].clone();
    let client = json!({"id": "client of c1", "name": "Вася"});
    let by = |ref_id: &str| json!({"id": "e1", "name": "Оператор", "ref_id": ref_id});
    let send = async |msgid: &str, sender: Value, receiver: Value| {
        let more = json!({"sender": sender, "receiver": receiver, "silent": true});
        chats.event("new_message", chats.incoming("c1", msgid, more)).await.0
    };
    let user = by(manager.amojo_id.as_ref().unwrap());
    assert_eq!(send("m2", user.clone(), client.clone()).await, 200);
    assert_eq!(send("m3", by(&chats.channel().bot_id), client.clone()).await, 200);
    assert_eq!(send("m4", user, Value::Null).await, 400, "no receiver");
    assert_eq!(send("m5", by("00000000-0000-4000-8000-000000000000"), client).await, 400);
    let messages = chats.account.chat("c1").unwrap().messages;
    let authors: Vec<_> = messages.iter().map(|message| message.author.clone()).collect();
    let user = Author::User(manager.amojo_id.unwrap());
    assert_eq!(authors, [Author::Client, user, Author::Bot]);
    assert!(messages[2].silent);
}

#[tokio::test]
async fn amo_13_sim_the_hook_is_signed_and_sent_once_whatever_is_answered() {
    let chats = Chats::connected().await;
    chats.says("c1", "m1").await;
    let manager = chats.account.managers()[0].clone();
    let chat = chats.account.chat("c1").unwrap();
    chats.hook.answer(500);
    let id = chats
        .account
        .writes_in_chat(
            manager.id,
            &chat.id,
            Draft::picture("https://files.example/1.png", "1.png", 7)
                .caption("смотрите")
                .quoting(&chat.messages[0].id)
                .buttons(&[&[("Да", None), ("Сайт", Some("https://site.example"))]])
                .from_template(7103, "t1", "{{lead.name}}", &[("{{lead.name}}", "Дом")]),
        )
        .unwrap();
    let got = chats.hook.next().await;
    assert_eq!(got.signature, sign_body(&chats.channel().secret, &got.body));
    assert!(got.path.ends_with(&format!("/chats/{}", chats.scope())), "{}", got.path);
    let told = got.json();
    assert_eq!(told["account_id"], json!(chats.account.amojo_id));
    let message = &told["message"];
    assert_eq!(message["conversation"], json!({"id": chat.id, "client_id": "c1"}));
    assert_eq!(message["sender"]["id"], json!(manager.amojo_id));
    assert_eq!(message["receiver"]["client_id"], "client of c1");
    assert_eq!(message["message"]["id"], json!(id));
    assert_eq!(message["message"]["type"], "picture");
    assert_eq!(message["message"]["reply_to"]["message"]["msgid"], "m1");
    assert_eq!(message["message"]["markup"]["buttons"][0][1]["url"], "https://site.example");
    assert_eq!(message["message"]["template"]["external_id"], "t1");

    chats.account.types_in_chat(manager.id, &chat.id).unwrap();
    let typing = chats.hook.next().await.json();
    assert_eq!(typing["action"]["typing"]["conversation"]["client_id"], "c1");
    chats.account.reacts_in_chat(manager.id, &chat.messages[0].id, Some("👍")).unwrap();
    let reaction = chats.hook.next().await.json();
    assert_eq!(reaction["action"]["reaction"]["message"]["client_id"], "m1");
    assert_eq!(reaction["action"]["reaction"]["type"], "react");
    // The refused first hook has not come again: there were these three.
    chats.amo.advance(Duration::from_secs(86_400));
    let answered = || chats.account.chat_hooks().iter().filter(|h| h.answer.is_some()).count();
    chats.amo.until(SOON, || (answered() == 3).then_some(())).await.unwrap();
    assert_eq!(chats.account.chat_hooks()[0].answer, Some(Ok(500)));
    assert_eq!(chats.hook.count(), 3);
}

#[tokio::test]
async fn amo_13_sim_writing_first_has_no_client_id_until_the_answer_joins_by_ref_id() {
    let chats = Chats::connected().await;
    let manager = chats.account.managers()[0].clone();
    let contact = chats.account.add_contact("Пётр", Some("+79160000000"), None);
    let draft = Draft::text("Добрый день");
    let (chat, _) = chats.account.writes_first(manager.id, contact, None, draft).unwrap();
    let told = chats.hook.next().await.json();
    assert_eq!(told["message"]["conversation"], json!({"id": chat}));
    let receiver = &told["message"]["receiver"];
    assert_eq!((&receiver["phone"], receiver.get("client_id")), (&json!("+79160000000"), None));

    let join = |msgid: &str, ref_id: Option<&str>| {
        let sender = json!({"id": "client of c9", "name": "Пётр", "ref_id": ref_id});
        chats.incoming("c9", msgid, json!({"conversation_ref_id": chat, "sender": sender}))
    };
    assert_eq!(chats.event("new_message", join("m1", None)).await.0, 400, "no ref_id");
    let payload = join("m2", receiver["id"].as_str());
    assert_eq!(chats.event("new_message", payload).await.0, 200);
    let joined = chats.account.chat("c9").unwrap();
    assert_eq!((joined.id, joined.contact_id, joined.messages.len()), (chat, Some(contact), 2));
    assert!(chats.account.unsorted().is_empty());
}

#[tokio::test]
async fn amo_13_sim_delivery_status_is_taken_under_both_names_and_failures_need_a_code() {
    let chats = Chats::connected().await;
    let incoming = chats.says("c1", "m1").await;
    let manager = chats.account.admin();
    let chat = chats.account.chat("c1").unwrap().id;
    let text = Draft::text("ответ");
    let id = chats.account.writes_in_chat(manager, &chat, text.clone()).unwrap();
    let tell = async |id: &str, body: Value| {
        let path = format!("{}/{id}/delivery_status", chats.scope());
        chats.call("POST", &path, &body).await.0
    };
    let delivery = || chats.account.chat("c1").unwrap().messages[1].delivery.clone();
    assert_eq!(tell(&id, json!({"msgid": id, "delivery_status": 1})).await, 200);
    assert_eq!(delivery(), Delivery::Delivered);
    assert_eq!(tell(&id, json!({"status_code": 2})).await, 200);
    assert_eq!(tell(&id, json!({"status_code": 1})).await, 200);
    assert_eq!(delivery(), Delivery::Read, "what is read stays read");
    assert_eq!(tell(&id, json!({"delivery_status": 7})).await, 400);
    assert_eq!(tell("no-such-message", json!({"delivery_status": 1})).await, 404);
    let of_client = incoming["msgid"].as_str().unwrap();
    assert_eq!(tell(of_client, json!({"delivery_status": 1})).await, 400);

    let second = chats.account.writes_in_chat(manager, &chat, text).unwrap();
    assert_eq!(tell(&second, json!({"delivery_status": -1})).await, 400, "no error_code");
    let failed = json!({"delivery_status": -1, "error_code": 904, "error": "нет в WhatsApp"});
    assert_eq!(tell(&second, failed).await, 200);
    let told = chats.account.chat("c1").unwrap().messages[2].delivery.clone();
    let error = Some("нет в WhatsApp".to_owned());
    assert_eq!(told, Delivery::Failed { error_code: 904, error });
}

#[tokio::test]
async fn amo_13_sim_edits_reactions_typing_and_history_in_pages_of_fifty() {
    let chats = Chats::connected().await;
    let first = chats.says("c1", "m1").await;
    let edit = json!({
        "timestamp": 1, "msgid": "m1", "conversation_id": "c1",
        "message": {"type": "text", "text": "иначе"},
    });
    assert_eq!(chats.event("edit_message", edit.clone()).await.0, 200);
    let mut other = edit;
    other["msgid"] = json!("m404");
    assert_eq!(chats.event("edit_message", other).await.0, 400);

    let scope = chats.scope();
    let user = json!({"id": "client of c1"});
    let react = json!({
        "conversation_id": "c1", "id": first["msgid"], "user": user, "type": "react", "emoji": "😍",
    });
    assert_eq!(chats.call("POST", &format!("{scope}/react"), &react).await.0, 200);
    let typing = json!({"conversation_id": "c1", "sender": user});
    assert_eq!(chats.call("POST", &format!("{scope}/typing"), &typing).await.0, 204);
    let chat = chats.account.chat("c1").unwrap();
    assert!(chat.typing);
    assert_eq!((chat.messages[0].text.as_str(), chat.messages[0].edited), ("иначе", true));
    assert_eq!(chat.messages[0].reactions[0].emoji, "😍");

    for number in 2..=52 {
        chats.says("c1", &format!("m{number}")).await;
    }
    let history = async |query: &str| {
        let path = format!("{scope}/chats/{}/history?{query}", chat.id);
        chats.call("GET", &path, &Value::Null).await
    };
    assert_eq!(history("limit=51").await.0, 400);
    let (_, newest) = history("limit=50").await;
    assert_eq!(newest["messages"].as_array().unwrap().len(), 50);
    assert_eq!(newest["messages"][0]["message"]["client_id"], "m52");
    let (_, oldest) = history("offset=50&limit=50").await;
    assert_eq!(oldest["messages"][1]["message"]["text"], "иначе");
    assert_eq!(history("offset=52").await.0, 204);
}

#[tokio::test]
async fn amo_13_sim_what_is_off_loses_no_message_in_amocrm_but_sends_no_hook() {
    let chats = Chats::connected().await;
    chats.says("c1", "m1").await;
    let chat = chats.account.chat("c1").unwrap().id;
    let admin = chats.account.admin();
    chats.account.set_outage(Outage::Unavailable);
    let payload = chats.incoming("c1", "m2", json!({}));
    assert_eq!(chats.event("new_message", payload).await.0, 503);
    chats.account.set_outage(Outage::No);
    chats.account.disable_integration(&chats.integration.client_id);
    chats.account.writes_in_chat(admin, &chat, Draft::text("есть кто?")).unwrap();
    let message = chats.account.chat("c1").unwrap().messages.pop().unwrap();
    assert!(matches!(message.delivery, Delivery::Failed { error_code: 902, .. }));
    assert_eq!((message.kind, chats.hook.count()), (Kind::Text, 0));
    let fired = chats.account.people().into_iter().find(|person| !person.is_active).unwrap();
    assert!(chats.account.writes_in_chat(fired.id, &chat, Draft::text("я")).is_err());
}

#[tokio::test]
async fn amo_13_sim_duplicate_control_gives_the_chat_to_the_contact_with_that_phone() {
    let chats = Chats::connected().await;
    let switches = Switches { duplicate_control: true, ..chats.account.switches() };
    chats.account.set_switches(switches);
    let known = chats.account.add_contact("Василий", Some("8 (915) 111-22-33"), None);
    chats.says("c1", "m1").await;
    let chat = chats.account.chat("c1").unwrap();
    assert_eq!(chat.contact_id, Some(known));
    let lead = chats.account.lead(chat.lead_id.unwrap()).unwrap();
    assert_eq!(lead["_embedded"]["contacts"][0]["id"], json!(known));
    assert!(chats.account.field(Entity::Contacts, "PHONE").is_some());
}

/// Of more than three with one phone nobody knows whose the chat is.
#[tokio::test]
async fn amo_13_sim_duplicate_control_joins_a_chat_with_none_of_many() {
    let chats = Chats::connected().await;
    let switches = Switches { duplicate_control: true, ..chats.account.switches() };
    chats.account.set_switches(switches);
    let phone = Some("8 (915) 111-22-33");
    let known: Vec<i64> =
        (1..=4).map(|n| chats.account.add_contact(&format!("Василий {n}"), phone, None)).collect();
    chats.says("c1", "m1").await;
    let given = chats.account.chat("c1").unwrap().contact_id.unwrap();
    assert!(!known.contains(&given), "{given} of {known:?}");
}

#[tokio::test]
async fn amo_13_sim_talks_and_messages_reach_the_account_webhooks() {
    let chats = Chats::connected().await;
    let webhook = json!({
        "destination": format!("{}/account", chats.hook.url),
        "settings": ["add_talk", "add_message"],
    });
    let (status, answer) = chats.api("POST", "webhooks", webhook).await;
    assert_eq!(status, 201, "{answer}");
    chats.says("c1", "m1").await;
    let mut bodies = String::new();
    while !(bodies.contains("message%5Badd%5D") && bodies.contains("talk%5Badd%5D")) {
        let got = chats.hook.next().await;
        bodies += &String::from_utf8_lossy(&got.body).replace('[', "%5B").replace(']', "%5D");
    }
    let talk = chats.account.chat("c1").unwrap().talk_id.unwrap();
    let (status, shown) = chats.api("GET", &format!("talks/{talk}"), Value::Null).await;
    assert_eq!((status, &shown["is_in_work"]), (200, &json!(true)));
    let close = json!({"force_close": true});
    assert_eq!(chats.api("POST", &format!("talks/{talk}/close"), close).await.0, 202);
    chats.says("c1", "m2").await;
    assert_ne!(chats.account.chat("c1").unwrap().talk_id, Some(talk), "a new talk");
}
