-- Chats inside a CRM (AMO-13): those that were begun there, what of ours is shown there, and what was
-- written there.

-- A chat that a user of the CRM began: the CRM knows it by its own id, and by ours from the first
-- message on that we show in it.
create table crm_chats (
    account_id   uuid not null,
    portal_id    uuid not null,
    identity_id  uuid not null,
    chat_id      text not null,
    -- Of the client, with the service.
    client_ref   text not null,
    created_at   timestamptz not null default now(),
    primary key (account_id, portal_id, identity_id),
    constraint crm_chats_once unique (account_id, portal_id, chat_id),
    foreign key (account_id, portal_id) references portals on delete cascade,
    foreign key (account_id, identity_id) references identities on delete cascade
);
call protect('crm_chats', '');

-- A message of ours in the CRM's chat, as it was last shown there.
create table crm_chat_shown (
    account_id       uuid not null,
    integration_id   uuid not null,
    message_id       uuid not null,
    conversation_id  uuid not null,
    -- As the message had it then.
    edited_at        timestamptz,
    removed          boolean not null default false,
    -- Why the CRM did not take it.
    refusal          jsonb,
    created_at       timestamptz not null default now(),
    primary key (account_id, integration_id, message_id),
    foreign key (account_id, integration_id) references integrations on delete cascade,
    foreign key (account_id, conversation_id) references conversations on delete cascade
);
create index crm_chat_shown_conversation on crm_chat_shown (account_id, conversation_id);
call protect('crm_chat_shown', '');

-- A message that a user of the CRM wrote. The service sends each once and calls it by an id of its
-- own; the key is what makes a second one harmless.
create table crm_chat_received (
    account_id       uuid not null,
    portal_id        uuid not null,
    external_id      text not null,
    -- What was said; empty once it is a message of ours.
    said             jsonb not null,
    conversation_id  uuid,
    message_id       uuid,
    -- Why it did not become one: {code, words}.
    refusal          jsonb,
    -- The last status that the CRM was told.
    told             text,
    created_at       timestamptz not null default now(),
    primary key (account_id, portal_id, external_id),
    foreign key (account_id, portal_id) references portals on delete cascade,
    foreign key (account_id, conversation_id) references conversations on delete cascade
) with (fillfactor = 70);
create index crm_chat_received_conversation on crm_chat_received (account_id, conversation_id)
    where conversation_id is not null;
call protect('crm_chat_received', '');
