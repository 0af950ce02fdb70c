-- Emoji on messages (CV-6): one of each side, as private chats have them.
create table message_reactions (
    account_id   uuid not null,
    message_id   uuid not null,
    conversation_id uuid not null,
    side         text not null check (side in ('customer', 'our_side')),
    -- NULL: taken away. The row stays, so that older news does not bring it back.
    emoji        text,
    -- Of ours: who put it, and what is still to be done or was refused.
    employee_id  uuid,
    state        text check (state in ('adding', 'removing', 'refused')),
    reason       jsonb,
    at           timestamptz not null,
    primary key (account_id, message_id, side),
    foreign key (account_id, message_id) references messages (account_id, message_id) on delete cascade
);
create index message_reactions_conversation on message_reactions (account_id, conversation_id);
-- News and outcomes are written in the company's own transactions.
call protect('message_reactions', '');
