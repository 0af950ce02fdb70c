//! Getting, keeping and losing access (AMO-1, CRM-7), against the sandbox.

use std::{collections::BTreeMap, time::Duration};

use crm::{AppKeys, Connect, Crm, CrmError, GrantError, Returned};
use domain::crm::{CrmId, CrmUser, PortalTrouble};
use sandbox::amo::{Faults, Outage, Scope, Switches};
use secrecy::ExposeSecret;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

use crate::{
    sand::{REDIRECT, Sand},
    stand::url,
};

fn keys(sand: &Sand) -> AppKeys {
    AppKeys {
        client_id: sand.integration.client_id.clone(),
        client_secret: sand.integration.client_secret.clone().into(),
        redirect_uri: url(REDIRECT),
    }
}

#[tokio::test]
async fn amo_1_a_portal_is_connected_by_consent_and_keeps_its_access() {
    let mut sand = Sand::new().await;
    let app = keys(&sand);
    let code = sand.account.consent(&app.client_id).unwrap();
    let query = BTreeMap::from([
        ("code".to_owned(), code),
        ("referer".to_owned(), "ecoles.amocrm.ru".to_owned()),
        ("state".to_owned(), "s".to_owned()),
    ]);
    let Ok(Returned::Code { code, base, .. }) = sand.stand.amo.returned(&query) else {
        panic!("a code from the portal");
    };
    assert_eq!(base.as_str(), sand.account.url());
    let amo = &sand.stand.amo;
    let first = amo.exchange(&app, &base, &code).await.unwrap();
    assert_eq!(first.expires_in, Duration::from_secs(86_400));
    let again = amo.exchange(&app, &base, &code).await.unwrap_err();
    assert!(matches!(again, GrantError::Refused(_)), "a code is good once: {again}");

    let old = first.refresh.unwrap();
    let second = amo.refresh(&app, &base, &old).await.unwrap();
    assert_ne!(second.access.expose_secret(), first.access.expose_secret());
    let spent = amo.refresh(&app, &base, &old).await.unwrap_err();
    assert!(matches!(&spent, GrantError::Refused(why) if why.contains("revoked")), "{spent}");

    // The tokens tell where the account is and whose they are, and are not spent by it.
    let refresh = second.refresh.unwrap();
    let found = amo.whereabouts(&second.access, &refresh).await.unwrap().expect("a place");
    assert_eq!((found.base, found.external_id), (base.clone(), sand.account.id.to_string()));
    assert_eq!(amo.whereabouts(&second.access, &old).await, Ok(None), "a spent one");
    assert_eq!(amo.token_says(&second.access).client_id, Some(app.client_id.clone()));
    assert!(amo.token_says(&second.access).ends_at.is_some());
    amo.refresh(&app, &base, &refresh).await.unwrap();

    sand.stand.portal.token = second.access;
    let about = sand.stand.amo.about(&sand.stand.caller()).await.unwrap();
    assert_eq!(about.external_id, sand.account.id.to_string());
    assert_eq!(about.chats_id.as_deref(), Some(sand.account.amojo_id.as_str()));
    assert_eq!(about.user_id, Some(sand.account.admin().to_string()));
    assert!(about.filters && about.drive.is_some());
}

#[tokio::test]
async fn amo_1_another_address_of_return_is_refused() {
    let sand = Sand::new().await;
    let app = AppKeys { redirect_uri: url("https://chat.test/other"), ..keys(&sand) };
    let code = sand.account.consent(&app.client_id).unwrap();
    let refused = sand.stand.amo.exchange(&app, &sand.stand.portal.base, &code).await;
    assert!(matches!(refused, Err(GrantError::Refused(_))), "{refused:?}");
    let app = AppKeys { client_secret: "wrong".into(), ..keys(&sand) };
    let refused = sand.stand.amo.exchange(&app, &sand.stand.portal.base, &code).await;
    assert!(matches!(refused, Err(GrantError::Keys(_))), "{refused:?}");
}

/// The token is spent though nobody has the next one.
#[tokio::test]
async fn amo_1_a_lost_answer_is_told_apart_from_a_refusal() {
    let sand = Sand::new().await;
    let app = keys(&sand);
    let (amo, base) = (&sand.stand.amo, &sand.stand.portal.base);
    let code = sand.account.consent(&app.client_id).unwrap();
    let refresh = amo.exchange(&app, base, &code).await.unwrap().refresh.unwrap();

    sand.account.set_outage(Outage::Unavailable);
    let down = amo.refresh(&app, base, &refresh).await.unwrap_err();
    assert!(matches!(down, GrantError::NotReached(_)), "503 gives nothing away: {down}");
    sand.account.set_outage(Outage::No);

    sand.faults(Faults { drop_answer: 1, scope: Scope::Tokens, ..Faults::default() });
    let lost = amo.refresh(&app, base, &refresh).await.unwrap_err();
    assert!(matches!(lost, GrantError::Lost(_)), "{lost}");
    let spent = amo.refresh(&app, base, &refresh).await.unwrap_err();
    assert!(matches!(spent, GrantError::Refused(_)), "{spent}");

    let nobody = url("http://127.0.0.1:9/a/ecoles");
    let unreached = amo.refresh(&app, &nobody, &refresh).await.unwrap_err();
    assert!(matches!(unreached, GrantError::NotReached(_)), "{unreached}");
}

/// Connecting anew would mend nothing: the token is as good as before.
#[tokio::test]
async fn crm_6_a_blocked_account_and_an_unpaid_one_lose_no_access() {
    let sand = Sand::new().await;
    let app = keys(&sand);
    let (amo, base) = (&sand.stand.amo, &sand.stand.portal.base);
    let code = sand.account.consent(&app.client_id).unwrap();
    let refresh = amo.exchange(&app, base, &code).await.unwrap().refresh.unwrap();
    sand.account.block();
    let blocked = amo.refresh(&app, base, &refresh).await.unwrap_err();
    assert_eq!(blocked, GrantError::Stopped(PortalTrouble::Blocked));
    sand.account.lift_block();
    let switches = sand.account.switches();
    sand.account.set_switches(Switches { unpaid: true, ..switches });
    let unpaid = amo.refresh(&app, base, &refresh).await.unwrap_err();
    assert_eq!(unpaid, GrantError::Stopped(PortalTrouble::Unpaid));
    sand.account.set_switches(switches);
    amo.refresh(&app, base, &refresh).await.unwrap();
}

/// The disable hook of the sandbox, as it comes over the wire.
#[tokio::test]
async fn amo_1_the_message_that_we_were_switched_off_is_believed() {
    let ours = MockServer::start().await;
    Mock::given(matchers::any()).respond_with(ResponseTemplate::new(200)).mount(&ours).await;
    let sand = Sand::new().await;
    let hooked = sand.integration.clone().with_disable_hook(&format!("{}/off", ours.uri()));
    sand.server.add_integration(hooked);
    sand.account.disable_integration(&sand.integration.client_id);
    let told = loop {
        if let Some(request) = ours.received_requests().await.unwrap().first() {
            break request.url.query_pairs().into_owned().collect::<BTreeMap<_, _>>();
        }
        tokio::task::yield_now().await;
    };
    let amo = &sand.stand.amo;
    assert_eq!(amo.switched_off(&keys(&sand), &told), Ok(sand.account.id.to_string()));
    let foreign = AppKeys { client_secret: "another".into(), ..keys(&sand) };
    assert!(amo.switched_off(&foreign, &told).is_err());
    let dead = amo.about(&sand.stand.caller()).await.unwrap_err();
    assert_eq!(dead, CrmError::TokenExpired);
}

#[tokio::test]
async fn crm_4a_our_webhook_is_subscribed_once_and_taken_away() {
    let sand = Sand::new().await;
    let (amo, caller) = (&sand.stand.amo, sand.stand.caller());
    let hook = url("https://chat.test/hooks/crm/secret-key");
    for _ in 0..2 {
        amo.subscribe(&caller, &hook).await.unwrap();
    }
    let hooks = sand.account.webhooks();
    assert_eq!(hooks.len(), 1);
    assert!(hooks[0].1.iter().any(|event| event == "status_lead"));
    let shown = format!("{:?}", sand.stand.gate.take());
    assert!(!shown.contains("secret-key"), "its address is its password");
    for _ in 0..2 {
        amo.unsubscribe(&caller, &hook).await.unwrap();
    }
    assert_eq!(sand.account.webhooks(), []);
}

/// Events of «Неразобранное» are not in the documented list of names.
#[tokio::test]
async fn crm_4a_an_account_without_events_of_unsorted_is_subscribed_to_the_others() {
    let sand = Sand::new().await;
    let switches = sand.account.switches();
    sand.account.set_switches(sandbox::amo::Switches { unsorted_events: false, ..switches });
    let hook = url("https://chat.test/hooks/crm/k");
    sand.stand.amo.subscribe(&sand.stand.caller(), &hook).await.unwrap();
    let events = &sand.account.webhooks()[0].1;
    assert!(events.iter().any(|event| event == "status_lead"));
    assert!(!events.iter().any(|event| event.contains("unsorted")), "{events:?}");
}

/// CRM-7 LITE: the token may be that of somebody who is no administrator.
#[tokio::test]
async fn crm_7_a_managers_long_lived_token_works_without_users_and_webhooks() {
    let mut sand = Sand::new().await;
    let life = Duration::from_secs(86_400);
    let token = sand.account.manager_token(&sand.integration.client_id, life).unwrap();
    sand.stand.portal.token = token.into();
    let known = CrmUser {
        id: CrmId::from(5),
        name: "Known".to_owned(),
        email: String::new(),
        active: true,
        admin: false,
        chat_id: None,
    };
    sand.stand.directory.users.push(known);
    let (amo, caller) = (&sand.stand.amo, sand.stand.caller());
    amo.about(&caller).await.unwrap();
    let directory = amo.directory(&caller).await.unwrap();
    assert_eq!(directory.users, sand.stand.directory.users);
    assert!(!directory.pipelines.is_empty());
    let refused = amo.subscribe(&caller, &url("https://chat.test/h")).await.unwrap_err();
    assert_eq!(refused, CrmError::Disconnected { trouble: PortalTrouble::NoRights });
}
