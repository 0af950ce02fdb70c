-- Channels that both are called and look for themselves what they missed (BY-8).
alter table channels drop constraint channels_receive_check;
alter table channels add constraint channels_receive_check
    check (receive in ('', 'webhook', 'listener', 'webhook_and_listener', 'site')) not valid;
alter table channels validate constraint channels_receive_check;

-- Who replaces a driver's value now (a pair of tokens that is good once): one process at a time, on the
-- database's clock. A row whose time is over tells that the renewal's end was never seen.
create table channel_renewals (
    account_id    uuid not null,
    channel_id    uuid not null,
    key           text not null,
    renewed_until timestamptz not null,
    primary key (account_id, channel_id, key),
    foreign key (account_id, channel_id) references channels on delete cascade
);
call protect('channel_renewals', 'select, insert, update, delete');

-- Names the person where external_id names one of several chats with them: one contact for all.
alter table identities add column person_key text;
create index identities_person on identities (channel_id, person_key) where person_key is not null;
-- Where the person came from, told before they wrote; taken by their next conversation.
alter table identities add column came_from jsonb;

-- The state of a service's consent page: single use, ten minutes (CH-8).
create table channel_consents (
    account_id   uuid not null,
    state_hash   bytea not null unique,
    channel_id   uuid not null,
    employee_id  uuid not null,
    expires_at   timestamptz not null,
    used_at      timestamptz,
    primary key (account_id, state_hash),
    foreign key (account_id, channel_id) references channels on delete cascade,
    foreign key (account_id, employee_id) references employees (account_id, employee_id) on delete cascade
);
create index channel_consents_age on channel_consents (expires_at);
call protect('channel_consents', 'select, update, delete');
