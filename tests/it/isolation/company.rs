//! A company with at least one object of every kind and one row in every table.

use std::collections::BTreeMap;

use domain::{
    crm::PortalState,
    ids::{AccountId, AttachmentId},
};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, PgConnection};
use store::intake::Item;
use tests::{Session, TestServer, bare_portal, comes_in, incoming, somebody, until};
use uuid::Uuid;

pub struct Company {
    pub owner: Session,
    pub operator: Session,
    pub account: Uuid,
    /// By the name of the id's schema (`ContactId`); what is no id, by its name in the path.
    pub own: BTreeMap<String, String>,
}

/// The first id of this kind in an answer.
fn id_in(value: &Value, prefix: &str) -> Option<String> {
    match value {
        Value::String(text) if text.starts_with(prefix) => Some(text.clone()),
        Value::Array(items) => items.iter().find_map(|v| id_in(v, prefix)),
        Value::Object(map) => map.values().find_map(|v| id_in(v, prefix)),
        _ => None,
    }
}

impl Company {
    pub async fn found(server: &TestServer) -> Self {
        let owner = server.sign_up().await;
        let operator = owner.hire("Борис", "operator").await;
        let account: AccountId = owner.account.parse().unwrap();
        let mut company = Self { owner, operator, account: account.0, own: BTreeMap::new() };
        company.keep("EmployeeId", company.operator.employee.clone());
        company.keep("AccountId", company.owner.account.clone());
        company.fill_by_api().await;
        company.fill_by_messages(server).await;
        company.connect_crm(server).await;
        let mut conn = server.database().connect().await;
        company.fill_by_hand(&mut conn).await;
        company.settle(&mut conn).await;
        company
    }

    fn keep(&mut self, kind: &str, id: impl Into<String>) {
        self.own.insert(kind.to_owned(), id.into());
    }

    pub fn id(&self, kind: &str) -> &str {
        self.own.get(kind).unwrap_or_else(|| panic!("the company has no {kind}"))
    }

    async fn make(&mut self, kind: &str, prefix: &str, path: &str, body: &Value) -> String {
        let request = self.owner.request(reqwest::Method::POST, path).json(body);
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        let made: Value = serde_json::from_str(&text).unwrap();
        let id = id_in(&made, prefix).unwrap_or_else(|| panic!("no {prefix} in {made}"));
        self.keep(kind, id.clone());
        id
    }

    async fn fill_by_api(&mut self) {
        let some = Uuid::now_v7().simple().to_string();
        let phone = format!("+7999{:07}", Uuid::now_v7().as_u128() % 10_000_000);
        let email = format!("{some}@client.test");
        let spare = json!({ "name": "Я" });
        let spare = self.make("ContactId", "cnt_", "/api/v1/contacts", &spare).await;
        let person = json!({ "name": "Ольга", "phones": [phone], "emails": [email] });
        let contact = self.make("ContactId", "cnt_", "/api/v1/contacts", &person).await;
        let other = json!({ "name": "Ольга ещё раз" });
        self.make("OtherContact", "cnt_", "/api/v1/contacts", &other).await;
        let merge = format!("/api/v1/contacts/{contact}/merge");
        self.make("MergeId", "mrg_", &merge, &json!({ "contact_id": spare })).await;
        self.keep("phone", phone);
        self.keep("email", email);

        let tag = self.make("TagId", "tag_", "/api/v1/tags", &json!({ "name": "важно" })).await;
        self.owner.put(&format!("/api/v1/contacts/{contact}/tags/{tag}"), &json!({}), 200).await;
        let members = json!({ "name": "Продажи", "members": [self.operator.employee] });
        self.make("GroupId", "grp_", "/api/v1/groups", &members).await;
        let again = self.owner.request(reqwest::Method::POST, "/api/v1/groups");
        let again = again.header("idempotency-key", &some).json(&json!({ "name": "Поддержка" }));
        self.owner.send(again, 201).await;
        let invite = json!({ "email": format!("i-{some}@example.test"), "role": "operator" });
        self.make("InviteId", "inv_", "/api/v1/invites", &invite).await;
        let token = json!({ "name": "бот", "scopes": ["read_conversations"] });
        self.make("ApiTokenId", "tok_", "/api/v1/tokens", &token).await;
        let endpoint = json!({ "url": "http://127.0.0.1:9/hook", "kinds": ["quarantine.added"] });
        self.make("EndpointId", "end_", "/api/v1/endpoints", &endpoint).await;
        let schedule = json!({ "name": "Будни", "schedule": {
            "time_zone": "Europe/Moscow", "week": { "mon": ["09:00-18:00"] } } });
        self.make("ScheduleId", "shd_", "/api/v1/schedules", &schedule).await;
        let scenario = json!({ "name": "Метка", "tree": { "steps": [
            { "do": "tag", "tags": [tag] } ] } });
        self.make("ScenarioId", "scn_", "/api/v1/scenarios", &scenario).await;
        let channel = json!({ "kind": "widget", "name": "Сайт", "settings": {} });
        self.make("ChannelId", "chn_", "/api/v1/channels", &channel).await;
        let reply =
            json!({ "title": "Привет", "text": "Здравствуйте", "group_id": self.id("GroupId") });
        self.make("CannedReplyId", "rpl_", "/api/v1/canned-replies", &reply).await;
        let field = json!({ "key": format!("поле {some}"), "name": "Город", "kind": "text" });
        self.owner.post("/api/v1/contact-fields", &field, 201).await;
        self.keep("key", field["key"].as_str().unwrap());
        let views = json!({ "preferences": { "views": [some] } });
        self.owner.put("/api/v1/me/preferences", &views, 200).await;
        let entry = json!({ "kind": "email", "value": format!("robot-{some}@client.test") });
        let added = self.owner.request(reqwest::Method::POST, "/api/v1/blacklist").json(&entry);
        assert!(added.send().await.unwrap().status().is_success());
        let list = self.owner.get("/api/v1/blacklist", 200).await.json();
        let entry = list["items"][0]["entry"].as_str().or(list["items"][0]["value"].as_str());
        self.keep("entry", entry.expect("an entry").to_owned());
        let sessions = self.owner.get("/api/v1/me/sessions", 200).await.json();
        let items = sessions["items"].as_array().or(sessions.as_array()).expect("sessions");
        let session = items[0]["session_id"].as_str().expect("an id").to_owned();
        self.keep("session_id", session);
    }

    async fn fill_by_messages(&mut self, server: &TestServer) {
        let account = AccountId(self.account);
        let channel = self.id("ChannelId").parse().unwrap();
        let person = somebody("visitor-1", "Тайный клиент");
        let item = Item {
            aliases: vec![Uuid::now_v7().to_string()],
            ..incoming(account, channel, person, "секретное слово")
        };
        let (message, conversation) = comes_in(&server.database().store(), item).await;
        self.keep("ConversationId", conversation.to_string());
        self.keep("MessageId", message.to_string());
        let path = format!("/api/v1/conversations/{conversation}");
        self.operator.post(&format!("{path}/take"), &json!({}), 200).await;
        self.owner.poke(&format!("{path}/join"), 200).await;
        self.owner.post(&format!("{path}/read"), &json!({ "position": 1 }), 204).await;
        self.owner.put(&format!("{path}/drafts/note"), &json!({ "text": "не забыть" }), 200).await;
        let tag = format!("{path}/tags/{}", self.id("TagId"));
        let put = self.owner.request(reqwest::Method::PUT, &tag).send().await.unwrap();
        assert!(put.status().is_success(), "{}", put.status());
    }

    /// A CRM that is connected and asked nothing.
    async fn connect_crm(&mut self, server: &TestServer) {
        let new = bare_portal(&Uuid::now_v7().to_string());
        let id = new.portal_id;
        let mut tx = server.database().store().tenant(AccountId(self.account)).await.unwrap();
        tx.insert_portal(&new).await.unwrap();
        tx.set_portal_state(id, PortalState::Connected, None).await.unwrap();
        tx.commit().await.unwrap();
        self.keep("PortalId", id.to_string());
    }

    /// What only services and faults bring about.
    async fn fill_by_hand(&mut self, conn: &mut PgConnection) {
        let uuid = |text: &str| text.split('_').nth(1).map(|t| Uuid::try_parse(t).unwrap());
        let channel = uuid(self.id("ChannelId")).unwrap();
        let endpoint = uuid(self.id("EndpointId")).unwrap();
        let owner = uuid(&self.owner.employee).unwrap();
        let conversation = uuid(self.id("ConversationId")).unwrap();
        let portal = uuid(self.id("PortalId")).unwrap();
        let message = uuid(self.id("MessageId")).unwrap();
        let made = Uuid::now_v7();
        // So far ahead that nobody reads the feed for a CRM that nobody answers for.
        sqlx::query(
            "insert into crm_feeds (account_id, cursor_seq) values ($1, 9000000000000000000)",
        )
        .bind(self.account)
        .execute(&mut *conn)
        .await
        .unwrap();
        for (statement, other) in [
            (
                "insert into quarantine
                    (account_id, quarantine_id, channel_id, external_id, reason, body)
                 values ($1, $2, $3, $2::text, '{\"ru\": \"странно\", \"en\": \"strange\"}', 'x')",
                channel,
            ),
            (
                "insert into deliveries
                    (account_id, delivery_id, endpoint_id, seq, kind, body, state, finished_at)
                 values ($1, $2, $3, 1, 'message.created', '{}', 'failed', now())",
                endpoint,
            ),
            (
                "insert into attachments
                    (account_id, attachment_id, uploaded_by, kind, name, state, storage_key, size)
                 values ($1, $2, $3, 'file', 'тайна.txt', 'stored', $2::text, 1)",
                owner,
            ),
            (
                "insert into early_reports (account_id, channel_id, external_id, status)
                 values ($1, $3, $2::text, 'delivered')",
                channel,
            ),
            (
                "insert into channel_state (account_id, channel_id, key, value)
                 values ($1, $3, $2::text, 'x')",
                channel,
            ),
            (
                "insert into channel_renewals (account_id, channel_id, key, renewed_until)
                 values ($1, $3, $2::text, now())",
                channel,
            ),
            (
                "insert into channel_consents
                    (account_id, state_hash, channel_id, employee_id, expires_at)
                 select $1, decode(md5($2::text || 'consent'), 'hex'), $3, employee_id, now()
                 from employees where account_id = $1 limit 1",
                channel,
            ),
            (
                "insert into message_parts (account_id, channel_id, part, message_id, status)
                 select $1, channel_id, $2::text, message_id, 'sent'
                 from messages where account_id = $1 and message_id = $3",
                message,
            ),
            (
                "insert into message_reactions
                    (account_id, message_id, conversation_id, side, emoji, at)
                 select account_id, message_id, conversation_id, 'our_side', '👍', now()
                 from messages where account_id = $1 and message_id = $3 and $2 is not null",
                message,
            ),
            (
                "insert into conversation_signs (account_id, conversation_id, seen_asked)
                 select $1, $3, 1 where $2 is not null",
                conversation,
            ),
            (
                "insert into number_checks
                    (account_id, channel_id, phone, check_id, employee_id, asked_at)
                 select $1, $3, '+79990001122', $2, employee_id, now()
                 from employees where account_id = $1 limit 1",
                channel,
            ),
            (
                "insert into paid_number_checks (account_id, day, checks)
                 values ($1, current_date, 1 + abs(hashtext($2::text) % 7) + 0 * length($3::text))",
                channel,
            ),
            (
                "insert into visitors (account_id, visitor_id, channel_id, token_hash)
                 values ($1, $2, $3, decode(md5($2::text), 'hex'))",
                channel,
            ),
            (
                "insert into demo_rows (account_id, kind, row_key)
                 values ($1, 'tag', $2::text), ($1, 'group', $3::text)",
                made,
            ),
            (
                "insert into crm_consents (account_id, state_hash, employee_id, kind, expires_at)
                 values ($1, decode(md5($2::text), 'hex'), $3, 'amo', now() + interval '1 hour')",
                owner,
            ),
            (
                "insert into integrations
                    (account_id, integration_id, portal_id, kind, name, enabled, settings)
                 values ($1, $2, $3, 'amo', 'тайная', true, '{\"crm\": \"amo\"}')",
                portal,
            ),
            (
                "insert into integration_channels
                    (account_id, integration_id, portal_id, channel_id, since)
                 select $1, $2, portal_id, $3, now() from portals where account_id = $1",
                channel,
            ),
            (
                "insert into crm_enquiries (account_id, integration_id, conversation_id)
                 values ($1, $2, $3)",
                conversation,
            ),
            (
                "insert into crm_links
                    (account_id, link_id, portal_id, entity, external_id, contact_id)
                 select $1, $2, portal_id, 'deal', '31', contact_id
                 from conversations join portals using (account_id)
                 where account_id = $1 and conversation_id = $3",
                conversation,
            ),
            (
                "insert into crm_runs (account_id, run_id, portal_id, integration_id,
                    conversation_id, contact_id, cause, state, settings_revision, facts)
                 select $1, $2, portal_id, $2, $3, contact_id,
                    '{\"ru\": \"тайна\", \"en\": \"secret\"}', 'nothing', 1, '{}'
                 from conversations join portals using (account_id)
                 where account_id = $1 and conversation_id = $3",
                conversation,
            ),
            (
                "insert into crm_steps (account_id, run_id, step, action, because)
                 values ($1, $2, 0, jsonb_build_object('do', 'use_deal', 'deal', $3::text),
                    '{\"rule\": \"AMO-3\", \"code\": \"x\", \"words\": {\"ru\": \"x\", \"en\": \"x\"}}')",
                made,
            ),
            (
                "insert into crm_quarantine (account_id, quarantine_id, portal_id, reason, body)
                 values ($1, $2, $3, 'странно', 'x')",
                portal,
            ),
            (
                "insert into crm_chats
                    (account_id, portal_id, identity_id, chat_id, client_ref)
                 select $1, portal_id, identity_id, $2::text, 'тайна'
                 from conversations join portals using (account_id)
                 where account_id = $1 and conversation_id = $3",
                conversation,
            ),
            (
                "insert into crm_chat_shown
                    (account_id, integration_id, message_id, conversation_id)
                 values ($1, $2, $2, $3)",
                conversation,
            ),
            (
                "insert into crm_chat_reactions
                    (account_id, integration_id, message_id, conversation_id, emoji)
                 select $1, $2, message_id, conversation_id, '👍'
                 from messages where account_id = $1 and message_id = $3",
                message,
            ),
            (
                "insert into crm_chat_received (account_id, portal_id, external_id, said)
                 values ($1, $3, $2::text, '{}')",
                portal,
            ),
            (
                "insert into lanes (account_id, lane, queue, pending) values ($1, $2::text, $3::text, 1)",
                made,
            ),
            (
                "insert into jobs (account_id, lane, payload) values ($1, $2::text, to_jsonb($3::uuid))",
                made,
            ),
            (
                "insert into dead_jobs
                    (job_id, lane, account_id, payload, attempts, error, created_at)
                 values (abs(hashtext($2::text)), $3::text, $1, '{}', 1, 'x', now())",
                made,
            ),
        ] {
            let insert = sqlx::query(statement).bind(self.account).bind(made).bind(other);
            insert.execute(&mut *conn).await.unwrap_or_else(|e| panic!("{statement}: {e}"));
        }
        for (kind, prefix) in [
            ("QuarantineId", "qrn"),
            ("DeliveryId", "dlv"),
            ("AttachmentId", "att"),
            ("IntegrationId", "itg"),
            ("CrmRunId", "run"),
        ] {
            self.keep(kind, format!("{prefix}_{}", made.simple()));
        }
        assert!(self.id("AttachmentId").parse::<AttachmentId>().is_ok());
    }

    /// Waits until nothing of the company's moves any more.
    async fn settle(&self, conn: &mut PgConnection) {
        until("no work is left", async || {
            let left: i64 = sqlx::query_scalar(
                "select count(*) from lanes
                 where account_id = $1 and queue in
                    (select distinct queue from lanes where queue !~ '^[0-9a-f-]{36}$')",
            )
            .bind(self.account)
            .fetch_one(&mut *conn)
            .await
            .unwrap();
            (left == 0).then_some(())
        })
        .await;
        let mut before = self.rows(conn).await;
        until("the rows stand still", async || {
            let now = self.rows(conn).await;
            let same = now == before;
            before = now;
            same.then_some(())
        })
        .await;
    }

    /// A digest of every table's rows of this company.
    pub async fn rows(&self, conn: &mut PgConnection) -> BTreeMap<String, (i64, String)> {
        let mut all = BTreeMap::new();
        for table in tenant_tables(conn).await {
            let statement = format!(
                "select count(*), coalesce(md5(string_agg(t::text, '|' order by t::text)), '')
                 from {table} t where account_id = $1"
            );
            let row: (i64, String) = sqlx::query_as(AssertSqlSafe(statement))
                .bind(self.account)
                .fetch_one(&mut *conn)
                .await
                .unwrap();
            all.insert(table, row);
        }
        all
    }
}

/// Every table that holds rows of companies.
pub async fn tenant_tables(conn: &mut PgConnection) -> Vec<String> {
    sqlx::query_scalar(
        "select c.relname::text from pg_class c
         join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public'
         join pg_attribute a on a.attrelid = c.oid and a.attname = 'account_id'
         where c.relkind in ('r', 'p') and not a.attisdropped order by 1",
    )
    .fetch_all(conn)
    .await
    .unwrap()
}
