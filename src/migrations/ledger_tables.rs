//! The tables of the ledger, as their step makes them; `runner::ledger` alone reads and writes them.

use crate::table::ColumnType::{Date, Flag, Integer, Text};
use crate::table::{Column, TableSchema};

/// Every table of the ledger but the one that says which steps were applied.
pub(super) const LEDGER_TABLES: &[TableSchema<'static>] = &[COUNTERS, RUNS, LEASES, PUBLICATIONS, GATES];

const COUNTERS: TableSchema<'static> = TableSchema {
    name: "nightclerk_counters",
    doc: "the last number that was given out",
    grain: &["name"],
    columns: &[Column::new("name", Text, "what is counted"), Column::new("value", Integer, "the last number")],
};

const RUNS: TableSchema<'static> = TableSchema {
    name: "nightclerk_runs",
    doc: "what ran, and how it ended",
    grain: &["run_id"],
    columns: &[
        Column::new("run_id", Integer, "the run"),
        Column::new("job", Text, "the job"),
        Column::new("kind", Text, "its kind"),
        Column::new("as_of", Date, "the last complete business day"),
        Column::new("state", Text, "running, or how it ended"),
        Column::new("fence", Integer, "the fencing token"),
        Column::new("started_us", Integer, "when it began, in microseconds since 1970"),
        Column::nullable("finished_us", Integer, "when it ended, in microseconds since 1970"),
        Column::new("params_toml", Text, "the parameters in full"),
        Column::new("config_hash", Text, "hash of every text of the project"),
        Column::new("code_version", Text, "the version of the program"),
        Column::new("seed", Integer, "the seed"),
        Column::new("rows_in", Integer, "rows read"),
        Column::new("rows_out", Integer, "rows published"),
        Column::nullable("error", Text, "why it failed"),
    ],
};

const LEASES: TableSchema<'static> = TableSchema {
    name: "nightclerk_leases",
    doc: "who may run a job, and until when",
    grain: &["job"],
    columns: &[
        Column::new("job", Text, "the job"),
        Column::new("place", Text, "host and project folder"),
        Column::new("process", Integer, "the process"),
        Column::new("fence", Integer, "the fencing token"),
        Column::new("lease_until_us", Integer, "when the lease ends, in microseconds since 1970"),
    ],
};

const PUBLICATIONS: TableSchema<'static> = TableSchema {
    name: "nightclerk_publications",
    doc: "what was published for which business day",
    grain: &["run_id"],
    columns: &[
        Column::new("run_id", Integer, "the run"),
        Column::new("job", Text, "the job"),
        Column::new("kind", Text, "its kind"),
        Column::new("as_of", Date, "the last complete business day"),
        Column::new("state", Text, "published, or why it is not any more"),
        Column::new("published_us", Integer, "when, in microseconds since 1970"),
        Column::new("rows_out", Integer, "rows published"),
        Column::new("headline", Text, "what it says in one sentence"),
        Column::nullable("grade", Text, "how good the last advice was"),
        Column::new("n_caveats", Integer, "caveats on its page"),
        Column::new("tables_json", Text, "rows by table"),
        Column::new("inputs_json", Text, "what was read"),
        Column::new("metrics_json", Text, "its figures"),
    ],
};

const GATES: TableSchema<'static> = TableSchema {
    name: "nightclerk_gates",
    doc: "what each gate found",
    grain: &["run_id", "position"],
    columns: &[
        Column::new("run_id", Integer, "the run"),
        Column::new("position", Integer, "the order of gates, from 0"),
        Column::new("name", Text, "the gate"),
        Column::new("severity", Text, "whether it blocks"),
        Column::new("passed", Flag, "whether it passed"),
        Column::new("observed", Text, "what was found"),
        Column::new("expected", Text, "what is allowed"),
        Column::new("explanation", Text, "why it matters"),
    ],
};
