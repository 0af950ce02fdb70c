//! Another portal for an integration (AMO-1).

use app::IntegrationForm;
use domain::{
    crm_view::IntegrationView,
    ids::{ChannelId, PortalId},
};
use serde_json::json;

use super::stage::Stage;

fn form(name: &str, channel: ChannelId, user: Option<&str>) -> IntegrationForm {
    let mut settings = json!({ "channels": [{ "channel": channel }] });
    if let Some(user) = user {
        settings["responsible"] = json!({ "default": user });
    }
    IntegrationForm { name: name.to_owned(), enabled: true, settings }
}

async fn moves(
    stage: &Stage,
    one: &IntegrationView,
    to: PortalId,
) -> Result<IntegrationView, app::Error> {
    stage.app.move_integration(&stage.boss, one.integration_id, one.revision, to).await
}

/// AMO-1: what waits goes to the new portal, what was made at the old one is not used there, and all of
/// it is in use again when the integration comes back.
#[tokio::test]
async fn amo_1_links_and_runs_of_one_portal_are_not_used_for_another() {
    let stage = Stage::set().await;
    let first = stage.connect().await;
    let second = stage.connect_to("other.crm.test").await;
    let shop = stage.channel("Магазин").await;
    let made = stage.app.create_integration(&stage.boss, first, form("Продажи", shop, None)).await;
    let made = made.unwrap();
    let (waits, contact) = stage.conversation(shop).await;
    let (passed, _) = stage.conversation(shop).await;
    stage.link(first, contact, "31").await;
    stage.passed_on(made.integration_id, passed, 7).await;
    stage.queued(first, contact, made.integration_id, waits).await;

    let moved = moves(&stage, &made, second).await.unwrap();
    assert_eq!((moved.portal_id, moved.enabled), (second, true));
    assert_eq!((&moved.settings, &moved.name), (&made.settings, &made.name));
    let all = stage.app.integrations(&stage.boss).await.unwrap();
    assert_eq!(all.len(), 1, "one took the other's place: {all:?}");
    let old = stage.app.integration(&stage.boss, made.integration_id).await;
    assert!(matches!(old, Err(app::Error::NotFound { .. })));
    assert_eq!(stage.concerned(waits).await, [moved.integration_id]);
    assert_eq!(stage.links(second, contact).await, [] as [&str; 0]);
    assert_eq!(stage.passed(moved.integration_id, passed).await, None, "all is new there");
    // What waited is queued there, and what is left of it here finds nobody.
    assert_eq!(stage.jobs(second).await, [(moved.integration_id, waits)]);
    let job = json!({ "job": "sync_crm", "integration": made.integration_id,
        "conversation": waits });
    stage.app.run(stage.boss.account, &job, 0).await.unwrap();

    let stale = moves(&stage, &made, first).await;
    assert!(matches!(stale, Err(app::Error::NotFound { .. })), "it went");
    let back = moves(&stage, &moved, first).await.unwrap();
    assert_eq!(back.integration_id, made.integration_id);
    assert!(back.revision > made.revision);
    assert_eq!(stage.passed(back.integration_id, passed).await, Some(7));
    assert_eq!(stage.links(first, contact).await, ["31"]);
    assert_eq!(stage.concerned(waits).await, [back.integration_id]);
    // Deleting it takes along what it left behind.
    stage.app.delete_integration(&stage.boss, back.integration_id).await.unwrap();
    let mut conn = stage.database.connect().await;
    let left: i64 =
        sqlx::query_scalar("select count(*) from integrations").fetch_one(&mut conn).await.unwrap();
    assert_eq!(left, 0);
}

/// AMO-1: a channel that another integration passes to the new portal is refused by name, and nothing
/// has moved; neither has it with what somebody else saved, or to a portal that is not connected.
#[tokio::test]
async fn amo_1_a_move_is_checked_for_double_transfer() {
    let stage = Stage::set().await;
    let first = stage.connect().await;
    let second = stage.connect_to("other.crm.test").await;
    let shop = stage.channel("Магазин").await;
    let one = stage.app.create_integration(&stage.boss, first, form("Одна", shop, None)).await;
    let one = one.unwrap();
    let two = stage.app.create_integration(&stage.boss, second, form("Вторая", shop, None)).await;
    two.unwrap();
    let refused = moves(&stage, &one, second).await;
    let Err(app::Error::Invalid(wrong)) = refused else { panic!("{refused:?}") };
    assert_eq!(
        (wrong[0].field.as_str(), wrong[0].code),
        ("settings/channels/0/channel", "double_transfer")
    );
    assert!(wrong[0].message.ru.contains("«Вторая»"), "{wrong:?}");
    let changed = IntegrationView { revision: 99, ..one.clone() };
    let stale = moves(&stage, &changed, second).await;
    assert!(matches!(stale, Err(app::Error::Conflict { code: "changed_meanwhile", .. })));
    let third = stage.connect_to("third.crm.test").await;
    stage.app.disconnect_portal(&stage.boss, third).await.unwrap();
    let closed = moves(&stage, &one, third).await;
    assert!(matches!(closed, Err(app::Error::Conflict { code: "disconnected", .. })));
    let same = moves(&stage, &one, first).await.unwrap();
    assert_eq!(same.integration_id, one.integration_id);
    assert_eq!(stage.app.integrations(&stage.boss).await.unwrap().len(), 2);
}

/// AMO-1: ids that the new portal does not have are shown as faults, and until a person has looked at
/// them nothing is passed by these rules. What waited is passed when they are switched on.
#[tokio::test]
async fn amo_1_what_the_other_portal_lacks_is_shown_and_switches_the_rules_off() {
    let stage = Stage::set().await;
    let first = stage.connect().await;
    let second = stage.connect_to("other.crm.test").await;
    let shop = stage.channel("Магазин").await;
    let made =
        stage.app.create_integration(&stage.boss, first, form("Продажи", shop, Some("1"))).await;
    let made = made.unwrap();
    assert_eq!(made.warnings, []);
    let (waits, contact) = stage.conversation(shop).await;
    stage.queued(first, contact, made.integration_id, waits).await;
    let moved = moves(&stage, &made, second).await.unwrap();
    assert!(!moved.enabled);
    let warned: Vec<&str> = moved.warnings.iter().map(|w| w.code).collect();
    assert_eq!(warned, ["responsible_inactive"], "{:?}", moved.warnings);
    assert_eq!(stage.concerned(waits).await, []);
    assert_eq!(stage.jobs(second).await, []);

    let mended = form("Продажи", shop, Some("2"));
    let saved = stage
        .app
        .save_integration(&stage.boss, moved.integration_id, moved.revision, mended)
        .await
        .unwrap();
    assert_eq!(saved.warnings, []);
    assert_eq!(stage.jobs(second).await, [(moved.integration_id, waits)]);
}
