-- Full text, trigram and LIKE operators are not leak-proof, so under row-level security Postgres
-- would not use their indexes. These functions run as the platform role, read the account from the
-- same setting that the policies read, and return keys only; the caller loads rows under its
-- policies. They plan with the actual arguments: a generic plan knows neither how rare a word is
-- nor that a pattern has a prefix.

-- Words of the newest days first: a common word has its hits there, and a word that is rare there
-- has few hits at all. So the time of a search does not grow with the history.
create function search_messages(
    query text, before_at timestamptz, before_id uuid, most integer
) returns table (conversation_id uuid, message_id uuid, created_at timestamptz)
    language plpgsql stable security definer rows 50
    set search_path = public
    set plan_cache_mode = force_custom_plan
    set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    account constant uuid := current_account();
    wanted constant tsquery := websearch_to_tsquery('russian', fold_yo(query));
    last_day date := (before_at at time zone 'UTC')::date;
    days date[];
    width integer := 1;
    found_now integer;
begin
    -- Nothing but stop words, or nothing but 'without this word': no index can answer.
    if querytree(wanted) in ('', 'T') then
        return;
    end if;
    while width <= 16 loop
        days := array(select last_day - n from generate_series(0, width - 1) n);
        return query
            select m.conversation_id, m.message_id, m.created_at
            from messages m
            where m.account_id = account and m.words <> ''
              and (m.created_at at time zone 'UTC')::date = any(days)
              and to_tsvector('russian', fold_yo(m.words)) @@ wanted
              and (m.created_at, m.message_id) < (before_at, before_id)
            order by m.created_at desc, m.message_id desc limit most;
        get diagnostics found_now = row_count;
        most := most - found_now;
        if most <= 0 then
            return;
        end if;
        last_day := last_day - width;
        width := width * 4;
    end loop;
    return query
        select m.conversation_id, m.message_id, m.created_at
        from messages m
        where m.account_id = account and m.words <> ''
          and to_tsvector('russian', fold_yo(m.words)) @@ wanted
          and (m.created_at, m.message_id) < (before_at, before_id)
          and m.created_at < (last_day + 1)::timestamp at time zone 'UTC'
        order by m.created_at desc, m.message_id desc limit most;
end
$$;

-- `words`: parts of a name, lower case; a part of one or two letters begins a word of the name.
-- `digits`: the end of a phone number. `nickname` and `address` are whole. Newest contacts first.
create function search_contacts(
    words text[], digits text, nickname text, address text, most integer
) returns table (contact_id uuid, created_at timestamptz)
    language plpgsql stable security definer rows 50
    set search_path = public
    set plan_cache_mode = force_custom_plan
    set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    account constant uuid := current_account();
    patterns constant text[] := array(
        select case when length(w) > 2 then '%' else '% ' end
            || regexp_replace(fold_yo(w), '([%_\\])', '\\\1', 'g') || '%'
        from unnest(words) w order by length(w) desc);
    -- Parts that have trigrams of their own: the index intersects up to three of them.
    parts constant text[] := array(
        select p from unnest(patterns) with ordinality u(p, n) where p not like '\% %' order by n);
    found_ids uuid[] := '{}';
begin
    if digits <> '' then
        found_ids := found_ids || array(
            select p.contact_id from contact_phones p
            where p.account_id = account and reverse(p.phone) like reverse(digits) || '%'
            limit most);
    end if;
    if address <> '' then
        found_ids := found_ids || array(
            select e.contact_id from contact_emails e
            where e.account_id = account and e.email = address);
    end if;
    if nickname <> '' then
        found_ids := found_ids || array(
            select i.contact_id from identities i
            where i.account_id = account and lower(i.username) = nickname and i.username <> ''
            limit most);
    end if;
    if cardinality(patterns) > 0 then
        -- The longest parts go to the index; a common name is cut off before it is sorted.
        found_ids := found_ids || array(
            select c.contact_id from contacts c
            where c.account_id = account and c.merged_into is null
              and ' ' || fold_yo(lower(c.name)) like coalesce(parts[1], patterns[1])
              and ' ' || fold_yo(lower(c.name)) like coalesce(parts[2], parts[1], patterns[1])
              and ' ' || fold_yo(lower(c.name)) like coalesce(parts[3], parts[1], patterns[1])
              and ' ' || fold_yo(lower(c.name)) like all (patterns)
            limit greatest(most, 200));
    end if;
    -- Materialised: found by their keys, not by walking the list of the newest.
    return query
        with known as materialized (
            select c.contact_id, c.created_at from contacts c
            where c.account_id = account and c.contact_id = any(found_ids)
              and c.merged_into is null
        )
        select k.contact_id, k.created_at from known k
        order by k.created_at desc, k.contact_id desc limit most;
end
$$;

do $$
declare
    f text;
begin
    foreach f in array array[
        'search_messages(text, timestamptz, uuid, integer)',
        'search_contacts(text[], text, text, text, integer)'] loop
        execute format('alter function %s owner to beseda_platform', f);
        execute format('revoke all on function %s from public', f);
        execute format('grant execute on function %s to beseda_app, beseda_platform', f);
    end loop;
end
$$;
