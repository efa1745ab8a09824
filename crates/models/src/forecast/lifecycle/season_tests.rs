use super::{Anchor, Season};

const N: usize = 728;

/// 20 a day on days for which the test says so, back from the end.
fn sold_on(is_season: impl Fn(usize) -> bool) -> Vec<f64> {
    (0..N).map(|t| if is_season(N - t) { 19.0 + (t % 3) as f64 } else { 0.0 }).collect()
}

fn date() -> Anchor {
    Anchor { name: "date".to_owned(), lags: vec![365, 730] }
}

fn total(demand: &[f64], season: &Season) -> f64 {
    season.ahead(demand, 28).mean.iter().sum()
}

#[test]
fn a_season_seen_twice_comes_again_and_one_seen_once_only_where_its_kind_does() {
    // Thirty days that begin three days from now, a year ago and two.
    let twice = sold_on(|back| (333..=362).contains(&back) || (698..=727).contains(&back));
    let season = Season::of(&twice, &[date()], false, false).unwrap();
    assert_eq!((season.n_past(), season.anchor.as_str()), (2, "date"));
    let ahead = season.ahead(&twice, 28);
    assert_eq!(ahead.mean[..3], [0.0; 3]);
    assert!(ahead.mean[3..].iter().all(|mean| (18.5..=21.5).contains(mean)), "{:?}", ahead.mean);
    let quantiles = ahead.total_quantiles(&[0.1, 0.9]);
    assert!(quantiles[27][0] < 400.0 && quantiles[27][1] > 600.0, "{:?}", quantiles[27]);

    let once = sold_on(|back| (333..=362).contains(&back));
    assert_eq!(Season::of(&once, &[date()], false, false), None);
    let season = Season::of(&once, &[date()], true, false).unwrap();
    assert!((480.0..=520.0).contains(&total(&once, &season)));
}

#[test]
fn a_season_in_progress_ends_as_the_one_before_did_and_is_as_strong_as_it_shows() {
    // It has four days to go, and sells half as much again as last year.
    let demand: Vec<f64> = (0..N)
        .map(|t| match N - t {
            1..=26 => 30.0,
            362..=391 => 20.0,
            _ => 0.0,
        })
        .collect();
    let season = Season::of(&demand, &[date()], false, false).unwrap();
    let ahead = season.ahead(&demand, 28).mean;
    assert!(ahead[..4].iter().all(|mean| (28.0..=30.5).contains(mean)), "{ahead:?}");
    assert!(ahead[4..].iter().all(|mean| *mean == 0.0), "{ahead:?}");
}

#[test]
fn what_keeps_to_a_feast_moves_with_it() {
    // A feast that comes eleven days earlier every year: 20 days before it.
    let feast = Anchor { name: "feast".to_owned(), lags: vec![354, 708] };
    let demand = sold_on(|back| (335..=354).contains(&back) || (689..=708).contains(&back));
    let season = Season::of(&demand, &[date(), feast], false, false).unwrap();
    assert_eq!(season.anchor, "feast");
    let ahead = season.ahead(&demand, 28).mean;
    assert!(ahead[..20].iter().all(|mean| *mean > 18.0) && ahead[20..].iter().all(|mean| *mean == 0.0), "{ahead:?}");
}

#[test]
fn what_sells_all_year_slowly_or_has_ended_has_no_season() {
    assert_eq!(Season::of(&sold_on(|_| true), &[date()], true, false), None);
    assert_eq!(Season::of(&sold_on(|back| back % 40 == 0), &[date()], true, false), None, "slow is no season");
    assert_eq!(Season::of(&sold_on(|back| back > 300), &[date()], true, false), None, "it sold for most of the year");
    assert_eq!(Season::of(&[], &[date()], true, false), None);
    assert_eq!(Season::of(&[0.0; 100], &[date()], true, false), None);
    // A launch half a year ago after a trial a year and a half ago: not the same place of the year.
    let trial = sold_on(|back| (1..=100).contains(&back) || (500..=520).contains(&back));
    assert_eq!(Season::of(&trial, &[date()], false, false), None);
}

#[test]
fn a_history_that_begins_with_its_first_season_knows_when_that_began() {
    // A feast that came fifteen days later last year, when the product was new; two days are left of the season now.
    let feast = Anchor { name: "feast".to_owned(), lags: vec![350] };
    let mut demand = vec![0.0; 376];
    demand[..28].fill(15.0);
    demand[351..].fill(15.0);
    let season = Season::of(&demand, &[date(), feast], false, true).unwrap();
    assert_eq!(season.anchor, "feast");
    let ahead = season.ahead(&demand, 28).mean;
    assert!(ahead[..2].iter().all(|mean| (14.0..=16.0).contains(mean)), "{ahead:?}");
    assert!(ahead[2..].iter().all(|mean| *mean == 0.0), "{ahead:?}");
}

#[test]
fn a_week_keeps_to_its_weekdays_and_not_to_the_places_of_the_season() {
    // Fifty days that begin 20 days from now, a year ago and two; on one weekday in seven nothing is sold.
    let demand: Vec<f64> = (0..N)
        .map(|t| {
            let back = N - t;
            let in_season = (296..=345).contains(&back) || (661..=710).contains(&back);
            if in_season && !t.is_multiple_of(7) { 14.0 } else { 0.0 }
        })
        .collect();
    let season = Season::of(&demand, &[date()], false, false).unwrap();
    let ahead = season.ahead(&demand, 60).mean;
    for (step, mean) in ahead.iter().enumerate().skip(24).take(40) {
        let is_silent = (N + step).is_multiple_of(7);
        assert!(if is_silent { *mean < 1.5 } else { (11.0..17.0).contains(mean) }, "{step}: {mean} of {ahead:?}");
    }
}

#[test]
fn a_season_that_has_been_over_for_some_weeks_is_one_all_the_same() {
    for over in [5, 27, 35, 50, 60, 90] {
        let demand = sold_on(|back| (over..over + 40).contains(&back) || (over + 365..over + 405).contains(&back));
        let season = Season::of(&demand, &[date()], false, true).unwrap_or_else(|| panic!("{over}"));
        assert!(total(&demand, &season) < 5.0, "{over}: {}", total(&demand, &season));
    }
}
