-- A change of a message of ours that the service has not done yet, or would not do
-- (domain::message_change::MessageChange; CV-6).
alter table messages add column change jsonb;
