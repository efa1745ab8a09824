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
        quote @ ('\'' | '"' | '`') => find(start + 1, &[quote]),
        '-' if characters.get(start + 1) == Some(&'-') => find(start + 2, &['\n']),
        '/' if characters.get(start + 1) == Some(&'*') => find(start + 2, &['*', '/']),
        '$' if characters.get(start + 1) == Some(&'$') => find(start + 2, &['$', '$']),
        // MariaDB's other comment; PostgreSQL has an operator of that sign, and nobody begins a line with it.
        '#' if characters[..start].iter().rev().find(|c| !matches!(c, ' ' | '\t')).is_none_or(|c| *c == '\n') => {
            find(start + 1, &['\n'])
        }
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

/// A statement whose numbered placeholders, `$1` and so on, have become `?`, which MariaDB has, and which of the binds, from 0, each
/// of them stands for.
pub(super) fn question_marks(sql: &str) -> (String, Vec<usize>) {
    let characters: Vec<char> = sql.chars().collect();
    let (mut out, mut order, mut at) = (String::with_capacity(sql.len()), Vec::new(), 0);
    while at < characters.len() {
        let quoted_end = skip_quoted(&characters, at);
        let digits_end = (at + 1..characters.len())
            .find(|&end| !characters[end].is_ascii_digit())
            .unwrap_or(characters.len())
            .max(at + 1);
        let number: String = characters[at + 1..digits_end].iter().collect();
        if quoted_end > at {
            out.extend(&characters[at..quoted_end]);
            at = quoted_end;
        } else if let ('$', Ok(number @ 1..)) = (characters[at], number.parse::<usize>()) {
            out.push('?');
            order.push(number - 1);
            at = digits_end;
        } else {
            out.push(characters[at]);
            at += 1;
        }
    }
    (out, order)
}

/// What in a text is no reading of data, with its character offset: another verb than SELECT, also one hidden in a WITH or in
/// brackets, a target of SELECT ... INTO, rows locked for writing, a second statement. The engine refuses to write anyway; this says so
/// before the night.
pub(super) fn what_writes(sql: &str) -> Option<(usize, String)> {
    let characters: Vec<char> = sql.chars().collect();
    let (mut before, mut at): (Option<String>, usize) = (None, 0);
    while at < characters.len() {
        let quoted_end = skip_quoted(&characters, at);
        if quoted_end > at {
            if !matches!(characters[at], '-' | '/' | '#') {
                before = Some(String::new());
            }
            at = quoted_end;
            continue;
        }
        if characters[at].is_whitespace() {
            at += 1;
            continue;
        }
        let is_part = |character: &char| character.is_alphanumeric() || *character == '_';
        let length = characters[at..].iter().take_while(|character| is_part(character)).count().max(1);
        let word: String = characters[at..at + length].iter().collect::<String>().to_uppercase();
        let begins = before.is_none();
        let opens = matches!(before.as_deref(), Some("(" | ")"));
        let after = characters[at + length..].iter().find(|character| !character.is_whitespace());
        // A function or a column of that name.
        let is_name = before.as_deref() == Some(".") || matches!(after, Some('(' | ',' | ')' | '.'));
        let faulty = match word.as_str() {
            "SELECT" | "WITH" | "VALUES" | "TABLE" | "(" if begins => false,
            "INSERT" | "UPDATE" | "DELETE" | "MERGE" => {
                begins || (opens && !is_name) || before.as_deref() == Some("FOR")
            }
            "INTO" => before.as_deref() != Some("."),
            _ => begins || before.as_deref() == Some(";"),
        };
        // A lone semicolon at the end is everybody's habit.
        if faulty && word != ";" {
            return Some((at, characters[at..at + length].iter().collect()));
        }
        before = Some(word);
        at += length;
    }
    None
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
    fn numbered_placeholders_become_question_marks_in_their_order() {
        let (sql, order) =
            question_marks("SELECT '$1', `a$1`, $2, t.b$ FROM t -- $3\nWHERE a = $1 AND b = $2 AND c = $10");
        assert_eq!(sql, "SELECT '$1', `a$1`, ?, t.b$ FROM t -- $3\nWHERE a = ? AND b = ? AND c = ?");
        assert_eq!(order, [1, 0, 1, 9]);
    }

    #[test]
    fn a_text_that_writes_is_found_and_one_that_reads_is_not() {
        for reads in [
            "SELECT update_count, 'DELETE FROM t', \"insert\" FROM t -- delete\n;\n",
            "/* INSERT */ WITH a AS (SELECT 1 AS deleted) SELECT REPLACE(x, 'a', 'b') FROM a",
            "(SELECT 1) UNION ALL (SELECT 2)",
            "# a note\n  # and that's another\nSELECT UPPER(INSERT(a, 1, 2, 'b')), COALESCE(delete, 1), t.into, (update) FROM t",
            "VALUES (1), (2)",
            "",
        ] {
            assert_eq!(what_writes(reads), None, "{reads}");
        }
        for (writes, word) in [
            ("DELETE FROM t RETURNING *", "DELETE"),
            ("WITH gone AS (DELETE FROM t RETURNING *) SELECT * FROM gone", "DELETE"),
            ("WITH a AS (SELECT 1) update t SET x = 1", "update"),
            ("SELECT * INTO copy FROM t", "INTO"),
            ("SELECT * FROM t FOR UPDATE", "UPDATE"),
            ("SELECT 1; DROP TABLE t", "DROP"),
            ("CALL tidy()", "CALL"),
        ] {
            let found = what_writes(writes);
            assert_eq!(found.as_ref().map(|(_, found)| found.as_str()), Some(word), "{writes}");
            assert!(found.is_some_and(|(at, word)| writes[at..].starts_with(&word)), "{writes}");
        }
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
