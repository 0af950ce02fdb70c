//! Which way an answer of the CRM's chat goes: by which channel, by whose settings (WA-3, WA-7). Pure.

use domain::{
    crm::{AmoSettings, ChatWay, CrmId, WrittenIn, chat_way},
    ids::{ChannelId, IntegrationId},
    text::Words,
};

/// The way through the integration that has the chat's channel; for a chat that is begun now, through
/// the first that knows one.
pub(super) fn way<'s>(
    settings: &'s [(IntegrationId, AmoSettings)],
    user: Option<&CrmId>,
    written: WrittenIn,
) -> Result<(ChatWay, &'s (IntegrationId, AmoSettings)), Words> {
    let has = |amo: &AmoSettings| {
        written.channel().is_some_and(|asked| amo.channels.iter().any(|r| r.channel == asked))
    };
    let mut sorted: Vec<&(IntegrationId, AmoSettings)> = settings.iter().collect();
    sorted.sort_by_key(|(_, amo)| !has(amo));
    let mut refusal = Words::new(
        "Чаты выключены в настройках интеграции.",
        "Chats are switched off in the settings of the integration.",
    );
    for one in sorted {
        let (_, amo) = one;
        let Some(chats) = &amo.chats else { continue };
        let passed: Vec<ChannelId> = amo.channels.iter().map(|rule| rule.channel).collect();
        match chat_way(chats, &passed, user, written) {
            Ok(way) => return Ok((way, one)),
            Err(words) => refusal = words,
        }
        if has(amo) {
            break;
        }
    }
    Err(refusal)
}

/// Whether settings say of single people how they write.
pub(super) fn names_people(settings: &[(IntegrationId, AmoSettings)]) -> bool {
    let mut chats = settings.iter().filter_map(|(_, amo)| amo.chats.as_ref());
    chats.any(|chats| chats.listed_only || !chats.users.is_empty())
}

/// Whether nobody may write who has no line in the settings.
pub(super) fn is_for_listed_only(settings: &[(IntegrationId, AmoSettings)]) -> bool {
    settings.iter().any(|(_, amo)| amo.chats.as_ref().is_some_and(|chats| chats.listed_only))
}
