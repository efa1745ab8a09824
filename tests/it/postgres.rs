//! A PostgreSQL server for tests, started once per test process and stopped with it.

use std::sync::OnceLock;

use super::server;
use super::skips::{Need, skip};

/// A running server.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// URL of a database in which tests may create schemas.
    pub url: String,
}

/// The server of this test process: the one that `NIGHTCLERK_TEST_POSTGRES_URL` names, else a temporary one from the
/// `initdb` and `postgres` on the path. Without them the test is skipped.
pub fn temporary_cluster() -> Option<Cluster> {
    static CLUSTER: OnceLock<Result<Cluster, String>> = OnceLock::new();
    let given = || std::env::var("NIGHTCLERK_TEST_POSTGRES_URL").map(|url| Cluster { url });
    match CLUSTER.get_or_init(|| given().or_else(|_| start())) {
        Ok(cluster) => Some(cluster.clone()),
        Err(reason) => {
            skip(Need::Postgres, &format!("PostgreSQL cannot be started: {reason}"));
            None
        }
    }
}

fn start() -> Result<Cluster, String> {
    let user = server::unprivileged_user(&["postgres", "nobody"])?;
    let folder = server::folder("postgres", user.as_deref())?;
    let data = folder.join("data");
    let initdb = format!(
        "{} -D '{}' -U tester -A trust -E UTF8 --locale=C --no-sync",
        server::find("initdb")?.display(),
        data.display()
    );
    server::run(&mut server::shell(user.as_deref(), &initdb, &folder))?;
    let port = server::free_port()?;
    let command = format!(
        "{} -D '{}' -k '{}' -h 127.0.0.1 -p {port} -c fsync=off -c full_page_writes=off -c synchronous_commit=off",
        server::find("postgres")?.display(),
        data.display(),
        folder.display()
    );
    let ready = format!("{} -h 127.0.0.1 -p {port} -U tester -q", server::find("pg_isready")?.display());
    server::start(user.as_deref(), &folder, &command, &ready)?;
    Ok(Cluster { url: format!("postgres://tester@127.0.0.1:{port}/postgres") })
}
