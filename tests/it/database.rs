//! A database of one test's own on the PostgreSQL server of the tests.

use nightclerk::warehouse::{Side, WarehouseConfig};

use crate::postgres::Cluster;
use crate::support::with_warehouse;

/// An empty database, dropped with this value.
#[derive(Debug)]
pub struct Database {
    server: WarehouseConfig,
    name: String,
    /// Its URL.
    pub url: String,
}

impl Database {
    /// Creates it; the name is made this process's own.
    pub fn new(cluster: &Cluster, name: &str) -> Self {
        let (base, _) = cluster.url.rsplit_once('/').expect("a database in the URL");
        let name = format!("nightclerk_{name}_{}", std::process::id());
        let server = WarehouseConfig::new(cluster.url.as_str());
        execute(&server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        execute(&server, &format!("CREATE DATABASE {name}"));
        Self { server, url: format!("{base}/{name}"), name }
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

fn execute(server: &WarehouseConfig, sql: &str) {
    with_warehouse(server, async |server| {
        server.execute(Side::Target, sql, &[]).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    });
}
