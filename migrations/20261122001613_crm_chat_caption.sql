-- A file of the CRM's chat whose words go as a message of their own, because the channel carries none with a
-- file: that message. Old rows have one message alone.
alter table crm_chat_received add column caption_id uuid;
