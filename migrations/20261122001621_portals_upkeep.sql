-- When a portal is to be looked after next (NULL: now), and when a long-lived token ends, where it tells.
alter table portals add column upkeep_at timestamptz, add column token_ends_at timestamptz;
create index portals_upkeep on portals (upkeep_at nulls first)
    where deleted_at is null and state in ('connected', 'interrupted', 'stopped');
