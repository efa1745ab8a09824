//! Pages and exports on disk. A file appears whole or not at all: written beside its place, then renamed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A file that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write `{path}`: {source}; set `dir` in [output] of nightclerk.toml to a folder this user may write")]
pub struct WriteError {
    /// The file.
    pub path: String,
    /// What the system says.
    pub source: io::Error,
}

/// Writes `bytes` to `path`, making its folder first.
///
/// # Errors
/// When the folder or the file cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    let attempt = || {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let beside = beside(path);
        fs::write(&beside, bytes)?;
        fs::rename(&beside, path)
    };
    attempt().map_err(|source| WriteError { path: path.display().to_string(), source })
}

/// The same for a file that another step relies on after a crash: it is on the disk, not in a cache, before this returns.
///
/// # Errors
/// When the folder or the file cannot be written.
pub fn write_for_good(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    let attempt = || {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = fs::File::create(path)?;
        io::Write::write_all(&mut file, bytes)?;
        file.sync_all()
    };
    attempt().map_err(|source| WriteError { path: path.display().to_string(), source })
}

/// Makes sure that files can be written below `folder`, before an hour is spent on what would go there.
///
/// # Errors
/// When they cannot.
pub fn probe(folder: &Path) -> Result<(), WriteError> {
    // Several processes may ask at once: each under a name of its own, and none is told of it.
    let path = folder.join(format!(".write-test.{}", by_chance()));
    let named = |source| WriteError { path: folder.display().to_string(), source };
    write(&path, b"").map_err(|error| named(error.source))?;
    fs::remove_file(&path).map_err(named)
}

/// A number that no other program draws, in hexadecimal digits. Not part of what is published.
pub fn by_chance() -> String {
    use std::hash::{BuildHasher as _, Hasher as _};
    // The standard library seeds its hash maps from the operating system; that saves a crate.
    let drawn = || std::collections::hash_map::RandomState::new().build_hasher().finish();
    format!("{:016x}{:08x}", drawn() ^ u64::from(std::process::id()), drawn() as u32)
}

/// What tells a project folder from another of the same name on another disk: drawn once, kept in the folder. A copy of the folder, in
/// another container for instance, brings the file along; by its number on the disk it is known for one, and a new mark is drawn. `None`
/// where the folder cannot be written.
pub fn mark(project_root: &Path) -> Option<String> {
    let path = project_root.join(".nightclerk").join("mark");
    let kept = || {
        let text = fs::read_to_string(&path).ok()?;
        let (mark, number) = text.trim().split_once(' ')?;
        (!mark.is_empty() && number == number_on_disk(&path)?).then(|| mark.to_owned())
    };
    kept().or_else(|| {
        fs::create_dir_all(path.parent()?).ok()?;
        let drawn: String = by_chance().chars().take(8).collect();
        let beside = beside(&path);
        fs::write(&beside, "").ok()?;
        fs::write(&beside, format!("{drawn} {}", number_on_disk(&beside)?)).ok()?;
        if path.exists() && kept().is_none() {
            let _ = fs::remove_file(&path);
        }
        // Of two that draw at once the first wins.
        let linked = fs::hard_link(&beside, &path);
        let _ = fs::remove_file(&beside);
        kept().or_else(|| linked.is_ok().then_some(drawn))
    })
}

/// What tells a file from its copies: the number of its inode; `0` where there are none.
fn number_on_disk(path: &Path) -> Option<String> {
    let metadata = fs::metadata(path).ok()?;
    #[cfg(unix)]
    let number = std::os::unix::fs::MetadataExt::ino(&metadata);
    #[cfg(not(unix))]
    let number = 0 * metadata.len();
    Some(number.to_string())
}

/// A lock that the operating system frees when the process dies, however it dies.
#[derive(Debug)]
pub struct JobLock {
    /// Kept open: closing it frees the lock.
    _file: Option<fs::File>,
    state: super::ledger::FileLock,
}

impl JobLock {
    /// Tries to take the lock of a job in a project folder. A folder that cannot be written gives no lock, which only
    /// means that a dead process of this host is noticed by its lease and not at once.
    pub fn try_take(project_root: &Path, job: &str) -> Self {
        let path = project_root.join(".nightclerk").join(format!("{job}.lock"));
        let open = || {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::File::options().create(true).truncate(false).write(true).open(&path)
        };
        match open() {
            Ok(file) if file.try_lock().is_ok() => Self { _file: Some(file), state: super::ledger::FileLock::Held },
            _ => Self { _file: None, state: super::ledger::FileLock::NotHeld },
        }
    }

    /// Whether it was taken.
    pub fn state(&self) -> super::ledger::FileLock {
        self.state
    }
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    // Two processes may write the same page; each beside it under a name of its own.
    name.push(format!(".{}.part", std::process::id()));
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_stays_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b.html");
        write(&path, b"first").unwrap();
        write(&path, b"second").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_copy_of_a_folder_has_a_mark_of_its_own() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let drawn = mark(one.path()).unwrap();
        assert_eq!(mark(one.path()).as_ref(), Some(&drawn));
        fs::create_dir(other.path().join(".nightclerk")).unwrap();
        fs::copy(one.path().join(".nightclerk/mark"), other.path().join(".nightclerk/mark")).unwrap();
        let of_the_copy = mark(other.path()).unwrap();
        assert_ne!(of_the_copy, drawn);
        assert_eq!(mark(other.path()), Some(of_the_copy));
        assert_eq!(mark(one.path()), Some(drawn));
    }

    #[test]
    fn a_lock_excludes_a_second_holder_until_it_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let first = JobLock::try_take(folder.path(), "plan");
        let second = JobLock::try_take(folder.path(), "plan");
        assert_eq!(first.state(), super::super::ledger::FileLock::Held);
        assert_eq!(second.state(), super::super::ledger::FileLock::NotHeld);
        drop(first);
        assert_eq!(JobLock::try_take(folder.path(), "plan").state(), super::super::ledger::FileLock::Held);
    }
}
