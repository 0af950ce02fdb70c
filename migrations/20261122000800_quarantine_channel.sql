-- What of a channel's deliveries was not understood, the newest first (the channel's log).
create index quarantine_channel on quarantine (account_id, channel_id, created_at);
