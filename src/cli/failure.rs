//! What ends a command before its time.

use crate::migrations::MigrationError;
use crate::runner::RunnerError;
use crate::warehouse::WarehouseError;

/// Something that ends the command.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub exit_code: u8,
    /// The message, ready to print.
    pub message: String,
    /// The same for `--json`.
    pub json: serde_json::Value,
}

impl Failure {
    /// A failure with a message.
    pub fn new(exit_code: u8, message: impl Into<String>) -> Self {
        let message = message.into();
        let json = serde_json::json!({ "error": message, "exit_code": exit_code });
        Self { exit_code, message: format!("error: {message}"), json }
    }

    /// Bad configuration or usage.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(2, message)
    }
}

impl From<RunnerError> for Failure {
    fn from(error: RunnerError) -> Self {
        match error {
            RunnerError::Warehouse(error) => error.into(),
            RunnerError::Migration(error) => error.into(),
            other => Self::usage(other.to_string()),
        }
    }
}

impl From<MigrationError> for Failure {
    fn from(error: MigrationError) -> Self {
        match error {
            MigrationError::Warehouse(error) => error.into(),
            MigrationError::Running { .. } => Self::new(5, error.to_string()),
            MigrationError::Refused(_) => Self::usage(error.to_string()),
        }
    }
}

impl From<WarehouseError> for Failure {
    fn from(error: WarehouseError) -> Self {
        let exit_code = if error.is_transient() { 75 } else { 1 };
        Self::new(exit_code, error.to_string())
    }
}
