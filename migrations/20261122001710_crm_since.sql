-- Since when an integration passes a channel on. What was closed before that is of before it: a tag on it,
-- or another CRM's word about it, makes no deal of it.
alter table integration_channels add column since timestamptz;
update integration_channels ic set since = i.created_at
from integrations i
where i.account_id = ic.account_id and i.integration_id = ic.integration_id;
alter table integration_channels alter column since set not null;

-- Conversations that waited for an integration when it was switched off or went to another portal: passed on
-- when it is on again.
alter table crm_enquiries add column awaited boolean not null default false;
update crm_enquiries set awaited = true
where passed_position = 0 and not passed_closed and contact_stamp = '';
create index crm_enquiries_awaited on crm_enquiries (account_id, integration_id, conversation_id)
    where awaited;
