//! The tables of the ledger, as their step makes them. `runner::ledger` writes them, with `runner::publish` (publications) and
//! [`super`] (the steps applied); gates, `datasets::source` and `bench` read some.

use crate::table::ColumnType::{Date, Flag, Integer, Real, Text};
use crate::table::{Column, TableSchema};

/// Every table of the ledger but the one that says which steps were applied.
pub(super) const LEDGER_TABLES: &[TableSchema<'static>] = &[
    COUNTERS,
    RUNS,
    LEASES,
    PUBLICATIONS,
    GATES,
    SLOTS,
    FILES,
    DAYS,
    PROFILES,
    QUARANTINE,
    ALERTS,
    LOG,
    TOKENS,
    AUDIT,
    STANDING,
    DECISIONS,
];

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
        Column::nullable(
            "valid_until_us",
            Integer,
            "when it is out of date because the next should be there, in microseconds since 1970; NULL where no schedule says so",
        ),
        Column::new("shadow", Flag, "whether nobody was to act on it: consumers do not see it").or_before("FALSE"),
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

const DAYS: TableSchema<'static> = TableSchema {
    name: "nightclerk_days",
    doc: "rows and sums of each day of a dataset, as the newest publication that read the day found them",
    grain: &["job", "dataset", "day"],
    columns: &[
        Column::new("job", Text, "the job"),
        Column::new("dataset", Text, "the dataset"),
        Column::new("day", Date, "the day"),
        Column::new("n_rows", Integer, "its rows"),
        Column::new("sums_json", Text, "the sums that the dataset's measures need, in order"),
    ],
};

const PROFILES: TableSchema<'static> = TableSchema {
    name: "nightclerk_profiles",
    doc: "the columns of what a publication read and wrote, in a few numbers",
    grain: &["job", "as_of", "relation", "column_name"],
    columns: &[
        Column::new("job", Text, "the job"),
        Column::new("as_of", Date, "the last complete business day"),
        Column::new("relation", Text, "the dataset or published table"),
        Column::new("column_name", Text, "its column"),
        Column::new("n_rows", Integer, "rows of the relation"),
        Column::new("n_nulls", Integer, "cells without a value"),
        Column::new("n_zeros", Integer, "numbers that are 0"),
        Column::new("n_negatives", Integer, "numbers below 0"),
        Column::new("total", Real, "the sum of the numbers"),
        Column::new("median", Real, "the middle number"),
        Column::new("p95", Real, "the number that 95 of 100 do not exceed"),
    ],
};

const QUARANTINE: TableSchema<'static> = TableSchema {
    name: "nightclerk_quarantine",
    doc: "what of the retailer's data a run left out because it broke its contract; the first thousand of a dataset",
    grain: &["run_id", "dataset", "position"],
    columns: &[
        Column::new("run_id", Integer, "the run"),
        Column::new("dataset", Text, "the dataset"),
        Column::new("position", Integer, "the order in which it was found, from 0"),
        Column::new("row_number", Integer, "the row of the dataset's answer, from 1"),
        Column::new("column_name", Text, "the column"),
        Column::new("reason", Text, "what is wrong, without personal data"),
        Column::new("left_out", Text, "row, or value where the column may be unknown"),
    ],
};

const ALERTS: TableSchema<'static> = TableSchema {
    name: "nightclerk_alerts",
    doc: "what people are to be told: a message to a channel, sent at least once",
    grain: &["dedupe_key", "channel"],
    columns: &[
        Column::new("dedupe_key", Text, "the same for a message that is meant to be the same"),
        Column::new("channel", Text, "who is told, by the name in [[alerts]]"),
        Column::new("job", Text, "the job that it is about"),
        Column::new("as_of", Date, "the business date that began the incident"),
        Column::new("kind", Text, "opened, recovered, expected_late or ping"),
        Column::new("body_json", Text, "what is sent"),
        Column::new("state", Text, "due, sending, sent, failed or unknown"),
        Column::new("attempts", Integer, "how often it was tried"),
        Column::new("next_try_us", Integer, "before that it is not tried, in microseconds since 1970"),
        Column::new("created_us", Integer, "when it was written down, in microseconds since 1970"),
        Column::new("error", Text, "why it did not arrive; empty otherwise"),
        Column::new("changed_us", Integer, "when its state changed, in microseconds since 1970"),
    ],
};

const LOG: TableSchema<'static> = TableSchema {
    name: "nightclerk_log",
    doc: "what runs said while they ran",
    grain: &["run_id", "position"],
    columns: &[
        Column::new("run_id", Integer, "the run"),
        Column::new("position", Integer, "the order in which it was said, from 1"),
        Column::new("at_us", Integer, "when, in microseconds since 1970"),
        Column::new("said", Text, "what, without personal data"),
    ],
};

const TOKENS: TableSchema<'static> = TableSchema {
    name: "nightclerk_tokens",
    doc: "who may ask `nightclerk serve`, and for what",
    grain: &["name"],
    columns: &[
        Column::new("name", Text, "whose it is"),
        Column::new("role", Text, "read, operate or admin"),
        Column::new("sha256", Text, "of its text, in hexadecimal digits"),
        Column::new("created_us", Integer, "when it was made, in microseconds since 1970"),
        Column::nullable("revoked_us", Integer, "since when it is worth nothing, in microseconds since 1970"),
    ],
};

const AUDIT: TableSchema<'static> = TableSchema {
    name: "nightclerk_audit",
    doc: "who changed what by hand, or tried to: append-only",
    grain: &["entry"],
    columns: &[
        Column::new("entry", Text, "a number drawn by chance"),
        Column::new("at_us", Integer, "when, in microseconds since 1970"),
        Column::new("actor", Text, "whose token it was"),
        Column::new("action", Text, "what was asked for"),
        Column::new("subject", Text, "of what"),
        Column::new("outcome", Text, "what became of it, in words"),
    ],
};

const STANDING: TableSchema<'static> = TableSchema {
    name: "nightclerk_standing",
    doc: "the numbers of products and suppliers as publications read them, which the next night's rows are held against",
    grain: &["run_id", "dataset", "position"],
    columns: &[
        Column::new("run_id", Integer, "the run that published"),
        Column::new("dataset", Text, "the dataset"),
        Column::new("position", Integer, "the piece, from 0"),
        Column::new("job", Text, "the job"),
        Column::new("content", Text, "a piece of the packed rows, in base 64"),
    ],
};

const DECISIONS: TableSchema<'static> = TableSchema {
    name: "recommendation_decisions",
    doc: "what people and their systems decided about recommendations; rows are only ever added, also by other programs",
    grain: &["decision_id"],
    columns: &[
        Column::new("decision_id", Text, "a key of whoever decides: what is written twice stands once"),
        Column::new("recommendation_id", Text, "the recommendation, as it was published"),
        Column::new("decided_us", Integer, "when, in microseconds since 1970; of several decisions the last holds"),
        Column::new("actor", Text, "by whom"),
        Column::new("action", Text, "`approve`, `change`, `reject`, `snooze`, `exported` or `ordered`"),
        Column::nullable("quantity", Real, "units, where they are not those recommended"),
        Column::nullable("until_day", Date, "of a snooze: the first day on which it does not hold any more"),
        Column::nullable("reason", Text, "why"),
        Column::nullable("reference", Text, "the order number of the books"),
    ],
};
