-- How many number checks a company has paid for on a day of its own calendar (WA-1).
create table paid_number_checks (
    account_id  uuid not null references accounts on delete cascade,
    day         date not null,
    checks      integer not null,
    primary key (account_id, day)
);
create index paid_number_checks_old on paid_number_checks (day);
-- Counted in the company's own transactions; the sweep forgets what is old.
call protect('paid_number_checks', 'select, delete');
