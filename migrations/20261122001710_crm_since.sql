-- Since when an integration passes a channel on; what was closed before that is of before it: a tag on it, or
-- another CRM's word about it, makes no deal of it. Rows that are there, and those of the older program, are
-- for ever so old that this leaves nothing out.
alter table integration_channels add column since timestamptz not null default '-infinity';

-- Conversations that waited for an integration when it was switched off or went to another portal: passed on
-- when it is on again.
alter table crm_enquiries add column awaited boolean not null default false;
