-- A message of ours in the CRM's chat has a fate there as well: by which id the service knows it, and the
-- last status that it was told. Of rows that are there neither is known, and nothing is told.
alter table crm_chat_shown
    add column external_id  text,
    add column told         text;

-- Who wrote a message of the CRM there, and what was added to it for the customer alone (WA-7).
alter table crm_chat_received
    add column author     text not null default '',
    add column signature  text not null default '';
