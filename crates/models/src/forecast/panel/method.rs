//! The methods by which a panel can be forecast.

use serde::{Deserialize, Serialize};

use crate::forecast::local::LocalMethod;

/// How a panel is forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PanelMethod {
    /// Counts where the panel is one of counts, else a mixture of [`LocalMethod::Mean`] and [`PanelMethod::Gbm`].
    Auto,
    /// Every series by this model of its own.
    Local(LocalMethod),
    /// One gradient-boosted model over all series.
    Gbm,
    /// Distributions of counts that lend each other strength.
    Counts,
}

impl PanelMethod {
    /// Every method, in order.
    pub const ALL: &[PanelMethod] = &METHODS;

    /// What it does, in a few words.
    pub fn about(self) -> &'static str {
        match self {
            PanelMethod::Auto => "counts where the series are counts, else `mean` and `gbm` in the better mixture",
            PanelMethod::Local(method) => method.about(),
            PanelMethod::Gbm => "one boosted model over all series",
            PanelMethod::Counts => "distributions of counts",
        }
    }

    /// The models that series have of their own under it, where they have any. What is no count goes to the mean.
    pub(super) fn local(self) -> Option<LocalMethod> {
        match self {
            PanelMethod::Auto | PanelMethod::Counts => Some(LocalMethod::Mean),
            PanelMethod::Local(method) => Some(method),
            PanelMethod::Gbm => None,
        }
    }

    /// The name in tables and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            PanelMethod::Auto => "auto",
            PanelMethod::Local(method) => method.name(),
            PanelMethod::Gbm => "gbm",
            PanelMethod::Counts => "counts",
        }
    }
}

const N_METHODS: usize = LocalMethod::ALL.len() + 3;

/// The local methods between the choice and the methods that need all series.
const METHODS: [PanelMethod; N_METHODS] = {
    let mut methods = [PanelMethod::Auto; N_METHODS];
    let mut at = 0;
    while at < LocalMethod::ALL.len() {
        methods[1 + at] = PanelMethod::Local(LocalMethod::ALL[at]);
        at += 1;
    }
    methods[N_METHODS - 2] = PanelMethod::Gbm;
    methods[N_METHODS - 1] = PanelMethod::Counts;
    methods
};
