-- Whether a channel of the account still has the owner who asks, held until commit: a listener's owner
-- that lost it writes nothing more, in the company's own transactions as in those of the intake.
create function hold_lease(channel uuid, owned_epoch bigint) returns boolean
    language sql volatile security definer
    set search_path = public
as $$
    select coalesce((
        select true from channel_leases l
        where l.channel_id = channel and l.epoch = owned_epoch and l.leased_until > now()
          and exists (select from channels c
                      where c.account_id = current_account() and c.channel_id = channel)
        for update of l), false)
$$;
alter function hold_lease(uuid, bigint) owner to beseda_platform;
revoke all on function hold_lease(uuid, bigint) from public;
grant execute on function hold_lease(uuid, bigint) to beseda_app;
