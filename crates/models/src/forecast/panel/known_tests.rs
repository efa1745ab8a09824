use super::*;
use crate::forecast::calendar::{Calendar, NO_CALENDAR};
use crate::forecast::local::LocalMethod;
use crate::forecast::series::Regressors;

fn settings(season_lengths: &[usize], horizon: usize) -> PanelSettings<'_> {
    PanelSettings { season_lengths, horizon, levels: &[0.1, 0.5, 0.9], windows: None, seed: 3 }
}

/// Twenty shops whose demand a column doubles in every fifth period, and a thirtieth what a feast multiplies by three once in forty;
/// the first has never had the feast.
fn promoted(n: usize, horizon: usize) -> Vec<(Vec<f64>, Regressors)> {
    (0..20)
        .map(|shop: usize| {
            let promoted = |t: usize| f64::from(u8::from((t + shop).is_multiple_of(5)));
            let feast = |t: usize| f64::from(u8::from(t % 40 == 33 && (shop > 0 || t >= n)));
            let noise = |t: usize| ((t * 7919 + shop * 104_729) % 101) as f64 / 101.0 - 0.5;
            let sells = |t: usize| {
                200.0
                    * (1.0 + shop as f64)
                    * 2.0_f64.powf(promoted(t))
                    * 3.0_f64.powf(feast(t))
                    * (1.0 + 0.1 * noise(t))
            };
            let columns = vec![
                (0..n + horizon).map(promoted).collect(),
                (0..n + horizon).map(feast).collect(),
                (0..n + horizon).map(|t| noise(t * 31 + 7)).collect(),
            ];
            let names = ["promoted", "feast", "weather"].map(str::to_owned).to_vec();
            ((0..n).map(sells).collect(), Regressors { names, columns, n_past: 0 })
        })
        .collect()
}

fn known_of(shops: &[(Vec<f64>, Regressors)]) -> Vec<PanelSeries<'_>> {
    let series = |(demand, regressors)| PanelSeries {
        demand,
        first_index: 0,
        regressors,
        categories: &[],
        factor: &[],
        past_factor: &[],
        calendar: &NO_CALENDAR,
    };
    shops.iter().map(|(demand, regressors)| series((demand.as_slice(), regressors))).collect()
}

#[test]
fn what_is_known_ahead_moves_models_that_know_no_columns() {
    // Period 153 is the feast, 150 and 155 are promoted in shop 0.
    let shops = promoted(150, 6);
    let forecasts = forecast_panel(&known_of(&shops), PanelMethod::Local(LocalMethod::Mean), &settings(&[1], 6));
    let plain = forecasts[0].mean[1];
    assert!((180.0..220.0).contains(&plain), "{:?}", forecasts[0].mean);
    for (ahead, factor) in [(0, 2.0), (3, 3.0), (5, 2.0)] {
        let found = forecasts[0].mean[ahead] / plain;
        assert!((found / factor - 1.0).abs() < 0.1, "{ahead}: {found} in {:?}", forecasts[0].mean);
    }
}

#[test]
fn what_explains_nothing_is_left_alone() {
    let shops: Vec<(Vec<f64>, Regressors)> = (promoted(150, 6).into_iter())
        .map(|(demand, mut known)| {
            known.columns.drain(..2);
            known.names.drain(..2);
            (demand, known)
        })
        .collect();
    let none = Regressors::default();
    let known = known_of(&shops);
    let plain: Vec<PanelSeries> = known.iter().map(|series| PanelSeries { regressors: &none, ..*series }).collect();
    let method = PanelMethod::Local(LocalMethod::Mean);
    assert_eq!(forecast_panel(&known, method, &settings(&[1], 6)), forecast_panel(&plain, method, &settings(&[1], 6)));
}

#[test]
fn known_effects_do_not_depend_on_the_order() {
    let shops = promoted(150, 6);
    let series = known_of(&shops);
    let method = PanelMethod::Local(LocalMethod::Mean);
    let forecasts = forecast_panel(&series, method, &settings(&[1], 6));
    let reversed: Vec<PanelSeries> = series.iter().rev().copied().collect();
    for (one, other) in forecasts.iter().zip(forecast_panel(&reversed, method, &settings(&[1], 6)).iter().rev()) {
        for (a, b) in one.mean.iter().zip(&other.mean) {
            assert!((a / b - 1.0).abs() < 1e-9, "{a} {b}");
        }
    }
}

#[test]
fn a_week_with_no_open_day_is_closed_where_days_are_counted() {
    // Weeks with 0, 5 or 6 open days.
    let open = |shop: usize, t: usize| match (t * 31 + shop * 7) % 9 {
        0 => 0.0,
        4 => 5.0,
        _ => 6.0,
    };
    let shops: Vec<(Vec<f64>, Regressors)> = (0..10)
        .map(|shop| {
            let column = (0..134).map(|t| open(shop, t)).collect();
            let demand = (0..120).map(|t| open(shop, t) * (100.0 + ((t * 7 + shop) % 5) as f64)).collect();
            (demand, Regressors { names: vec!["open".to_owned()], columns: vec![column], n_past: 0 })
        })
        .collect();
    for forecasts in [PanelMethod::Auto, PanelMethod::Local(LocalMethod::Mean)]
        .map(|method| forecast_panel(&known_of(&shops), method, &settings(&[1], 14)))
    {
        for (shop, forecast) in forecasts.iter().enumerate() {
            for (ahead, mean) in forecast.mean.iter().enumerate() {
                let expected = open(shop, 120 + ahead) * 102.0;
                assert!((mean - expected).abs() <= 0.06 * expected, "{shop} {ahead}: {mean}, not {expected}");
            }
        }
    }
}

#[test]
fn what_the_date_says_is_learnt_by_the_boosted_model() {
    // Twice as much is sold on the first five days of months of thirty.
    let calendar = Calendar {
        first_index: 0,
        features: vec![(0..428).map(|t| (t % 30 + 1) as f32).collect()],
        effects: Vec::new(),
    };
    let demand: Vec<Vec<f64>> = (0..12)
        .map(|shop: u64| {
            let sells = |t: u64| if t % 30 < 5 { 2000.0 } else { 1000.0 } * (1.0 + 0.05 * ((t * 7919 + shop * 31) % 11) as f64 / 11.0);
            (0..400).map(sells).collect()
        })
        .collect();
    let none = Regressors::default();
    let of = |calendar: &Calendar| -> Vec<PanelForecast> {
        let series: Vec<PanelSeries> = (demand.iter())
            .map(|demand| PanelSeries {
                demand,
                first_index: 0,
                regressors: &none,
                categories: &[],
                factor: &[],
                past_factor: &[],
                calendar,
            })
            .collect();
        forecast_panel(&series, PanelMethod::Gbm, &settings(&[7], 28))
    };
    let error = |forecasts: Vec<PanelForecast>| -> f64 {
        let truth = |t: usize| if t % 30 < 5 { 2050.0 } else { 1025.0 };
        let errors = forecasts
            .iter()
            .flat_map(|f| f.mean.iter().enumerate().map(|(h, m)| (m - truth(400 + h)).abs()).collect::<Vec<_>>());
        errors.sum::<f64>()
    };
    assert!(error(of(&calendar)) < 0.5 * error(of(&NO_CALENDAR)));
}
