//! A look at what was read and at what is to be published, between the computation and the first row that is written.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::Runner;
use super::gates::{self, GateSettings};
use super::outcome::{Computed, JobState, Stop};
use crate::gate::{GateResult, GateSeverity};
use crate::job::RunContext;
use crate::job_file::JobFile;
use crate::profile::ColumnProfile;

/// What was seen when rows were looked at.
pub(super) struct Looked {
    /// The columns of the tables that are to be published, in a few numbers.
    pub published_columns: Vec<(&'static str, Vec<ColumnProfile>)>,
    /// Whether old data alone would stop the job.
    pub is_stale: bool,
}

/// Looks at what was read and at what is to be published, before anything of it is written.
pub(super) fn look(
    runner: &Runner,
    job: &JobFile,
    ctx: &RunContext,
    computed: &mut Computed,
    history: &gates::History,
) -> Result<Looked, Stop> {
    let failed_by = |reason| Stop { state: JobState::Failed, reason };
    let config = &runner.project.config.gates;
    let settings = GateSettings { max_age_days: config.max_age_days, row_count_ratio: config.row_count_ratio };
    let tolerated = job.job.tolerates();
    computed.gates.extend(gates::freshness_gates(&computed.inputs, tolerated, &settings));
    let closed_on: BTreeSet<NaiveDate> =
        runner.project.config.closed_on.union(&computed.special_days).copied().collect();
    computed.gates.extend(gates::newest_day_gates(&computed.inputs, tolerated, &settings, &closed_on));
    if ctx.stand_in {
        gates::stand_in(&mut computed.gates, job.job.stands_in());
    }
    gates::accept(&mut computed.gates, &job.accepted, ctx.as_of);
    let is_stale = blocked_by(&computed.gates).is_some();
    let published_columns =
        gates::published_columns(&computed.publication).map_err(|error| failed_by(error.to_string()))?;
    computed.gates.extend(gates::quarantine_gates(&computed.inputs));
    computed.gates.extend(gates::excluded_gates(&computed.inputs, history));
    computed.gates.extend(gates::value_gates(&computed.inputs, &published_columns, tolerated, history));
    computed.gates.extend(gates::input_gates(&computed.inputs, tolerated, history, &settings));
    computed.gates.extend(gates::output_gates(&computed.publication, history, &settings));
    computed.gates.extend(gates::own_audits(&computed.publication));
    for published in &computed.publication.tables {
        published.table.check(&published.frame).map_err(failed_by)?;
    }
    Ok(Looked { published_columns, is_stale })
}

/// The blocking gates that failed, in a sentence.
pub(super) fn blocked_by(gates: &[GateResult]) -> Option<String> {
    let failed: Vec<String> = gates
        .iter()
        .filter(|gate| !gate.passed && gate.severity == GateSeverity::Block)
        .map(GateResult::in_words)
        .collect();
    (!failed.is_empty()).then(|| failed.join("; "))
}
