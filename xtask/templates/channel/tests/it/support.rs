use std::collections::BTreeMap;

use channel::Channel;
use channel_pigeon_post::PigeonPost;
use domain::ids::{AccountId, ChannelId};
use uuid::Uuid;

pub const HOOK_SECRET: &str = "a-secret-of-this-channel";

pub fn driver(api: &str) -> PigeonPost {
    let http = net::client(net::Options::default()).expect("a plain client");
    PigeonPost::new(http, api.parse().expect("an address"))
}

pub fn channel() -> Channel {
    Channel {
        id: ChannelId(Uuid::from_u128(1)),
        account: AccountId(Uuid::from_u128(2)),
        name: "Shop".to_owned(),
        settings: serde_json::Map::new(),
        secrets: BTreeMap::from([("token".to_owned(), "token-1".to_owned().into())]),
        hook_secret: HOOK_SECRET.to_owned().into(),
        external_id: None,
    }
}
