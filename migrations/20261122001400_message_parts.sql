-- Parts of a message of ours that the service reports on one by one (SMS): it is delivered when all of
-- them are, and failed when one is (CV-7).
create table message_parts (
    account_id  uuid not null,
    channel_id  uuid not null,
    -- The service's id of the part.
    part        text not null,
    message_id  uuid not null,
    status      text not null check (status in ('sent', 'delivered', 'read', 'failed', 'uncertain')),
    reason      text,
    primary key (account_id, channel_id, part),
    foreign key (account_id, message_id) references messages (account_id, message_id) on delete cascade
);
create index message_parts_message on message_parts (account_id, message_id);
-- Reports are taken and sends recorded in the company's own transactions.
call protect('message_parts', '');
