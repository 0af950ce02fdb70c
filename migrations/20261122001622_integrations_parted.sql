-- AMO-1: an integration that goes to another portal leaves a row behind, with all that it had passed on
-- there, and takes it up again if it comes back. 'origin_id' is the first of them; NULL: it is itself.
alter table integrations add column parted_at timestamptz, add column origin_id uuid;
