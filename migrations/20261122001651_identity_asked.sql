-- When the service was last asked who this is: a person whom it never names is not asked about with each
-- of their messages. Null: never, or the question was given up without an answer.
alter table identities add column asked_at timestamptz;
