//! SQL text on its way to an engine: named binds, positions in error messages, and the one place that vouches for it.

use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

use super::{Dialect, Value, WarehouseError};

/// A statement whose named binds have become placeholders.
pub(super) struct Rewritten {
    /// The text the engine gets.
    pub sql: String,
    /// The names in the order of the placeholders; a name used twice has one placeholder.
    pub names: Vec<String>,
    /// (character offset in `sql`, character offset in the original) after each replacement, ascending.
    shifts: Vec<(usize, usize)>,
}

impl Rewritten {
    /// The character offset in the original text of an offset in the rewritten one.
    pub fn original_offset(&self, offset: usize) -> usize {
        match self.shifts.iter().rev().find(|(new, _)| *new <= offset) {
            Some((new, old)) => old + (offset - new),
            None => offset,
        }
    }
}

/// Vouches for SQL that is not a constant of this program.
///
/// Every statement comes from a file of the project, whose author may run anything anyway, or is put together here from
/// names that went through [`Dialect::quote`]. Values are bound, never pasted.
pub(super) fn vouch(sql: &str) -> SqlStr {
    AssertSqlSafe(sql.to_owned()).into_sql_str()
}

/// Replaces `:name` by the dialect's placeholder, outside of strings, quoted names, comments and `::casts`.
pub(super) fn rewrite(sql: &str, dialect: Dialect) -> Rewritten {
    let characters: Vec<char> = sql.chars().collect();
    let mut out = Rewritten { sql: String::with_capacity(sql.len()), names: Vec::new(), shifts: Vec::new() };
    let (mut at, mut written) = (0, 0);
    while at < characters.len() {
        let end = skip_quoted(&characters, at);
        if end > at {
            out.sql.extend(&characters[at..end]);
            written += end - at;
            at = end;
            continue;
        }
        let starts_name = characters[at] == ':'
            && characters.get(at + 1).is_some_and(|next| next.is_ascii_alphabetic() || *next == '_')
            && (at == 0 || (characters[at - 1] != ':' && !characters[at - 1].is_ascii_alphanumeric()));
        if !starts_name {
            out.sql.push(characters[at]);
            (at, written) = (at + 1, written + 1);
            continue;
        }
        let name_end = (at + 1..characters.len())
            .find(|&end| !(characters[end].is_ascii_alphanumeric() || characters[end] == '_'))
            .unwrap_or(characters.len());
        let name: String = characters[at + 1..name_end].iter().collect();
        let position = out.names.iter().position(|known| *known == name).unwrap_or_else(|| {
            out.names.push(name);
            out.names.len() - 1
        });
        let placeholder = dialect.placeholder(position + 1);
        written += placeholder.chars().count();
        out.sql.push_str(&placeholder);
        at = name_end;
        out.shifts.push((written, at));
    }
    out
}

/// The end of the string, quoted name, comment or dollar-quoted text that begins at `start`; `start` when none does.
pub(crate) fn skip_quoted(characters: &[char], start: usize) -> usize {
    let length = characters.len();
    let find = |from: usize, wanted: &[char]| {
        (from..length).find(|&at| characters[at..].starts_with(wanted)).map_or(length, |at| at + wanted.len())
    };
    match characters[start] {
        // A doubled quote ends one literal and begins the next, which comes to the same.
        quote @ ('\'' | '"') => find(start + 1, &[quote]),
        '-' if characters.get(start + 1) == Some(&'-') => find(start + 2, &['\n']),
        '/' if characters.get(start + 1) == Some(&'*') => find(start + 2, &['*', '/']),
        '$' if characters.get(start + 1) == Some(&'$') => find(start + 2, &['$', '$']),
        _ => start,
    }
}

/// The text with placeholders, and the values in their order.
pub(super) fn positional(
    origin: &str,
    sql: &str,
    binds: &[(&str, Value)],
    dialect: Dialect,
) -> Result<(String, Vec<Value>), WarehouseError> {
    let rewritten = rewrite(sql, dialect);
    let values = bind_values(origin, &rewritten.names, binds)?.into_iter().cloned().collect();
    Ok((rewritten.sql, values))
}

/// The values of a rewritten statement's placeholders.
pub(super) fn bind_values<'v>(
    origin: &str,
    names: &[String],
    binds: &'v [(&str, Value)],
) -> Result<Vec<&'v Value>, WarehouseError> {
    names
        .iter()
        .map(|name| {
            binds.iter().find(|(known, _)| known == name).map(|(_, value)| value).ok_or_else(|| {
                WarehouseError::UnknownBind {
                    origin: origin.to_owned(),
                    name: name.clone(),
                    known: binds.iter().map(|(known, _)| format!("`:{known}`")).collect::<Vec<_>>().join(", "),
                }
            })
        })
        .collect()
}

/// Line, column (both from 1) and text of the line at a character offset (from 0).
pub(super) fn place(sql: &str, offset: usize) -> (usize, usize, String) {
    let before: String = sql.chars().take(offset).collect();
    let line = before.matches('\n').count();
    let column = before.chars().rev().take_while(|&character| character != '\n').count();
    (line + 1, column + 1, sql.lines().nth(line).unwrap_or("").to_owned())
}

/// Where a word stands in the text when it stands there exactly once; SQLite names the word, not the place.
pub(super) fn only_place_of(sql: &str, word: &str) -> Option<usize> {
    if word.is_empty() {
        return None;
    }
    let is_part = |character: Option<char>| character.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let mut places = sql
        .match_indices(word)
        .filter(|(at, _)| !is_part(sql[..*at].chars().next_back()) && !is_part(sql[at + word.len()..].chars().next()));
    match (places.next(), places.next()) {
        (Some((at, _)), None) => Some(sql[..at].chars().count()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binds_become_placeholders_and_nothing_else_does() {
        let sql = "SELECT ':no', \":no\", x::date, 'it''s :no' -- :no\n/* :no */ FROM t WHERE a<=:as_of AND b>:from AND c=:as_of";
        let out = rewrite(sql, Dialect::Postgres);
        assert_eq!(
            out.sql,
            "SELECT ':no', \":no\", x::date, 'it''s :no' -- :no\n/* :no */ FROM t WHERE a<=$1 AND b>$2 AND c=$1"
        );
        assert_eq!(out.names, ["as_of", "from"]);
    }

    #[test]
    fn positions_after_a_placeholder_point_into_the_original() {
        let sql = "SELECT :as_of, wrong";
        let out = rewrite(sql, Dialect::Sqlite);
        let offset = out.sql.find("wrong").unwrap();
        assert_eq!(out.original_offset(offset), sql.find("wrong").unwrap());
        assert_eq!(place("a\nbc wrong", 5), (2, 4, "bc wrong".to_owned()));
    }

    #[test]
    fn a_word_that_stands_twice_has_no_place() {
        assert_eq!(only_place_of("SELECT quantty FROM t", "quantty"), Some(7));
        assert_eq!(only_place_of("SELECT a FROM a", "a"), None);
        assert_eq!(only_place_of("SELECT aa", "a"), None);
    }
}
