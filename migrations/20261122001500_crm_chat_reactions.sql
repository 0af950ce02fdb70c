-- The customer's emoji on a message, as it was last shown in the CRM's chat (AMO-13).
create table crm_chat_reactions (
    account_id       uuid not null,
    integration_id   uuid not null,
    message_id       uuid not null,
    conversation_id  uuid not null,
    emoji            text not null,
    primary key (account_id, integration_id, message_id),
    foreign key (account_id, integration_id) references integrations on delete cascade,
    foreign key (account_id, message_id) references messages (account_id, message_id) on delete cascade
);
create index crm_chat_reactions_conversation on crm_chat_reactions (account_id, conversation_id);
call protect('crm_chat_reactions', '');
