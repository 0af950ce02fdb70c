// Many rows at once, by SQL: what customers would need hours for.
import { uuid } from './company.mjs'

/** Telegram's numbers of the people of a crowd; the sandbox gives out other ones. */
export const FIRST = 800_000_000

/** So many people with one open conversation each, in the channel of a bot; the newest first. */
export const people = (account_id, channel_id, count) => `
  with made as (
    select n, gen_random_uuid() as contact, gen_random_uuid() as identity, now() - n * interval '7 seconds' as at
    from generate_series(0, ${count - 1}) n
  ), contacts_made as (
    insert into contacts (account_id, contact_id, name, created_at)
    select '${uuid(account_id)}', contact, 'Клиент ' || n, at from made
  ), identities_made as (
    insert into identities (account_id, identity_id, channel_id, external_id, contact_id, name)
    select '${uuid(account_id)}', identity, '${uuid(channel_id)}', ${FIRST} + n, contact, 'Клиент ' || n from made
  ), conversations_made as (
    insert into conversations (account_id, conversation_id, number, channel_id, identity_id, contact_id, is_first,
      last_position, last_message_at, preview, waiting_since, opened_at)
    select '${uuid(account_id)}', gen_random_uuid(), (select conversation_number from account_counters
      where account_id = '${uuid(account_id)}') + ${count} - n, '${uuid(channel_id)}', identity, contact, true,
      1, at, 'Сообщение ' || n, at, at from made
    returning conversation_id, last_message_at, preview
  ), messages_made as (
    insert into messages (account_id, conversation_id, position, message_id, channel_id, direction, content, words,
      occurred_at, created_at)
    select '${uuid(account_id)}', conversation_id, 1, gen_random_uuid(), '${uuid(channel_id)}', 'inbound',
      jsonb_build_object('type', 'text', 'text', preview), preview, last_message_at, last_message_at
    from conversations_made
  )
  update account_counters set conversation_number = conversation_number + ${count}
  where account_id = '${uuid(account_id)}'`

/** A long past of one conversation: messages up to `count`, by turns of both sides, one a minute. */
export const history = (account_id, conversation_id, author_id, count) => `
  insert into messages (account_id, conversation_id, position, message_id, channel_id, direction, author_id, status,
    content, words, occurred_at, created_at)
  select c.account_id, c.conversation_id, n, gen_random_uuid(), c.channel_id,
    case when n % 2 = 0 then 'outbound' else 'inbound' end,
    case when n % 2 = 0 then '${uuid(author_id)}'::uuid end, case when n % 2 = 0 then 'read' end,
    jsonb_build_object('type', 'text', 'text', 'Строка ' || n || repeat(' и ещё слова о дверях', (n % 7)::int)), '',
    at, at
  from conversations c, generate_series(c.last_position + 1, ${count}) n,
    lateral (select now() - (${count} - n) * interval '1 minute' as at) t
  where c.account_id = '${uuid(account_id)}' and c.conversation_id = '${uuid(conversation_id)}';
  update conversations set last_position = ${count}, preview = 'Строка ${count}', last_message_at = now()
  where account_id = '${uuid(account_id)}' and conversation_id = '${uuid(conversation_id)}'`
