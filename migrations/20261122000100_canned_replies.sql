-- Ready texts that employees put into an answer by a few letters (OW-6).
create table canned_replies (
    account_id       uuid not null references accounts on delete cascade,
    canned_reply_id  uuid not null,
    -- The word after the slash; empty: found by its title alone.
    shortcut         text not null default '',
    title            text not null,
    text             text not null,
    -- The heading below which it stands.
    section          text not null default '',
    -- Whose it is; NULL: everybody's.
    group_id         uuid,
    used_count       bigint not null default 0,
    created_at       timestamptz not null default now(),
    updated_at       timestamptz not null default now(),
    primary key (account_id, canned_reply_id),
    foreign key (account_id, group_id) references groups (account_id, group_id)
);
create unique index canned_replies_shortcut on canned_replies (account_id, lower(shortcut))
    where shortcut <> '';
-- Deleting a group gives its replies to everybody.
create index canned_replies_group on canned_replies (account_id, group_id)
    where group_id is not null;
call protect('canned_replies', '');
