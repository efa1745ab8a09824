use super::*;

const WEEK: [f64; 7] = [10.0, 12.0, 11.0, 14.0, 20.0, 30.0, 8.0];

fn fitted(demand: &[f64], season: usize) -> FittedMstl {
    FittedMstl::fit(&LocalHistory { demand, season, columns: &[] }).unwrap()
}

#[test]
fn a_pure_season_is_repeated_at_any_scale() {
    for scale in [1.0, 1e8] {
        let demand: Vec<f64> = (0..140).map(|t| WEEK[t % 7] * scale).collect();
        for (ahead, value) in fitted(&demand, 7).forecast(14).iter().enumerate() {
            assert!((value / (WEEK[ahead % 7] * scale) - 1.0).abs() < 1e-3, "{ahead}: {value}");
        }
    }
}

#[test]
fn a_year_of_days_is_a_season_once_two_were_seen() {
    let day = |t: usize| 100.0 + 40.0 * (std::f64::consts::TAU * t as f64 / 365.0).sin() + WEEK[t % 7];
    let demand: Vec<f64> = (0..820).map(day).collect();
    assert_eq!(season_lengths(7, 729), [7]);
    assert_eq!(season_lengths(7, 820), [7, 365]);
    let forecast = fitted(&demand, 7).forecast(120);
    for (ahead, value) in forecast.iter().enumerate() {
        assert!((value - day(820 + ahead)).abs() < 8.0, "{ahead}: {value} for {}", day(820 + ahead));
    }
}

#[test]
fn a_period_taken_in_moves_the_season_on() {
    let demand: Vec<f64> = (0..147).map(|t| WEEK[t % 7] + (t % 5) as f64 * 0.1).collect();
    let mut model = fitted(&demand[..140], 7);
    let before = model.forecast(10);
    for value in &demand[140..143] {
        model.update(*value);
    }
    model.update(f64::NAN);
    let after = model.forecast(6);
    for (ahead, value) in after.iter().enumerate() {
        assert!((value - before[ahead + 4]).abs() < 0.5, "{ahead}: {value} after {}", before[ahead + 4]);
    }
}

#[test]
fn without_two_cycles_the_level_is_smoothed() {
    let forecast = fitted(&[4.0, 6.0, 5.0, 4.0, 6.0, 5.0, 5.0, 4.0, 6.0], 7).forecast(3);
    assert!(forecast.iter().all(|value| (4.0..=6.0).contains(value)), "{forecast:?}");
    assert!(FittedMstl::fit(&LocalHistory { demand: &[f64::NAN; 30], season: 7, columns: &[] }).is_err());
}

#[test]
fn unobserved_periods_change_little() {
    let demand: Vec<f64> = (0..140).map(|t| WEEK[t % 7] + (t * 7 % 3) as f64 * 0.2).collect();
    let mut gaps = demand.clone();
    for t in [3, 20, 21, 22, 90] {
        gaps[t] = f64::NAN;
    }
    for (whole, gappy) in fitted(&demand, 7).forecast(7).iter().zip(fitted(&gaps, 7).forecast(7)) {
        assert!((whole - gappy).abs() < 0.6, "{whole} {gappy}");
    }
}
