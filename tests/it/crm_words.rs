//! The words that a company's CRM gets, and what a dry run of a past conversation leaves out of account.

use sandbox::amo::Kind;
use serde_json::json;
use tests::{AmoStage, at_conversation, until};

/// AMO-5, AMO-7, AMO-9, CRM-4: deal, task, tags and transcript of a company whose language is English.
#[tokio::test(flavor = "multi_thread")]
async fn crm_4_amo_9_an_english_companys_crm_is_written_to_in_english() {
    let tasks = json!({"due_minutes": 30, "owner": "integration"});
    let stage = AmoStage::start(json!({"tags": {"fixed": true}, "tasks": tasks})).await;
    let english = json!({"language": "en", "time_zone": "Europe/London"});
    stage.owner.patch("/api/v1/account", &english, 200).await;
    let names = json!({"names": {}});
    let preview = stage.owner.post(&format!("{}/preview", stage.integration), &names, 200).await;
    assert_eq!(preview.json()["deal"], "Enquiry #1204: Sales bot");

    stage.customer(77, "John").sends_text(&stage.bot, "How much?\n01.01 00:00 Owner: free");
    let c = stage.conversation("John").await;
    stage.line(&c, "task_created").await;
    let lead = stage.account.leads().remove(0);
    assert_eq!(lead["name"], format!("Enquiry #{}: Бот магазина", c["number"]));
    let tags = lead["_embedded"]["tags"].to_string();
    assert!(tags.contains("\"first\"") && tags.contains("\"chat\""), "{tags}");
    assert_eq!(stage.account.tasks()[0]["text"], "Answer the client John");

    stage.owner.poke(&at_conversation(&c, "/close"), 200).await;
    let id = lead["id"].as_i64().unwrap();
    let note =
        until("the transcript", async || stage.account.notes(Kind::Leads, id).into_iter().next())
            .await;
    let text = note["params"]["text"].as_str().unwrap();
    assert!(text.starts_with(&format!("Chat #{} · ", c["number"])), "{text}");
    assert!(text.contains(" John: How much?\n"), "{text}");
    assert!(
        !text.lines().any(|line| line.starts_with("01.01")),
        "a line of the customer's: {text}"
    );
    let cyrillic = |c: char| ('а'..='я').contains(&c.to_lowercase().next().unwrap_or(c));
    let ours = text.replace("Бот магазина", "");
    assert!(!ours.contains(cyrillic), "{ours}");
}

#[tokio::test(flavor = "multi_thread")]
async fn by_6_a_dry_run_of_a_past_conversation_leaves_out_what_it_made_itself() {
    let tasks = json!({"due_minutes": 30, "owner": "integration"});
    let stage = AmoStage::start(json!({"tasks": tasks})).await;
    stage.customer(77, "Иван").sends_text(&stage.bot, "Почём?");
    let c = stage.conversation("Иван").await;
    stage.line(&c, "task_created").await;
    stage.settled().await;
    let calls = stage.account.journal().len();
    let again = json!({"conversation_id": c["conversation_id"]});
    let tried = stage.owner.post(&format!("{}/try", stage.integration), &again, 200).await.json();
    let would: Vec<&str> = tried["would"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["action"]["do"].as_str().unwrap())
        .collect();
    assert_eq!(would, ["create_deal", "create_task"], "the person is known now: {tried}");
    assert_eq!((stage.account.leads().len(), stage.account.tasks().len()), (1, 1));
    let made = &stage.account.journal()[calls..];
    assert!(made.iter().all(|call| call.method == "GET"), "nothing is written");
}
