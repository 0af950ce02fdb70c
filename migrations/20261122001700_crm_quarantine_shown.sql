-- Webhooks of portals that were not understood have a face: why in words, how much came (of which the
-- beginning is kept), and whether a person has settled them. The older program writes its own text into
-- "reason" and leaves the words to the default; no new row has any use for it.
alter table crm_quarantine
    add column words jsonb not null default
        '{"ru": "CRM прислала то, что не удалось понять.", "en": "The CRM sent something that was not understood."}',
    add column size bigint,
    add column resolved_at timestamptz,
    alter column reason set default '';
