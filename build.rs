//! Embeds whole folders, so that no list of files is kept by hand.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    embed(&["jobs", "reports", "sql/audits", "sql/datasets"], "project_files.rs")?;
    embed(&["sql/migrations"], "migration_files.rs")
}

/// Writes `[(path in the repository, text), ...]`, sorted by path, as a Rust expression to `file` in `OUT_DIR`.
fn embed(folders: &[&str], file: &str) -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let mut found = Vec::new();
    for folder in folders {
        collect(&root, &root.join(folder), &mut found)?;
    }
    found.sort();
    let mut list = String::from("&[\n");
    for (name, path) in found {
        list.push_str(&format!("    ({name:?}, include_str!({:?})),\n", path.display().to_string()));
    }
    list.push_str("]\n");
    fs::write(PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join(file), list)
}

fn collect(root: &Path, folder: &Path, found: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        // What editors leave behind is hidden and not ours.
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if path.is_dir() {
            collect(root, &path, found)?;
        } else {
            let parts = path.strip_prefix(root).unwrap_or(&path).iter().map(|part| part.to_string_lossy());
            found.push((parts.collect::<Vec<_>>().join("/"), path));
        }
    }
    Ok(())
}
