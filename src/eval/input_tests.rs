use std::io::Write;

use tempfile::TempDir;

use super::*;

const NAN: f64 = f64::NAN;

fn options(folder: &TempDir, name: &str, text: &str) -> InputOptions {
    let file = folder.path().join(name);
    if file.extension().is_some_and(|ending| ending == "gz") {
        let mut writer =
            flate2::write::GzEncoder::new(std::fs::File::create(&file).unwrap(), flate2::Compression::fast());
        writer.write_all(text.as_bytes()).unwrap();
        writer.finish().unwrap();
    } else {
        std::fs::write(&file, text).unwrap();
    }
    InputOptions {
        file,
        ids: vec!["id".to_owned()],
        time: "t".to_owned(),
        value: "y".to_owned(),
        split: None,
        horizon: Some(1),
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

/// Reads a small file with the options changed.
fn load(text: &str, change: impl FnOnce(&mut InputOptions, &TempDir)) -> Result<Dataset, EvalError> {
    let folder = TempDir::new().unwrap();
    let mut options = options(&folder, "sales.csv", text);
    change(&mut options, &folder);
    let dataset = read(&options)?;
    // The actuals of a split file are read again: while the folder is there.
    if dataset.is_split() {
        dataset.open_actuals()?;
    }
    Ok(dataset)
}

fn refused(text: &str, change: impl FnOnce(&mut InputOptions, &TempDir)) -> String {
    load(text, change).unwrap_err().to_string()
}

#[track_caller]
fn assert_values(found: &[f64], expected: &[f64]) {
    let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(found), bits(expected), "{found:?}");
}

const SPLIT: fn(&mut InputOptions, &TempDir) = |options, _| {
    options.split = Some("part".to_owned());
    options.horizon = None;
};

#[test]
fn rows_are_sorted_by_time_and_the_last_periods_are_put_away() {
    let dataset = load("id,t,y\nb,3,30\na,2,2\nb,1,10\na,1,1\nb,2,20\na,3,3\n", |_, _| {}).unwrap();
    let labels: Vec<&str> = dataset.series.iter().map(|series| series.label.as_str()).collect();
    assert_eq!(labels, ["b", "a"]);
    assert_values(&dataset.series[0].values, &[10.0, 20.0]);
    let actuals = dataset.open_actuals().unwrap();
    assert_eq!(actuals, [[30.0], [3.0]]);
}

#[test]
fn gaps_become_missing_periods_or_zeros_as_asked() {
    let text = "id,t,y\na,1,1\na,4,\na,5,5\na,6,6\n";
    let dataset = load(text, |_, _| {}).unwrap();
    assert_values(&dataset.series[0].values, &[1.0, NAN, NAN, NAN, 5.0]);
    assert_eq!((dataset.facts.gaps, dataset.facts.empty, dataset.facts.rows), (2, 1, 4));
    let dataset = load(text, |options, _| options.missing = Missing::Zero).unwrap();
    assert_values(&dataset.series[0].values, &[1.0, 0.0, 0.0, 0.0, 5.0]);
}

#[test]
fn periods_out_of_stock_are_not_observed_even_where_missing_means_zero() {
    let text = "id,t,y,stock\na,1,1,1\na,2,0,0\na,3,3,true\na,4,0,false\n";
    let dataset = load(text, |options, _| {
        options.stock = Some("stock".to_owned());
        options.missing = Missing::Zero;
    })
    .unwrap();
    assert_values(&dataset.series[0].values, &[1.0, NAN, 3.0]);
    assert_values(&dataset.open_actuals().unwrap()[0], &[NAN]);
    assert_eq!(dataset.facts.masked, 2);
}

#[test]
fn test_rows_are_not_read_before_they_are_asked_for() {
    let folder = TempDir::new().unwrap();
    let text = "id,t,y,part\na,1,1,train\na,2,2,train\na,3,secret,test\n";
    let mut options = options(&folder, "sales.csv", text);
    SPLIT(&mut options, &folder);
    let dataset = read(&options).unwrap();
    assert_values(&dataset.series[0].values, &[1.0, 2.0]);
    let error = dataset.open_actuals().unwrap_err().to_string();
    assert!(error.contains("line 4, column `y`: found `secret`, not a number"), "{error}");
}

#[test]
fn the_horizon_of_a_split_file_reaches_to_its_last_test_row() {
    let folder = TempDir::new().unwrap();
    let text = "id,t,y,part\na,1,1,train\na,2,2,test\na,4,4,test\nb,1,7,train\nb,2,8,test\nc,9,1,test\n";
    let mut options = options(&folder, "sales.csv.gz", text);
    SPLIT(&mut options, &folder);
    let dataset = read(&options).unwrap();
    assert_eq!(dataset.horizon, 3);
    assert_eq!(dataset.facts.without_training, 1);
    let actuals = dataset.open_actuals().unwrap();
    assert_values(&actuals[0], &[2.0, NAN, 4.0]);
    assert_values(&actuals[1], &[8.0]);
    assert_values(&actuals[2], &[1.0]);
    options.horizon = Some(2);
    assert_values(&read(&options).unwrap().open_actuals().unwrap()[0], &[2.0]);
}

#[test]
fn duplicates_are_refused_with_their_lines() {
    let error = refused("id,t,y\na,1,1\na,2,2\na,1,5\nb,1,1\n", |_, _| {});
    assert!(error.contains("series `a` has `1` in lines 2 and 4"), "{error}");
    assert!(error.contains("sum or drop"), "{error}");
    let many = (0..9).map(|t| format!("a,{t},1\na,{t},2\n")).collect::<Vec<_>>().concat();
    let error = refused(&format!("id,t,y\n{many}"), |_, _| {});
    assert!(error.contains("(9 such)") && error.ends_with("in --id"), "{error}");
    assert!(error.contains("and 4 more"), "{error}");
}

#[test]
fn bad_cells_are_named_with_file_line_column_value_and_mend() {
    let error = refused("id,t,y\na,1,1\na,2,\"1,5\"\n", |_, _| {});
    let expected =
        "`sales.csv`, line 3, column `y`: found `1,5`, not a number; write a plain number with a decimal point";
    assert!(error.starts_with(expected), "{error}");
    let error = refused("id,t,y\na,1,inf\n", |_, _| {});
    assert!(error.contains("line 2, column `y`: found `inf`, not a number"), "{error}");
    let error = refused("id,t,y\na,soon,1\n", |_, _| {});
    assert!(error.contains("line 2, column `t`: found `soon`, not a time"), "{error}");
    let error = refused("id,t,y\na,,1\n", |_, _| {});
    assert!(error.contains("found ``, no time"), "{error}");
    let error = refused("id,t,y\na,1,1\na,2026-01-01,1\n", |_, _| {});
    assert!(error.contains("line 3, column `t`") && error.contains("where line 2 has `1`, a whole number"), "{error}");
    let error = refused("id,t,y\na,1\n", |_, _| {});
    assert!(error.contains("`sales.csv`, line 2: 2 fields, expected 3"), "{error}");
    let error = refused("id,t,y,part\na,1,1,Train\na,2,1,maybe\n", SPLIT);
    assert!(error.contains("line 3, column `part`: found `maybe`, neither `train` nor `test`"), "{error}");
}

#[test]
fn missing_columns_rows_and_tests_are_named() {
    let error = refused("id,t,units\na,1,1\n", |options, _| options.value = "unit".to_owned());
    assert!(error.contains("no column `unit` (asked for by --value); did you mean `units`?"), "{error}");
    let error = refused("id,t,y\n", |_, _| {});
    assert!(error.contains("no rows"), "{error}");
    let error = refused("id,t,y\na,1,1\n", |options, _| options.horizon = None);
    assert!(error.contains("give --horizon H"), "{error}");
    let error = refused("id,t,y,part\na,1,1,train\n", SPLIT);
    assert!(error.contains("no row is marked as `test`"), "{error}");
    let error = refused("id,t,y,part\na,1,1,test\na,2,1,train\n", SPLIT);
    assert!(error.contains("the test row in line 2 is older than the training row in line 3"), "{error}");
    let error = refused("", |_, _| {});
    assert!(error.contains("empty"), "{error}");
    let error = refused("id,t,y\n", |options, _| options.file.set_extension("txt").then_some(()).unwrap());
    assert!(error.contains("must end in .csv, .csv.gz or .parquet"), "{error}");
}

#[test]
fn columns_are_found_in_other_case_when_only_one_has_the_name() {
    let dataset = load("ID,T,y\na,1,1\na,2,2\n", |_, _| {}).unwrap();
    assert_eq!(dataset.series[0].label, "a");
}

#[test]
fn times_far_apart_are_refused_instead_of_filling_the_memory() {
    let error = refused("id,t,y\na,1,1\na,2,1\na,3,1\na,99000000000,1\n", |_, _| {});
    assert!(error.contains("periods would be needed"), "{error}");
}

#[test]
fn known_columns_reach_over_the_test_and_are_joined_from_a_second_file() {
    let sales = "store,item,t,y,promo\n1,a,1,1,0\n1,a,3,3,1\n1,a,4,4,true\n2,b,1,5,\n2,b,2,6,0\n";
    let calendar = "Store,t,price\n1,1,10\n1,2,11\n1,3,12\n1,4,13\n2,1,20\n";
    let dataset = load(sales, |options, folder| {
        options.ids = vec!["store".to_owned(), "item".to_owned()];
        options.known = vec!["price".to_owned(), "promo".to_owned()];
        let file = folder.path().join("calendar.csv");
        std::fs::write(&file, calendar).unwrap();
        options.known_file = Some(file);
    })
    .unwrap();
    assert_eq!(dataset.known_names, ["promo", "price"]);
    let [first, second] = dataset.series.as_slice() else { panic!("two series") };
    assert_eq!((first.label.as_str(), first.keys.len()), ("1-a", 2));
    assert_values(&first.values, &[1.0, NAN, 3.0]);
    assert_values(&first.known[0], &[0.0, NAN, 1.0, 1.0]);
    assert_values(&first.known[1], &[10.0, 11.0, 12.0, 13.0]);
    assert_values(&second.known[1], &[20.0, NAN]);
    assert_eq!(dataset.facts.unknown, 3);
}

#[test]
fn faults_of_the_second_file_are_named() {
    let with = |calendar: &'static str| {
        refused("id,t,y\na,1,1\na,2,2\n", move |options, folder| {
            options.known = vec!["price".to_owned()];
            let file = folder.path().join("calendar.csv");
            std::fs::write(&file, calendar).unwrap();
            options.known_file = Some(file);
        })
    };
    assert!(with("t,price\n1,5\n1,6\n").contains("`calendar.csv`: more than one row"));
    assert!(with("t,price\n1,cheap\n").contains("`calendar.csv`, line 2, column `price`: found `cheap`, not a number"));
    assert!(with("t,price\n2026-01-01,5\n").contains("expected a whole number, as in the sales"));
    assert!(with("price\n5\n").contains("neither an id column nor the time column"));
    assert!(with("t,cost\n1,5\n").contains("`sales.csv` has no column `price` (asked for by --known)"));
}

#[test]
fn parquet_is_read_like_csv() {
    use std::sync::Arc;

    use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int32Type, Int64Type};
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;

    let folder = TempDir::new().unwrap();
    let mut options = options(&folder, "sales.parquet", "");
    let columns = "required binary id (UTF8); required int32 t (DATE); optional double y; required int64 promo;";
    let schema = &format!("message sales {{ {columns} }}");
    let schema = Arc::new(parquet::schema::parser::parse_message_type(schema).unwrap());
    let file = std::fs::File::create(&options.file).unwrap();
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(WriterProperties::builder().build())).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let ids: Vec<ByteArray> = ["a", "a", "a", "b", "b"].map(ByteArray::from).to_vec();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<ByteArrayType>().write_batch(&ids, None, None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<Int32Type>().write_batch(&[20_000, 20_002, 20_001, 20_000, 20_001], None, None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<DoubleType>().write_batch(&[1.5, 3.5, 7.0, 8.0], Some(&[1, 1, 0, 1, 1]), None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<Int64Type>().write_batch(&[0, 1, 2, 3, 4], None, None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
    options.known = vec!["promo".to_owned()];
    let dataset = read(&options).unwrap();
    assert_values(&dataset.series[0].values, &[1.5, NAN]);
    assert_values(&dataset.series[0].known[0], &[0.0, 2.0, 1.0]);
    assert_values(&dataset.open_actuals().unwrap().concat(), &[3.5, 8.0]);
    assert_eq!(dataset.axis.label(dataset.series[0].start, dataset.series[0].phase), "2024-10-04");
}
