//! Warehouse URLs, which hold passwords.

use std::fmt;

use serde::Deserialize;

use super::{Dialect, WarehouseError};

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
    /// [`WarehouseError::UnsupportedScheme`].
    pub fn dialect(&self) -> Result<Dialect, WarehouseError> {
        match self.0.split_once(':').map_or("", |(scheme, _)| scheme) {
            "sqlite" => Ok(Dialect::Sqlite),
            "postgres" | "postgresql" => Ok(Dialect::Postgres),
            scheme => Err(WarehouseError::UnsupportedScheme { scheme: scheme.to_owned() }),
        }
    }

    /// The URL with `***` in place of its password.
    pub fn redacted(&self) -> String {
        let url = redact_parameter(&self.0);
        let Some((scheme, rest)) = url.split_once("://") else { return url };
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        // A password may hold an unescaped slash; then the last `@` of the whole rest ends it.
        let at = rest[..end].rfind('@').or_else(|| rest.rfind('@'));
        match at.and_then(|at| rest[..at].find(':').map(|colon| (colon, at))) {
            Some((colon, at)) => format!("{scheme}://{}:***{}", &rest[..colon], &rest[at..]),
            None => url,
        }
    }
}

/// `?password=secret` is the other place where PostgreSQL URLs keep one.
fn redact_parameter(url: &str) -> String {
    let Some(start) = url.find("password=").map(|at| at + "password=".len()) else { return url.to_owned() };
    let end = url[start..].find('&').map_or(url.len(), |length| start + length);
    format!("{}***{}", &url[..start], &url[end..])
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
            ("postgres://db/shop?user=anna&password=s3cret&x=1", "postgres://db/shop?user=anna&password=***&x=1"),
            ("postgres://anna@db/shop", "postgres://anna@db/shop"),
            ("sqlite:shop.sqlite", "sqlite:shop.sqlite"),
        ] {
            assert_eq!(WarehouseUrl::new(url).to_string(), shown);
            assert!(!format!("{:?}", WarehouseUrl::new(url)).contains("s3cret"));
        }
    }

    #[test]
    fn another_engine_is_refused_by_name() {
        let message = WarehouseUrl::new("mysql://db/shop").dialect().unwrap_err().to_string();
        assert!(message.contains("`mysql`") && message.contains("postgres://"), "{message}");
    }
}
