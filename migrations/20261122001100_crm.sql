-- The company's CRMs: connected accounts ("portals"), what is passed to them (integrations), what was
-- decided and done (runs and steps), and what of the CRM is known to be ours (links).
--
-- Rights of the platform role: 'portals' is found by its webhook's key, by the account of a disable
-- hook and by the scope of the chats service, and the daily look at the lists is due by a column;
-- 'crm_consents' is found by the state that a browser brings back; 'crm_feeds' tells whose feed is to be
-- read; runs and quarantine grow old.
create table portals (
    account_id        uuid not null references accounts on delete cascade,
    portal_id         uuid not null,
    kind              text not null check (kind in ('amo', 'bitrix')),
    mode              text not null check (mode in ('full', 'lite')),
    -- The CRM's own id of its account.
    external_id       text not null,
    title             text not null default '',
    -- Where its API is and where people open it.
    base              text not null,
    site              text not null,
    -- Encrypted json object: tokens, app keys of its own, the secret of the chats channel.
    secrets           bytea not null,
    -- NULL: a long-lived token, which is not refreshed.
    token_expires_at  timestamptz,
    -- Of the one that refreshes. Past and not cleared: the answer was lost, and with it the token.
    refreshing_until  timestamptz,
    state             text not null default 'connecting'
        check (state in ('connecting', 'connected', 'interrupted', 'stopped', 'disconnected')),
    trouble           text,
    -- Faults in a row, and the pause that they led to (circuit breaker).
    failures          integer not null default 0,
    paused_until      timestamptz,
    state_at          timestamptz not null default now(),
    drive             text,
    filters           boolean not null default false,
    unsorted_on       boolean not null default false,
    -- Of the portal with the chats service, and our channel there: {channel_id, bot_id, scope_id}.
    chats_id          text,
    chat              jsonb,
    -- Whose access it is.
    user_id           text,
    directory         jsonb not null default '{}',
    directory_at      timestamptz,
    -- When the lists are to be pulled next; NULL: only when somebody asks.
    directory_due_at  timestamptz,
    -- Unguessable part of the webhook's address.
    hook_key          text not null unique,
    revision          bigint not null default 1,
    created_at        timestamptz not null default now(),
    updated_at        timestamptz not null default now(),
    deleted_at        timestamptz,
    primary key (account_id, portal_id)
);
-- One account of a CRM cannot be connected twice in one company.
create unique index portals_external on portals (account_id, kind, external_id)
    where deleted_at is null;
create index portals_foreign on portals (kind, external_id) where deleted_at is null;
create index portals_scope on portals ((chat ->> 'scope_id'))
    where chat is not null and deleted_at is null;
create index portals_directory_due on portals (directory_due_at)
    where directory_due_at is not null and deleted_at is null;
call protect('portals', 'select, update');

-- The state of a consent page: single use, ten minutes (AMO-1).
create table crm_consents (
    account_id   uuid not null references accounts on delete cascade,
    state_hash   bytea not null unique,
    employee_id  uuid not null,
    kind         text not null,
    -- Consent for a portal that is there already.
    portal_id    uuid,
    created_at   timestamptz not null default now(),
    expires_at   timestamptz not null,
    used_at      timestamptz,
    primary key (account_id, state_hash)
);
create index crm_consents_age on crm_consents (expires_at);
call protect('crm_consents', 'select, update, delete');

-- What is passed to a portal, and how: domain::crm::Settings.
create table integrations (
    account_id      uuid not null references accounts on delete cascade,
    integration_id  uuid not null,
    portal_id       uuid not null,
    kind            text not null,
    name            text not null,
    enabled         boolean not null default false,
    settings        jsonb not null,
    revision        bigint not null default 1,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    primary key (account_id, integration_id),
    foreign key (account_id, portal_id) references portals on delete cascade
);
create index integrations_portal on integrations (account_id, portal_id);
call protect('integrations', '');

-- Channels of the enabled integrations.
create table integration_channels (
    account_id      uuid not null,
    integration_id  uuid not null,
    portal_id       uuid not null,
    channel_id      uuid not null,
    primary key (account_id, integration_id, channel_id),
    -- AMO-1: nothing is passed to one CRM account twice.
    constraint integration_channels_once unique (account_id, portal_id, channel_id),
    foreign key (account_id, integration_id) references integrations on delete cascade,
    foreign key (account_id, channel_id) references channels on delete cascade
);
create index integration_channels_channel on integration_channels (account_id, channel_id);
call protect('integration_channels', '');

-- How far the feed was read for the CRMs; a row stands while an integration is on.
create table crm_feeds (
    account_id  uuid primary key references accounts on delete cascade,
    cursor_seq  bigint not null
) with (fillfactor = 50);
call protect('crm_feeds', 'select');

-- What of a conversation was passed on by an integration.
create table crm_enquiries (
    account_id       uuid not null,
    integration_id   uuid not null,
    conversation_id  uuid not null,
    -- Of its messages, the last that was passed on.
    passed_position  bigint not null default 0,
    passed_closed    boolean not null default false,
    -- Whom we made responsible (CRM-3).
    answered_by      uuid,
    -- What of the contact was passed on; another stamp: it changed.
    contact_stamp    text not null default '',
    -- Ids of what this conversation belongs to, by kind: {"deal": "12"}.
    uses             jsonb not null default '{}',
    -- The deal that an operator chose (BY-5) and that no run has taken up yet.
    chosen_deal      text,
    -- Of its messages, the last that was shown in the CRM's chat (AMO-13), and the chat itself.
    chat_position    bigint not null default 0,
    chat             jsonb,
    updated_at       timestamptz not null default now(),
    primary key (account_id, integration_id, conversation_id),
    foreign key (account_id, integration_id) references integrations on delete cascade,
    foreign key (account_id, conversation_id) references conversations on delete cascade
) with (fillfactor = 70);
create index crm_enquiries_conversation on crm_enquiries (account_id, conversation_id);
call protect('crm_enquiries', '');

-- What in the CRM is ours: the truth before any search, because the CRM has no idempotency.
create table crm_links (
    account_id       uuid not null,
    link_id          uuid not null,
    portal_id        uuid not null,
    entity           text not null,
    external_id      text not null,
    contact_id       uuid not null,
    -- The last conversation that went there.
    conversation_id  uuid,
    -- What is known of it: stage, responsible, name.
    data             jsonb not null default '{}',
    state            text not null default 'open'
        check (state in ('open', 'closed', 'gone', 'done', 'waiting', 'accepted', 'declined')),
    -- What we last wrote, by which an echo is recognised.
    written          jsonb not null default '{}',
    created_at       timestamptz not null default now(),
    updated_at       timestamptz not null default now(),
    primary key (account_id, link_id),
    constraint crm_links_once unique (account_id, portal_id, entity, external_id, contact_id),
    foreign key (account_id, portal_id) references portals on delete cascade,
    foreign key (account_id, contact_id) references contacts on delete cascade,
    foreign key (account_id, conversation_id) references conversations
        on delete set null (conversation_id)
);
create index crm_links_contact on crm_links (account_id, contact_id, portal_id);
create index crm_links_conversation on crm_links (account_id, conversation_id)
    where conversation_id is not null;
call protect('crm_links', '');

-- One decision: what was known, what was decided, what came of it. The CRM log (CRM-6, BY-6).
create table crm_runs (
    account_id         uuid not null,
    run_id             uuid not null,
    portal_id          uuid not null,
    integration_id     uuid not null,
    conversation_id    uuid not null,
    contact_id         uuid not null,
    cause              jsonb not null,
    state              text not null
        check (state in ('planned', 'working', 'done', 'nothing', 'failed', 'waiting', 'replanned')),
    settings_revision  bigint not null,
    facts              jsonb not null,
    left_out           jsonb not null default '[]',
    -- Calls of the gathering; those of steps stand with the steps.
    calls              jsonb not null default '[]',
    error              jsonb,
    attempts           integer not null default 0,
    created_at         timestamptz not null default now(),
    finished_at        timestamptz,
    primary key (account_id, run_id),
    foreign key (account_id, portal_id) references portals on delete cascade,
    foreign key (account_id, conversation_id) references conversations on delete cascade
) with (fillfactor = 80);
create index crm_runs_log on crm_runs (account_id, created_at desc, run_id desc);
create index crm_runs_portal on crm_runs (account_id, portal_id, created_at desc, run_id desc);
create index crm_runs_conversation on crm_runs (account_id, conversation_id, created_at desc, run_id desc);
-- The one to resume, and those to be replayed.
create index crm_runs_unfinished on crm_runs (account_id, integration_id, conversation_id)
    where state in ('planned', 'working', 'waiting');
create index crm_runs_failed on crm_runs (account_id, portal_id, state)
    where state in ('failed', 'waiting');
create index crm_runs_age on crm_runs (created_at);
call protect('crm_runs', 'select, delete');

create table crm_steps (
    account_id   uuid not null,
    run_id       uuid not null,
    step         integer not null,
    action       jsonb not null,
    because      jsonb not null,
    -- sending: the call may be under way; uncertain: it is not known whether it was done.
    state        text not null default 'waiting'
        check (state in ('waiting', 'sending', 'uncertain', 'done', 'skipped', 'failed')),
    effect       jsonb,
    calls        jsonb not null default '[]',
    error        jsonb,
    started_at   timestamptz,
    finished_at  timestamptz,
    primary key (account_id, run_id, step),
    foreign key (account_id, run_id) references crm_runs on delete cascade
) with (fillfactor = 60);
call protect('crm_steps', '');

-- The turn of the next call, by limiter: of an app in an account, and of an account of a CRM. Forgotten
-- in a crash of the database, which costs no more than one call too early; so it is not written ahead.
create unlogged table crm_rates (
    key      text primary key,
    next_at  timestamptz not null
) with (fillfactor = 50);
grant select, insert, update, delete on crm_rates to beseda_platform;

-- Webhooks that were not understood: kept raw and shown.
create table crm_quarantine (
    account_id     uuid not null,
    quarantine_id  uuid not null,
    portal_id      uuid not null,
    reason         text not null,
    content_type   text not null default '',
    body           bytea not null,
    created_at     timestamptz not null default now(),
    primary key (account_id, quarantine_id),
    foreign key (account_id, portal_id) references portals on delete cascade
);
create index crm_quarantine_portal on crm_quarantine (account_id, portal_id, created_at desc);
call protect('crm_quarantine', '');
