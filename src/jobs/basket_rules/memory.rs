//! What one night leaves for the next: the baskets it read and what it counted.

use polars::prelude::DataFrame;
use serde::{Deserialize, Serialize};

use super::BasketRules;
use super::basket_store::{BasketStore, DayChange};
use super::frames::Window;
use super::level_counts::LevelCounts;
use super::next_counts::NextCounts;
use crate::contract::ContractError;
use crate::day::Day;
use crate::job::RunContext;

/// The layout of what is remembered; another one is not read.
const FORMAT: u8 = 3;

/// What one night leaves for the next.
#[derive(Serialize, Deserialize)]
pub(super) struct Memory {
    as_of: Day,
    /// The day of the last complete read.
    complete_on: Day,
    pub baskets: BasketStore,
    counted: Vec<LevelCounts>,
    next: Option<NextCounts>,
}

/// What a night takes over from the one before, beside the baskets.
#[derive(Clone, Debug)]
pub(super) struct CarriedOn {
    /// The day of the last complete read.
    pub complete_on: Day,
    /// Days whose baskets are not those that were counted.
    pub changes: Vec<DayChange>,
    pub counted: Vec<LevelCounts>,
    pub next: Option<NextCounts>,
}

impl Memory {
    pub fn decoded(bytes: &[u8]) -> Option<Self> {
        let (format, rest) = bytes.split_first()?;
        (*format == FORMAT).then(|| postcard::from_bytes(rest).ok())?
    }

    /// Whether a night may begin with it.
    pub fn serves(&self, params: &BasketRules, as_of: Day) -> bool {
        (1..=params.reread_days.get().cast_signed()).contains(&(as_of - self.as_of))
            && as_of - self.complete_on < params.complete_read_days.get().cast_signed()
    }

    /// The first day that is read again.
    pub fn reread_from(&self, params: &BasketRules) -> Day {
        self.as_of + 1 - params.reread_days.get().cast_signed()
    }

    /// The baskets of a later night, with the rows of the days that are read again and of those since; and what else it takes over.
    pub fn carried_on(
        self,
        params: &BasketRules,
        ctx: &RunContext,
        rows: &DataFrame,
    ) -> Result<(BasketStore, CarriedOn), ContractError> {
        let reread = self.reread_from(params);
        let days = Window::of(params, ctx).days();
        let (baskets, changes) = self.baskets.advanced(rows, reread, days, params.max_basket_items.get())?;
        let Self { complete_on, counted, next, .. } = self;
        Ok((baskets, CarriedOn { complete_on, changes, counted, next }))
    }
}

/// What the next night may begin with, where remembering is worth it.
pub(super) fn remembered(
    params: &BasketRules,
    ctx: &RunContext,
    baskets: &BasketStore,
    carried_on: Option<&CarriedOn>,
    counted: Vec<LevelCounts>,
    next: Option<NextCounts>,
) -> Option<Vec<u8>> {
    if baskets.n_rows() < u64::from(params.remember_from_rows.get()) {
        return None;
    }
    let as_of = Day::from(ctx.as_of);
    let complete_on = carried_on.map_or(as_of, |carried_on| carried_on.complete_on);
    let memory = Memory { as_of, complete_on, baskets: baskets.clone(), counted, next };
    postcard::to_extend(&memory, vec![FORMAT]).ok()
}
