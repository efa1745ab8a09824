//! Which forms are fitted, in which order, and which are given up early.

use std::f64::consts::TAU;

use super::filter::{Layout, Problem, Workspace};
use super::optimise::{Solver, minimise};
use super::start::{States, bounds, carry_over, first_guesses, states};
use super::{ErrorKind, FittedEts, Form, TrendKind};
use crate::forecast::local::imputation::impute_seasonal;
use crate::forecast::local::seasonal_adjustment::SeasonKind;
use crate::forecast::series::observed_count;

/// A form whose AICc must end this far above the best is given up: its Akaike weight would be below 0.7 %.
const HOPELESS: f64 = 10.0;
/// Trends are added to a season kind when its best trendless form is within this AICc of the best.
const SEASON_MARGIN: f64 = 20.0;

/// A longer season has more starting states than a series of usual length can tell, and costs their square.
const LONGEST_SEASON: usize = 24;

struct Candidate {
    form: Form,
    theta: Vec<f64>,
    aicc: f64,
}

/// One series, scaled, with what all forms share.
struct Search<'a> {
    scaled: &'a [f64],
    filled: &'a [f64],
    season_length: usize,
    observed: usize,
    best: f64,
    workspace: Workspace,
    solver: Solver,
    states: Vec<(SeasonKind, States)>,
    fitted: Vec<Candidate>,
}

/// Fits the forms that are allowed and that suit the series; smallest AICc first, empty when none can be fitted.
///
/// Forms without a trend choose error and season first, the others follow within what they chose, and a form that cannot win any
/// more is given up.
pub(super) fn search(demand: &[f64], season_length: usize, allowed: &dyn Fn(Form) -> bool) -> Vec<FittedEts> {
    let observed = observed_count(demand);
    let size = demand.iter().filter(|v| v.is_finite()).map(|v| v.abs()).sum::<f64>() / observed as f64;
    let scale = if size > 0.0 { size } else { 1.0 };
    let scaled: Vec<f64> = demand.iter().map(|v| if v.is_finite() { v / scale } else { f64::NAN }).collect();
    let Some(filled) = impute_seasonal(&scaled, season_length) else { return Vec::new() };
    let positive = scaled.iter().all(|value| value.is_nan() || *value > 0.0);
    let seasonal = (2..=LONGEST_SEASON).contains(&season_length) && demand.len() >= 2 * season_length;
    let suits = |form: Form| {
        allowed(form)
            && (seasonal || form.season == SeasonKind::None)
            && (positive || form.error == ErrorKind::Additive)
            && (form.season != SeasonKind::Multiplicative || form.error == ErrorKind::Multiplicative)
    };
    let mut search = Search {
        scaled: &scaled,
        filled: &filled,
        season_length,
        observed,
        best: f64::INFINITY,
        workspace: Workspace::default(),
        solver: Solver::default(),
        states: Vec::new(),
        fitted: Vec::new(),
    };
    search.run(&suits);
    let mut pool: Vec<FittedEts> = search.fitted.iter().map(|candidate| search.finish(candidate, scale)).collect();
    pool.sort_by(|a, b| a.aicc.total_cmp(&b.aicc).then(a.form.cmp(&b.form)));
    pool
}

impl<'a> Search<'a> {
    fn run(&mut self, suits: &dyn Fn(Form) -> bool) {
        let seasons = [SeasonKind::None, SeasonKind::Additive, SeasonKind::Multiplicative];
        let errors = [ErrorKind::Additive, ErrorKind::Multiplicative];
        let mut best_of_season = [f64::INFINITY; 3];
        for trend in [TrendKind::None, TrendKind::Damped, TrendKind::Additive] {
            for (season, best) in seasons.iter().zip(&mut best_of_season) {
                if best.is_finite() && *best > self.best + SEASON_MARGIN {
                    continue;
                }
                for error in errors {
                    let form = Form { error, trend, season: *season };
                    if suits(form)
                        && let Some(aicc) = self.fit(form)
                    {
                        *best = best.min(aicc);
                    }
                }
            }
        }
    }

    /// Fits one form and keeps it; its AICc, `None` when it was given up or has too many parameters.
    fn fit(&mut self, form: Form) -> Option<f64> {
        let problem = self.problem(form);
        let penalty = self.penalty(problem.layout.count)?;
        let (lower, upper) = bounds(&problem);
        let mut best: Option<(f64, Vec<f64>)> = None;
        for mut theta in self.starts_of(&problem) {
            for (value, (low, high)) in theta.iter_mut().zip(lower.iter().zip(&upper)) {
                *value = value.clamp(*low, *high);
            }
            let hopeless = self.best + HOPELESS - penalty;
            let known = best.as_ref().map_or(f64::INFINITY, |(criterion, _)| *criterion);
            let (workspace, solver) = (&mut self.workspace, &mut self.solver);
            let end = minimise(&problem, &mut theta, (&lower, &upper), hopeless.min(known), workspace, solver);
            if let Some(criterion) = end.filter(|criterion| *criterion < known) {
                best = Some((criterion, theta));
            }
        }
        let (criterion, theta) = best?;
        let aicc = criterion + penalty;
        self.best = self.best.min(aicc);
        self.fitted.push(Candidate { form, theta, aicc });
        Some(aicc)
    }

    fn problem(&self, form: Form) -> Problem<'a> {
        let season_length = if form.season == SeasonKind::None { 1 } else { self.season_length };
        Problem {
            y: self.scaled,
            observed: self.observed,
            form,
            season_length,
            layout: Layout::new(form, season_length),
        }
    }

    /// 2k + 2k(k+1)/(n-k-1) with k counting the variance too; `None` when n is too small.
    fn penalty(&self, count: usize) -> Option<f64> {
        let (n, k) = (self.observed as f64, count as f64 + 1.0);
        (n > k + 1.0).then(|| 2.0 * k + 2.0 * k * (k + 1.0) / (n - k - 1.0))
    }

    /// Where to start from: the best of each basin, and the best solution of forms that differ in error or trend only.
    fn starts_of(&mut self, problem: &Problem) -> Vec<Vec<f64>> {
        let kind = problem.form.season;
        if !self.states.iter().any(|(known, _)| *known == kind) {
            self.states.push((kind, states(self.filled, self.season_length, kind)));
        }
        let season = &mut self.workspace.season;
        let mut carried = (f64::INFINITY, Vec::new());
        for other in self.fitted.iter().filter(|other| other.form.season == kind) {
            let form = other.form;
            let from = Problem { form, layout: Layout::new(form, problem.season_length), ..*problem };
            let guess = carry_over(&from, &other.theta, problem);
            let criterion = problem.criterion(&guess, season);
            if criterion < carried.0 {
                carried = (criterion, guess);
            }
        }
        let own = self.states.iter().find(|(known, _)| *known == kind);
        let own = own.map_or_else(Vec::new, |(_, states)| first_guesses(problem, states, season));
        let mut starts: Vec<Vec<f64>> = Vec::new();
        for (_, guess) in own {
            // One start per speed of the season: the basins that differ most.
            let other = |known: &Vec<f64>| {
                problem.layout.gamma.is_some_and(|index| (known[index] > 0.1) != (guess[index] > 0.1))
            };
            if starts.iter().all(other) {
                starts.push(guess);
            }
        }
        if carried.0.is_finite() {
            starts.insert(0, carried.1);
        }
        starts
    }

    /// States after the last period, in units of demand.
    fn finish(&self, candidate: &Candidate, scale: f64) -> FittedEts {
        let problem = self.problem(candidate.form);
        let mut season = Vec::new();
        let mut states = problem.unpack(&candidate.theta, &mut season);
        problem.pass(&mut states, &mut season);
        let (n, form) = (self.observed as f64, candidate.form);
        let constant = n * ((TAU / n).ln() + 1.0) / 2.0;
        let additive_scale = if form.season == SeasonKind::Multiplicative { 1.0 } else { scale };
        let position = if season.is_empty() { 0 } else { self.scaled.len() % season.len() };
        for index in &mut season {
            *index *= additive_scale;
        }
        FittedEts {
            form,
            alpha: states.alpha,
            beta: states.beta,
            gamma: states.gamma,
            phi: states.phi,
            level: states.level * scale,
            slope: states.slope * scale,
            season,
            position,
            // Scaling back moves each density by 1 / scale.
            aicc: candidate.aicc + 2.0 * (constant + n * scale.ln()),
        }
    }
}
