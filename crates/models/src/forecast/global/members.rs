//! All series side by side: in an order that does not depend on how they were given, with what groups of them share.

use rayon::prelude::*;

use super::GlobalSeries;
use super::history::History;
use super::layout::Layout;

/// The series, ready for questions.
pub(crate) struct Members<'a> {
    pub series: Vec<Member<'a>>,
    /// Index of the period after the last one of all series: positions in seasons count from here.
    pub end: i64,
    /// Per look-back: group profiles.
    pub profiles: Vec<Profile>,
}

/// A series among the others.
pub(crate) struct Member<'a> {
    /// Position in the caller's list.
    pub given: usize,
    pub source: GlobalSeries<'a>,
    /// History in whole `unit`s.
    pub history: History,
    /// A power of two near the largest value: dividing by it loses nothing, and no sum can overflow.
    pub unit: f64,
    /// Per period: exponentially smoothed demand at the same position of the season.
    pub same_phase: Vec<f32>,
    /// Group number per level (level 0 = all series).
    pub groups: Vec<usize>,
}

/// Mean over the members of a group of demand divided by its mean over the look-back's length before.
pub(crate) struct Profile {
    /// First index of all series.
    pub first: i64,
    /// Per group, per period; `NaN` where fewer than two members were observed.
    pub groups: Vec<Vec<f32>>,
}

impl Profile {
    pub(crate) fn at(&self, group: usize, index: i64) -> f64 {
        let values = self.groups.get(group).map_or(&[][..], Vec::as_slice);
        let position = usize::try_from(index - self.first).unwrap_or(usize::MAX);
        values.get(position).map_or(f64::NAN, |value| f64::from(*value))
    }
}

/// Share of the newest value in the smoothed demand of a position of the season.
const SAME_PHASE_SMOOTHING: f64 = 0.25;

impl<'a> Members<'a> {
    pub(crate) fn new(series: &[GlobalSeries<'a>], layout: &Layout) -> Members<'a> {
        let mut members: Vec<Member<'a>> =
            series.par_iter().enumerate().map(|(given, source)| member(given, source, layout)).collect();
        members.sort_by(|a, b| compare(a, b));
        number_groups(&mut members, layout.n_categories);
        let end =
            members.iter().map(|m| m.source.first_index.saturating_add(m.history.len() as i64)).max().unwrap_or(0);
        let profiles = layout.look_backs.iter().map(|length| profile(&members, *length, end)).collect();
        Members { series: members, end, profiles }
    }
}

fn member<'a>(given: usize, source: &GlobalSeries<'a>, layout: &Layout) -> Member<'a> {
    let largest = source.demand.iter().filter(|y| y.is_finite()).fold(0.0, |max: f64, y| max.max(y.abs()));
    let unit = if largest > 0.0 { largest.log2().floor().clamp(-1000.0, 1000.0).exp2() } else { 1.0 };
    let scaled: Vec<f64> = source.demand.iter().map(|y| y / unit).collect();
    let history = History::new(&scaled);
    let same_phase = smoothed_same_phase(&history, layout.season);
    Member { given, source: *source, history, unit, same_phase, groups: Vec::new() }
}

/// Per period t: demand at t, t - m, t - 2m ... smoothed exponentially.
fn smoothed_same_phase(history: &History, season: usize) -> Vec<f32> {
    let mut smoothed = vec![f64::NAN; history.len()];
    for t in 0..history.len() {
        let before = t.checked_sub(season).map_or(f64::NAN, |t| smoothed[t]);
        let now = history.at(t as i64);
        smoothed[t] = match (before.is_nan(), now.is_nan()) {
            (true, _) => now,
            (false, true) => before,
            (false, false) => before + SAME_PHASE_SMOOTHING * (now - before),
        };
    }
    smoothed.into_iter().map(|y| y as f32).collect()
}

/// An order by content alone, so that the caller's order cannot matter; whatever compares equal is the same series.
fn compare(a: &Member, b: &Member) -> std::cmp::Ordering {
    let lexical = |x: &[f64], y: &[f64]| {
        x.iter().zip(y).map(|(x, y)| x.total_cmp(y)).find(|order| order.is_ne()).unwrap_or(x.len().cmp(&y.len()))
    };
    let regressors = || {
        let (left, right) = (&a.source.regressors.columns, &b.source.regressors.columns);
        let differing = left.iter().zip(right).map(|(x, y)| lexical(x, y)).find(|order| order.is_ne());
        differing.unwrap_or(left.len().cmp(&right.len()))
    };
    a.source
        .categories
        .cmp(b.source.categories)
        .then(a.source.first_index.cmp(&b.source.first_index))
        .then_with(|| lexical(&a.history.values, &b.history.values))
        .then_with(regressors)
        .then(a.unit.total_cmp(&b.unit))
}

/// Numbers groups: 0 is everything; level l is one group per distinct prefix of l categories.
fn number_groups(members: &mut [Member], n_levels: usize) {
    let mut next = 1;
    for member in members.iter_mut() {
        member.groups = vec![0];
    }
    for level in 1..=n_levels {
        // A level's groups are those of its own category, whatever the levels above say: a department over all stores.
        let mut codes: Vec<u32> =
            members.iter().map(|m| m.source.categories.get(level - 1).copied().unwrap_or(u32::MAX)).collect();
        codes.sort_unstable();
        codes.dedup();
        for member in members.iter_mut() {
            let code = member.source.categories.get(level - 1).copied().unwrap_or(u32::MAX);
            member.groups.push(next + codes.partition_point(|c| *c < code));
        }
        next += codes.len();
    }
}

fn profile(members: &[Member], length: usize, end: i64) -> Profile {
    let first = members.iter().map(|m| m.source.first_index).min().unwrap_or(0);
    let n_groups = members.iter().flat_map(|m| m.groups.iter().copied()).max().map_or(0, |group| group + 1);
    let span = usize::try_from(end.saturating_sub(first)).unwrap_or(0);
    let mut by_group: Vec<Vec<usize>> = vec![Vec::new(); n_groups];
    for (at, member) in members.iter().enumerate() {
        for group in &member.groups {
            by_group[*group].push(at);
        }
    }
    let groups = by_group
        .par_iter()
        .map(|at| {
            let (mut sums, mut counts) = (vec![0.0_f64; span], vec![0_u32; span]);
            for member in at.iter().map(|at| &members[*at]) {
                let offset = (member.source.first_index - first) as usize;
                for t in 0..member.history.len() {
                    let (now, end) = (member.history.at(t as i64), t as i64 + 1);
                    let level = member.history.magnitude(end - length as i64, end);
                    if level > 0.0
                        && now.is_finite()
                        && member.history.count(end - length as i64, end) * 4.0 >= length as f64
                    {
                        sums[offset + t] += now / level;
                        counts[offset + t] += 1;
                    }
                }
            }
            sums.iter()
                .zip(&counts)
                .map(|(sum, n)| if *n >= 2 { (sum / f64::from(*n)) as f32 } else { f32::NAN })
                .collect()
        })
        .collect();
    Profile { first, groups }
}
