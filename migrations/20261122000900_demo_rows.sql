-- What of a company is sample data, so that one button takes away all of it and nothing else.
create table demo_rows (
    account_id  uuid not null references accounts on delete cascade,
    kind        text not null check (kind in ('employee', 'group', 'tag', 'canned_reply',
                    'contact_field', 'schedule', 'scenario', 'channel', 'contact', 'identity',
                    'conversation')),
    -- The row's id, or its key where it has one instead.
    row_key     text not null,
    primary key (account_id, kind, row_key)
);
call protect('demo_rows', '');

-- Deleting a company takes its identities along: they hang on contacts and channels, which do not
-- cascade, so that neither is deleted from below a person's conversations.
alter table identities add constraint identities_account
    foreign key (account_id) references accounts on delete cascade not valid;
