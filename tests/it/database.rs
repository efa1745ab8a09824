//! A database of one test's own on the PostgreSQL server of the tests.

use crate::postgres::Cluster;
use crate::server;

/// An empty database, dropped with this value.
#[derive(Debug)]
pub struct Database {
    server: String,
    name: String,
    /// Its URL.
    pub url: String,
}

impl Database {
    /// Creates it; the name is made this process's own.
    pub fn new(cluster: &Cluster, name: &str) -> Self {
        let (base, _) = cluster.url.rsplit_once('/').expect("a database in the URL");
        let name = format!("nightclerk_{name}_{}", std::process::id());
        execute(&cluster.url, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        execute(&cluster.url, &format!("CREATE DATABASE {name}"));
        Self { server: cluster.url.clone(), url: format!("{base}/{name}"), name }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // A test that fails leaves its database behind for whoever looks into it.
        if !std::thread::panicking() {
            execute(&self.server, &format!("DROP DATABASE {} WITH (FORCE)", self.name));
        }
    }
}

/// By the engine's own client: these statements refuse to run in a transaction, and all of ours do.
fn execute(url: &str, sql: &str) {
    let psql = server::find("psql").unwrap_or_else(|error| panic!("{error}"));
    let command = format!("{} -q -X -v ON_ERROR_STOP=1 -c '{sql}' '{url}'", psql.display());
    server::run(&mut server::shell(None, &command, &std::env::temp_dir()))
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
}
