//! One choice per line under a budget, of the highest total value.

/// Largest number of states that are kept over all lines.
const MOST_STATES: usize = 2_000_000;
/// Fewest and most states that are kept after a line.
const STATES_PER_LINE: (usize, usize) = (64, 20_000);
/// Differences of value below this share are none.
const TOLERANCE: f64 = 1e-9;

/// What can be bought of a line. The first choice of every line is nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Choice {
    pub packs: usize,
    pub cost: i64,
    pub value: f64,
}

/// The choices found: an index into each line's choices.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    pub picks: Vec<usize>,
    pub is_optimal: bool,
    pub shadow_price: f64,
}

/// The best choices that cost at most `budget` (a multiple-choice knapsack), starting from ones that do.
///
/// For any price `p >= 0` of money, `p * budget + sum over lines of max (value - p * cost)` bounds the value from above; the dual price of the
/// linear relaxation makes it tightest. A choice, or a state of the dynamic programme over undominated pairs (Nemhauser and Ullmann 1969), is
/// dropped when its bound does not exceed the best value known.
pub(super) fn best_choices(lines: &[Vec<Choice>], budget: i64, start: Vec<usize>) -> Found {
    let shadow_price = dual_price(lines, budget);
    let mut found = Found { picks: start, is_optimal: false, shadow_price };
    // First narrowly, for a good value to prune by.
    for (lowest, highest) in [(STATES_PER_LINE.0, STATES_PER_LINE.0), STATES_PER_LINE] {
        let search = Search::new(lines, budget, shadow_price, &found.picks);
        let most = (MOST_STATES / search.open.len().max(1)).clamp(lowest, highest);
        let (better, complete) = search.run(most);
        found.picks = better.unwrap_or(found.picks);
        if complete {
            found.is_optimal = true;
            break;
        }
    }
    found
}

/// Price per unit of money at which the linear relaxation spends the budget: the slope of the piece of the lines' concave hulls on
/// which the budget ends; 0 when all pieces of positive slope are affordable.
fn dual_price(lines: &[Vec<Choice>], budget: i64) -> f64 {
    let mut pieces: Vec<(f64, i64)> = Vec::new();
    for line in lines {
        let mut hull: Vec<Choice> = Vec::new();
        let slope = |from: &Choice, to: &Choice| (to.value - from.value) / (to.cost - from.cost) as f64;
        for choice in line {
            while hull.len() > 1
                && slope(&hull[hull.len() - 2], &hull[hull.len() - 1]) <= slope(&hull[hull.len() - 1], choice)
            {
                hull.pop();
            }
            hull.push(*choice);
        }
        let rising = hull.windows(2).map(|pair| (slope(&pair[0], &pair[1]), pair[1].cost - pair[0].cost));
        pieces.extend(rising.filter(|(slope, _)| *slope > 0.0));
    }
    pieces.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
    let mut left = budget;
    for (slope, cost) in pieces {
        if cost > left {
            return slope;
        }
        left -= cost;
    }
    0.0
}

/// A pair of cost and value, with the state before it and the choice that led here.
#[derive(Clone, Copy)]
struct State {
    cost: i64,
    value: f64,
    before: usize,
    pick: usize,
}

struct Search<'a> {
    lines: &'a [Vec<Choice>],
    budget: i64,
    price: f64,
    /// Best value known.
    known: f64,
    /// The choice of every line that the bound has settled.
    settled: Vec<usize>,
    /// Lines with more than one choice left, each with those.
    open: Vec<(usize, Vec<usize>)>,
    /// For each open line, what it and the later ones add to the bound at most.
    rest: Vec<f64>,
}

impl<'a> Search<'a> {
    fn new(lines: &'a [Vec<Choice>], budget: i64, price: f64, start: &[usize]) -> Self {
        let known = start.iter().zip(lines).map(|(&pick, line)| line[pick].value).sum::<f64>() + 0.0;
        let net = |choice: &Choice| choice.value - price * choice.cost as f64;
        let best: Vec<f64> = lines.iter().map(|line| line.iter().map(net).fold(0.0, f64::max)).collect();
        let bound = price * budget as f64 + best.iter().sum::<f64>();
        let mut settled = vec![0; lines.len()];
        let mut open = Vec::new();
        for (index, line) in lines.iter().enumerate() {
            let useful = |pick: &usize| bound - best[index] + net(&line[*pick]) > beyond(known);
            let left: Vec<usize> = (0..line.len()).filter(useful).collect();
            match left[..] {
                [] => settled[index] = start[index],
                [only] => settled[index] = only,
                _ => open.push((index, left)),
            }
        }
        let mut rest: Vec<f64> = vec![0.0; open.len() + 1];
        for (place, (index, _)) in open.iter().enumerate().rev() {
            rest[place] = rest[place + 1] + best[*index];
        }
        Self { lines, budget, price, known, settled, open, rest }
    }

    /// Choices better than those known, if there are any, and whether none can be better still.
    fn run(&self, most: usize) -> (Option<Vec<usize>>, bool) {
        let fixed = |index: &usize| self.open.binary_search_by_key(index, |(line, _)| *line).is_err();
        let base = (0..self.lines.len()).filter(fixed).map(|index| &self.lines[index][self.settled[index]]);
        let (cost, value) = base.fold((0, 0.0), |(cost, value), one| (cost + one.cost, value + one.value));
        if cost > self.budget {
            // What the bound has settled for any better choice cannot be paid: there is none.
            return (None, true);
        }
        let mut layers: Vec<Vec<State>> = vec![vec![State { cost, value, before: 0, pick: 0 }]];
        let mut complete = true;
        for (place, (index, picks)) in self.open.iter().enumerate() {
            let line = &self.lines[*index];
            let bound = |cost: i64, value: f64| value + self.price * (self.budget - cost) as f64 + self.rest[place + 1];
            let mut next = Vec::new();
            for (before, state) in layers[place].iter().enumerate() {
                for &pick in picks {
                    let (cost, value) = (state.cost + line[pick].cost, state.value + line[pick].value);
                    if cost <= self.budget && bound(cost, value) > beyond(self.known) {
                        next.push(State { cost, value, before, pick });
                    }
                }
            }
            undominated(&mut next);
            if next.len() > most {
                complete = false;
                next.sort_by(|one, other| {
                    bound(other.cost, other.value)
                        .total_cmp(&bound(one.cost, one.value))
                        .then(one.cost.cmp(&other.cost))
                });
                next.truncate(most);
                next.sort_by_key(|state| state.cost);
            }
            layers.push(next);
        }
        // The last of undominated states has the highest value.
        let last = layers.last().and_then(|states| states.len().checked_sub(1));
        let Some(mut at) = last.filter(|&at| layers[self.open.len()][at].value > self.known) else {
            return (None, complete);
        };
        let mut picks = self.settled.clone();
        for (place, (index, _)) in self.open.iter().enumerate().rev() {
            let state = layers[place + 1][at];
            picks[*index] = state.pick;
            at = state.before;
        }
        (Some(picks), complete)
    }
}

/// What a bound must exceed to promise more than a value.
fn beyond(value: f64) -> f64 {
    value + TOLERANCE * value.abs().max(1e-3)
}

/// Keeps, by ascending cost, the states of more value than every cheaper one.
fn undominated(states: &mut Vec<State>) {
    states.sort_by(|one, other| {
        (one.cost.cmp(&other.cost))
            .then(other.value.total_cmp(&one.value))
            .then(one.before.cmp(&other.before))
            .then(one.pick.cmp(&other.pick))
    });
    let mut highest = f64::NEG_INFINITY;
    states.retain(|state| {
        let better = state.value > highest;
        highest = highest.max(state.value);
        better
    });
}
