-- What the customer was told of an operator's reading and writing, where the service shows it.
create table conversation_signs (
    account_id       uuid not null,
    conversation_id  uuid not null,
    -- Read by those who answer, up to this position; told up to that one; a job is on its way.
    seen_asked       bigint not null default 0,
    seen_told        bigint not null default 0,
    seen_queued      boolean not null default false,
    typing_at        timestamptz,
    primary key (account_id, conversation_id),
    foreign key (account_id, conversation_id) references conversations on delete cascade
) with (fillfactor = 70);
-- Written in the company's own transactions.
call protect('conversation_signs', '');
