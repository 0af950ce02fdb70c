-- How each employee has set the workstation: views, density, sounds, keys (OW-6). The faces alone
-- know what it says.
create table preferences (
    account_id   uuid not null,
    employee_id  uuid not null,
    preferences  jsonb not null,
    updated_at   timestamptz not null default now(),
    primary key (account_id, employee_id),
    foreign key (account_id, employee_id) references employees on delete cascade
);
call protect('preferences', '');
