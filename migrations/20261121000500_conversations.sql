create table conversations (
    account_id        uuid not null references accounts on delete cascade,
    conversation_id   uuid not null,
    -- The public number within the company (CV-5).
    number            bigint not null,
    channel_id        uuid not null,
    identity_id       uuid not null,
    contact_id        uuid not null,
    kind              text not null default 'chat' check (kind in ('chat', 'request')),
    state             text not null default 'new' check (state in ('new', 'in_work', 'closed')),
    -- The contact's first enquiry ever (первичное) or a repeat one (CV-2).
    is_first          boolean not null,
    -- Copied from the channel when it opens: who alone may see it (CH-3).
    pinned_id         uuid,
    assignee_id       uuid,
    offered_id        uuid,
    group_id          uuid,
    attribution       jsonb not null default '{}',
    subject           text not null default '',
    -- The counter that gives messages their order, under this row's lock.
    last_position     bigint not null default 0,
    last_message_at   timestamptz not null default now(),
    preview           text not null default '',
    preview_direction text not null default 'inbound',
    -- Since when the customer waits for an answer; NULL: nobody waits.
    waiting_since     timestamptz,
    -- Where the scenario stands (domain::routing::Progress) and when it wants to go on.
    routing           jsonb,
    route_at          timestamptz,
    auto_close_at     timestamptz,
    opened_at         timestamptz not null default now(),
    taken_at          timestamptz,
    first_answer_at   timestamptz,
    closed_at         timestamptz,
    close_cause       text,
    closed_by         uuid,
    primary key (account_id, conversation_id),
    foreign key (account_id, channel_id) references channels,
    foreign key (account_id, identity_id) references identities,
    foreign key (account_id, contact_id) references contacts,
    foreign key (account_id, assignee_id) references employees (account_id, employee_id),
    foreign key (account_id, group_id) references groups (account_id, group_id)
) with (fillfactor = 70);
create unique index conversations_open on conversations (account_id, identity_id) where state <> 'closed';
create unique index conversations_number on conversations (account_id, number);
create index conversations_list on conversations (account_id, state, last_message_at desc, conversation_id desc);
create index conversations_mine on conversations (account_id, assignee_id, state, last_message_at desc, conversation_id desc)
    where assignee_id is not null;
create index conversations_contact on conversations (account_id, contact_id, opened_at desc);
-- A site visitor's history.
create index conversations_identity on conversations (account_id, identity_id, number);
create index conversations_auto_close on conversations (auto_close_at) where auto_close_at is not null;
create index conversations_route on conversations (route_at) where route_at is not null;
call protect('conversations', 'select, insert, update');

create table messages (
    account_id       uuid not null,
    conversation_id  uuid not null,
    position         bigint not null,
    message_id       uuid not null,
    channel_id       uuid not null,
    direction        text not null check (direction in ('inbound', 'outbound', 'note', 'system')),
    -- The employee who wrote it; NULL for customers and rules.
    author_id        uuid,
    automatic        boolean not null default false,
    -- domain::content::Content, files by attachment id; for system lines: what happened.
    content          jsonb not null,
    -- The words of it, for search.
    words            text not null default '',
    external_id      text,
    reply_to         uuid,
    album            text,
    status           text check (status in ('queued', 'sending', 'sent', 'delivered', 'read', 'failed', 'uncertain')),
    failure          text,
    -- The sender's own id of it: a repeat is a no-op.
    client_id        text,
    mentions         uuid[] not null default '{}',
    -- By the service's clock.
    occurred_at      timestamptz not null,
    created_at       timestamptz not null default now(),
    edited_at        timestamptz,
    removed_at       timestamptz,
    raw              text,
    primary key (account_id, conversation_id, position),
    unique (account_id, message_id),
    foreign key (account_id, conversation_id) references conversations on delete cascade
);
-- The key against doubles.
create unique index messages_external on messages (channel_id, external_id) where external_id is not null;
create unique index messages_client on messages (account_id, author_id, client_id) where client_id is not null;
-- The day is part of it, so that search can read the newest days alone (search_messages).
-- Each search reads the entries that wait to be sorted in, and whoever fills the list up sorts them
-- in before its COMMIT: few of them keep both short.
create index messages_search on messages using gin (
    account_id,
    ((created_at at time zone 'UTC')::date),
    to_tsvector('russian', fold_yo(words))
) with (gin_pending_list_limit = 256) where words <> '';
call protect('messages', 'select, insert, update');

-- Other ids by which a service names a message: parts, album items, Message-IDs.
create table message_aliases (
    account_id  uuid not null,
    channel_id  uuid not null,
    alias       text not null,
    message_id  uuid not null,
    primary key (channel_id, alias),
    foreign key (account_id, message_id) references messages (account_id, message_id) on delete cascade
);
create index message_aliases_message on message_aliases (account_id, message_id);
call protect('message_aliases', 'select, insert');

-- Reports that came before our own commit of 'sent' wait here by external id.
create table early_reports (
    account_id   uuid not null,
    channel_id   uuid not null,
    external_id  text not null,
    status       text not null,
    reason       text,
    created_at   timestamptz not null default now(),
    primary key (channel_id, external_id, status),
    foreign key (account_id, channel_id) references channels on delete cascade
);
create index early_reports_age on early_reports (created_at);
call protect('early_reports', 'select, insert, delete');

create table attachments (
    account_id     uuid not null references accounts on delete cascade,
    attachment_id  uuid not null,
    -- NULL until the message that carries it is written (an upload of an operator).
    message_id     uuid,
    channel_id     uuid,
    uploaded_by    uuid,
    kind           text not null,
    name           text not null default '',
    mime           text not null default 'application/octet-stream',
    size           bigint,
    width          integer,
    height         integer,
    duration       integer,
    content_id     text,
    -- pending: still at the service; stored: in the object store; failed: see `failure`.
    state          text not null check (state in ('pending', 'stored', 'failed')),
    failure        jsonb,
    -- The driver's handle while pending.
    handle         jsonb,
    storage_key    text,
    created_at     timestamptz not null default now(),
    primary key (account_id, attachment_id)
);
create index attachments_message on attachments (account_id, message_id);
call protect('attachments', 'select, insert, update');

create table tags (
    account_id  uuid not null references accounts on delete cascade,
    tag_id      uuid not null,
    name        text not null,
    color       text not null default '#8899aa',
    created_at  timestamptz not null default now(),
    primary key (account_id, tag_id)
);
create unique index tags_name on tags (account_id, lower(name));
call protect('tags', 'select');

create table conversation_tags (
    account_id       uuid not null,
    conversation_id  uuid not null,
    tag_id           uuid not null,
    primary key (account_id, conversation_id, tag_id),
    foreign key (account_id, conversation_id) references conversations on delete cascade,
    foreign key (account_id, tag_id) references tags on delete cascade
);
call protect('conversation_tags', 'select, insert');

create table contact_tags (
    account_id  uuid not null,
    contact_id  uuid not null,
    tag_id      uuid not null,
    primary key (account_id, contact_id, tag_id),
    foreign key (account_id, contact_id) references contacts on delete cascade,
    foreign key (account_id, tag_id) references tags on delete cascade
);
call protect('contact_tags', 'select');

-- Employees who joined a conversation that another one has (CV-8).
create table participants (
    account_id       uuid not null,
    conversation_id  uuid not null,
    employee_id      uuid not null,
    joined_at        timestamptz not null default now(),
    primary key (account_id, conversation_id, employee_id),
    foreign key (account_id, conversation_id) references conversations on delete cascade,
    foreign key (account_id, employee_id) references employees on delete cascade
);
call protect('participants', '');

-- How far each employee has read.
create table reads (
    account_id       uuid not null,
    employee_id      uuid not null,
    conversation_id  uuid not null,
    position         bigint not null,
    primary key (account_id, employee_id, conversation_id),
    foreign key (account_id, conversation_id) references conversations on delete cascade
);
call protect('reads', '');

-- People whose messages are not shown (CV-9, WA-5): a phone, an address or a service's id.
create table blacklist (
    account_id   uuid not null references accounts on delete cascade,
    entry        text not null,
    note         text not null default '',
    employee_id  uuid not null,
    created_at   timestamptz not null default now(),
    primary key (account_id, entry)
);
call protect('blacklist', 'select');

-- The account's feed: contiguous numbers, given under account_counters' lock as the last statement
-- before COMMIT. The only source of sockets and outgoing webhooks.
create table events (
    account_id       uuid not null,
    seq              bigint not null,
    kind             text not null,
    conversation_id  uuid,
    -- domain::visibility::Audience: who may see it now, and who could before.
    audience         jsonb,
    was              jsonb,
    payload          jsonb not null,
    created_at       timestamptz not null default now(),
    primary key (account_id, seq)
);
create index events_age on events using brin (created_at);
call protect('events', 'select, insert, delete');
