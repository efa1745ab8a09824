//! Where a warehouse stands: which steps it has seen, whether its tables are what these steps leave, and what is to do.

use super::differences::{Difference, differences};
use super::generator::{self, Statements};
use super::relations::{self, OUR_SCHEMA, Reader, Relations};
use super::schemas::{self, Schema};
use super::steps::{Step, former, in_currency, number_of, statements, steps};
use crate::quantities::Currency;
use crate::warehouse::{Dialect, Value, WarehouseError};

/// The table that says which steps were applied.
pub(super) const STEPS_TABLE: &str = "nightclerk_migrations";

/// Where a warehouse stands.
#[derive(Clone, Debug)]
pub struct State {
    /// The engine.
    pub dialect: Dialect,
    /// The project's currency, whose decimals the columns of money have.
    pub(super) currency: Currency,
    /// The number of the last step that was applied, 0 for none.
    pub applied: i64,
    /// The steps that the warehouse has not seen yet, in order.
    pub pending: Vec<Step>,
    /// What the warehouse's older record of steps needs before anything else, each a statement.
    pub(super) adoption: Statements,
    /// What is wrong. Nothing is applied and nothing runs while there is anything.
    pub problems: Vec<Problem>,
    /// What mends the tables, empty where that is not to be had from the schemas alone.
    pub(super) mending: Statements,
}

/// Something that is wrong with our tables, and the mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What was found, and what is expected.
    pub what: String,
    /// What to do.
    pub mend: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}; {}", self.what, self.mend)
    }
}

impl State {
    /// Whether no step was applied yet.
    pub fn is_fresh(&self) -> bool {
        self.applied == 0
    }

    /// Whether nothing is to do and nothing is wrong.
    pub fn is_current(&self) -> bool {
        self.pending.is_empty() && self.adoption.is_empty() && self.problems.is_empty()
    }

    /// The statements that bring the tables up to date, with what the record of steps gets to know.
    pub(super) fn work(&self, now_micros: i64) -> Statements {
        let mut work = vec![RECORD_OF_STEPS.to_owned()];
        work.extend(self.adoption.iter().cloned());
        for step in &self.pending {
            let statements = statements(step.sql).map(|statement| in_currency(statement, self.currency));
            let row = |applied_us: i64| {
                let (number, name, checksum) = (step.number, step.name, step.checksum());
                format!(
                    "{STEPS_TABLE} (version, name, applied_us, checksum)\nVALUES ({number}, '{name}', {applied_us}, '{checksum}')"
                )
            };
            if self.dialect == Dialect::Mariadb {
                // What changes a table commits by itself there. A step that was begun is begun again: each of its statements may be
                // applied twice.
                work.push(self.dialect.insert_new(&row(BEGUN), "version"));
                work.extend(statements);
                let number = step.number;
                work.push(format!("UPDATE {STEPS_TABLE} SET applied_us = {now_micros} WHERE version = {number}"));
            } else {
                work.extend(statements);
                work.push(format!("INSERT INTO {}", row(now_micros)));
            }
        }
        work
    }
}

const RECORD_OF_STEPS: &str = "CREATE TABLE IF NOT EXISTS nightclerk_migrations (\n    \
    version BIGINT PRIMARY KEY,\n    name TEXT NOT NULL,\n    applied_us BIGINT NOT NULL,\n    checksum TEXT\n)";

/// When a step was applied that was begun and not ended, as the record of steps has it.
const BEGUN: i64 = -1;

/// A row of the record of steps.
struct Applied {
    number: i64,
    name: String,
    /// SHA-256 of the text; none where a program applied it that kept none.
    checksum: Option<String>,
    /// Whether it was begun and not ended.
    is_begun: bool,
}

/// Looks; changes nothing.
pub(super) async fn inspect(reader: &mut Reader<'_>, currency: Currency) -> Result<State, WarehouseError> {
    let dialect = reader.dialect();
    let names: Vec<String> = every_schema().iter().flat_map(relations::names).collect();
    let found = relations::read(reader, &[names, vec![STEPS_TABLE.to_owned()]].concat(), currency).await?;
    let pending = steps(dialect);
    let mut state = State {
        dialect,
        currency,
        applied: 0,
        pending,
        adoption: vec![],
        problems: vec![],
        mending: Statements::new(),
    };
    if let Some(record) = found.get(STEPS_TABLE) {
        let has_checksums = record.column("checksum").is_some();
        let applied = read_applied(reader, has_checksums).await?;
        state.compare_steps(&applied, has_checksums);
        // In the middle of a step the tables are neither those of before nor those of after.
        if !applied.iter().any(|row| row.is_begun) {
            state.compare_tables(&found);
        }
    } else {
        state.problems.extend(without_record(&found));
        if let Some(problem) = elsewhere(reader).await? {
            state.mending = state.work(0);
            state.problems.push(problem);
        }
    }
    Ok(state)
}

/// The tables of every snapshot and of today; a table may be among them several times.
fn every_schema() -> Vec<Schema> {
    let snapshots = steps(Dialect::Sqlite).into_iter().filter_map(|step| step.schemas().ok().flatten()).flatten();
    snapshots.chain(schemas::today()).collect()
}

async fn read_applied(reader: &mut Reader<'_>, has_checksums: bool) -> Result<Vec<Applied>, WarehouseError> {
    let checksum = if has_checksums { "checksum" } else { "NULL" };
    let sql = format!("SELECT version, name, {checksum}, applied_us FROM {STEPS_TABLE} ORDER BY version");
    let rows = reader.rows(&sql).await?;
    let text = |value: Option<&Value>| value.and_then(Value::as_text).map(str::to_owned);
    Ok(rows
        .iter()
        .map(|row| Applied {
            number: row.first().and_then(Value::as_integer).unwrap_or_default(),
            name: text(row.get(1)).unwrap_or_default(),
            checksum: text(row.get(2)),
            is_begun: row.get(3).and_then(Value::as_integer) == Some(BEGUN),
        })
        .collect())
}

/// The last step that was applied, if this program does not know it.
pub(super) async fn newer_step(reader: &mut Reader<'_>) -> Result<Option<Problem>, WarehouseError> {
    let last = steps(reader.dialect()).last().map_or(0, |step| step.number);
    let applied = read_applied(reader, false).await?;
    Ok(applied.last().filter(|row| row.number > last).map(|row| newer(row, last)))
}

/// Tables of ours without the record that says which steps made them.
fn without_record(found: &Relations) -> Option<Problem> {
    let first = found.keys().next()?;
    Some(Problem {
        what: format!(
            "`{first}` and {} other tables and views bear names of ours, but `{STEPS_TABLE}`, which says what made them, \
             is missing",
            found.len() - 1
        ),
        mend: format!("restore `{STEPS_TABLE}` from a backup, or give them other names if they are not nightclerk's"),
    })
}

/// On PostgreSQL an early build could put our tables into `public`, where a search path still finds them.
async fn elsewhere(reader: &mut Reader<'_>) -> Result<Option<Problem>, WarehouseError> {
    if reader.dialect() != Dialect::Postgres {
        return Ok(None);
    }
    let sql = format!(
        "SELECT n.nspname::text, ({OUR_SCHEMA})::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.oid = to_regclass('{STEPS_TABLE}')"
    );
    let rows = reader.rows(&sql).await?;
    let Some([Value::Text(there), Value::Text(ours)]) = rows.first().map(Vec::as_slice) else { return Ok(None) };
    Ok(Some(Problem {
        what: format!("our tables are in the schema `{there}`, and the project keeps them in `{ours}`"),
        mend: format!(
            "write `schema = \"{there}\"` under [warehouse] in nightclerk.toml; or, if those are another project's, apply \
             the SQL that `nightclerk plan` prints, which makes ours in `{ours}`"
        ),
    }))
}

impl State {
    /// Holds the record of steps against the steps there are.
    fn compare_steps(&mut self, applied: &[Applied], has_checksums: bool) {
        let former = former(self.dialect);
        if !has_checksums {
            self.adoption.push(format!("ALTER TABLE {STEPS_TABLE} ADD COLUMN checksum TEXT"));
        }
        let all = std::mem::take(&mut self.pending);
        for row in applied {
            let Some(step) = all.iter().find(|step| step.number == row.number) else {
                self.problems.push(newer(row, all.last().map_or(0, |step| step.number)));
                continue;
            };
            let renamed =
                former.iter().find(|former| former.name == row.name && number_of(former.name) == Some(row.number));
            match (&row.checksum, renamed) {
                (Some(checksum), _) if *checksum == step.checksum() => {}
                (None, _) if row.name == step.name => self.adoption.push(record(step)),
                (None, Some(former)) => {
                    self.adoption.extend(statements(former.sql).map(str::to_owned));
                    self.adoption.push(record(step));
                }
                _ => self.problems.push(other_text(row, step)),
            }
        }
        let ended = |row: &&Applied| !row.is_begun;
        self.applied = applied.iter().filter(ended).map(|row| row.number).max().unwrap_or_default();
        for step in all {
            if applied.iter().filter(ended).any(|row| row.number == step.number) {
                continue;
            }
            if step.number < self.applied {
                self.problems.push(left_out(&step, self.applied));
            } else {
                self.pending.push(step);
            }
        }
    }

    /// Holds the tables against what the last applied step leaves. What its adoption is about to create may be missing.
    fn compare_tables(&mut self, found: &Relations) {
        let Some(expected) = self.expected() else { return };
        let to_come = |name: &str| {
            let creates = ["CREATE TABLE IF NOT EXISTS", "CREATE VIEW IF NOT EXISTS", "CREATE OR REPLACE VIEW"];
            self.adoption.iter().any(|sql| creates.iter().any(|create| sql.contains(&format!("{create} {name} "))))
        };
        let is_to_come = |one: &Difference| matches!(one, Difference::Missing { relation } if to_come(relation));
        let differences: Vec<Difference> =
            differences(self.dialect, found, &expected).into_iter().filter(|one| !is_to_come(one)).collect();
        if differences.is_empty() {
            return;
        }
        let listed: Vec<String> =
            differences.iter().map(|one| in_currency(&format!("\n  {one}"), self.currency)).collect();
        let mend = match generator::change(self.dialect, found, &expected, &[]) {
            Ok(statements) => {
                self.mending = statements.iter().map(|statement| in_currency(statement, self.currency)).collect();
                "the SQL that `nightclerk plan` prints mends them; rows that are gone are only in a backup".to_owned()
            }
            Err(faults) => format!("restore them from a backup: {}", faults.join("; ")),
        };
        self.problems.push(Problem {
            what: format!("our tables are not as step {} left them:{}", self.applied, listed.concat()),
            mend,
        });
    }

    /// The tables that the last applied step leaves; today's after the last one.
    fn expected(&mut self) -> Option<Vec<Schema>> {
        if self.applied == 0 {
            return None;
        }
        if self.pending.is_empty() {
            return Some(schemas::today());
        }
        let step = steps(self.dialect).into_iter().find(|step| step.number == self.applied)?;
        match step.schemas() {
            Ok(snapshot) => snapshot,
            Err(fault) => {
                let mend = "this program was built wrongly: install it again".to_owned();
                self.problems.push(Problem { what: fault, mend });
                None
            }
        }
    }
}

/// Writes down that a step was applied whose text an older program did not keep a checksum of.
fn record(step: &Step) -> String {
    format!(
        "UPDATE {STEPS_TABLE} SET name = '{}', checksum = '{}'\nWHERE version = {}",
        step.name,
        step.checksum(),
        step.number
    )
}

fn newer(row: &Applied, last: i64) -> Problem {
    Problem {
        what: format!(
            "step {} `{}` was applied by a newer nightclerk; this one knows steps up to {last}",
            row.number, row.name
        ),
        mend: "install that version or a newer one".to_owned(),
    }
}

fn other_text(row: &Applied, step: &Step) -> Problem {
    let found = row.checksum.as_ref().map_or_else(String::new, |checksum| format!(" (SHA-256 {checksum})"));
    Problem {
        what: format!(
            "step {} was applied as `{}`{found}, with another text than `{}` has here (SHA-256 {})",
            row.number,
            row.name,
            step.name,
            step.checksum()
        ),
        mend: format!(
            "use the nightclerk that applied it, or restore the warehouse of before; where no table is named here as \
             different, the outcome is the same and `{};` accepts it",
            record(step).replace('\n', " ")
        ),
    }
}

fn left_out(step: &Step, applied: i64) -> Problem {
    Problem {
        what: format!("step {} `{}` was never applied, though step {applied} was", step.number, step.name),
        mend: "restore the warehouse of before, or the row of that step where its tables are all there".to_owned(),
    }
}
