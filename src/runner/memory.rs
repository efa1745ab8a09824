//! What a job's last publication left for its next night, in the project folder.
//!
//! A memory that is not there, damaged, or of another configuration is the same as none: the night then reads
//! everything.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use sha2::{Digest, Sha256};

use super::files::{self, WriteError};

/// Bytes of a SHA-256.
const DIGEST: usize = 32;

fn path(project_root: &Path, job: &str) -> PathBuf {
    project_root.join(".nightclerk").join(format!("{job}.memory"))
}

/// Keeps the bytes for the next night.
///
/// # Errors
/// When the file cannot be written.
pub fn keep(project_root: &Path, job: &str, config_hash: &str, bytes: &[u8]) -> Result<(), WriteError> {
    let path = path(project_root, job);
    let fail = |source: std::io::Error| WriteError { path: path.display().to_string(), source };
    let mut encoder = ZlibEncoder::new(digest(config_hash, bytes).to_vec(), Compression::fast());
    encoder.write_all(bytes).map_err(fail)?;
    files::write(&path, &encoder.finish().map_err(fail)?)
}

/// The bytes that were kept under this configuration, whole; `None` without them.
pub fn recall(project_root: &Path, job: &str, config_hash: &str) -> Option<Vec<u8>> {
    let file = std::fs::read(path(project_root, job)).ok()?;
    let (kept, packed) = file.split_at_checked(DIGEST)?;
    let mut bytes = Vec::new();
    ZlibDecoder::new(packed).read_to_end(&mut bytes).ok()?;
    (digest(config_hash, &bytes)[..] == *kept).then_some(bytes)
}

fn digest(config_hash: &str, bytes: &[u8]) -> [u8; DIGEST] {
    Sha256::new().chain_update(config_hash.as_bytes()).chain_update([0]).chain_update(bytes).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_memory_is_recalled_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        assert_eq!(recall(root, "job", "a"), None);
        let bytes: Vec<u8> = (0..100_000_u32).map(|n| (n % 7) as u8).collect();
        keep(root, "job", "a", &bytes).unwrap();
        assert_eq!(recall(root, "job", "a").as_deref(), Some(&bytes[..]));
        assert_eq!(recall(root, "job", "b"), None, "of another configuration");
        assert_eq!(recall(root, "other", "a"), None);
        let file = path(root, "job");
        let whole = std::fs::read(&file).unwrap();
        for cut in [0, 10, DIGEST, whole.len() - 1] {
            std::fs::write(&file, &whole[..cut]).unwrap();
            assert_eq!(recall(root, "job", "a"), None, "cut at {cut}");
        }
        let mut damaged = whole.clone();
        damaged[5] ^= 1;
        std::fs::write(&file, damaged).unwrap();
        assert_eq!(recall(root, "job", "a"), None);
    }
}
