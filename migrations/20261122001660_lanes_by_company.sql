-- A claim lets companies take turns: when more lanes are ready than it looks at, it looks at each
-- company's oldest, by this index.
create index lanes_by_company on lanes (queue, account_id, run_at) where pending > 0;
