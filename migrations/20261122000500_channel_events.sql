-- What became of a channel: its states and its settings, for the channel's log (CH-13). The newest
-- two hundred of each channel are kept; whoever adds one takes the oldest away.
create table channel_events (
    account_id  uuid not null,
    channel_id  uuid not null,
    event_id    bigint generated always as identity,
    at          timestamptz not null default now(),
    what        text not null check (what in ('state', 'setting')),
    -- In Russian and English.
    text        jsonb not null,
    primary key (account_id, channel_id, event_id),
    foreign key (account_id, channel_id) references channels on delete cascade
);
-- Intake and the supervisor report states in the company's own transactions.
call protect('channel_events', '');
