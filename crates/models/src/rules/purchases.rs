use rayon::prelude::*;

use super::RulesError;

/// What customers bought on which day: customers one after the other, each with its visits by day, each visit with distinct items
/// in ascending order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purchases {
    items: Vec<u32>,
    /// Where in `items` each visit ends, and its day.
    visits: Vec<(u32, i32)>,
    /// Where in `visits` each customer ends.
    customers: Vec<u32>,
    n_items: u32,
}

/// A day on which a customer bought something.
#[derive(Debug, Clone, Copy)]
pub(super) struct Visit<'p> {
    pub day: i32,
    pub items: &'p [u32],
}

impl Purchases {
    /// From (customer, day, item) in any order; repeats count once. Days are days since any date.
    ///
    /// ```
    /// use nightclerk_models::rules::Purchases;
    /// let purchases = Purchases::from_lines(vec![(7, 3, 1), (7, 1, 0), (7, 3, 1), (9, 1, 0)], 2)?;
    /// assert_eq!((purchases.n_customers(), purchases.n_visits()), (2, 3));
    /// # Ok::<(), nightclerk_models::rules::RulesError>(())
    /// ```
    ///
    /// # Errors
    /// An item of `n_items` or above; more than 2³² - 1 lines.
    pub fn from_lines(mut lines: Vec<(u32, i32, u32)>, n_items: u32) -> Result<Self, RulesError> {
        if let Some(&(_, _, item)) = lines.iter().find(|(_, _, item)| *item >= n_items) {
            return Err(RulesError::UnknownItem { item, n_items });
        }
        lines.par_sort_unstable();
        lines.dedup();
        if lines.len() > u32::MAX as usize {
            return Err(RulesError::TooManyEntries { entries: lines.len() });
        }
        let (mut visits, mut customers) = (Vec::new(), Vec::new());
        for (at, line) in lines.iter().enumerate() {
            let next = lines.get(at + 1);
            if next.is_none_or(|next| (next.0, next.1) != (line.0, line.1)) {
                visits.push((at as u32 + 1, line.1));
            }
            if next.is_none_or(|next| next.0 != line.0) {
                customers.push(visits.len() as u32);
            }
        }
        Ok(Self { items: lines.into_iter().map(|(_, _, item)| item).collect(), visits, customers, n_items })
    }

    /// Customers with a purchase.
    pub fn n_customers(&self) -> usize {
        self.customers.len()
    }

    /// Days with a purchase, over all customers.
    pub fn n_visits(&self) -> usize {
        self.visits.len()
    }

    /// Size of the catalogue, bought or not.
    pub fn n_items(&self) -> u32 {
        self.n_items
    }

    /// The first day and the last; `None` without purchases.
    pub fn span(&self) -> Option<(i32, i32)> {
        let days = || self.visits.iter().map(|(_, day)| *day);
        days().min().zip(days().max())
    }

    /// The visits of a customer, by day.
    pub(super) fn visits_of(&self, customer: usize) -> impl DoubleEndedIterator<Item = Visit<'_>> + Clone {
        let from = customer.checked_sub(1).map_or(0, |before| self.customers[before] as usize);
        (from..self.customers[customer] as usize).map(|visit| {
            let start = visit.checked_sub(1).map_or(0, |before| self.visits[before].0 as usize);
            let (end, day) = self.visits[visit];
            Visit { day, items: &self.items[start..end as usize] }
        })
    }

    /// The visits of every customer.
    pub(super) fn customers(&self) -> impl Iterator<Item = Vec<Visit<'_>>> {
        (0..self.n_customers()).map(|customer| self.visits_of(customer).collect())
    }
}
