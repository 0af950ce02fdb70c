-- Why a CRM does not call our webhook, in words: {ru, en}; NULL: it does, or is not asked to.
alter table portals add column hook_trouble jsonb;
