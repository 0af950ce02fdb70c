-- What services said of phones: whether somebody can be written to through a channel (WA-1).
create table number_checks (
    account_id   uuid not null,
    channel_id   uuid not null,
    phone        text not null check (phone ~ '^\+[0-9]{5,15}$'),
    -- The last answer; a new question leaves it until it is answered.
    answer       text check (answer in ('exists', 'does_not_exist')),
    answered_at  timestamptz,
    -- The latest question: the service may know it by check_id, or named it itself (ticket).
    check_id     uuid not null,
    employee_id  uuid not null,
    asked_at     timestamptz not null,
    stage        text not null default 'to_ask'
                 check (stage in ('to_ask', 'asked', 'taken', 'over')),
    ticket       text,
    ended_at     timestamptz,
    -- Why the latest question brought nothing, and what to do.
    reason       jsonb,
    remedy       jsonb,
    primary key (account_id, channel_id, phone),
    foreign key (account_id, channel_id) references channels on delete cascade
);
create unique index number_checks_question on number_checks (account_id, check_id);
create index number_checks_phone on number_checks (account_id, phone);
create index number_checks_old on number_checks (asked_at);
-- Asked and answered in the company's own transactions; the sweep forgets what is old.
call protect('number_checks', 'select, delete');
