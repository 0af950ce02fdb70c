//! A company with two accounts of amoCRM, as its administrator lives with them: one of the server's app,
//! one of an integration of its own.

use sandbox::amo::Integration;
use serde_json::{Value, json};
use tests::{AmoStage, until};

async fn portal(stage: &AmoStage, id: &str) -> Value {
    stage.owner.get(&format!("/api/v1/crm/portals/{id}"), 200).await.json()
}

/// Through the browser; `form`: how consent is asked for.
async fn consents(stage: &AmoStage, form: &Value, app: &Integration, account: &str) -> String {
    let answer = stage.owner.consents(&stage.amo, app, account, form).await;
    let location = answer.header("location").unwrap().to_owned();
    let id = location.strip_prefix("/cabinet/crm?connected=").expect(&location).to_owned();
    until("the portal is ready", async || {
        let now = portal(stage, &id).await;
        (now["state"] == "connected" && !now["directory_at"].is_null()).then_some(())
    })
    .await;
    id
}

/// AMO-1, CRM-7: connected by its own keys, moved there, disconnected, connected again, switched off.
#[tokio::test(flavor = "multi_thread")]
async fn amo_1_rules_live_longer_than_portals() {
    let stage = AmoStage::start(json!({})).await;
    let other = stage.amo.add_account("beta");
    let url = stage.server.url();
    let own = Integration::named("Своя", &format!("{url}/api/v1/crm/oauth/amo"))
        .with_disable_hook(&format!("{url}/hooks/crm-off/amo"));
    let own = stage.amo.add_integration(own);
    let form = json!({ "kind": "amo", "app": { "of": "company",
        "client_id": own.client_id, "client_secret": own.client_secret } });
    let beta = consents(&stage, &form, &own, "beta").await;
    let view = portal(&stage, &beta).await;
    assert_eq!(view["own_app"], own.client_id);
    assert!(!view.to_string().contains(&own.client_secret));

    // The rules go there; the next customer is passed on there and nowhere else.
    let rules = stage.owner.get(&stage.integration, 200).await.json();
    let to = json!({ "revision": rules["revision"], "portal_id": beta });
    let path = format!("{}/move", stage.integration);
    let moved = stage.owner.post(&path, &to, 200).await.json();
    assert_eq!((&moved["portal_id"], &moved["enabled"]), (&json!(beta), &json!(true)));
    assert_eq!(moved["settings"], rules["settings"]);
    stage.owner.get(&stage.integration, 404).await;
    stage.customer(77, "Иван").sends_text(&stage.bot, "Есть ли доставка?");
    let ivan = stage.conversation("Иван").await;
    stage.line(&ivan, "deal_created").await;
    assert_eq!((other.leads().len(), stage.account.leads().len()), (1, 0));

    // Disconnected: nothing is passed on, and nothing of the rules is gone.
    let away = format!("/api/v1/crm/portals/{beta}/disconnect");
    let view = stage.owner.poke(&away, 200).await.json();
    assert_eq!(view["state"], "disconnected");
    stage.customer(78, "Пётр").sends_text(&stage.bot, "Алло?");
    let peter = stage.conversation("Пётр").await;
    let faults = stage.owner.get("/api/v1/crm/faults", 200).await.json();
    assert_eq!(faults["items"][0]["code"], "portal_disconnected");
    let kept = stage.owner.get("/api/v1/crm/integrations", 200).await.json();
    assert_eq!(kept["items"][0]["integration_id"], moved["integration_id"]);
    assert_eq!(other.leads().len(), 1);

    // The same account again, by the keys that are kept: the same portal, and the same deal goes on.
    let form = json!({ "kind": "amo", "portal_id": beta });
    assert_eq!(consents(&stage, &form, &own, "beta").await, beta);
    stage.customer(78, "Пётр").sends_text(&stage.bot, "Есть кто?");
    stage.line(&peter, "deal_created").await;
    stage.customer(77, "Иван").sends_text(&stage.bot, "Спасибо");
    until("the known customer is passed on", async || {
        let id = ivan["conversation_id"].as_str().unwrap();
        let runs = stage.runs(&format!("conversation_id={id}&limit=10")).await;
        (runs.len() >= 2).then_some(())
    })
    .await;
    assert_eq!(other.leads().len(), 2, "one for each customer");

    // The admin of that account switches the integration off: its message is signed with its own secret.
    other.disable_integration(&own.client_id);
    let stopped = until("the portal is stopped", async || {
        let now = portal(&stage, &beta).await;
        (now["state"] == "stopped").then_some(now)
    })
    .await;
    assert!(stopped["reason"]["ru"].as_str().unwrap().contains("отключена"), "{stopped}");
    assert_eq!(portal(&stage, &stage.portal).await["state"], "connected", "the other is not meant");
    assert_eq!(other.audit().duplicates(), 0);
}
