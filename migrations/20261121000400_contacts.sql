create table contacts (
    account_id   uuid not null references accounts on delete cascade,
    contact_id   uuid not null,
    name         text not null default '',
    -- A person gave the name by hand: services do not overwrite it.
    name_fixed   boolean not null default false,
    fields       jsonb not null default '{}',
    merged_into  uuid,
    created_at   timestamptz not null default now(),
    updated_at   timestamptz not null default now(),
    primary key (account_id, contact_id)
);
create index contacts_recent on contacts (account_id, created_at desc, contact_id desc)
    where merged_into is null;
create index contacts_search on contacts
    using gin (account_id, (' ' || fold_yo(lower(name))) gin_trgm_ops)
    with (fastupdate = off);
call protect('contacts', 'select, insert, update, delete');

create table contact_phones (
    account_id  uuid not null,
    phone       text not null check (phone ~ '^\+[0-9]{5,15}$'),
    contact_id  uuid not null,
    created_at  timestamptz not null default now(),
    primary key (account_id, phone),
    foreign key (account_id, contact_id) references contacts on delete cascade
);
create index contact_phones_contact on contact_phones (account_id, contact_id);
-- 'Any phone format': the number's end is searched, so it is indexed backwards.
create index contact_phones_end on contact_phones (account_id, reverse(phone) text_pattern_ops);
call protect('contact_phones', 'select, insert, update, delete');

create table contact_emails (
    account_id  uuid not null,
    email       text not null,
    contact_id  uuid not null,
    created_at  timestamptz not null default now(),
    primary key (account_id, email),
    foreign key (account_id, contact_id) references contacts on delete cascade
);
create index contact_emails_contact on contact_emails (account_id, contact_id);
call protect('contact_emails', 'select, insert, update, delete');

-- A contact as one channel knows it. Its row lock is the door through which conversations of this
-- person and channel are opened, so there is never more than one open.
create table identities (
    account_id   uuid not null,
    identity_id  uuid not null,
    channel_id   uuid not null,
    external_id  text not null,
    contact_id   uuid not null,
    name         text not null default '',
    username     text not null default '',
    language     text,
    reachable    boolean not null default true,
    created_at   timestamptz not null default now(),
    primary key (account_id, identity_id),
    unique (channel_id, external_id),
    foreign key (account_id, contact_id) references contacts,
    foreign key (account_id, channel_id) references channels
);
create index identities_contact on identities (account_id, contact_id);
create index identities_username on identities (account_id, lower(username)) where username <> '';
call protect('identities', 'select, insert, update');

-- What a merge moved, so that it can be undone (BY-9).
create table contact_merges (
    account_id   uuid not null,
    merge_id     uuid not null,
    kept_id      uuid not null,
    merged_id    uuid not null,
    moved        jsonb not null,
    employee_id  uuid not null,
    created_at   timestamptz not null default now(),
    undone_at    timestamptz,
    primary key (account_id, merge_id),
    foreign key (account_id, kept_id) references contacts (account_id, contact_id) on delete cascade,
    foreign key (account_id, merged_id) references contacts (account_id, contact_id) on delete cascade
);
call protect('contact_merges', '');

-- A visitor of a site: the bearer of a widget token.
create table visitors (
    account_id    uuid not null,
    channel_id    uuid not null,
    visitor_id    uuid not null,
    token_hash    bytea not null unique,
    attribution   jsonb not null default '{}',
    -- The contact form was filled (RT-3).
    known         boolean not null default false,
    created_at    timestamptz not null default now(),
    last_seen_at  timestamptz not null default now(),
    primary key (account_id, visitor_id),
    foreign key (account_id, channel_id) references channels on delete cascade
);
call protect('visitors', 'select, insert, update');
