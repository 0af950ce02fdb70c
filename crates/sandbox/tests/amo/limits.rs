use std::time::Duration;

use reqwest::Method;
use sandbox::amo::{Limits, Options};

use super::Desk;

#[tokio::test]
async fn amo_sim_2_the_eighth_in_a_second_is_429_in_html_and_many_block_the_account() {
    // A wide window: this machine may be slow, the rule is the same.
    let window = Duration::from_secs(30);
    let limits = Limits { window, block_after: Some(3), ..Limits::documented() };
    let desk = Desk::with(Options { limits, ..Options::default() }).await;
    for _ in 0..7 {
        assert_eq!(desk.get("account").await.0, 200);
    }
    let url = format!("{}/api/v4/account", desk.account.url());
    let refused = desk.client.get(url).bearer_auth(&desk.token).send().await.unwrap();
    assert_eq!(refused.status(), 429);
    let kind = refused.headers()["content-type"].to_str().unwrap().to_owned();
    assert!(kind.starts_with("text/html"), "{kind}");
    assert!(refused.headers().get("retry-after").is_none());
    assert_eq!(desk.account.breaches(), 1);

    let other = desk.amo.integration("Другая", super::REDIRECT);
    let day = Duration::from_secs(86_400);
    let token = desk.account.long_lived_token(&other.client_id, day).unwrap();
    let theirs = desk.ask_as(&token, &desk.account, Method::GET, "account", None).await;
    assert_eq!(theirs.0, 200, "each integration has its own seven");

    desk.get("account").await;
    desk.get("account").await;
    assert_eq!(desk.get("account").await.0, 403, "once too often");
    let theirs = desk.ask_as(&token, &desk.account, Method::GET, "account", None).await;
    assert_eq!(theirs.0, 403, "for the whole account");
    let vasilek = desk.amo.add_account("vasilek");
    let token = vasilek.long_lived_token(&desk.integration.client_id, day).unwrap();
    let there = desk.ask_as(&token, &vasilek, Method::GET, "account", None).await;
    assert_eq!(there.0, 200, "the same integration elsewhere");
    desk.account.lift_block();
    assert_ne!(desk.get("account").await.0, 403);
}
