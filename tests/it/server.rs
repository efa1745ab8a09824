//! Database servers for tests: started once per test process and stopped with it.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Starts a server in a folder of its own and waits until `ready` succeeds; it ends, and its folder goes, with this process.
///
/// `command` is what the server is called with, in the shell.
pub fn start(user: Option<&str>, folder: &Path, command: &str, ready: &str) -> Result<(), String> {
    // The test process may belong to root, whom another user cannot signal, not even with signal 0: hence /proc.
    // Statics are not dropped, so the watchdog waits for the end of this process, then stops the server and tidies up.
    let watchdog = format!(
        "(exec {command}) >'{log}' 2>&1 & server=$!; while test -d /proc/{test} && kill -0 $server 2>/dev/null; \
         do sleep 0.5; done; kill -INT $server 2>/dev/null; kill -TERM $server 2>/dev/null; wait $server; rm -rf '{folder}'",
        log = folder.join("log").display(),
        test = std::process::id(),
        folder = folder.display()
    );
    shell(user, &watchdog, folder).spawn().map_err(|error| error.to_string())?;
    let deadline = Instant::now() + Duration::from_mins(1);
    while run(&mut shell(None, ready, folder)).is_err() {
        if Instant::now() > deadline {
            let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
            return Err(format!("the server does not answer: {log}"));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// A folder of the server's own, which `user` may write to.
pub fn folder(server: &str, user: Option<&str>) -> Result<PathBuf, String> {
    let folder = std::env::temp_dir().join(format!("nightclerk-{server}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    if let Some(user) = user {
        run(Command::new("chown").arg(user).arg(&folder))?;
    }
    Ok(folder)
}

/// A port that nobody listens on.
pub fn free_port() -> Result<u16, String> {
    let socket = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
    socket.map(|address| address.port()).map_err(|error| error.to_string())
}

/// Servers refuse to run as root; then another user takes over.
pub fn unprivileged_user(users: &[&str]) -> Result<Option<String>, String> {
    let id = Command::new("id").arg("-u").output().map_err(|error| format!("id: {error}"))?;
    if id.stdout.trim_ascii() != b"0" {
        return Ok(None);
    }
    users
        .iter()
        .find(|user| run(Command::new("id").arg(user)).is_ok())
        .map(|user| Some((*user).to_owned()))
        .ok_or_else(|| format!("running as root, and there is no user {}", users.join(" or ")))
}

/// A command line, as another user where one is given.
pub fn shell(user: Option<&str>, script: &str, folder: &Path) -> Command {
    let mut command = Command::new(if user.is_some() { "su" } else { "sh" });
    command.args(user.map(|user| ["-s", "/bin/sh", user]).into_iter().flatten()).args(["-c", script]);
    command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Runs a command that has to succeed.
pub fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    if output.status.success() { Ok(()) } else { Err(format!("{command:?}: {}", output.status)) }
}

/// A program on the path, or where Debian keeps servers.
pub fn find(program: &str) -> Result<PathBuf, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]).collect();
    if let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") {
        folders.extend(versions.flatten().map(|version| version.path().join("bin")));
    }
    let found = folders.into_iter().map(|folder| folder.join(program)).find(|file| file.is_file());
    found.ok_or_else(|| format!("`{program}` is not on the path"))
}
