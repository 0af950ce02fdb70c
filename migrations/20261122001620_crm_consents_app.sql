-- AMO-1: consent may be asked for an app of the company's own; its keys wait, sealed, for the way back.
alter table crm_consents add column app bytea;
