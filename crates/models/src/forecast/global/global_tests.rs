use super::super::layout::Layout;
use super::*;
use crate::forecast::calendar::NO_CALENDAR;
use crate::forecast::series::Regressors;

fn options() -> GlobalOptions {
    let boosting = BoostingSettings {
        n_trees: 30,
        learning_rate: 0.2,
        max_leaves: 15,
        min_rows_per_leaf: 10,
        ..Default::default()
    };
    GlobalOptions { boosting, seed: 0 }
}

/// Daily demand of `n_shops` shops with a week, a level of its own and noise; never zero.
fn shops(n_shops: usize, days: usize) -> Vec<Vec<f64>> {
    (0..n_shops as u64)
        .map(|shop| {
            let level = 5.0 + (shop * 3) as f64;
            let noise = |t: u64| mixed(shop, t) as f64 / u64::MAX as f64 - 0.5;
            (0..days as u64).map(|t| level * (1.0 + 0.5 * f64::from(t % 7 == 5) + 0.2 * noise(t))).collect()
        })
        .collect()
}

fn series_of<'a>(demand: &'a [Vec<f64>], none: &'a Regressors, first_index: i64) -> Vec<GlobalSeries<'a>> {
    demand
        .iter()
        .map(|demand| GlobalSeries { demand, first_index, regressors: none, categories: &[], calendar: &NO_CALENDAR })
        .collect()
}

fn forecast_of(series: &[GlobalSeries]) -> Vec<Vec<f64>> {
    fit(series, &[7], 14, &options()).unwrap().forecast(series).unwrap()
}

#[test]
fn a_weekly_shape_is_learnt() {
    let (demand, none) = (shops(12, 150), Regressors::default());
    let forecast = forecast_of(&series_of(&demand, &none, 0));
    for (shop, row) in forecast.iter().enumerate() {
        for (ahead, value) in row.iter().enumerate() {
            let truth = (5.0 + 3.0 * shop as f64) * if (150 + ahead) % 7 == 5 { 1.5 } else { 1.0 };
            assert!((value / truth - 1.0).abs() < 0.15, "shop {shop}, {ahead} ahead: {value} for {truth}");
        }
    }
}

#[test]
fn the_order_of_series_changes_no_byte() {
    let (demand, none) = (shops(9, 120), Regressors::default());
    let straight = forecast_of(&series_of(&demand, &none, 0));
    let mut reversed: Vec<Vec<f64>> = demand.clone();
    reversed.reverse();
    let mut back = forecast_of(&series_of(&reversed, &none, 0));
    back.reverse();
    assert_eq!(straight, back);
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let (demand, none) = (shops(9, 120), Regressors::default());
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| forecast_of(&series_of(&demand, &none, 0)))
    };
    assert_eq!(with(1), with(3));
}

#[test]
fn doubling_a_series_doubles_its_forecast() {
    let (demand, none) = (shops(6, 120), Regressors::default());
    let before = forecast_of(&series_of(&demand, &none, 0));
    for factor in [2.0, 1024.0] {
        let mut scaled = demand.clone();
        scaled.iter_mut().flatten().for_each(|y| *y *= factor);
        let after = forecast_of(&series_of(&scaled, &none, 0));
        for (a, b) in before.iter().flatten().zip(after.iter().flatten()) {
            assert_eq!(a * factor, *b);
        }
    }
}

#[test]
fn a_shift_of_all_dates_changes_no_byte() {
    let (demand, none) = (shops(6, 120), Regressors::default());
    let early = forecast_of(&series_of(&demand, &none, 0));
    assert_eq!(early, forecast_of(&series_of(&demand, &none, 20_003)));
    assert_eq!(early, forecast_of(&series_of(&demand, &none, -7)));
}

#[test]
fn what_comes_later_is_not_seen() {
    // The demand slice is the cutoff: what lies behind it cannot reach the model.
    let (mut demand, none) = (shops(8, 160), Regressors::default());
    let cut = |demand: &[Vec<f64>]| {
        let cut: Vec<Vec<f64>> = demand.iter().map(|y| y[..120].to_vec()).collect();
        forecast_of(&series_of(&cut, &none, 0))
    };
    let before = cut(&demand);
    for y in &mut demand {
        y[120..].fill(1e6);
    }
    assert_eq!(before, cut(&demand));
}

#[test]
fn rows_before_an_origin_do_not_see_what_follows_it() {
    let (mut demand, none) = (shops(5, 120), Regressors::default());
    let layout = Layout::new(&[7], 7, 120, 0, (Vec::new(), 0), 0);
    let row_at = |demand: &[Vec<f64>]| {
        let series = series_of(demand, &none, 0);
        let members = Members::new(&series, &layout);
        let mut rows = Vec::new();
        for member in &members.series {
            let origin = Origin::new(&members, member, &layout, 80).unwrap();
            let mut row = Vec::new();
            let simple = origin.row(5, &mut row);
            rows.push((member.given, format!("{row:?} {simple:?} {}", origin.scale * member.unit)));
        }
        rows.sort_unstable();
        rows
    };
    let before = row_at(&demand);
    for y in demand.iter_mut().flat_map(|y| &mut y[80..]) {
        *y *= 0.5;
    }
    assert_eq!(before, row_at(&demand));
}

#[test]
fn a_known_promotion_moves_the_forecast() {
    let promoted: Vec<f64> = (0..134).map(|t| f64::from(t % 9 == 0 || t == 125)).collect();
    let price: Vec<f64> = (0..134).map(|t| 1.0 + f64::from(t % 5) / 10.0).collect();
    let demand: Vec<Vec<f64>> = shops(8, 120)
        .into_iter()
        .map(|y| y.iter().enumerate().map(|(t, y)| y * (1.0 + promoted[t]) * (2.0 - price[t])).collect())
        .collect();
    let known =
        Regressors { names: vec!["promotion".into(), "price".into()], columns: vec![promoted, price], n_past: 0 };
    for row in &forecast_of(&series_of(&demand, &known, 0)) {
        assert!(row[6] > 1.3 * row[8], "promoted {} and plain {}", row[6], row[8]); // t = 126 and 128
    }
}

#[test]
fn a_row_has_as_many_features_as_its_layout_says() {
    let demand = shops(2, 30);
    for (seasons, categories, names) in
        [(vec![7], vec![], vec![]), (vec![7, 365], vec![3, 4], vec!["price".to_owned()]), (vec![], vec![1], vec![])]
    {
        let layout = Layout::new(&seasons, 14, 800, categories.len(), (names.clone(), 0), 0);
        let columns = names.iter().map(|_| vec![1.0; 44]).collect();
        let regressors = Regressors { names, columns, n_past: 0 };
        let series: Vec<GlobalSeries> = (demand.iter())
            .map(|demand| GlobalSeries {
                demand,
                first_index: 0,
                regressors: &regressors,
                categories: &categories,
                calendar: &NO_CALENDAR,
            })
            .collect();
        let members = Members::new(&series, &layout);
        let mut row = Vec::new();
        Origin::new(&members, &members.series[0], &layout, 30).unwrap().row(1, &mut row);
        assert_eq!(row.len(), layout.n_features(), "{layout:?}");
    }
}

#[test]
fn odd_series_among_good_ones_give_finite_forecasts() {
    let mut demand = shops(6, 120);
    demand.extend([
        vec![],
        vec![4.0],
        vec![f64::NAN; 120],
        vec![0.0; 120],
        vec![-3.0; 120],
        vec![1e12; 120],
        vec![1e308; 120],
        (0..120).map(|t| if t % 30 == 29 { 2.0 } else { 0.0 }).collect(),
        (0..120).map(|t| if t % 3 == 0 { f64::INFINITY } else { 2.0 }).collect(),
    ]);
    let none = Regressors::default();
    let forecast = forecast_of(&series_of(&demand, &none, 0));
    assert!(forecast.iter().all(|row| row.len() == 14 && row.iter().all(|y| y.is_finite())));
    assert!(forecast[8].iter().chain(&forecast[9]).all(|y| *y == 0.0));
    assert!(forecast[11].iter().all(|y| (y / 1e12 - 1.0).abs() < 0.1), "{:?}", forecast[11]);
}

#[test]
fn series_that_cannot_be_learnt_from_is_refused() {
    let none = Regressors::default();
    let refusal = |demand: &[Vec<f64>], horizon| {
        fit(&series_of(demand, &none, 0), &[7], horizon, &options()).unwrap_err().to_string()
    };
    assert!(refusal(&[], 7).contains("found no series"));
    assert!(refusal(&shops(2, 50), 0).contains("horizon: found 0"));
    assert!(refusal(&[vec![1.0]], 7).contains("found 1 observed periods"));
    assert!(refusal(&[vec![f64::NAN; 40], vec![0.0; 40]], 7).contains("needs at least 9"));
    let demand = shops(2, 50);
    let short = Regressors { names: vec!["price".into()], columns: vec![vec![1.0; 50]], n_past: 0 };
    let error = fit(&series_of(&demand, &short, 0), &[7], 7, &options()).unwrap_err().to_string();
    assert!(error.contains("regressor `price` has 50 values") && error.contains("57"), "{error}");
    let mixed_categories = [
        GlobalSeries {
            demand: &demand[0],
            first_index: 0,
            regressors: &none,
            categories: &[1],
            calendar: &NO_CALENDAR,
        },
        GlobalSeries { demand: &demand[1], first_index: 0, regressors: &none, categories: &[], calendar: &NO_CALENDAR },
    ];
    assert!(
        fit(&mixed_categories, &[7], 7, &options())
            .unwrap_err()
            .to_string()
            .contains("series 1: columns or categories")
    );
}

#[test]
fn a_model_survives_json_and_forecasts_a_new_series() {
    let (demand, none) = (shops(8, 120), Regressors::default());
    let series = series_of(&demand, &none, 0);
    let model = fit(&series, &[7], 14, &options()).unwrap();
    let back: GlobalModel = serde_json::from_str(&serde_json::to_string(&model).unwrap()).unwrap();
    let new = shops(20, 40);
    let young = series_of(&new[19..], &none, 80);
    let forecast = back.forecast(&young).unwrap();
    // serde_json reads a float back within one unit in the last place.
    for (read, kept) in forecast[0].iter().zip(&model.forecast(&young).unwrap()[0]) {
        assert!((read / kept - 1.0).abs() < 1e-12);
    }
    // Level 62; the first day forecast is the one of the week that sells half as much again.
    assert!((forecast[0][0] / 93.0 - 1.0).abs() < 0.15, "{:?}", forecast[0]);
    assert!((forecast[0][1] / 62.0 - 1.0).abs() < 0.15, "{:?}", forecast[0]);
}

#[test]
fn what_shops_share_is_learnt_from_all_of_them() {
    // Twelve shops of different size that all sell 3 on Mondays and 1 on other days.
    let shops: Vec<Vec<f64>> =
        (1..=12).map(|size| (0..140).map(|t| f64::from(size) * if t % 7 == 0 { 3.0 } else { 1.0 }).collect()).collect();
    let none = Regressors::default();
    let series: Vec<GlobalSeries> = shops
        .iter()
        .map(|demand| GlobalSeries {
            demand,
            first_index: 0,
            regressors: &none,
            categories: &[],
            calendar: &NO_CALENDAR,
        })
        .collect();
    let model = fit(&series, &[7], 7, &GlobalOptions::default()).unwrap();
    let forecast = model.forecast(&series).unwrap();
    assert!((forecast[11][0] - 36.0).abs() < 1.0 && (forecast[11][1] - 12.0).abs() < 1.0);
}
