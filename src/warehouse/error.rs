//! What can go wrong between us and a warehouse.

use crate::contract::ContractError;

/// An error of a warehouse, with what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WarehouseError {
    /// The URL names an engine we do not speak.
    #[error(
        "a warehouse URL begins with `sqlite:`, `postgres://` or `mariadb://`, found `{scheme}`; other engines are not supported yet"
    )]
    UnsupportedScheme {
        /// What stands before the colon.
        scheme: String,
    },
    /// A server that may hold the retailer's tables, and not ours.
    #[error(
        "the server at {url} is MySQL {version}, and our own tables need MariaDB 10.6 or newer; keep the retailer's there as \
         `source_url` and set `url` to a MariaDB, PostgreSQL or SQLite"
    )]
    UnsupportedServer {
        /// The URL without its password.
        url: String,
        /// What the server says it is.
        version: String,
    },
    /// The warehouse could not be reached or did not let us in.
    #[error("cannot open the warehouse {url}: {message}; {hint}")]
    Connect {
        /// The URL without its password.
        url: String,
        /// What the engine or the system said.
        message: String,
        /// What to try.
        hint: String,
        /// Whether trying again later may help.
        transient: bool,
    },
    /// The engine refused a statement.
    #[error("{origin}{place}: {message}")]
    Sql {
        /// The file or the step the statement belongs to.
        origin: String,
        /// ` line 3, column 8, ...` when the engine names a place.
        place: String,
        /// What the engine said.
        message: String,
        /// The engine's code: an SQLSTATE, or SQLite's result code.
        code: Option<String>,
    },
    /// A text that is to read data does something else.
    #[error(
        "{origin}{place}: `{word}` has no place in a dataset, which is one SELECT that reads; the retailer's tables are never written to"
    )]
    Writes {
        /// The file.
        origin: String,
        /// ` line 3, column 8`.
        place: String,
        /// The word.
        word: String,
    },
    /// A statement uses a bind that nobody gives it.
    #[error("{origin}: unknown bind `:{name}`, known here: {known}")]
    UnknownBind {
        /// The file.
        origin: String,
        /// The name.
        name: String,
        /// The names there are.
        known: String,
    },
    /// A result is not what its schema promises.
    #[error(transparent)]
    Contract(#[from] ContractError),
    /// The warehouse may not be written to.
    #[error(
        "{origin}: the warehouse does not let us write: {message}; grant the right, or set a second URL for our own tables"
    )]
    Unwritable {
        /// The file or the step.
        origin: String,
        /// What the engine said.
        message: String,
    },
    /// Somebody else is in the way, or the connection broke; trying again later may help.
    #[error("{origin}: the warehouse is busy or the connection broke: {message}")]
    Busy {
        /// The file or the step.
        origin: String,
        /// What the engine said.
        message: String,
    },
    /// A frame that was to be written does not fit its table.
    #[error("table `{table}`: {message}")]
    Frame {
        /// The table.
        table: String,
        /// What is wrong.
        message: String,
    },
}

impl WarehouseError {
    /// Whether the same call may succeed a little later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Busy { .. } => true,
            Self::Connect { transient, .. } => *transient,
            _ => false,
        }
    }

    /// An error of `origin` from what sqlx gave, with `place` when the engine named one.
    pub(super) fn from_sqlx(origin: &str, place: String, error: &sqlx::Error) -> Self {
        let origin = origin.to_owned();
        let message = message_of(error);
        match class_of(error) {
            Class::Transient => Self::Busy { origin, message },
            Class::ReadOnly => Self::Unwritable { origin, message },
            Class::Other => {
                let code = error
                    .as_database_error()
                    .and_then(sqlx::error::DatabaseError::code)
                    .map(std::borrow::Cow::into_owned);
                Self::Sql { origin, place, message, code }
            }
        }
    }

    /// The same error of a statement that belongs to the file `origin`.
    #[must_use]
    pub(super) fn of_file(self, origin: &str) -> Self {
        match self {
            Self::Sql { place, message, code, .. } => Self::Sql { origin: origin.to_owned(), place, message, code },
            other => other,
        }
    }

    /// An error of opening the warehouse at `url` (already without its password).
    pub(super) fn from_connect(url: String, error: &sqlx::Error) -> Self {
        let code =
            error.as_database_error().and_then(sqlx::error::DatabaseError::code).map(std::borrow::Cow::into_owned);
        let hint = match (code.as_deref(), error) {
            (Some("28P01" | "28000"), _) => "check the user and the password",
            // MariaDB says 42000 for a database that is not there and for one that this user may not use.
            (Some("3D000" | "42000"), _) => "create the database or correct its name",
            (Some("14"), _) => {
                "the file does not exist or its folder cannot be written to; a new ledger begins with an empty file"
            }
            (Some("26"), _) => "the file is not an SQLite database",
            (_, sqlx::Error::Io(error)) if error.kind() == std::io::ErrorKind::InvalidData => {
                "check the server's certificate, and `sslmode` and `sslrootcert` of the URL"
            }
            (_, sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut) => {
                "check the host and the port, and that the server is running"
            }
            (_, sqlx::Error::Tls(_)) => "check `sslmode` and the server's certificate",
            (_, sqlx::Error::Configuration(_)) => "a URL looks like `postgres://user:password@host:5432/database`",
            _ => "check the URL",
        };
        let transient = matches!(class_of(error), Class::Transient);
        Self::Connect { url, message: message_of(error), hint: hint.to_owned(), transient }
    }
}

enum Class {
    Transient,
    ReadOnly,
    Other,
}

fn class_of(error: &sqlx::Error) -> Class {
    match error {
        // A certificate that is not believed: trying again does not mend it.
        sqlx::Error::Io(error) if error.kind() == std::io::ErrorKind::InvalidData => Class::Other,
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
            Class::Transient
        }
        sqlx::Error::Database(database) => {
            let code = database.code().unwrap_or_default();
            if database.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().is_some() {
                // https://www.postgresql.org/docs/current/errcodes-appendix.html
                match &*code {
                    "40001" | "40P01" | "55P03" | "53300" | "57P01" | "57P02" | "57P03" | "25P03" => Class::Transient,
                    "42501" | "25006" => Class::ReadOnly,
                    code if code.starts_with("08") => Class::Transient,
                    _ => Class::Other,
                }
            } else if let Some(mariadb) = database.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>() {
                // https://mariadb.com/kb/en/mariadb-error-code-reference/: too many connections, shutdown, lock wait, deadlock,
                // a row or a table changed since it was read, killed.
                match mariadb.number() {
                    1020 | 1040 | 1053 | 1203 | 1205 | 1213 | 1226 | 1412 | 1927 => Class::Transient,
                    // No right to it, a server that is read-only, a transaction that is.
                    1044 | 1142 | 1143 | 1227 | 1290 | 1370 | 1792 => Class::ReadOnly,
                    _ => Class::Other,
                }
            } else {
                // The low byte of an extended result code is the primary one: https://www.sqlite.org/rescode.html
                match code.parse::<u32>().map(|code| code & 0xff) {
                    Ok(5 | 6) => Class::Transient,
                    Ok(8) => Class::ReadOnly,
                    _ => Class::Other,
                }
            }
        }
        _ => Class::Other,
    }
}

/// Our words for an error whose own may quote a value, which may be a customer's: data that cannot be read as what they should be (class
/// 22), on MariaDB wrong values and keys that stand twice. Servers speak many languages, and quote in as many ways.
fn words_for(error: &dyn sqlx::error::DatabaseError) -> Option<String> {
    let code = error.code().unwrap_or_default();
    if let Some(mariadb) = error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>() {
        let words = match mariadb.number() {
            1062 | 1586 => "a key stands twice",
            1292 | 1411 => "a value is no date, time or number of the kind that is wanted",
            1366 => "a value does not fit the type of its column",
            1918 => "a value cannot be converted",
            _ if code.starts_with("22") => "a value cannot be used as it is",
            _ => return None,
        };
        return Some(format!("{words} (not shown; error {})", mariadb.number()));
    }
    if error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().is_none() || !code.starts_with("22") {
        return None;
    }
    // https://www.postgresql.org/docs/current/errcodes-appendix.html
    let words = match &*code {
        "22P02" => "a text cannot be read as a value of the type that is wanted",
        "22007" => "a text is no date or time",
        "22008" => "a date or time is out of range",
        "22003" => "a number is out of range",
        "22012" => "division by zero",
        "22001" => "a text is too long",
        "22021" | "22P05" => "a text has characters that its encoding does not",
        _ => "a value cannot be used as it is",
    };
    Some(format!("{words} (not shown; SQLSTATE {code})"))
}

fn message_of(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(database) => {
            let ours = words_for(&**database);
            let mut message = ours.unwrap_or_else(|| database.message().to_owned());
            if let Some(postgres) = database.try_downcast_ref::<sqlx::postgres::PgDatabaseError>() {
                // The detail of data errors (class 22) and broken constraints (class 23) quotes rows, which may be
                // customers'.
                let quotes_rows = postgres.code().starts_with("22") || postgres.code().starts_with("23");
                let detail = postgres.detail().filter(|_| !quotes_rows);
                for more in [detail, postgres.hint()].into_iter().flatten() {
                    message.push_str("; ");
                    message.push_str(more);
                }
            }
            message
        }
        other => other.to_string(),
    }
}
