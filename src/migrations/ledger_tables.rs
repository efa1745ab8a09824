//! The tables of the ledger, as their step makes them; `runner::ledger` alone reads and writes them.

use crate::table::ColumnType::{Date, Flag, Integer, Text};
use crate::table::{Column, TableSchema};

/// Every table of the ledger but the one that says which steps were applied.
pub(super) const LEDGER_TABLES: &[TableSchema<'static>] = &[COUNTERS, RUNS, LEASES, PUBLICATIONS, GATES, SLOTS, FILES];

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
        Column::new("runner", Text, "the program that runs, a number drawn by chance when it started").or_before("''"),
        Column::new("locked", Integer, "1 while it holds the file lock of its project folder").or_before("0"),
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

const SLOTS: TableSchema<'static> = TableSchema {
    name: "nightclerk_slots",
    doc: "what is due per business day, from the moment it is until it has ended",
    grain: &["job", "as_of"],
    columns: &[
        Column::new("job", Text, "the job"),
        Column::new("as_of", Date, "the last complete business day"),
        Column::new("state", Text, "waiting, running, or how it ended"),
        Column::new("reason", Text, "why it waits, or is not published"),
        Column::new("schedule", Text, "what made it due, in words; empty when somebody asked for it"),
        Column::new("due_us", Integer, "when it fell due, in microseconds since 1970"),
        Column::new("until_us", Integer, "until when it is tried, in microseconds since 1970"),
        Column::new("next_try_us", Integer, "not tried before that, in microseconds since 1970"),
        Column::new("attempts", Integer, "how often it was tried"),
        Column::new("crashes", Integer, "how many of these tries ended with the death of their process"),
        Column::nullable("run_id", Integer, "its newest run"),
        Column::new("changed_us", Integer, "when this row last changed, in microseconds since 1970"),
    ],
};

const FILES: TableSchema<'static> = TableSchema {
    name: "nightclerk_files",
    doc: "the pages and exports of publications, whether they stand in their places, and whether they leave the house",
    grain: &["run_id", "path"],
    columns: &[
        Column::new("run_id", Integer, "the run that made it"),
        Column::new("path", Text, "its place, from the output folder on"),
        Column::new("job", Text, "the job"),
        Column::new("as_of", Date, "the last complete business day"),
        Column::new("state", Text, "pending, written, obsolete or withdrawn"),
        Column::new("sha256", Text, "of its bytes, in hexadecimal digits"),
        Column::new("bytes", Integer, "how many"),
        Column::new("leaves", Flag, "whether somebody outside acts on it: an order, a list of customers"),
        Column::new("place", Text, "host and project folder that writes it"),
        Column::nullable("written_us", Integer, "since when it stands in its place, in microseconds since 1970"),
    ],
};
