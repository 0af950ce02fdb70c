//! S10: row-level security as the second wall. The check looks at every table that has rows of
//! companies; mutants of the wall must be noticed, or the check proves nothing.

use sqlx::{AssertSqlSafe, PgConnection};
use tests::TestServer;
use uuid::Uuid;

use super::company::{Company, tenant_tables};

async fn run(conn: &mut PgConnection, statement: &str) -> sqlx::Result<()> {
    sqlx::query(AssertSqlSafe(statement.to_owned())).execute(conn).await.map(|_| ())
}

async fn count(conn: &mut PgConnection, statement: &str) -> sqlx::Result<i64> {
    sqlx::query_scalar(AssertSqlSafe(statement.to_owned())).fetch_one(conn).await
}

/// What is wrong with the wall before one table, as `beseda_app` finds it. Within a transaction.
async fn faults(conn: &mut PgConnection, table: &str, ours: Uuid, theirs: Uuid) -> Vec<String> {
    let mut found = Vec::new();
    let forced: bool = sqlx::query_scalar(
        "select relrowsecurity and relforcerowsecurity from pg_class
         where oid = ('public.' || $1)::regclass",
    )
    .bind(table)
    .fetch_one(&mut *conn)
    .await
    .unwrap();
    if !forced {
        found.push(format!("{table}: row security is not enabled and forced"));
    }
    let all = format!("select count(*) from {table}");
    let of = |account: Uuid| format!("{all} where account_id = '{account}'");
    let expected = count(conn, &of(ours)).await.unwrap();
    assert!(expected > 0, "{table} has no row of ours: this proves nothing");
    assert!(count(conn, &of(theirs)).await.unwrap() > 0, "{table} has no row of theirs");

    run(conn, "savepoint looking").await.unwrap();
    run(conn, "set local role beseda_app").await.unwrap();
    run(conn, "set local app.account_id = ''").await.unwrap();
    if count(conn, &all).await.unwrap() != 0 {
        found.push(format!("{table}: rows are seen without an account"));
    }
    run(conn, &format!("set local app.account_id = '{ours}'")).await.unwrap();
    if count(conn, &all).await.unwrap() != expected {
        found.push(format!("{table}: not exactly the account's own rows are seen"));
    }
    if count(conn, &of(theirs)).await.unwrap() != 0 {
        found.push(format!("{table}: foreign rows are seen"));
    }
    // Row security is asked before constraints, so that a row of nothing but its account will do.
    let insert = format!(
        "insert into {table} overriding system value
         select (jsonb_populate_record(null::{table}, '{{\"account_id\": \"{theirs}\"}}')).*"
    );
    match run(conn, &insert).await {
        Err(error) if error.to_string().contains("row-level security") => {}
        other => found.push(format!("{table}: a foreign row is let in: {other:?}")),
    }
    run(conn, "rollback to savepoint looking").await.unwrap();
    found
}

async fn all_faults(conn: &mut PgConnection, ours: Uuid, theirs: Uuid) -> Vec<String> {
    let mut found = Vec::new();
    for table in tenant_tables(conn).await {
        found.extend(faults(conn, &table, ours, theirs).await);
    }
    found
}

/// S10 and section 5: each table, without an account, with ours, and with a foreign row to insert.
#[tokio::test(flavor = "multi_thread")]
async fn s10_row_security_stands_before_every_table() {
    let server = TestServer::start().await;
    let (ours, theirs) = (Company::found(&server).await, Company::found(&server).await);
    let mut conn = server.database().connect().await;
    let tables = tenant_tables(&mut conn).await;
    assert!(tables.len() >= 39, "{tables:?}");
    run(&mut conn, "begin").await.unwrap();
    let found = all_faults(&mut conn, ours.account, theirs.account).await;
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// S10, the mutants: a policy taken away, widened or switched off is noticed at every table.
#[tokio::test(flavor = "multi_thread")]
async fn s10_every_mutant_of_the_wall_is_noticed() {
    let server = TestServer::start().await;
    let (ours, theirs) = (Company::found(&server).await, Company::found(&server).await);
    let mut conn = server.database().connect().await;
    let (ours, theirs) = (ours.account, theirs.account);
    let mut mutants = 0;
    for table in tenant_tables(&mut conn).await {
        for mutant in [
            format!("drop policy tenant on {table}"),
            format!("alter policy tenant on {table} using (true)"),
            format!("alter policy tenant on {table} with check (true)"),
            format!("alter table {table} disable row level security"),
            format!("alter table {table} no force row level security"),
        ] {
            run(&mut conn, "begin").await.unwrap();
            run(&mut conn, &mutant).await.unwrap();
            let found = faults(&mut conn, &table, ours, theirs).await;
            run(&mut conn, "rollback").await.unwrap();
            assert!(!found.is_empty(), "survived: {mutant}");
            mutants += 1;
        }
    }
    assert!(mutants >= 5 * 39, "{mutants}");
}

/// Roles: the program's log-in role is what sets the role; `beseda_app` itself may not leave it, owns
/// nothing, and does not bypass the wall.
#[tokio::test(flavor = "multi_thread")]
async fn s10_the_roles_behind_the_wall_have_no_way_around_it() {
    let server = TestServer::start().await;
    let mut conn = server.database().connect().await;
    let strong: i64 = count(
        &mut conn,
        "select count(*) from pg_roles where rolname in ('beseda_app', 'beseda_platform')
         and (rolsuper or rolbypassrls or rolcreaterole or rolcanlogin)",
    )
    .await
    .unwrap();
    assert_eq!(strong, 0);
    let owned: i64 = count(
        &mut conn,
        "select count(*) from pg_class c join pg_roles r on r.oid = c.relowner
         where r.rolname = 'beseda_app'",
    )
    .await
    .unwrap();
    assert_eq!(owned, 0);
    // The feed of history cannot be rewritten by a company's transaction.
    run(&mut conn, "begin").await.unwrap();
    run(&mut conn, "set local role beseda_app").await.unwrap();
    let rewritten = run(&mut conn, "update audit set action = 'x'").await;
    assert!(rewritten.is_err_and(|e| e.to_string().contains("permission denied")));
}
