//! Bad rows are kept beside the data, never dropped in silence.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::ImportError;

/// Writes the bad rows of one file; the file of rejects exists only when there are any.
pub struct Rejects {
    path: PathBuf,
    writer: Option<csv::Writer<File>>,
    count: u64,
}

impl Rejects {
    /// Bad rows of `file` go to `rejects/FILE.rejects.csv` in `folder`; those of an earlier import are removed.
    ///
    /// # Errors
    /// When the old file cannot be removed.
    pub fn new(folder: &Path, file: &str) -> Result<Self, ImportError> {
        let path = folder.join("rejects").join(format!("{file}.rejects.csv"));
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(ImportError::Rejects { path, source: error.into() })
            }
            _ => Ok(Self { path, writer: None, count: 0 }),
        }
    }

    /// Keeps a row that starts in `line`.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn add(&mut self, line: u64, reason: &str, row: &csv::ByteRecord) -> Result<(), ImportError> {
        self.count += 1;
        self.write(line, reason, row).map_err(|source| ImportError::Rejects { path: self.path.clone(), source })
    }

    /// How many rows were rejected, and where they are.
    ///
    /// # Errors
    /// When the last of them cannot be written.
    pub fn finish(mut self) -> Result<(u64, Option<PathBuf>), ImportError> {
        let Some(writer) = &mut self.writer else {
            return Ok((0, None));
        };
        match writer.flush() {
            Ok(()) => Ok((self.count, Some(self.path))),
            Err(error) => Err(ImportError::Rejects { path: self.path, source: error.into() }),
        }
    }

    fn write(
        &mut self,
        line: u64,
        reason: &str,
        row: &csv::ByteRecord,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let writer = match &mut self.writer {
            Some(writer) => writer,
            empty => {
                if let Some(folder) = self.path.parent() {
                    std::fs::create_dir_all(folder)?;
                }
                let writer = empty.insert(csv::Writer::from_path(&self.path)?);
                writer.write_record(["line", "reason", "row"])?;
                writer
            }
        };
        writer.write_record([line.to_string().as_str(), reason, &as_line(row)?])?;
        Ok(())
    }
}

/// The row as one line of CSV, bytes that are no UTF-8 replaced.
fn as_line(row: &csv::ByteRecord) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    writer.write_byte_record(row)?;
    let bytes = writer.into_inner().map_err(|error| error.to_string())?;
    Ok(String::from_utf8_lossy(&bytes).trim_end_matches('\n').to_owned())
}
