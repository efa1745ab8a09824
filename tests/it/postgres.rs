//! A PostgreSQL server for tests, started once per test process and stopped with it.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

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
    let user = unprivileged_user()?;
    let folder = std::env::temp_dir().join(format!("nightclerk-postgres-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    if let Some(user) = &user {
        run(Command::new("chown").arg(user).arg(&folder))?;
    }
    let data = folder.join("data");
    let initdb = format!(
        "{} -D '{}' -U tester -A trust -E UTF8 --locale=C --no-sync",
        find("initdb")?.display(),
        data.display()
    );
    run(&mut shell(user.as_deref(), &initdb, &folder))?;
    let port =
        TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).map_err(|e| e.to_string())?.port();
    let server = format!(
        "exec {} -D '{}' -k '{}' -h 127.0.0.1 -p {port} -c fsync=off -c full_page_writes=off -c synchronous_commit=off",
        find("postgres")?.display(),
        data.display(),
        folder.display()
    );
    // The test process may belong to root, whom another user cannot signal, not even with signal 0: hence /proc.
    // Statics are not dropped, so the watchdog waits for the end of this process, then stops the server and tidies up.
    let watchdog = format!(
        "({server}) >'{log}' 2>&1 & server=$!; while test -d /proc/{test} && kill -0 $server 2>/dev/null; \
         do sleep 0.5; done; kill -INT $server 2>/dev/null; wait $server; rm -rf '{folder}'",
        log = folder.join("log").display(),
        test = std::process::id(),
        folder = folder.display()
    );
    shell(user.as_deref(), &watchdog, &folder).spawn().map_err(|error| error.to_string())?;
    let url = format!("postgres://tester@127.0.0.1:{port}/postgres");
    let deadline = Instant::now() + Duration::from_mins(1);
    let ready = format!("{} -h 127.0.0.1 -p {port} -U tester -q", find("pg_isready")?.display());
    while run(&mut shell(None, &ready, &folder)).is_err() {
        if Instant::now() > deadline {
            let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
            return Err(format!("the server does not answer: {log}"));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(Cluster { url })
}

/// `initdb` refuses to run as root; then another user takes over.
fn unprivileged_user() -> Result<Option<String>, String> {
    let id = Command::new("id").arg("-u").output().map_err(|error| format!("id: {error}"))?;
    if id.stdout.trim_ascii() != b"0" {
        return Ok(None);
    }
    ["postgres", "nobody"]
        .into_iter()
        .find(|user| run(Command::new("id").arg(user)).is_ok())
        .map(|user| Some(user.to_owned()))
        .ok_or_else(|| "running as root, and there is neither a user `postgres` nor `nobody`".to_owned())
}

fn shell(user: Option<&str>, script: &str, folder: &Path) -> Command {
    let mut command = Command::new(if user.is_some() { "su" } else { "sh" });
    command.args(user.map(|user| ["-s", "/bin/sh", user]).into_iter().flatten()).args(["-c", script]);
    command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    if output.status.success() { Ok(()) } else { Err(format!("{command:?}: {}", output.status)) }
}

/// A program on the path, or where Debian keeps PostgreSQL's.
fn find(program: &str) -> Result<PathBuf, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    if let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") {
        folders.extend(versions.flatten().map(|version| version.path().join("bin")));
    }
    let found = folders.into_iter().map(|folder| folder.join(program)).find(|file| file.is_file());
    found.ok_or_else(|| format!("`{program}` is not on the path"))
}
