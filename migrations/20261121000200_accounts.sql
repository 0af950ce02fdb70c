create table accounts (
    account_id  uuid primary key,
    name        text not null,
    language    text not null default 'ru' check (language in ('ru', 'en')),
    time_zone   text not null default 'Europe/Moscow',
    country     text not null default 'RU',
    demo        boolean not null default false,
    created_at  timestamptz not null default now()
);
-- Of two machines that start an empty installation at once, one makes the demo company.
create unique index accounts_demo on accounts (demo) where demo;
call protect('accounts', 'select, insert');

-- One hot row per account: the last event number and the last public conversation number.
-- Its lock is the last one that a transaction takes before COMMIT.
create table account_counters (
    account_id           uuid primary key references accounts on delete cascade,
    event_seq            bigint not null default 0,
    conversation_number  bigint not null default 0
) with (fillfactor = 30);
call protect('account_counters', 'select, insert, update');

-- Data keys, wrapped by a versioned master key (store::secrets).
create table account_keys (
    account_id      uuid not null references accounts on delete cascade,
    key_id          integer not null,
    master_version  integer not null,
    wrapped         bytea not null,
    created_at      timestamptz not null default now(),
    primary key (account_id, key_id)
);
call protect('account_keys', 'select, insert, update');

create table employees (
    account_id     uuid not null references accounts on delete cascade,
    employee_id    uuid not null,
    email          text not null,
    name           text not null,
    password_hash  text,
    role           text not null check (role in ('owner', 'admin', 'supervisor', 'operator', 'analyst')),
    visibility     text not null default 'all' check (visibility in ('all', 'group', 'own')),
    -- Conversations in work at once; NULL = no limit.
    capacity       integer check (capacity > 0),
    presence       text not null default 'off' check (presence in ('online', 'break', 'off')),
    presence_at    timestamptz not null default now(),
    -- When a conversation was last offered to this person: round robin goes by it.
    last_offer_at  timestamptz,
    language       text not null default 'ru' check (language in ('ru', 'en')),
    disabled_at    timestamptz,
    created_at     timestamptz not null default now(),
    primary key (account_id, employee_id)
);
-- The same address may belong to people of several companies; within one it is unique.
create unique index employees_email on employees (account_id, email);
create index employees_login on employees (email, created_at);
call protect('employees', 'select, insert, update');

create table groups (
    account_id  uuid not null references accounts on delete cascade,
    group_id    uuid not null,
    name        text not null,
    created_at  timestamptz not null default now(),
    primary key (account_id, group_id)
);
create unique index groups_name on groups (account_id, lower(name));
call protect('groups', 'select');

create table group_members (
    account_id   uuid not null,
    group_id     uuid not null,
    employee_id  uuid not null,
    primary key (account_id, group_id, employee_id),
    foreign key (account_id, group_id) references groups on delete cascade,
    foreign key (account_id, employee_id) references employees on delete cascade
);
create index group_members_employee on group_members (account_id, employee_id);
call protect('group_members', 'select');

-- Opaque random tokens; only their SHA-256 is kept.
create table sessions (
    token_hash    bytea primary key,
    account_id    uuid not null,
    employee_id   uuid not null,
    created_at    timestamptz not null default now(),
    last_seen_at  timestamptz not null default now(),
    expires_at    timestamptz not null,
    user_agent    text not null default '',
    foreign key (account_id, employee_id) references employees on delete cascade
);
create index sessions_employee on sessions (account_id, employee_id);
call protect('sessions', 'select, insert, update, delete');

create table api_tokens (
    account_id    uuid not null,
    api_token_id  uuid not null,
    employee_id   uuid not null,
    name          text not null,
    -- The first characters, to recognise it by.
    prefix        text not null,
    token_hash    bytea not null unique,
    scopes        text[] not null,
    created_at    timestamptz not null default now(),
    last_used_at  timestamptz,
    expires_at    timestamptz,
    revoked_at    timestamptz,
    primary key (account_id, api_token_id),
    foreign key (account_id, employee_id) references employees on delete cascade
);
call protect('api_tokens', 'select, update');

create table invites (
    account_id   uuid not null references accounts on delete cascade,
    invite_id    uuid not null,
    email        text not null,
    role         text not null check (role in ('owner', 'admin', 'supervisor', 'operator', 'analyst')),
    group_ids    uuid[] not null default '{}',
    token_hash   bytea not null unique,
    invited_by   uuid not null,
    created_at   timestamptz not null default now(),
    expires_at   timestamptz not null,
    used_at      timestamptz,
    revoked_at   timestamptz,
    primary key (account_id, invite_id)
);
call protect('invites', 'select');

-- Appended only; each row's hash covers the one before it (per account).
create table audit (
    account_id  uuid not null references accounts on delete cascade,
    audit_id    bigint generated always as identity,
    at          timestamptz not null default now(),
    -- NULL: the program itself.
    actor_id    uuid,
    action      text not null,
    object      text not null default '',
    details     jsonb not null default '{}',
    hash        bytea not null,
    primary key (account_id, audit_id)
);
call protect('audit', 'select, insert');
revoke update, delete on audit from beseda_app;

-- Stored answers of requests that carried an Idempotency-Key; written with the effect.
create table idempotency (
    account_id    uuid not null references accounts on delete cascade,
    actor_id      uuid not null,
    key           text not null,
    request_hash  bytea not null,
    status        smallint not null,
    body          jsonb not null,
    created_at    timestamptz not null default now(),
    primary key (account_id, actor_id, key)
);
create index idempotency_age on idempotency (created_at);
call protect('idempotency', 'select, delete');
