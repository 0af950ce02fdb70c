-- Two database roles stand behind the program's own login.
--   beseda_app       reaches tenant rows only of the account that the transaction names (row-level security)
--   beseda_platform  the few cross-tenant duties: intake, queue, supervisor, log-in
-- Roles belong to the cluster and not to the database: another database may have made them already.
do $$
declare
    wanted text;
begin
    foreach wanted in array array['beseda_app', 'beseda_platform'] loop
        begin
            execute format('create role %I nologin', wanted);
        exception when duplicate_object or unique_violation then
            null;
        end;
        begin
            execute format('grant %I to %I', wanted, current_user);
        exception when others then
            -- A superuser needs no membership; two databases made at once may collide here.
            null;
        end;
    end loop;
    execute format('grant usage, create on schema public to beseda_platform');
    execute format('grant usage on schema public to beseda_app');
end
$$;

create extension if not exists btree_gin;
create extension if not exists pg_trgm;

-- Search takes ё for е, as people type it.
create function fold_yo(words text) returns text
    language sql immutable parallel safe strict
    return translate(words, 'ёЁ', 'еЕ');

-- The account that this transaction works for; NULL (= no rows) when none was set.
create function current_account() returns uuid
    language sql stable parallel safe
    return nullif(current_setting('app.account_id', true), '')::uuid;

-- Puts a tenant table behind the second wall. `platform` says what the platform role may do there.
create procedure protect(tenant_table regclass, platform text)
    language plpgsql as $$
begin
    execute format('alter table %s enable row level security', tenant_table);
    execute format('alter table %s force row level security', tenant_table);
    execute format(
        'create policy tenant on %s to beseda_app using (account_id = (select current_account()))',
        tenant_table);
    execute format('grant select, insert, update, delete on %s to beseda_app', tenant_table);
    if platform <> '' then
        execute format('create policy platform on %s to beseda_platform using (true)', tenant_table);
        execute format('grant %s on %s to beseda_platform', platform, tenant_table);
    end if;
end
$$;
