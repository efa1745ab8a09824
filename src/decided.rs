//! What was decided about what was recommended: rows of `nightclerk decide`, and of other programs.

use chrono::NaiveDate;
use serde::Serialize;

use crate::warehouse::Value;

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// As recommended.
    Approve,
    /// Another quantity.
    Change,
    /// Not at all.
    Reject,
    /// Not before a date.
    Snooze,
    /// Handed to whoever places it.
    Exported,
    /// Placed.
    Ordered,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Approve, Self::Change, Self::Reject, Self::Snooze, Self::Exported, Self::Ordered];

    /// Its word in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Change => "change",
            Self::Reject => "reject",
            Self::Snooze => "snooze",
            Self::Exported => "exported",
            Self::Ordered => "ordered",
        }
    }

    /// What it means, for the help.
    pub fn about(self) -> &'static str {
        match self {
            Self::Approve => "it is ordered as recommended",
            Self::Change => "another --quantity is ordered",
            Self::Reject => "it is not ordered",
            Self::Snooze => "the line is left alone --until a date",
            Self::Exported => "it was handed to whoever places it",
            Self::Ordered => "it was placed",
        }
    }

    /// The action of a word; `None` for any other.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == word)
    }
}

/// A decision.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Decision {
    /// About which recommendation.
    pub recommendation_id: String,
    /// What was decided.
    pub action: Action,
    /// Units, where they were named.
    pub quantity: Option<f64>,
    /// The first day that a snooze does not hold any more.
    pub until: Option<NaiveDate>,
    /// Why.
    pub reason: Option<String>,
    /// The order number of the books, where there is one.
    pub reference: Option<String>,
    /// By whom.
    pub actor: String,
    /// When, in microseconds since 1970.
    pub decided_us: i64,
}

impl Decision {
    /// The columns of `recommendation_decisions`, in the order in which [`Decision::of`] reads them.
    pub const COLUMNS: &'static str =
        "recommendation_id, action, quantity, until_day, reason, reference, actor, decided_us";

    /// Of a row of these columns; `None` where another program wrote an action that there is not, or no id.
    pub fn of(row: &[Value]) -> Option<Self> {
        let word =
            |place: usize| row.get(place).and_then(Value::as_text).map(str::trim).filter(|text| !text.is_empty());
        let owned = |place: usize| word(place).map(ToOwned::to_owned);
        Some(Self {
            recommendation_id: owned(0)?,
            action: Action::parse(&word(1)?.to_lowercase())?,
            quantity: row.get(2).and_then(Value::as_real).filter(|units| units.is_finite() && *units >= 0.0),
            until: row.get(3).and_then(Value::as_date),
            reason: owned(4),
            reference: owned(5),
            actor: owned(6).unwrap_or_default(),
            decided_us: row.get(7).and_then(Value::as_integer).unwrap_or_default(),
        })
    }
}
