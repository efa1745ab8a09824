use proptest::prelude::*;

use super::*;
use crate::forecast::calendar::NO_CALENDAR;
use crate::forecast::series::Regressors;

const LEVELS: [f64; 5] = [0.1, 0.5, 0.8, 0.9, 0.95];

fn settings(season_lengths: &[usize], horizon: usize) -> PanelSettings<'_> {
    PanelSettings { season_lengths, horizon, levels: &LEVELS, windows: None, seed: 3 }
}

/// Five shops with a season, growth and their own noise.
fn shops() -> Vec<Vec<f64>> {
    let wiggle = |t: usize, shop: usize| ((t * 7919 + shop * 104_729) % 97) as f64 / 97.0 - 0.5;
    (1..=5)
        .map(|shop| {
            let size = 40.0 * shop as f64;
            (0..96)
                .map(|t| size * (1.0 + 0.3 * (t as f64 * std::f64::consts::FRAC_PI_6).sin() + 0.1 * wiggle(t, shop)))
                .collect()
        })
        .collect()
}

fn run(demands: &[Vec<f64>], method: PanelMethod, first_index: i64) -> Vec<PanelForecast> {
    let none = Regressors::default();
    let series: Vec<PanelSeries> = (demands.iter())
        .map(|demand| PanelSeries {
            demand,
            first_index,
            regressors: &none,
            categories: &[],
            factor: &[],
            past_factor: &[],
            calendar: &NO_CALENDAR,
        })
        .collect();
    forecast_panel(&series, method, &settings(&[12], 6))
}

#[test]
fn every_method_forecasts_a_season_it_can_see() {
    let demands = shops();
    for method in PanelMethod::ALL.iter().copied() {
        for (forecast, demand) in run(&demands, method, 0).iter().zip(&demands) {
            let expected = |ahead: usize| demand[84 + ahead];
            let error: f64 = (0..6).map(|h| (forecast.mean[h] - expected(h)).abs()).sum::<f64>() / 6.0;
            let size = demand.iter().sum::<f64>() / 96.0;
            // Distributions of counts know a pooled season only as far as the noise allows.
            let allowed = if method == PanelMethod::Counts { 0.25 } else { 0.12 };
            assert!(error < allowed * size, "{method:?}: {error} of {size}, {:?}", forecast.fallback);
        }
    }
}

#[test]
fn a_shift_in_time_changes_nothing_but_dates() {
    let demands = shops();
    for method in [PanelMethod::Auto, PanelMethod::Gbm, PanelMethod::Local(LocalMethod::Mean)] {
        assert_eq!(run(&demands, method, 0), run(&demands, method, 12_345), "{method:?}");
    }
}

#[test]
fn the_future_never_changes_what_was_forecast_before_it() {
    let demands = shops();
    let cut: Vec<Vec<f64>> = demands.iter().map(|demand| demand[..90].to_vec()).collect();
    let mut altered = demands.clone();
    for demand in &mut altered {
        demand[90..].fill(1e6);
    }
    let cut_again: Vec<Vec<f64>> = altered.iter().map(|demand| demand[..90].to_vec()).collect();
    assert_eq!(run(&cut, PanelMethod::Auto, 0), run(&cut_again, PanelMethod::Auto, 0));
}

#[test]
fn leading_zeros_do_not_count_as_demand() {
    let demands = shops();
    let padded: Vec<Vec<f64>> = demands.iter().map(|demand| [vec![0.0; 60], demand.clone()].concat()).collect();
    for (plain, padded) in run(&demands, PanelMethod::Local(LocalMethod::Mean), 0).iter().zip(run(
        &padded,
        PanelMethod::Local(LocalMethod::Mean),
        0,
    )) {
        for (a, b) in plain.mean.iter().zip(&padded.mean) {
            assert!((a / b - 1.0).abs() < 1e-6, "{plain:?} {padded:?}");
        }
    }
}

#[test]
fn scaling_the_panel_scales_its_forecasts() {
    let demands = shops();
    let doubled: Vec<Vec<f64>> =
        demands.iter().map(|demand| demand.iter().map(|value| 2.0 * value).collect()).collect();
    for method in [PanelMethod::Local(LocalMethod::Mean), PanelMethod::Gbm, PanelMethod::Local(LocalMethod::Arima)] {
        for (one, two) in run(&demands, method, 0).iter().zip(run(&doubled, method, 0)) {
            for (a, b) in one.mean.iter().zip(&two.mean) {
                assert!((2.0 * a / b - 1.0).abs() < 1e-6, "{method:?}: {a} {b}");
            }
        }
    }
}

#[test]
fn whatever_a_series_is_it_gets_a_row() {
    let odd: Vec<Vec<f64>> = vec![
        vec![],
        vec![5.0],
        vec![0.0; 50],
        vec![f64::NAN; 50],
        vec![-3.0; 40],
        vec![1e12; 40],
        (0..60).map(|t| if t % 4 == 0 { f64::NAN } else { 10.0 + f64::from(t % 3) }).collect(),
        vec![f64::INFINITY; 30],
    ];
    for method in PanelMethod::ALL.iter().copied() {
        for (forecast, demand) in run(&odd, method, 0).iter().zip(&odd) {
            assert_eq!(forecast.mean.len(), 6, "{method:?} {demand:?}");
            assert!(forecast.mean.iter().all(|mean| mean.is_finite()), "{method:?} {demand:?} {:?}", forecast.mean);
            assert_eq!(forecast.quantiles.per_period.len(), 6, "{method:?} {demand:?}");
            assert!(forecast.quantiles.total.iter().flatten().all(|q| q.is_finite()), "{method:?} {demand:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn quantiles_are_ordered_and_not_negative(
        demands in prop::collection::vec(prop::collection::vec(0.0..500.0_f64, 30..70), 2..5)
    ) {
        for method in [PanelMethod::Auto, PanelMethod::Local(LocalMethod::Theta)] {
            for forecast in run(&demands, method, 0) {
                for row in forecast.quantiles.per_period.iter().chain(&forecast.quantiles.total) {
                    prop_assert!(row.windows(2).all(|pair| pair[0] <= pair[1]), "{row:?}");
                    prop_assert!(row.iter().all(|q| *q >= 0.0));
                }
            }
        }
    }
}

#[test]
fn what_is_known_to_multiply_demand_multiplies_the_forecast() {
    // Every tenth period brings double, and so will the second one ahead.
    let factor: Vec<f64> = (0..106).map(|t| if t % 10 == 1 { 2.0 } else { 1.0 }).collect();
    let noise = |t: usize| ((t * 7919) % 5) as f64 - 2.0;
    let (none, sizes) = (Regressors::default(), [400.0, 8.0, 9.0, 7.0]);
    let demands = sizes.map(|size| (0..100).map(|t| ((size + noise(t)) * factor[t]).round()).collect::<Vec<f64>>());
    let series = [0, 1, 2, 3].map(|index| PanelSeries {
        demand: &demands[index],
        first_index: 0,
        regressors: &none,
        categories: &[],
        factor: &factor,
        past_factor: &[],
        calendar: &NO_CALENDAR,
    });
    let settings = PanelSettings { windows: Some(Windows { count: 4, step: 6 }), ..settings(&[1], 6) };
    let forecasts = forecast_panel(&series, PanelMethod::Auto, &settings);
    assert_eq!(forecasts.iter().map(|f| f.model == "counts").collect::<Vec<_>>(), [false, true, true, true]);
    for (forecast, size) in forecasts.iter().zip(sizes) {
        assert!((forecast.mean[0] / size - 1.0).abs() < 0.1, "{:?}", forecast.mean);
        assert!((forecast.mean[1] / size - 2.0).abs() < 0.2, "{:?}", forecast.mean);
        assert_eq!(forecast.backtest.cutoffs, [76, 82, 88, 94], "six periods apart, the last six before the end");
        assert_eq!(forecast.window_quantiles.len(), 4);
        // Window 2 forecasts periods 88 to 93, the fourth of which is doubled.
        assert!((forecast.backtest.forecasts[2][3] / size - 2.0).abs() < 0.2, "{:?}", forecast.backtest.forecasts[2]);
        assert!(forecast.window_quantiles[2][3][1] > 1.5 * size);
    }
    // Backtests use what was known before the first origin, the forecast what is known today.
    let flat = [1.0; 106];
    let unknowing = series.map(|series| PanelSeries { past_factor: &flat, ..series });
    for (knowing, unknowing) in forecasts.iter().zip(forecast_panel(&unknowing, PanelMethod::Auto, &settings)) {
        assert!((unknowing.backtest.forecasts[2][3] / knowing.backtest.forecasts[2][3]) < 0.7);
        assert!((unknowing.mean[1] / knowing.mean[1] - 1.0).abs() < 0.05);
    }
}

/// A panel of the first `n` periods of each demand.
pub(super) fn first<'a>(demands: &'a [Vec<f64>], n: usize, none: &'a Regressors) -> Vec<PanelSeries<'a>> {
    (demands.iter())
        .map(|demand| PanelSeries {
            demand: &demand[..n],
            first_index: 100,
            regressors: none,
            categories: &[],
            factor: &[],
            past_factor: &[],
            calendar: &NO_CALENDAR,
        })
        .collect()
}

fn all_known(n: usize) -> Vec<Option<usize>> {
    (0..n).map(Some).collect()
}

#[test]
fn an_update_without_a_new_period_is_the_fit() {
    let (demands, none) = (shops(), Regressors::default());
    let counts: Vec<Vec<f64>> =
        (0..5).map(|s| (0..96).map(|t| f64::from((t * 7 + s * 13) % 11 / 9)).collect()).collect();
    let cases = [
        (
            &demands,
            vec![
                PanelMethod::Auto,
                PanelMethod::Local(LocalMethod::Ets),
                PanelMethod::Local(LocalMethod::Ces),
                PanelMethod::Local(LocalMethod::Arima),
            ],
        ),
        (&counts, vec![PanelMethod::Auto]),
    ];
    for (demands, methods) in cases {
        for method in methods {
            let panel = first(demands, 96, &none);
            let settings = settings(&[12], 6);
            let (fitted, state) = fit_panel(&panel, method, &settings, &|| ());
            let bytes = postcard::to_allocvec(&state).unwrap();
            let state: PanelState = postcard::from_bytes(&bytes).unwrap();
            let updated = update_panel(&panel, &all_known(5), state, &settings, &|| ());
            assert!(updated.refitted.is_empty(), "{method:?} {:?}", updated.refitted);
            for (fitted, updated) in fitted.iter().zip(&updated.forecasts) {
                assert_eq!(
                    (&fitted.mean, &fitted.quantiles, &fitted.model),
                    (&updated.mean, &updated.quantiles, &updated.model),
                    "{method:?}"
                );
            }
        }
    }
}

#[test]
fn an_update_follows_the_new_periods_without_a_fit() {
    let (demands, none) = (shops(), Regressors::default());
    let settings = settings(&[12], 6);
    for method in [PanelMethod::Auto, PanelMethod::Local(LocalMethod::Arima)] {
        let (_, state) = fit_panel(&first(&demands, 88, &none), method, &settings, &|| ());
        let panel = first(&demands, 93, &none);
        let updated = update_panel(&panel, &all_known(5), state, &settings, &|| ());
        assert!(updated.refitted.is_empty(), "{method:?} {:?}", updated.refitted);
        let anew = forecast_panel(&panel, method, &settings);
        for (updated, anew) in updated.forecasts.iter().zip(&anew) {
            for (a, b) in updated.mean.iter().zip(&anew.mean) {
                assert!((a / b - 1.0).abs() < 0.1, "{method:?}: {:?} against {:?}", updated.mean, anew.mean);
            }
        }
        // What it leaves serves the next night, in another order and with a newcomer.
        let mut next = first(&demands, 95, &none);
        next.swap(0, 4);
        let newcomer = PanelSeries { demand: &demands[2][30..95], first_index: 130, ..next[2] };
        next.insert(1, newcomer);
        let places = [Some(4), None, Some(1), Some(2), Some(3), Some(0)];
        let again = update_panel(&next, &places, updated.state, &settings, &|| ());
        assert_eq!(again.refitted, vec![1], "{method:?}: the newcomer alone");
        for (forecast, own) in again.forecasts.iter().zip([4, 2, 1, 2, 3, 0]) {
            let size = demands[own].iter().sum::<f64>() / 96.0;
            assert!((forecast.mean[0] - demands[own][83]).abs() < 0.3 * size, "{method:?} {own}: {:?}", forecast.mean);
        }
    }
}

#[test]
fn a_corrected_past_and_errors_beyond_chance_are_fitted_again() {
    let (mut demands, none) = (shops(), Regressors::default());
    let settings = PanelSettings { windows: Some(Windows { count: 4, step: 6 }), ..settings(&[12], 6) };
    let (_, state) = fit_panel(&first(&demands, 88, &none), PanelMethod::Local(LocalMethod::Mean), &settings, &|| ());
    demands[1][80] *= 3.0;
    for value in &mut demands[3][88..] {
        *value *= 3.0;
    }
    let panel = first(&demands, 93, &none);
    let updated = update_panel(&panel, &all_known(5), state, &settings, &|| ());
    assert_eq!(updated.refitted, vec![1, 3]);
}

/// Histories as shops have them: stretches that stand still, are off sale, or are lively, at any level.
fn any_history() -> impl Strategy<Value = Vec<f64>> {
    let level = prop_oneof![Just(0.0), Just(1.0), 2.0..200.0_f64, 1e3..1e5_f64].prop_map(f64::round);
    let stretch = (level, 1_usize..50, prop_oneof![Just(0.0), Just(0.3)], any::<u16>());
    proptest::collection::vec(stretch, 1..4).prop_map(|stretches| {
        let mut history = Vec::new();
        for (level, length, noise, seed) in stretches {
            history.extend((0..length).map(|t| {
                let wiggle = ((t * 7919 + usize::from(seed)) % 97) as f64 / 48.0 - 1.0;
                (level * (1.0 + noise * wiggle)).round()
            }));
        }
        history
    })
}

/// The largest demand over `length` periods, the sum in proportion where a history is shorter; counted the slow way.
fn largest_demand(histories: &[Vec<f64>], length: usize) -> f64 {
    let largest = |history: &Vec<f64>| match history.windows(length).map(|days| days.iter().sum::<f64>()) {
        sums if history.len() >= length => sums.fold(0.0, f64::max),
        _ => history.iter().sum::<f64>() * length as f64 / history.len() as f64,
    };
    histories.iter().map(largest).fold(0.0, f64::max)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_forecast_is_beyond_five_times_what_its_group_ever_sold(
        histories in proptest::collection::vec(any_history(), 1..4),
        method in proptest::sample::select(PanelMethod::ALL.to_vec()),
    ) {
        for forecast in run(&histories, method, 0) {
            let of_period = 5.0 * largest_demand(&histories, 1) + 1e-6;
            for value in forecast.mean.iter().chain(forecast.quantiles.per_period.iter().flatten()) {
                prop_assert!((0.0..=of_period).contains(value), "{method:?} {}: {value} of {of_period}", forecast.model);
            }
            for (ahead, row) in forecast.quantiles.total.iter().enumerate() {
                let most = 5.0 * largest_demand(&histories, ahead + 1) * (1.0 + 1e-9) + 1e-6;
                prop_assert!(row.iter().all(|value| (0.0..=most).contains(value)), "{method:?}: {row:?} of {most}");
            }
        }
    }
}

#[test]
fn a_series_that_came_to_life_takes_no_neighbour_along() {
    let wiggle = |t: usize, k: usize| ((t * 7919 + k * 104_729) % 97) as f64 / 97.0 - 0.5;
    let lively = |t: usize, k: usize| (90.0 + 30.0 * wiggle(t, k)).round();
    let neighbour: Vec<f64> = (0..200).map(|t| lively(t, 1)).collect();
    let alone = &run(std::slice::from_ref(&neighbour), PanelMethod::Local(LocalMethod::Mean), 0)[0];
    let stood_still: Vec<f64> = (0..200).map(|t| if t < 190 { 20.0 } else { lively(t, 2) }).collect();
    let was_away: Vec<f64> = (0..200).map(|t| if t < 188 { 0.0 } else { lively(t, 3) }).collect();
    let together = run(&[neighbour, stood_still, was_away], PanelMethod::Local(LocalMethod::Mean), 0);
    let highest = |forecast: &PanelForecast| forecast.quantiles.total[3][4];
    // Its first lively windows are large errors like any other's, but no more than that.
    assert!(highest(&together[0]) < 1.3 * highest(alone), "{} beside {}", highest(&together[0]), highest(alone));
    for forecast in &together[1..] {
        assert!(highest(forecast) < 4.0 * 300.0, "{}", highest(forecast));
    }
}

#[test]
fn a_series_of_counts_has_a_week_of_its_own_where_it_keeps_one() {
    // Nine sell at weekends, one on weekdays; all of them some two a day.
    let demand: Vec<Vec<f64>> = (0..10)
        .map(|index| {
            (0..140)
                .map(|t| {
                    let is_weekend = t % 7 >= 5;
                    let sells = if index == 0 { !is_weekend } else { is_weekend };
                    if sells { 4.0 + f64::from((t * 7 + index) % 3) } else { 0.0 }
                })
                .collect()
        })
        .collect();
    let none = Regressors::default();
    let series: Vec<PanelSeries> = (demand.iter())
        .map(|demand| PanelSeries {
            demand,
            first_index: 0,
            regressors: &none,
            categories: &[],
            factor: &[],
            past_factor: &[],
            calendar: &NO_CALENDAR,
        })
        .collect();
    let settings = PanelSettings { season_lengths: &[7], horizon: 7, levels: &[0.5], windows: None, seed: 1 };
    let forecast = forecast_panel(&series, PanelMethod::Counts, &settings);
    for (index, forecast) in forecast.iter().enumerate() {
        for (day, mean) in forecast.mean.iter().enumerate() {
            let sells = (day < 5) == (index == 0);
            assert!(
                if sells { (3.5..=6.5).contains(mean) } else { *mean < 0.6 },
                "series {index}: {:?}",
                forecast.mean
            );
        }
    }
}

#[test]
fn two_years_of_weeks_have_intervals_from_what_there_is() {
    // A season and noise of two per cent: an interval that grows with the root of the distance would be many times too wide.
    let demand: Vec<Vec<f64>> = (0..20)
        .map(|index| {
            (0..104)
                .map(|t| {
                    let season = 1.0 + 0.5 * (std::f64::consts::TAU * f64::from(t) / 52.0).sin();
                    1000.0 * season * (1.0 + 0.02 * (f64::from((t * 37 + index * 11) % 21) - 10.0) / 5.0)
                })
                .collect()
        })
        .collect();
    let none = Regressors::default();
    let series: Vec<PanelSeries> = (demand.iter())
        .map(|demand| PanelSeries {
            demand,
            first_index: 0,
            regressors: &none,
            categories: &[],
            factor: &[],
            past_factor: &[],
            calendar: &NO_CALENDAR,
        })
        .collect();
    let settings = PanelSettings { season_lengths: &[52], horizon: 39, levels: &[0.1, 0.9], windows: None, seed: 1 };
    for forecast in forecast_panel(&series, PanelMethod::Local(LocalMethod::Mean), &settings) {
        assert!(matches!(forecast.quantiles.basis, QuantileBasis::Seasons { .. }));
        let last = &forecast.quantiles.per_period[38];
        assert!(last[1] - last[0] < 300.0, "{last:?}");
    }
}

#[test]
fn periods_that_are_known_to_be_closed_are_nothing_and_say_nothing() {
    // Ten shops that are closed on some days, which a column says; they sell forty on the others.
    let is_open = |shop: usize, t: usize| !(t * 31 + shop * 7).is_multiple_of(9);
    let n = 120;
    let shops: Vec<(Vec<f64>, Regressors)> = (0..10)
        .map(|shop| {
            let sells = |t: usize| if is_open(shop, t) { 1000.0 + ((t * 7 + shop) % 5) as f64 } else { 0.0 };
            let open = (0..n + 14).map(|t| f64::from(u8::from(is_open(shop, t)))).collect();
            ((0..n).map(sells).collect(), Regressors { names: vec!["open".to_owned()], columns: vec![open], n_past: 0 })
        })
        .collect();
    let series: Vec<PanelSeries> = (shops.iter())
        .map(|(demand, regressors)| PanelSeries {
            demand,
            first_index: 0,
            regressors,
            categories: &[],
            factor: &[],
            past_factor: &[],
            calendar: &NO_CALENDAR,
        })
        .collect();
    let settings = PanelSettings { season_lengths: &[7], horizon: 14, levels: &[0.1, 0.9], windows: None, seed: 1 };
    for method in [PanelMethod::Auto, PanelMethod::Local(LocalMethod::Mean)] {
        let forecasts = forecast_panel(&series, method, &settings);
        for (shop, forecast) in forecasts.iter().enumerate() {
            for (ahead, mean) in forecast.mean.iter().enumerate() {
                let quantiles = &forecast.quantiles.per_period[ahead];
                if is_open(shop, n + ahead) {
                    assert!((980.0..=1020.0).contains(mean), "{method:?}, shop {shop}: {:?}", forecast.mean);
                    assert!(quantiles[0] > 900.0, "{quantiles:?}");
                } else {
                    assert_eq!((*mean, quantiles.as_slice()), (0.0, &[0.0, 0.0][..]));
                }
            }
        }
    }
}
