-- Which own fields the company shows in a contact's card (CV-9). Values lie in contacts.fields under
-- the key; deleting a definition keeps them.
create table contact_fields (
    account_id  uuid not null references accounts on delete cascade,
    key         text not null,
    name        text not null,
    kind        text not null check (kind in ('text', 'number', 'date', 'link', 'choice')),
    -- What can be chosen, when the kind is 'choice'.
    choices     text[] not null default '{}',
    -- Where it stands in the card.
    position    integer not null default 0,
    created_at  timestamptz not null default now(),
    primary key (account_id, key)
);
call protect('contact_fields', '');
