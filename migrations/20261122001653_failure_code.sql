-- What a failure means, beside what the service said: it is shown in the reader's language. Null: in
-- messages of the former program, and where a receipt tells no code.
alter table messages add column failure_code text;
