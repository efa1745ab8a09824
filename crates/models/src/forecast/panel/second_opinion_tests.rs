use super::*;
use crate::forecast::panel::tests::first;
use crate::forecast::panel::{PanelMethod, PanelState, fit_panel, update_panel};
use crate::forecast::series::Regressors;

const LEVELS: [f64; 5] = [0.1, 0.3, 0.5, 0.7, 0.9];
const HORIZON: usize = 12;

/// Counts of a Poisson law by inversion, from a fixed sequence.
fn poisson(rate: f64, seed: u64) -> f64 {
    let mut left = crate::forecast::boosting::mixed(seed, 7) as f64 / u64::MAX as f64;
    let mut mass = (-rate).exp();
    let mut count = 0.0;
    while left > mass && count < 200.0 {
        left -= mass;
        count += 1.0;
        mass *= rate / count;
    }
    count
}

/// Weeks of sixteen products; where `spring`, each sells eight times as much in four weeks of its own every year.
fn products(n: usize, spring: bool) -> Vec<Vec<f64>> {
    (0..16_usize)
        .map(|product| {
            let rate = |t: usize| if spring && (t + 13 * product) % 52 < 4 { 24.0 } else { 3.0 };
            (0..n).map(|t| poisson(rate(t), (product * 1000 + t) as u64)).collect()
        })
        .collect()
}

fn settings() -> PanelSettings<'static> {
    PanelSettings { season_lengths: &[52], horizon: HORIZON, levels: &LEVELS, windows: None, seed: 3 }
}

/// Pinball loss over the weeks that followed.
fn loss(forecasts: &[PanelForecast], demands: &[Vec<f64>], n: usize) -> f64 {
    let of = |(forecast, demand): (&PanelForecast, &Vec<f64>)| {
        let rows = forecast.quantiles.per_period.iter().zip(&demand[n..n + HORIZON]);
        rows.map(|(row, actual)| {
            let one = |(quantile, level): (&f64, &f64)| {
                (level * (actual - quantile)).max((level - 1.0) * (actual - quantile))
            };
            row.iter().zip(&LEVELS).map(one).sum::<f64>()
        })
        .sum::<f64>()
    };
    forecasts.iter().zip(demands).map(of).sum()
}

#[test]
fn what_only_last_year_knows_is_heard_and_kept_for_the_nights_after() {
    let (none, demands, n) = (Regressors::default(), products(420, true), 400);
    let series = first(&demands, n, &none);
    let (counts, _) = fit_panel(&series, PanelMethod::Counts, &settings(), &|| {});
    let (auto, state) = fit_panel(&series, PanelMethod::Auto, &settings(), &|| {});
    assert!(auto.iter().all(|forecast| forecast.model == "counts+gbm"), "{}", auto[0].model);
    let (alone, with) = (loss(&counts, &demands, n), loss(&auto, &demands, n));
    assert!(with < 0.95 * alone, "{with} {alone}");
    let whole = |forecast: &PanelForecast| forecast.quantiles.per_period.iter().flatten().all(|q| q.fract() == 0.0);
    assert!(auto.iter().all(whole));

    let places: Vec<Option<usize>> = (0..series.len()).map(Some).collect();
    let kept: PanelState = serde_json::from_str(&serde_json::to_string(&state).unwrap()).unwrap();
    let updated = update_panel(&series, &places, kept, &settings(), &|| {});
    for (updated, fitted) in updated.forecasts.iter().zip(&auto) {
        assert_eq!((&updated.quantiles, &updated.model), (&fitted.quantiles, &fitted.model));
    }
}

#[test]
fn where_there_is_nothing_more_to_know_the_distributions_stand_alone() {
    let (none, demands, n) = (Regressors::default(), products(420, false), 400);
    let series = first(&demands, n, &none);
    let auto = fit_panel(&series, PanelMethod::Auto, &settings(), &|| {}).0;
    assert_eq!(auto, fit_panel(&series, PanelMethod::Counts, &settings(), &|| {}).0);
}
