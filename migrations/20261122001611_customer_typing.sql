-- The customer writes, and the CRM's chat is told (AMO-13): when it was last asked for, and whether a job
-- for that is on its way. Old rows have not asked.
alter table conversation_signs
    add column customer_typing_at      timestamptz,
    add column customer_typing_queued  boolean not null default false;
