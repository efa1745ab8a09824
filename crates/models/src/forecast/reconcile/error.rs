use thiserror::Error;

/// Why a hierarchy cannot be built or its forecasts cannot be reconciled.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum ReconcileError {
    /// No series, or more nodes than can be numbered.
    #[error("build a hierarchy: found {found} series, allowed are 1 to 4294967294 including groups")]
    Size {
        /// Bottom series given.
        found: usize,
    },
    /// A group that sums nothing.
    #[error("build a hierarchy: group {group} is empty; leave it out or name its bottom series")]
    EmptyGroup {
        /// Index of the group.
        group: usize,
    },
    /// A group names a bottom series that does not exist.
    #[error("build a hierarchy: group {group} names bottom series {member}, but there are {n_bottom}, counted from 0")]
    UnknownMember {
        /// Index of the group.
        group: usize,
        /// The bottom series it names.
        member: usize,
        /// Bottom series that exist.
        n_bottom: usize,
    },
    /// A group would count a series twice.
    #[error("build a hierarchy: group {group} names bottom series {member} twice; name it once")]
    RepeatedMember {
        /// Index of the group.
        group: usize,
        /// The bottom series it repeats.
        member: usize,
    },
    /// An argument has another length than the hierarchy.
    #[error("reconcile: found {found} {what}, needs {needed}, one per {unit}")]
    Length {
        /// The argument.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The length needed.
        needed: usize,
        /// What one entry belongs to.
        unit: &'static str,
    },
    /// Forecasts of different length.
    #[error("reconcile: row {row} has {found} periods, row 0 has {needed}; give every node the same horizon")]
    Ragged {
        /// Index of the row.
        row: usize,
        /// Its periods.
        found: usize,
        /// Periods of the first row.
        needed: usize,
    },
    /// A base forecast that is read is not a number.
    #[error(
        "reconcile: the base forecast of node {node}, period {step}, is {found}; give a finite one, or an infinite variance to an aggregate without a forecast"
    )]
    BaseForecast {
        /// The node.
        node: usize,
        /// Periods after the first.
        step: usize,
        /// The value given.
        found: f64,
    },
    /// A variance outside what it means.
    #[error("reconcile: variance of node {node} is {found}, allowed is {allowed}")]
    Variance {
        /// Which of them.
        node: usize,
        /// The value given.
        found: f64,
        /// What would be allowed.
        allowed: &'static str,
    },
    /// Top-down shares in a hierarchy without a node for everything.
    #[error("reconcile: no node sums all bottom series, top-down needs one; add the total or choose another method")]
    NoTotal,
    /// The equations were not solved.
    #[error(
        "reconcile: period {step} is not solved to the tolerance, {left} of the correction is left; look for forecasts or variances of absurd size"
    )]
    NotConverged {
        /// Periods after the first.
        step: usize,
        /// Size of the unsolved part relative to the first one.
        left: f64,
    },
}
