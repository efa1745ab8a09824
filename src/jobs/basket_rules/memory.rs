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
use crate::remembered::{Memorable, MemoryTerms, Remembered};

/// What one night leaves for the next.
#[derive(Serialize, Deserialize)]
pub(super) struct Memory {
    pub baskets: BasketStore,
    counted: Vec<LevelCounts>,
    next: Option<NextCounts>,
}

impl Memorable for Memory {
    const FORMAT: u8 = 3;
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

/// How far a night trusts the one before.
pub(super) fn terms(params: &BasketRules) -> MemoryTerms {
    MemoryTerms {
        reread_days: params.reread_days,
        complete_read_days: params.complete_read_days,
        from_rows: params.remember_from_rows,
    }
}

/// The baskets of a later night, with the rows of the days that are read again and of those since; and what else it takes over.
///
/// # Errors
/// The rows are not those of `basket_lines`.
pub(super) fn carried_on(
    known: Remembered<Memory>,
    params: &BasketRules,
    ctx: &RunContext,
    rows: &DataFrame,
) -> Result<(BasketStore, CarriedOn), ContractError> {
    let reread = known.reread_from(terms(params));
    let Remembered { complete_on, content: Memory { baskets, counted, next }, .. } = known;
    let (baskets, changes) =
        baskets.advanced(rows, reread, Window::of(params, ctx).days(), params.max_basket_items.get())?;
    Ok((baskets, CarriedOn { complete_on, changes, counted, next }))
}

/// What the next night may begin with, where remembering is worth it.
///
/// # Errors
/// Something in it cannot be encoded.
pub(super) fn encoded(
    params: &BasketRules,
    ctx: &RunContext,
    baskets: &BasketStore,
    carried_on: Option<&CarriedOn>,
    counted: Vec<LevelCounts>,
    next: Option<NextCounts>,
) -> Result<Option<Vec<u8>>, postcard::Error> {
    if !terms(params).is_worth(baskets.n_rows()) {
        return Ok(None);
    }
    let as_of = Day::from(ctx.as_of);
    let complete_on = carried_on.map_or(as_of, |carried_on| carried_on.complete_on);
    let memory = Memory { baskets: baskets.clone(), counted, next };
    Remembered::encode(as_of, complete_on, &memory).map(Some)
}
