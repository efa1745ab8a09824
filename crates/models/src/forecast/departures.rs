//! How a series departs from what others let expect of it: what was observed and expected at each place of a season.

use super::ratios::RatioPrior;

/// A dispersion is at least this share of the smallest sale: sales that never varied are no proof that they cannot.
const SMALLEST_DISPERSION: f64 = 0.5;

/// Observed and expected demand, over the dispersion: as if it were Poisson.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cell {
    /// What was sold.
    pub observed: f64,
    /// What was to be expected.
    pub expected: f64,
}

impl Cell {
    /// Takes another in.
    pub fn add(&mut self, other: Cell) {
        self.observed += other.observed;
        self.expected += other.expected;
    }

    /// The same times a number.
    #[must_use]
    pub fn times(self, scale: f64) -> Cell {
        Cell { observed: self.observed * scale, expected: self.expected * scale }
    }
}

/// What is known of the ratios of many cells.
pub fn prior_of<'a>(cells: impl Iterator<Item = &'a Cell>) -> RatioPrior {
    let cells: Vec<(f64, f64)> = cells.map(|cell| (cell.observed, cell.expected)).collect();
    RatioPrior::fit(&cells)
}

/// A period of a series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// Its place in the season.
    pub place: usize,
    /// What was sold, at least zero.
    pub observed: f64,
    /// What was to be expected.
    pub expected: f64,
    /// How much it counts.
    pub weight: f64,
}

/// What the level of a series around each period lets expect of it, times its factor in `base`: the level is what was sold in the
/// `around` periods before and after over the sum of their factors, of periods that are observed and `is_usual`.
pub fn expected(demand: &[f64], base: &[f64], is_usual: impl Fn(usize) -> bool, around: usize) -> Vec<f64> {
    let n = demand.len().min(base.len());
    // Sums up to each period.
    let (mut sold, mut factors) = (vec![0.0; n + 1], vec![0.0; n + 1]);
    for t in 0..n {
        let counts = demand[t].is_finite() && is_usual(t);
        sold[t + 1] = sold[t] + if counts { demand[t] } else { 0.0 };
        factors[t + 1] = factors[t] + if counts { base[t] } else { 0.0 };
    }
    let overall = if factors[n] > 0.0 { sold[n] / factors[n] } else { 0.0 };
    (0..n)
        .map(|t| {
            let (from, to) = (t.saturating_sub(around), (t + around + 1).min(n));
            let factor = factors[to] - factors[from];
            let level = if factor > 1e-9 { (sold[to] - sold[from]) / factor } else { overall };
            level.max(0.0) * base[t]
        })
        .collect()
}

/// What was observed and expected at each place of a season, as many Poisson counts as it tells as much as, and the dispersion of
/// the series: variance over mean of what is left when each place has its own level.
pub fn season_cells(seen: &[Seen], n_places: usize) -> (Vec<Cell>, f64) {
    let mut cells = vec![Cell::default(); n_places];
    let mut plain = cells.clone();
    let (mut squared_weights, mut smallest) = (0.0, f64::INFINITY);
    for one in seen {
        let cell = Cell { observed: one.observed, expected: one.expected };
        plain[one.place].add(cell);
        cells[one.place].add(cell.times(one.weight));
        squared_weights += one.weight * one.weight * one.expected;
        if one.observed > 0.0 {
            smallest = one.observed.min(smallest);
        }
    }
    let (mut squares, mut sum) = (0.0, 0.0);
    for one in seen {
        let Cell { observed, expected } = plain[one.place];
        let expected = if expected > 0.0 { one.expected * observed / expected } else { 0.0 };
        squares += (one.observed - expected).powi(2);
        sum += expected;
    }
    if sum <= 0.0 {
        return (vec![Cell::default(); n_places], 0.0);
    }
    let (n, places) = (seen.len() as f64, n_places as f64);
    let freedom = if n > 2.0 * places { n / (n - places) } else { 2.0 };
    let dispersion = (squares / sum * freedom).max(SMALLEST_DISPERSION * smallest);
    let expected: f64 = cells.iter().map(|cell| cell.expected).sum();
    // Weighted periods tell as much as so many whole ones.
    let weight = if squared_weights > 0.0 { expected / squared_weights } else { 0.0 };
    (cells.into_iter().map(|cell| cell.times(weight / dispersion)).collect(), dispersion)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_that_moves_is_no_season_and_a_season_is_told_from_it() {
        let base = vec![1.0; 140];
        let demand: Vec<f64> =
            (0..140).map(|t| (if t < 70 { 10.0 } else { 30.0 }) * if t % 7 == 6 { 0.0 } else { 7.0 / 6.0 }).collect();
        let expected = expected(&demand, &base, |_| true, 10);
        let seen: Vec<Seen> =
            (0..140).map(|t| Seen { place: t % 7, observed: demand[t], expected: expected[t], weight: 1.0 }).collect();
        let (cells, dispersion) = season_cells(&seen, 7);
        let ratio = |cell: &Cell| cell.observed / cell.expected;
        assert_eq!(ratio(&cells[6]), 0.0);
        assert!(cells[..6].iter().all(|cell| (ratio(cell) - 7.0 / 6.0).abs() < 0.05), "{cells:?}");
        assert!(dispersion > 0.0 && dispersion < 12.0, "{dispersion}");
    }

    #[test]
    fn nothing_sold_says_nothing() {
        assert_eq!(season_cells(&[], 7), (vec![Cell::default(); 7], 0.0));
        let seen = [Seen { place: 3, observed: 0.0, expected: 0.0, weight: 1.0 }; 30];
        assert_eq!(season_cells(&seen, 7).0, vec![Cell::default(); 7]);
        assert_eq!(expected(&[f64::NAN; 3], &[1.0; 3], |_| true, 2), [0.0; 3]);
    }
}
