-- Whose renewal it is: one that took longer than its time must not end that of another process. Null in
-- rows of the former program.
alter table channel_renewals add column holder uuid;
