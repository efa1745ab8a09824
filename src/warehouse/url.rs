//! Warehouse URLs, which hold passwords.

use std::fmt;

use serde::Deserialize;

use super::{Dialect, WarehouseError};
use crate::secrets;

/// A warehouse URL. Neither `Debug` nor `Display` shows its password.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct WarehouseUrl(String);

impl WarehouseUrl {
    /// Wraps the text; nothing is checked before [`super::Warehouse::open`].
    pub fn new(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    /// The text with its password.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }

    /// Which engine the scheme names.
    ///
    /// # Errors
    /// [`WarehouseError::UnsupportedScheme`]; [`WarehouseError::Connect`] for what has not the form of a URL.
    pub fn dialect(&self) -> Result<Dialect, WarehouseError> {
        let known = self.scheme()?;
        if !secrets::is_url(&self.0) {
            // Not asked of the engine, whose answer might quote a password from a wrong place.
            return Err(WarehouseError::Connect {
                url: self.redacted(),
                message: "it has not the form of a URL".to_owned(),
                hint: "write `SCHEME://USER:PASSWORD@HOST:PORT/DATABASE`, signs of a password such as `@` as `%40`"
                    .to_owned(),
                transient: false,
            });
        }
        if let Some(key) = secrets::unknown_key(&self.0) {
            return Err(WarehouseError::Connect {
                url: self.redacted(),
                message: format!("nobody knows the setting `{key}`"),
                hint: "settings behind the `?` are those of the engine's driver, such as `sslmode`".to_owned(),
                transient: false,
            });
        }
        Ok(known)
    }

    fn scheme(&self) -> Result<Dialect, WarehouseError> {
        match self.0.split_once(':').map_or("", |(scheme, _)| scheme) {
            "sqlite" => Ok(Dialect::Sqlite),
            "postgres" | "postgresql" => Ok(Dialect::Postgres),
            "mariadb" | "mysql" => Ok(Dialect::Mariadb),
            scheme => {
                // What is no word may be the beginning of a password.
                let is_word = scheme.len() <= 12 && scheme.chars().all(|letter| letter.is_ascii_alphabetic());
                let scheme = if is_word { scheme } else { "***" };
                Err(WarehouseError::UnsupportedScheme { scheme: scheme.to_owned() })
            }
        }
    }

    /// Whether it is a SQLite database that lives and dies with its connections.
    pub(super) fn is_in_memory(&self) -> bool {
        self.0.contains(":memory:") || self.0.contains("mode=memory")
    }

    /// The URL with `***` in place of its password, or of all of it that does not have the form of a URL.
    pub fn redacted(&self) -> String {
        secrets::hidden(&self.0)
    }
}

impl fmt::Debug for WarehouseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "WarehouseUrl({})", self.redacted())
    }
}

impl fmt::Display for WarehouseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.redacted())
    }
}

impl From<&str> for WarehouseUrl {
    fn from(url: &str) -> Self {
        Self::new(url)
    }
}

impl From<String> for WarehouseUrl {
    fn from(url: String) -> Self {
        Self(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        for (url, shown) in [
            ("postgres://anna:s3cret@db:5432/shop", "postgres://anna:***@db:5432/shop"),
            ("postgres://anna:a/b@c@db/shop", "postgres://anna:***@db/shop"),
            ("postgres://db/shop?user=anna&password=s3cret&x=1", "postgres://db/shop?user=anna&password=***&x=***"),
            ("postgres://anna@db/shop", "postgres://anna@db/shop"),
            ("sqlite:shop.sqlite", "sqlite:shop.sqlite"),
        ] {
            assert_eq!(WarehouseUrl::new(url).to_string(), shown);
            assert!(!format!("{:?}", WarehouseUrl::new(url)).contains("s3cret"));
        }
    }

    #[test]
    fn another_engine_is_refused_by_name() {
        let message = WarehouseUrl::new("oracle://db/shop").dialect().unwrap_err().to_string();
        assert!(message.contains("`oracle`") && message.contains("postgres://"), "{message}");
    }
}
