//! The project's `sql/datasets/`: which file speaks for a dataset, and datasets that are derived from others.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use super::LoadError;
use crate::warehouse::{Dialect, WarehouseError, skip_quoted};

/// Dataset name to the file that speaks for it on one engine, and to the one that counts what that leaves out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SqlFiles {
    files: BTreeMap<String, SqlFile>,
    excluded: BTreeMap<String, SqlFile>,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct SqlFile {
    label: String,
    text: String,
}

impl SqlFiles {
    /// From file names to texts: `NAME.sql`, and `NAME.excluded.sql` beside it, overridden by `NAME.sqlite.sql`, `NAME.postgres.sql` or
    /// `NAME.mariadb.sql` (`NAME.excluded.sqlite.sql` ...). Files for other engines and files that do not end in `.sql` are left aside.
    pub fn from_texts(texts: BTreeMap<String, String>, dialect: Dialect) -> Self {
        let mut files = Self::default();
        let own = format!(".{}", dialect.name());
        for (file, text) in texts {
            let Some(stem) = file.strip_suffix(".sql") else { continue };
            let special = stem.strip_suffix(&own);
            let name = special.unwrap_or(stem);
            let (name, of_kind) = match name.strip_suffix(".excluded") {
                Some(name) => (name, &mut files.excluded),
                None => (name, &mut files.files),
            };
            if name.contains('.') || (special.is_none() && of_kind.contains_key(name)) {
                continue;
            }
            let label = format!("sql/datasets/{file}");
            of_kind.insert(name.to_owned(), SqlFile { label, text });
        }
        files
    }

    /// Whether a dataset has a file.
    pub fn has(&self, name: &str) -> bool {
        self.files.contains_key(name)
    }
}

/// What an engine says of a name that it does not know, where it does not say where the name stands.
const UNKNOWN_NAMES: [&str; 4] =
    ["no such column: ", "no such table: ", "no such function: ", "ambiguous column name: "];

/// A dataset's SQL with what it includes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DatasetSql {
    /// The label of its file.
    pub label: String,
    /// Its text, every `{name}` replaced by `(SQL of that dataset) AS name`.
    pub text: String,
    /// Of each line of the text the file it stands in, and its number there.
    lines: Vec<(String, usize)>,
    /// The datasets whose files it is made of: itself, and those that it includes.
    names: Vec<String>,
}

impl DatasetSql {
    /// The error with the file and the line that are to blame, where these are an included file's.
    pub fn blame(&self, error: WarehouseError) -> WarehouseError {
        let WarehouseError::Sql { origin, mut place, message, code } = error else { return error };
        if place.is_empty() {
            place = self.place_of_name(&message).unwrap_or_default();
        }
        let found = place.strip_prefix(" line ").and_then(|rest| {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let line: usize = rest[..digits].parse().ok()?;
            Some((self.lines.get(line.checked_sub(1)?)?, &rest[digits..]))
        });
        match found {
            Some(((label, line), rest)) if origin == self.label && *label != self.label => WarehouseError::Sql {
                origin: label.clone(),
                place: format!(" line {line}{rest}"),
                message: format!("{message} (included by {})", self.label),
                code,
            },
            Some(((_, line), rest)) if origin == self.label => {
                WarehouseError::Sql { origin, place: format!(" line {line}{rest}"), message, code }
            }
            _ => WarehouseError::Sql { origin, place, message, code },
        }
    }

    /// Where the name stands first that an engine complains of without a place.
    fn place_of_name(&self, message: &str) -> Option<String> {
        let name = UNKNOWN_NAMES.iter().find_map(|words| message.split_once(words))?.1.split_whitespace().next()?;
        let is_part = |letter: char| letter.is_alphanumeric() || "_.".contains(letter);
        let stands_alone =
            |line: &str, at: usize| !line[..at].ends_with(is_part) && !line[at + name.len()..].starts_with(is_part);
        let places = self.text.lines().enumerate().flat_map(|(number, line)| {
            let code = line.split("--").next().unwrap_or_default();
            code.match_indices(name).map(move |(at, _)| (number, line, at))
        });
        let (number, line, at) = places.into_iter().find(|(_, line, at)| stands_alone(line, *at))?;
        Some(format!(" line {}, column {}, `{}`", number + 1, line[..at].chars().count() + 1, line.trim()))
    }
}

/// The file that counts what another one leaves out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExcludedSql {
    /// The dataset whose rows it counts.
    pub dataset: String,
    /// Its text, with what it includes.
    pub sql: DatasetSql,
}

/// The SQL of a dataset with what it includes.
///
/// # Errors
/// [`LoadError::Missing`] with the dataset that has no file, [`LoadError::Cycle`].
pub fn dataset_sql(files: &SqlFiles, name: &str) -> Result<DatasetSql, LoadError> {
    expand(files, name, &mut Vec::new())
}

/// The queries that count what a dataset's SQL, and what it includes, leaves out.
///
/// # Errors
/// As [`dataset_sql`].
pub fn excluded_sql(files: &SqlFiles, of: &DatasetSql) -> Result<Vec<ExcludedSql>, LoadError> {
    let counted = of.names.iter().filter_map(|name| Some((name, files.excluded.get(name)?)));
    counted
        .map(|(name, file)| {
            Ok(ExcludedSql { dataset: name.clone(), sql: expand_file(files, file, name, &mut Vec::new())? })
        })
        .collect()
}

fn expand(files: &SqlFiles, name: &str, path: &mut Vec<String>) -> Result<DatasetSql, LoadError> {
    if path.iter().any(|known| known == name) {
        path.push(name.to_owned());
        return Err(LoadError::Cycle { path: path.join(" -> ") });
    }
    let Some(file) = files.files.get(name) else { return Err(LoadError::Missing { names: vec![name.to_owned()] }) };
    path.push(name.to_owned());
    let found = expand_file(files, file, name, path)?;
    path.pop();
    Ok(found)
}

fn expand_file(files: &SqlFiles, file: &SqlFile, name: &str, path: &mut Vec<String>) -> Result<DatasetSql, LoadError> {
    let characters: Vec<char> = file.text.chars().collect();
    let mut out = DatasetSql {
        label: file.label.clone(),
        text: String::with_capacity(file.text.len()),
        lines: vec![(file.label.clone(), 1)],
        names: vec![name.to_owned()],
    };
    let (mut at, mut line) = (0, 1);
    while at < characters.len() {
        let quoted_end = skip_quoted(&characters, at);
        if let Some((included, end)) = include_at(&characters, at).filter(|_| quoted_end == at) {
            let inner = expand(files, &included, path)?;
            let text = inner.text.trim_end().trim_end_matches(';');
            for name in inner.names {
                if !out.names.contains(&name) {
                    out.names.push(name);
                }
            }
            let n_lines = text.matches('\n').count() + 1;
            out.lines.extend(inner.lines.into_iter().take(n_lines).skip(1));
            // The line break ends a comment that the included file may end with.
            out.lines.push((file.label.clone(), line));
            out.text.extend(["(", text, "\n) AS ", &included]);
            at = end;
            continue;
        }
        let end = quoted_end.max(at + 1);
        for character in &characters[at..end] {
            out.text.push(*character);
            if *character == '\n' {
                line += 1;
                out.lines.push((file.label.clone(), line));
            }
        }
        at = end;
    }
    Ok(out)
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
            let DatasetSql { label, text: sql, .. } = dataset_sql(&files, "a").unwrap();
            assert_eq!((label.as_str(), sql.as_str()), ("sql/datasets/a.postgres.sql", "a.postgres.sql"));
            assert!(files.has("a") && !files.has("b"));
        }
    }

    #[test]
    fn a_dataset_is_put_in_where_another_names_it() {
        let files = files(&[("a.sql", "SELECT 1 AS x -- one\n;\n"), ("b.sql", "-- {a}\nSELECT x, '{a}' FROM {a}")]);
        let sql = dataset_sql(&files, "b").unwrap().text;
        assert_eq!(sql, "-- {a}\nSELECT x, '{a}' FROM (SELECT 1 AS x -- one\n\n) AS a");
    }

    #[test]
    fn a_name_that_an_engine_does_not_know_is_looked_for_where_it_does_not_say_where_it_stands() {
        let files = files(&[
            ("a.sql", "-- l.total\nSELECT l.total_2,\n    l.total\nFROM t l\n"),
            ("b.sql", "SELECT *\nFROM {a}\nWHERE zz"),
        ]);
        let sql = dataset_sql(&files, "b").unwrap();
        let said = |message: &str| {
            let (origin, place) = ("sql/datasets/b.sql".to_owned(), String::new());
            sql.blame(WarehouseError::Sql { origin, place, message: message.to_owned(), code: None }).to_string()
        };
        assert_eq!(
            said("no such column: l.total"),
            "sql/datasets/a.sql line 3, column 5, `l.total`: no such column: l.total (included by sql/datasets/b.sql)"
        );
        assert_eq!(said("no such column: zz"), "sql/datasets/b.sql line 3, column 7, `WHERE zz`: no such column: zz");
        assert_eq!(said("no such column: elsewhere"), "sql/datasets/b.sql: no such column: elsewhere");
        assert_eq!(said("interrupted"), "sql/datasets/b.sql: interrupted");
    }

    #[test]
    fn an_error_is_blamed_on_the_file_and_the_line_that_it_stands_in() {
        let files = files(&[("a.sql", "-- head\nSELECT quantty\nFROM t\n"), ("b.sql", "SELECT *\nFROM {a}\nWHERE zz")]);
        let sql = dataset_sql(&files, "b").unwrap();
        assert_eq!(sql.text.lines().nth(2), Some("SELECT quantty"));
        let error = |place: &str| {
            let (origin, place) = (sql.label.clone(), place.to_owned());
            sql.blame(WarehouseError::Sql { origin, place, message: "no".to_owned(), code: None }).to_string()
        };
        assert_eq!(
            error(" line 3, column 8, `SELECT quantty`"),
            "sql/datasets/a.sql line 2, column 8, `SELECT quantty`: no (included by sql/datasets/b.sql)"
        );
        assert_eq!(error(" line 6, column 7, `WHERE zz`"), "sql/datasets/b.sql line 3, column 7, `WHERE zz`: no");
        assert_eq!(error(""), "sql/datasets/b.sql: no");
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
