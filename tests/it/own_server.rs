//! A server that a test may stop, freeze and start again.

use std::path::PathBuf;

use crate::server;

/// A PostgreSQL server of a test's own, which may be stopped and frozen.
pub struct OwnServer {
    user: Option<String>,
    control: String,
    folder: PathBuf,
    /// Its address.
    pub url: String,
}

impl OwnServer {
    /// Starts one; an error says why it cannot be.
    pub fn new(name: &str) -> Result<Self, String> {
        let user = server::unprivileged_user(&["postgres", "nobody"])?;
        let folder = server::folder(name, user.as_deref())?;
        let (data, port) = (folder.join("data"), server::free_port()?);
        let initdb = format!(
            "{} -D '{}' -U tester -A trust -E UTF8 --locale=C --no-sync",
            server::find("initdb")?.display(),
            data.display()
        );
        server::run(&mut server::shell(user.as_deref(), &initdb, &folder))?;
        let control = format!(
            "{} -w -D '{}' -l '{}' -o \"-k '{}' -h 127.0.0.1 -p {port} -c fsync=off\"",
            server::find("pg_ctl")?.display(),
            data.display(),
            folder.join("log").display(),
            folder.display()
        );
        let own = Self { user, control, folder, url: format!("postgres://tester@127.0.0.1:{port}/postgres") };
        own.control("start");
        Ok(own)
    }

    /// `start`, or `stop -m immediate`.
    pub fn control(&self, what: &str) {
        let command = format!("{} {what}", self.control);
        server::run(&mut server::shell(self.user.as_deref(), &command, &self.folder)).unwrap();
    }

    /// Every process of the server.
    pub fn signal(&self, signal: &str) {
        let pid = std::fs::read_to_string(self.folder.join("data/postmaster.pid")).unwrap();
        let pid = pid.lines().next().unwrap();
        let command = format!("kill -{signal} {pid} $(cat /proc/{pid}/task/{pid}/children)");
        server::run(&mut server::shell(None, &command, &self.folder)).unwrap();
    }

    /// Has a statement run by `psql`, in a session of its own.
    pub fn query(&self, sql: &str) {
        let psql = server::find("psql").unwrap_or_else(|error| panic!("{error}"));
        let mut psql = std::process::Command::new(psql);
        server::run(psql.args(["-X", self.url.as_str(), "-v", "ON_ERROR_STOP=1", "-q", "-c", sql])).unwrap();
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        let command = format!("{} stop -m immediate; rm -rf '{}'", self.control, self.folder.display());
        let _ = server::run(&mut server::shell(self.user.as_deref(), &command, &std::env::temp_dir()));
    }
}
