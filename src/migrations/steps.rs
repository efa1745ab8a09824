//! The steps: numbered files that never change once they are committed.

use sha2::{Digest as _, Sha256};

use super::schemas::{self, Schema};
use crate::quantities::Currency;
use crate::warehouse::{Dialect, MONEY_DECIMALS};
use crate::words::hex;

/// Every file below `sql/migrations`, by its path in the repository.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/migration_files.rs"));

/// The folder of the steps.
const FOLDER: &str = "sql/migrations";

/// One numbered step of a dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its number; steps apply in order, from 1, without a gap.
    pub number: i64,
    /// The file's name.
    pub name: &'static str,
    /// Its statements.
    pub sql: &'static str,
}

/// A text that was once committed under the number of a step and is not the step's any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Former {
    /// The file's name at that time, which the warehouse's ledger holds.
    pub(super) name: &'static str,
    /// What brings the tables it left to those of the step that bears its number today; may be applied twice.
    pub(super) sql: &'static str,
}

impl Step {
    /// What the ledger of a warehouse keeps of the text: its SHA-256 in hexadecimal digits.
    pub fn checksum(&self) -> String {
        checksum(self.sql)
    }

    /// The tables after the step, as they were written down when it was frozen; `None` for a step that is not yet.
    ///
    /// # Errors
    /// A snapshot that cannot be read.
    pub(super) fn schemas(&self) -> Result<Option<Vec<Schema>>, String> {
        let path = format!("{FOLDER}/{}", snapshot_path(self.name));
        let snapshot = FILES.iter().find(|(name, _)| *name == path);
        snapshot.map(|(name, text)| schemas::parse(text).map_err(|fault| format!("{name}: {fault}"))).transpose()
    }
}

/// Every step of a dialect, in order. An engine that came later begins with the step that was the last one then, which makes
/// everything at once.
pub fn steps(dialect: Dialect) -> Vec<Step> {
    let step = |(name, sql): (&'static str, &'static str)| Some(Step { number: number_of(name)?, name, sql });
    files_in(&format!("{FOLDER}/{}", dialect.name())).filter_map(step).collect()
}

/// The texts that are not a step's any more, by number.
pub(super) fn former(dialect: Dialect) -> Vec<Former> {
    files_in(&format!("{FOLDER}/{}/former", dialect.name())).map(|(name, sql)| Former { name, sql }).collect()
}

/// Where a step's snapshot of the schemas lies below `sql/migrations`.
pub(super) fn snapshot_path(step: &str) -> String {
    format!("schemas/{}.txt", step.trim_end_matches(".sql"))
}

/// SHA-256 of a text, in hexadecimal digits.
pub(super) fn checksum(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

/// The number that a file's name begins with.
pub(super) fn number_of(name: &str) -> Option<i64> {
    name.split_once('_').and_then(|(number, _)| number.parse().ok())
}

/// A text with what a step leaves open filled in: `{money_decimals}` of the project's currency, 2 for euros, and `{money_units}`, how
/// many of the smallest coin make one, 100. What is frozen is the text without them.
pub fn in_currency(text: &str, currency: Currency) -> String {
    let (decimals, units) = (currency.minor_digits().to_string(), currency.minor_per_major().to_string());
    text.replace(MONEY_DECIMALS, &decimals).replace("{money_units}", &units)
}

/// Splits a script at semicolons that end a line; our scripts have none inside literals.
pub(super) fn statements(script: &str) -> impl Iterator<Item = &str> {
    script.split(";\n").map(str::trim).filter(|statement| {
        statement.lines().any(|line| !line.trim().is_empty() && !line.trim_start().starts_with("--"))
    })
}

/// The files directly in a folder, by name.
fn files_in(folder: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let within =
        move |path: &'static str| path.strip_prefix(folder)?.strip_prefix('/').filter(|name| !name.contains('/'));
    FILES.iter().filter_map(move |(path, text)| Some((within(path)?, *text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_split_into_its_statements() {
        let script =
            "-- a comment; not a statement\nCREATE TABLE a (b TEXT);\n-- another\nCREATE VIEW c AS SELECT 1;\n";
        assert_eq!(statements(script).count(), 2);
    }

    #[test]
    fn steps_are_numbered_without_a_gap_and_alike_on_every_engine() {
        let names = |dialect| steps(dialect).iter().map(|step| step.name).collect::<Vec<_>>();
        for dialect in Dialect::ALL {
            let numbers: Vec<i64> = steps(dialect).iter().map(|step| step.number).collect();
            let first = if dialect == Dialect::Mariadb { 9 } else { 1 };
            assert_eq!(numbers, (first..first + numbers.len() as i64).collect::<Vec<_>>());
            assert_eq!(names(dialect), names(Dialect::Sqlite)[first as usize - 1..]);
        }
    }

    #[test]
    fn a_checksum_is_what_sha256sum_prints() {
        assert_eq!(checksum("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
