-- A message that goes takes its row here along: without this each one removed reads the whole table.
create index crm_chat_reactions_message on crm_chat_reactions (account_id, message_id);
