-- What an employee has begun to write and not sent (OW-6): one answer and one note in each
-- conversation. It vanishes when it is sent.
create table drafts (
    account_id       uuid not null,
    employee_id      uuid not null,
    conversation_id  uuid not null,
    mode             text not null check (mode in ('answer', 'note')),
    text             text not null,
    updated_at       timestamptz not null default now(),
    primary key (account_id, employee_id, conversation_id, mode),
    foreign key (account_id, employee_id) references employees on delete cascade,
    foreign key (account_id, conversation_id) references conversations on delete cascade
);
-- For the cascade.
create index drafts_conversation on drafts (account_id, conversation_id);
call protect('drafts', '');
