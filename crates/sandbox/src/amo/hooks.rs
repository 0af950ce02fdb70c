//! Webhook subscriptions of an account.

#[derive(Clone, Debug)]
pub(super) struct Webhook {
    pub id: i64,
    pub destination: String,
    pub settings: Vec<String>,
    pub sort: i64,
    pub disabled: bool,
    pub created_by: i64,
    pub created_at: i64,
    pub updated_at: i64,
}
