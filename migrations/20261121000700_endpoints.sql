-- Outgoing webhooks (AD-2). The dispatcher turns the feed after `cursor_seq` into deliveries and
-- jobs in one transaction, so an event is never skipped and never queued twice.
create table endpoints (
    account_id      uuid not null references accounts on delete cascade,
    endpoint_id     uuid not null,
    url             text not null,
    -- Encrypted signing secret (store::secrets).
    secret          bytea not null,
    -- The one before it: signs as well until then, so that receivers can change over.
    old_secret      bytea,
    old_until       timestamptz,
    -- Event kinds; empty = all.
    kinds           text[] not null default '{}',
    enabled         boolean not null default true,
    cursor_seq      bigint not null,
    failing_since   timestamptz,
    -- failing, gone, by_hand; NULL while enabled.
    disabled_reason text check (disabled_reason in ('failing', 'gone', 'by_hand')),
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    primary key (account_id, endpoint_id)
);
call protect('endpoints', 'select, update');

create table deliveries (
    account_id    uuid not null,
    delivery_id   uuid not null,
    endpoint_id   uuid not null,
    seq           bigint not null,
    kind          text not null,
    body          jsonb not null,
    state         text not null default 'waiting' check (state in ('waiting', 'delivered', 'failed')),
    attempts      integer not null default 0,
    http_status   integer,
    answer        text,
    error         text,
    next_at       timestamptz,
    replay_of     uuid,
    created_at    timestamptz not null default now(),
    finished_at   timestamptz,
    primary key (account_id, delivery_id),
    foreign key (account_id, endpoint_id) references endpoints on delete cascade
);
-- seq 0: a ping, which is no event.
create unique index deliveries_once on deliveries (account_id, endpoint_id, seq)
    where replay_of is null and seq > 0;
create index deliveries_log on deliveries (account_id, endpoint_id, created_at desc, delivery_id desc);
create index deliveries_age on deliveries (created_at);
call protect('deliveries', 'select, insert, update, delete');
