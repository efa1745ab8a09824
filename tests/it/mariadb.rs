//! A MariaDB server for tests, started once per test process and stopped with it.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use super::server;
use super::skips::{Need, skip};

/// A running server.
#[derive(Clone, Debug)]
pub struct Server {
    port: u16,
    client: String,
}

/// The server of this test process, from the `mariadb-install-db` and `mariadbd` at hand. Without them the test is skipped.
pub fn temporary_server() -> Option<Server> {
    static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();
    match SERVER.get_or_init(start) {
        Ok(server) => Some(server.clone()),
        Err(reason) => {
            skip(Need::Mariadb, &format!("MariaDB cannot be started: {reason}"));
            None
        }
    }
}

impl Server {
    /// The URL of an empty database of its own; it goes with the server.
    pub fn database(&self, name: &str) -> String {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("nightclerk_{name}_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        self.execute(&format!("CREATE DATABASE {name} CHARACTER SET utf8mb4"));
        format!("mariadb://tester@127.0.0.1:{}/{name}", self.port)
    }

    /// Runs a statement as an administrator.
    pub fn execute(&self, sql: &str) {
        let command = format!("{} -e '{}'", self.client, sql.replace('\'', "'\\''"));
        server::run(&mut server::shell(None, &command, &std::env::temp_dir()))
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
}

fn start() -> Result<Server, String> {
    let user = server::unprivileged_user(&["mysql", "nobody"])?;
    let folder = server::folder("mariadb", user.as_deref())?;
    let data = folder.join("data");
    let install = format!(
        "{} --no-defaults --datadir='{}' --auth-root-authentication-method=normal --skip-test-db",
        server::find("mariadb-install-db")?.display(),
        data.display()
    );
    server::run(&mut server::shell(user.as_deref(), &install, &folder))?;
    let first = folder.join("first.sql");
    let sql = "CREATE USER 'tester'@'%' IDENTIFIED BY '';\nGRANT ALL ON *.* TO 'tester'@'%' WITH GRANT OPTION;\n";
    std::fs::write(&first, sql).map_err(|error| error.to_string())?;
    let port = server::free_port()?;
    // The zone is not UTC, as that of few shops is.
    let command = format!(
        "{} --no-defaults --datadir='{}' --socket='{}' --pid-file='{}' --bind-address=127.0.0.1 --port={port} \
         --init-file='{}' --skip-log-bin --innodb-flush-log-at-trx-commit=0 --innodb-buffer-pool-size=256M \
         --default-time-zone=+02:00",
        server::find("mariadbd")?.display(),
        data.display(),
        folder.join("socket").display(),
        folder.join("pid").display(),
        first.display()
    );
    let client = format!("{} --no-defaults -h 127.0.0.1 -P {port} -u tester", server::find("mariadb")?.display());
    server::start(user.as_deref(), &folder, &command, &format!("{client} -e 'SELECT 1'"))?;
    Ok(Server { port, client })
}
