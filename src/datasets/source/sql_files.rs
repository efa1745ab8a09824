//! The project's `sql/datasets/`: which file speaks for a dataset, and datasets that are derived from others.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use super::LoadError;
use crate::warehouse::{Dialect, skip_quoted};

/// Dataset name to the file that speaks for it on one engine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SqlFiles {
    files: BTreeMap<String, SqlFile>,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct SqlFile {
    label: String,
    text: String,
}

impl SqlFiles {
    /// From file names to texts: `NAME.sql`, overridden by `NAME.postgres.sql` or `NAME.sqlite.sql`. Files for other
    /// engines and files that do not end in `.sql` are left aside.
    pub fn from_texts(texts: BTreeMap<String, String>, dialect: Dialect) -> Self {
        let mut files = BTreeMap::new();
        let own = format!(".{}", dialect.name());
        for (file, text) in texts {
            let Some(stem) = file.strip_suffix(".sql") else { continue };
            let special = stem.strip_suffix(&own);
            let name = special.unwrap_or(stem);
            if name.contains('.') || (special.is_none() && files.contains_key(name)) {
                continue;
            }
            let label = format!("sql/datasets/{file}");
            files.insert(name.to_owned(), SqlFile { label, text });
        }
        Self { files }
    }

    /// Whether a dataset has a file.
    pub fn has(&self, name: &str) -> bool {
        self.files.contains_key(name)
    }
}

/// The label of a dataset's file, and its SQL with every `{name}` replaced by `(SQL of that dataset) AS name`.
///
/// # Errors
/// [`LoadError::Missing`] with the dataset that has no file, [`LoadError::Cycle`].
pub fn dataset_sql(files: &SqlFiles, name: &str) -> Result<(String, String), LoadError> {
    let sql = expand(files, name, &mut Vec::new())?;
    let label = files.files.get(name).map_or_else(String::new, |file| file.label.clone());
    Ok((label, sql))
}

fn expand(files: &SqlFiles, name: &str, path: &mut Vec<String>) -> Result<String, LoadError> {
    if path.iter().any(|known| known == name) {
        path.push(name.to_owned());
        return Err(LoadError::Cycle { path: path.join(" -> ") });
    }
    let Some(file) = files.files.get(name) else { return Err(LoadError::Missing { names: vec![name.to_owned()] }) };
    path.push(name.to_owned());
    let characters: Vec<char> = file.text.chars().collect();
    let mut sql = String::with_capacity(file.text.len());
    let mut at = 0;
    while at < characters.len() {
        let quoted_end = skip_quoted(&characters, at);
        let included = include_at(&characters, at);
        if quoted_end > at {
            sql.extend(&characters[at..quoted_end]);
            at = quoted_end;
        } else if let Some((included, end)) = included {
            let inner = expand(files, &included, path)?;
            let inner = inner.trim_end().trim_end_matches(';');
            // The line break ends a comment that the included file may end with.
            sql.extend(["(", inner, "\n) AS ", &included]);
            at = end;
        } else {
            sql.push(characters[at]);
            at += 1;
        }
    }
    path.pop();
    Ok(sql)
}

/// The name in `{name}` at `start`, and where it ends.
fn include_at(characters: &[char], start: usize) -> Option<(String, usize)> {
    if characters[start] != '{' {
        return None;
    }
    let end = start + characters[start..].iter().position(|&character| character == '}')?;
    let name: String = characters[start + 1..end].iter().collect();
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    is_name.then_some((name, end + 1))
}

/// The zone in the text's first `-- timezone: Area/City` line.
///
/// # Errors
/// [`LoadError::Timezone`].
pub fn declared_timezone(origin: &str, sql: &str) -> Result<Option<Tz>, LoadError> {
    let zone = sql.lines().find_map(|line| line.trim().strip_prefix("--")?.trim().strip_prefix("timezone:"));
    let Some(zone) = zone.map(str::trim) else { return Ok(None) };
    zone.parse().map(Some).map_err(|_| LoadError::Timezone { origin: origin.to_owned(), zone: zone.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(texts: &[(&str, &str)]) -> SqlFiles {
        let texts = texts.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        SqlFiles::from_texts(texts, Dialect::Postgres)
    }

    #[test]
    fn the_file_of_the_engine_wins() {
        for order in [["a.sql", "a.postgres.sql"], ["a.postgres.sql", "a.sql"]] {
            let files = files(&[(order[0], order[0]), (order[1], order[1]), ("a.sqlite.sql", "no"), ("b.md", "no")]);
            let (label, sql) = dataset_sql(&files, "a").unwrap();
            assert_eq!((label.as_str(), sql.as_str()), ("sql/datasets/a.postgres.sql", "a.postgres.sql"));
            assert!(files.has("a") && !files.has("b"));
        }
    }

    #[test]
    fn a_dataset_is_put_in_where_another_names_it() {
        let files = files(&[("a.sql", "SELECT 1 AS x -- one\n;\n"), ("b.sql", "-- {a}\nSELECT x, '{a}' FROM {a}")]);
        let (_, sql) = dataset_sql(&files, "b").unwrap();
        assert_eq!(sql, "-- {a}\nSELECT x, '{a}' FROM (SELECT 1 AS x -- one\n\n) AS a");
    }

    #[test]
    fn files_that_include_each_other_are_an_error_with_their_names() {
        let files = files(&[("a.sql", "SELECT * FROM {b}"), ("b.sql", "SELECT * FROM {a}"), ("c.sql", "{d}")]);
        assert!(dataset_sql(&files, "a").unwrap_err().to_string().ends_with("a -> b -> a"));
        assert!(matches!(dataset_sql(&files, "c"), Err(LoadError::Missing { names }) if names == ["d"]));
    }

    #[test]
    fn a_declared_zone_must_exist() {
        assert_eq!(declared_timezone("f", "-- timezone: Europe/London\nSELECT 1").unwrap(), Some(Tz::Europe__London));
        assert_eq!(declared_timezone("f", "SELECT 1").unwrap(), None);
        assert!(declared_timezone("f", "-- timezone: Mars").unwrap_err().to_string().contains("`Mars`"));
    }
}
