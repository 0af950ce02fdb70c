//! Webhooks of a CRM.

use domain::crm::Change;

/// The body is not what the CRM documents.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct HookError(pub String);

/// Pure: testable by files.
pub trait Hook: Send + Sync {
    /// What a body says. Parts that do not concern us are left out; a body that is not understood at
    /// all is an error and is kept.
    fn parse(&self, content_type: &str, body: &[u8]) -> Result<Vec<Change>, HookError>;
}
