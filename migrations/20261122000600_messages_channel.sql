-- no-transaction
create index concurrently messages_channel on messages (account_id, channel_id, created_at);
