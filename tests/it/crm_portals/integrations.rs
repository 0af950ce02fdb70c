//! What is passed to which portal (AMO-1, AMO-12).

use app::IntegrationForm;
use chrono::TimeDelta;
use crm::GrantError;
use domain::{clock::Clock, ids::ChannelId};
use serde_json::json;
use uuid::Uuid;

use super::stage::Stage;

/// AMO-1: a channel that another integration of the account passes on is refused with its name; what
/// somebody else saved is not overwritten; an integration that is off takes no channel.
#[tokio::test]
async fn amo_1_integrations_share_no_channel() {
    let stage = Stage::set().await;
    let portal = stage.connect().await;
    let (shop, school) = (stage.channel("Магазин").await, stage.channel("Школа").await);
    let form = |name: &str, enabled, channels: &[ChannelId]| {
        let rules: Vec<_> = channels.iter().map(|c| json!({ "channel": c })).collect();
        IntegrationForm { name: name.to_owned(), enabled, settings: json!({ "channels": rules }) }
    };
    let create = |form| stage.app.create_integration(&stage.boss, portal, form);
    let sales = create(form("Продажи", true, &[shop, school])).await.unwrap();
    assert_eq!((sales.channels.len(), sales.revision), (2, 1));
    let refused = create(form("Вторая", true, &[school])).await;
    let Err(app::Error::Invalid(wrong)) = refused else { panic!("{refused:?}") };
    assert_eq!(
        (wrong[0].field.as_str(), wrong[0].code),
        ("settings/channels/0/channel", "double_transfer")
    );
    assert!(wrong[0].message.ru.contains("«Школа»") && wrong[0].message.ru.contains("«Продажи»"));
    let second = create(form("Вторая", false, &[school])).await.unwrap();

    let save = |id, revision, form| stage.app.save_integration(&stage.boss, id, revision, form);
    let saved = save(sales.integration_id, 1, form("Продажи", true, &[shop])).await.unwrap();
    assert_eq!(saved.revision, 2);
    let stale = save(sales.integration_id, 1, form("Поздно", true, &[])).await;
    assert!(matches!(stale, Err(app::Error::Conflict { code: "changed_meanwhile", .. })));
    save(second.integration_id, 1, form("Вторая", true, &[school])).await.unwrap();
    let gone = ChannelId(Uuid::now_v7());
    let unknown = save(second.integration_id, 2, form("Вторая", true, &[gone])).await;
    let Err(app::Error::Invalid(wrong)) = unknown else { panic!("{unknown:?}") };
    assert_eq!(wrong[0].code, "unknown_channel");

    let feeds = async || -> i64 {
        let mut conn = stage.database.connect().await;
        sqlx::query_scalar("select count(*) from crm_feeds").fetch_one(&mut conn).await.unwrap()
    };
    assert_eq!(feeds().await, 1);
    stage.app.delete_integration(&stage.boss, second.integration_id).await.unwrap();
    assert_eq!(feeds().await, 1);
    save(sales.integration_id, 2, form("Продажи", false, &[shop])).await.unwrap();
    assert_eq!(feeds().await, 0, "nobody reads the feed for nothing");
}

/// AMO-12: lists are due at midnight of Moscow while an integration wants them, and a pull that failed
/// is tried again in a quarter of an hour.
#[tokio::test]
async fn amo_12_lists_are_pulled_daily() {
    let stage = Stage::set().await;
    let portal = stage.connect().await;
    let form = |daily: bool| IntegrationForm {
        name: "Продажи".to_owned(),
        enabled: true,
        settings: json!({ "directory_daily": daily }),
    };
    assert_eq!(stage.app.pull_due_directories(10).await.unwrap(), 0);
    stage.days(30);
    assert_eq!(stage.app.pull_due_directories(10).await.unwrap(), 0, "nobody wants them");
    let made = stage.app.create_integration(&stage.boss, portal, form(true)).await.unwrap();
    assert_eq!(stage.app.pull_due_directories(10).await.unwrap(), 0, "not yet");
    stage.days(1);
    *stage.crm.trouble.lock().unwrap() = Some(GrantError::NotReached("refused".to_owned()));
    assert_eq!(stage.app.pull_due_directories(10).await.unwrap(), 1);
    assert_eq!(stage.app.pull_due_directories(10).await.unwrap(), 0, "not at once");
    stage.clock.pass(TimeDelta::minutes(15));
    assert_eq!(stage.app.pull_due_directories(10).await.unwrap(), 1);
    let view = stage.app.portal(&stage.boss, portal).await.unwrap();
    assert_eq!(view.directory_at.map(|at| at.timestamp()), Some(stage.clock.now().timestamp()));
    assert_eq!(stage.app.pull_due_directories(10).await.unwrap(), 0);
    let id = made.integration_id;
    stage.app.save_integration(&stage.boss, id, 1, form(false)).await.unwrap();
    stage.days(3);
    assert_eq!(stage.app.pull_due_directories(10).await.unwrap(), 0);
}
