-- Full text, trigram and LIKE operators are not leak-proof, so under row-level security Postgres
-- would not use their indexes. These functions run as the platform role, read the account from the
-- same setting that the policies read, and return ids only; the caller loads rows under its policies.
create function search_messages(query text, newest_before timestamptz, most integer)
    returns table (conversation_id uuid, message_id uuid, "position" bigint, created_at timestamptz)
    language sql stable security definer set search_path = public
    begin atomic
        select m.conversation_id, m.message_id, m.position, m.created_at
        from messages m
        where m.account_id = current_account()
          and m.words <> ''
          and to_tsvector('russian', m.words) @@ websearch_to_tsquery('russian', query)
          and m.created_at < newest_before
        order by m.created_at desc
        limit most;
    end;

create function search_contacts(query text, digits text, most integer)
    returns table (contact_id uuid)
    language sql stable security definer set search_path = public
    begin atomic
        (select c.contact_id from contacts c
         where c.account_id = current_account() and c.merged_into is null and query <> ''
           and lower(c.name) like '%' || query || '%'
         limit most)
        union
        (select p.contact_id from contact_phones p
         where p.account_id = current_account() and digits <> ''
           and reverse(p.phone) like reverse(digits) || '%'
         limit most)
        union
        (select e.contact_id from contact_emails e
         where e.account_id = current_account() and e.email = query
         limit most)
        union
        (select i.contact_id from identities i
         where i.account_id = current_account() and i.username <> ''
           and lower(i.username) = ltrim(query, '@')
         limit most)
        limit most;
    end;

do $$
declare
    f text;
begin
    foreach f in array array[
        'search_messages(text, timestamptz, integer)', 'search_contacts(text, text, integer)'] loop
        execute format('alter function %s owner to beseda_platform', f);
        execute format('revoke all on function %s from public', f);
        execute format('grant execute on function %s to beseda_app, beseda_platform', f);
    end loop;
end
$$;
