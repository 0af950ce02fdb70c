-- no-transaction
create index concurrently conversations_closed on conversations (account_id, closed_at) where closed_at is not null;
