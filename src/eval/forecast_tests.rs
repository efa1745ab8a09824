use std::path::Path;

use serde_json::Value as Json;
use tempfile::TempDir;

use super::super::chosen::Point;
use super::super::forecaster::{EachSeries, OriginData, OriginSeries};
use super::super::input_options::Missing;
use super::super::metrics::LEVELS;
use super::*;

/// A clock that stands still.
struct Still;

impl CpuClock for Still {
    fn cpu_seconds(&self) -> Option<f64> {
        None
    }
    fn peak_rss_mb(&self) -> Option<f64> {
        None
    }
}

fn input(file: &Path) -> InputOptions {
    InputOptions {
        file: file.to_owned(),
        ids: vec!["id".to_owned()],
        time: "t".to_owned(),
        value: "y".to_owned(),
        split: None,
        horizon: Some(4),
        stock: None,
        known: Vec::new(),
        past: Vec::new(),
        statics: Vec::new(),
        static_option: "--static",
        categorical: Vec::new(),
        cutoffs: Vec::new(),
        known_file: None,
        missing: Missing::Skip,
        frequency: None,
    }
}

fn run(model: &str) -> RunOptions {
    RunOptions {
        season_lengths: vec![4],
        mase_season: None,
        origins: 1,
        step: None,
        levels: Vec::new(),
        point: Point::default(),
        min_length: None,
        model: model.to_owned(),
        threads: Some(1),
        output: None,
    }
}

fn rows(n: usize, row: impl Fn(usize) -> String) -> String {
    (0..n).map(row).collect::<Vec<_>>().concat()
}

/// `n` periods of a wave with a trend, as rows of one series.
fn wave(id: &str, n: usize) -> String {
    rows(n, |t| format!("{id},{t},{}\n", 20 + t % 4 * 5 + t / 3))
}

fn constant(id: &str, n: usize, value: &str) -> String {
    rows(n, |t| format!("{id},{t},{value}\n"))
}

fn judged(text: &str, change: impl FnOnce(&mut InputOptions, &mut RunOptions)) -> Result<Json, EvalError> {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("sales.csv");
    std::fs::write(&file, format!("id,t,y\n{text}")).unwrap();
    let (mut input, mut run) = (input(&file), run("auto"));
    change(&mut input, &mut run);
    let evaluation = evaluate(&input, &run, &Still)?;
    assert!(evaluation.to_string().contains("MASE"));
    Ok(serde_json::to_value(&evaluation).unwrap())
}

#[test]
fn every_key_that_was_promised_is_in_the_object() {
    let json = judged(&wave("a", 40), |_, _| {}).unwrap();
    let keys = "n_series horizon smape mase rmsse wape owa pinball coverage_80 coverage_95 coverage_80_sum2 \
                coverage_95_sum4 cpu_seconds cpu_seconds_per_series peak_rss_mb failed models caveats";
    for key in keys.split_whitespace() {
        assert!(json.get(key).is_some(), "{key} is missing in {json}");
    }
    assert_eq!(json["pinball"].as_object().unwrap().len(), LEVELS.len());
    assert!(json["cpu_seconds"].is_null());
    assert!(json["caveats"].to_string().contains("no /proc/self"));
}

#[test]
fn histories_of_every_kind_get_a_forecast_or_a_caveat() {
    let mut text = wave("usual", 40);
    text += &constant("constant", 40, "7");
    text += &constant("zero", 40, "0");
    text += &constant("missing", 40, "");
    text += &constant("negative", 40, "-3.5");
    text += &rows(40, |t| format!("huge,{t},{}\n", 1e12 + t as f64 * 1e9));
    text += &rows(14, |t| format!("gaps,{},{t}\n", t * 3));
    text += "point,0,5\n";
    for model in methods::methods() {
        for missing in [Missing::Skip, Missing::Zero, Missing::Seasonal] {
            let json = judged(&text, |input, run| {
                input.missing = missing;
                input.frequency = Some(crate::eval::Frequency::Every(1));
                run.model = model.name.to_owned();
                run.min_length = Some(1);
            })
            .unwrap();
            assert_eq!((&json["n_series"], &json["left_out"]), (&Json::from(7), &Json::from(1)), "{}", model.name);
            assert!(json["mase"].is_number() && json["smape"].is_number(), "{json}");
            let caveats = json["caveats"].to_string();
            for word in ["constant before", "all zero before", "left out", "point", "below zero", "have no row"] {
                assert!(caveats.contains(word), "{}: `{word}` is not in {caveats}", model.name);
            }
        }
    }
}

#[test]
fn forecasts_are_written_before_a_bad_test_row_is_noticed() {
    let folder = TempDir::new().unwrap();
    let (file, output) = (folder.path().join("sales.csv"), folder.path().join("out/forecasts.csv"));
    let rows = rows(20, |t| format!("x,{t},{},train\n", t % 4));
    std::fs::write(&file, format!("id,t,y,part\n{rows}x,20,oops,test\nnew,20,3,test\n")).unwrap();
    let mut input = input(&file);
    input.split = Some("part".to_owned());
    input.horizon = None;
    let run = RunOptions { output: Some(output.clone()), ..run("seasonal_naive") };
    let error = evaluate(&input, &run, &Still).unwrap_err().to_string();
    assert!(error.contains("line 22, column `y`: found `oops`"), "{error}");
    let written = std::fs::read_to_string(&output).unwrap();
    let lines: Vec<&str> = written.lines().collect();
    assert_eq!(
        lines[0],
        "id,origin,step,time,model,mean,q0.025,q0.05,q0.1,q0.2,q0.25,q0.3,q0.4,q0.5,q0.6,q0.7,q0.75,q0.8,q0.9,q0.95,\
         q0.975,q0.99,note"
    );
    assert!(lines[1].starts_with("x,19,1,20,seasonal_naive,0,"), "{}", lines[1]);
    assert!(lines[2].starts_with("new,,1,20,seasonal_naive,0,"), "{}", lines[2]);
    assert_eq!(std::fs::read_dir(output.parent().unwrap()).unwrap().count(), 1);
}

#[test]
fn appending_the_future_changes_no_earlier_forecast() {
    let folder = TempDir::new().unwrap();
    let forecasts = |n: usize, origins: usize| {
        let (file, output) = (folder.path().join("sales.csv"), folder.path().join("forecasts.csv"));
        std::fs::write(&file, format!("id,t,y\n{}", wave("a", n))).unwrap();
        let run = RunOptions { origins, output: Some(output.clone()), ..run("auto") };
        evaluate(&input(&file), &run, &Still).unwrap();
        std::fs::read_to_string(output).unwrap()
    };
    let (now, later) = (forecasts(40, 1), forecasts(48, 3));
    let rows: Vec<&str> = now.lines().skip(1).collect();
    assert_eq!(rows.len(), 4);
    assert_eq!(later.lines().count(), 13);
    for row in rows {
        assert!(later.contains(row), "{row}");
    }
}

#[test]
fn what_a_model_is_given_ends_at_its_origin_but_for_known_columns() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("sales.csv");
    let rows = rows(30, |t| format!("a,{t},{t},{}\n", t * 10));
    std::fs::write(&file, format!("id,t,y,price\n{rows}")).unwrap();
    let mut input = input(&file);
    input.known = vec!["price".to_owned()];
    let checked = EachSeries(|series: &OriginSeries<'_>, data: &OriginData<'_>, levels: &[f64]| {
        let n = series.demand.len();
        assert!([18, 22, 26].contains(&n), "{n}");
        assert_eq!(series.demand.last(), Some(&(n as f64 - 1.0)));
        assert_eq!((series.known[0].len(), series.known[0][n]), (n + 4, n as f64 * 10.0));
        methods::last_season(series, data, levels)
    });
    let run = RunOptions { origins: 3, ..run("checked") };
    let evaluation = evaluate_with(&checked, &input, &run, &Still).unwrap();
    assert_eq!((evaluation.n_forecasts, evaluation.origins, evaluation.step), (3, 3, 4));
}

#[test]
fn what_cannot_be_scored_becomes_the_seasonal_naive_and_counts_as_failed() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("sales.csv");
    std::fs::write(&file, format!("id,t,y\n{}{}", wave("a", 40), wave("b", 40))).unwrap();
    let broken = EachSeries(|series: &OriginSeries<'_>, data: &OriginData<'_>, levels: &[f64]| {
        let mut result = methods::last_season(series, data, levels);
        if series.label == "a" {
            result.mean[1] = f64::NAN;
        } else {
            result.quantiles[0].swap(0, 12);
        }
        result
    });
    let evaluation = evaluate_with(&broken, &input(&file), &run("broken"), &Still).unwrap();
    assert_eq!((evaluation.failed, evaluation.n_scored), (1, 2));
    let caveats = evaluation.caveats.join("\n");
    assert!(caveats.contains("replaced by the seasonal naive: a: the mean holds NaN"), "{caveats}");
    assert!(caveats.contains("1 forecast with quantiles that cross"), "{caveats}");
}

#[test]
fn threads_change_nothing() {
    let text = rows(6, |at| wave(&format!("s{at}"), 40 + at));
    let with = |threads: usize| {
        let mut json = judged(&text, |_, run| run.threads = Some(threads)).unwrap();
        json.as_object_mut().unwrap().remove("threads");
        json
    };
    assert_eq!(with(1), with(3));
}

#[test]
fn series_too_short_are_named_and_none_left_is_an_error() {
    let text = wave("long", 40) + &wave("short", 11);
    let json = judged(&text, |_, _| {}).unwrap();
    assert!(json["caveats"].to_string().contains("1 series left out for having fewer than 12 rows"), "{json}");
    let error = judged(&wave("short", 11), |_, _| {}).unwrap_err().to_string();
    assert!(error.contains("none of its 1 series has 12 rows"), "{error}");
}

#[test]
fn an_unknown_model_is_refused_with_the_known_ones() {
    let error = judged(&wave("a", 40), |_, run| run.model = "seasonal_naiv".to_owned()).unwrap_err().to_string();
    assert!(error.contains("did you mean `seasonal_naive`?"), "{error}");
}

/// A wave of two shops with columns of every role, the last of which each caller names.
fn with_columns(change: impl FnOnce(&mut InputOptions, &mut RunOptions)) -> Result<Json, EvalError> {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("sales.csv");
    let row = |shop: &str, t: usize| {
        let kind = if t.is_multiple_of(7) { "leaflet" } else { "none" };
        let visitors = if t < 36 { (t % 4 * 5 + 90).to_string() } else { String::new() };
        format!(
            "{shop},{t},{},{kind},{visitors},{}\n",
            20 + t % 4 * 5 + t / 3,
            if shop == "a" { "big" } else { "small" }
        )
    };
    let rows = rows(40, |t| row("a", t)) + &rows(40, |t| row("b", t));
    std::fs::write(&file, format!("id,t,y,kind,visitors,size\n{rows}")).unwrap();
    let (mut input, mut run) = (input(&file), run("gbm"));
    change(&mut input, &mut run);
    Ok(serde_json::to_value(evaluate(&input, &run, &Still)?).unwrap())
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn columns_of_every_role_are_used_and_doubted() {
    let json = with_columns(|input, _| {
        input.known = names(&["kind"]);
        input.past = names(&["visitors"]);
        input.statics = names(&["size"]);
        input.categorical = names(&["kind", "size"]);
    });
    let json = json.unwrap();
    assert!(json["mase"].as_f64().unwrap() < 1.0, "{json}");
    assert!(!json["caveats"].to_string().contains("known-ahead"), "{json}");
    // Visitors of the test periods stand nowhere.
    let doubted = with_columns(|input, _| input.known = names(&["visitors"])).unwrap();
    assert!(doubted["caveats"].to_string().contains("name it in --past"), "{doubted}");
}

#[test]
fn columns_in_the_wrong_role_are_refused_with_what_to_do() {
    let refused = |change: &dyn Fn(&mut InputOptions)| with_columns(|input, _| change(input)).unwrap_err().to_string();
    let text = refused(&|input| input.known = names(&["kind"]));
    assert!(text.contains("line 2, column `kind`: found `leaflet`") && text.contains("--categorical"), "{text}");
    let text = refused(&|input| {
        input.statics = names(&["kind"]);
        input.categorical = names(&["kind"]);
    });
    assert!(text.contains("static column `kind` of series `a` holds `leaflet` and `none`"), "{text}");
    let text = refused(&|input| {
        input.known = names(&["kind"]);
        input.past = names(&["kind"]);
    });
    assert!(text.contains("`kind` has two roles"), "{text}");
    let text = refused(&|input| input.categorical = names(&["kind"]));
    assert!(text.contains("no column of --known or --static"), "{text}");
}

#[test]
fn a_category_that_came_after_the_origin_is_told() {
    let text = rows(40, |t| format!("a,{t},{},{}\n", 20 + t % 4 * 5, if t < 38 { "none" } else { "flood" }));
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("sales.csv");
    std::fs::write(&file, format!("id,t,y,event\n{text}")).unwrap();
    let mut input = input(&file);
    (input.known, input.categorical) = (names(&["event"]), names(&["event"]));
    let caveats = evaluate(&input, &run("gbm"), &Still).unwrap().caveats.join("\n");
    assert!(
        caveats.contains("categories of `event` that no series had before the last origin say nothing: flood"),
        "{caveats}"
    );
}

#[test]
fn origins_that_are_dates_are_the_same_for_series_that_end_on_different_days() {
    let text = wave("long", 60) + &wave("short", 40);
    let json = judged(&text, |input, _| input.cutoffs = names(&["50", "30"])).unwrap();
    // The short series has no horizon left after 50.
    assert_eq!((&json["n_forecasts"], &json["origins"]), (&Json::from(3), &Json::from(2)), "{json}");
    assert!(json["caveats"].to_string().contains("have not both a past and a horizon there"), "{json}");
    let error = judged(&text, |input, _| input.cutoffs = names(&["59"])).unwrap_err().to_string();
    assert!(error.contains("a cutoff, and after it 4"), "{error}");
    let error = judged(&text, |input, _| input.cutoffs = names(&["2026-01-01"])).unwrap_err().to_string();
    assert!(error.contains("expected a whole number"), "{error}");
}

#[test]
fn only_the_levels_asked_for_are_written() {
    let folder = TempDir::new().unwrap();
    let (file, output) = (folder.path().join("sales.csv"), folder.path().join("forecasts.csv"));
    std::fs::write(&file, format!("id,t,y\n{}", wave("a", 40))).unwrap();
    let run = RunOptions { levels: vec![0.9, 0.85], output: Some(output.clone()), ..run("mean") };
    let evaluation = evaluate(&input(&file), &run, &Still).unwrap();
    assert_eq!(evaluation.pinball.len(), LEVELS.len());
    let written = std::fs::read_to_string(output).unwrap();
    assert!(written.starts_with("id,origin,step,time,model,mean,q0.85,q0.9,note\n"), "{written}");
}
