-- Tries of a step that met a fault while the CRM answered all else: by it, and not by the tries of the whole
-- job, a step is given up.
alter table crm_steps add column stumbles integer not null default 0;
