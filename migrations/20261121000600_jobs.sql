-- Ordered work. A lane is a row of jobs done one after another; a failed head waits with its lane,
-- so order holds. `pending` is a column on purpose: under READ COMMITTED a re-check after a lock
-- wait would not see new job rows, and the wake-up would be lost.
create table lanes (
    lane          text primary key,
    account_id    uuid not null references accounts on delete cascade,
    queue         text not null,
    pending       integer not null default 0,
    run_at        timestamptz not null default now(),
    leased_until  timestamptz,
    owner         uuid,
    -- Fencing token: completion must match it. From one sequence, because an idle lane's row is
    -- deleted and a lane of the same name must not repeat an epoch.
    epoch         bigint not null default 0
) with (fillfactor = 50);
create index lanes_ready on lanes (queue, run_at) where pending > 0;
create sequence lane_epochs;
grant usage on sequence lane_epochs to beseda_platform;
grant select, insert, update, delete on lanes to beseda_platform;
grant select, insert, update on lanes to beseda_app;
alter table lanes enable row level security;
alter table lanes force row level security;
create policy tenant on lanes to beseda_app using (account_id = (select current_account()));
create policy platform on lanes to beseda_platform using (true);

create table jobs (
    job_id      bigint generated always as identity primary key,
    lane        text not null,
    account_id  uuid not null,
    payload     jsonb not null,
    attempts    integer not null default 0,
    last_error  text,
    created_at  timestamptz not null default now()
);
create index jobs_lane on jobs (lane, job_id);
call protect('jobs', 'select, insert, update, delete');

create table dead_jobs (
    job_id      bigint primary key,
    lane        text not null,
    account_id  uuid not null references accounts on delete cascade,
    payload     jsonb not null,
    attempts    integer not null,
    error       text not null,
    created_at  timestamptz not null,
    died_at     timestamptz not null default now()
);
create index dead_jobs_account on dead_jobs (account_id, died_at desc);
call protect('dead_jobs', 'select, insert, delete');

-- Processes that are alive, for people who look and for the fan-out's choice.
create table nodes (
    node_id     uuid primary key,
    name        text not null,
    roles       text not null,
    started_at  timestamptz not null default now(),
    seen_at     timestamptz not null default now()
);
grant select, insert, update, delete on nodes to beseda_platform;

-- Values of this installation: first-start marks and the like.
create table installation (
    key    text primary key,
    value  jsonb not null
);
grant select, insert, update on installation to beseda_platform;
