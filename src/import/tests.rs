use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use polars::prelude::DataFrame;
use tempfile::TempDir;

use super::infer::{Shape, Tally};
use super::*;
use crate::table::cell_text;
use crate::warehouse::{Side, WarehouseConfig};

fn settings() -> ImportSettings {
    ImportSettings::new(Share::new(0.1).unwrap())
}

fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        std::fs::write(dir.path().join(name), bytes).unwrap();
    }
    dir
}

async fn warehouse(dir: &Path) -> Warehouse {
    let url = format!("sqlite:{}", dir.join("warehouse.db").display());
    Warehouse::open(&WarehouseConfig::new(url.as_str()).create_if_missing()).await.unwrap()
}

async fn import(dir: &TempDir, settings: &ImportSettings) -> Result<ImportReport, ImportError> {
    import_folder(dir.path(), None, &warehouse(dir.path()).await, settings, &Progress::silent()).await
}

/// The error's text, with the folder's name left out.
async fn refusal(files: &[(&str, &[u8])]) -> String {
    let dir = folder(files);
    let error = import(&dir, &settings()).await.unwrap_err().to_string();
    error.replace(&dir.path().display().to_string(), "DIR")
}

/// A table of the warehouse: one line per row, NULL as a dash.
async fn rows(dir: &TempDir, sql: &str) -> Vec<String> {
    let rows = warehouse(dir.path()).await.read_values(Side::Target, sql, &[]).await.unwrap();
    rows.iter()
        .map(|row| {
            let cells = row.iter().map(|value| {
                let number = value.as_integer().map(|number| number.to_string());
                number
                    .or_else(|| value.as_real().map(|number| number.to_string()))
                    .or_else(|| value.as_text().map(str::to_owned))
                    .unwrap_or_else(|| "-".to_owned())
            });
            cells.collect::<Vec<_>>().join("|")
        })
        .collect()
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn inferred(values: &[&str]) -> Shape {
    let mut tally = Tally::default();
    for value in values {
        tally.add(value);
    }
    tally.choose().shape
}

#[test]
fn the_values_of_a_column_decide_its_type() {
    let cases: &[(&[&str], Shape)] = &[
        (&["1", "-2", "0", ""], Shape::Integer),
        (&["100001", "9e+05", "4.0128e+10"], Shape::Integer),
        (&["9223372036854775807"], Shape::Integer),
        (&["9223372036854775808"], Shape::Text),
        (&["1", "007"], Shape::Text),
        (&["1.5", "2", "-.5", "1e-3"], Shape::Real),
        (&["1.5", "9007199254740993"], Shape::Text),
        (&["00.5"], Shape::Text),
        (&["NaN", "inf"], Shape::Text),
        (&["536365", "C536379"], Shape::Text),
        (&["2026-11-22", "2024-02-29"], Shape::Date),
        (&["2026-02-29"], Shape::Text),
        (&["22.11.2026"], Shape::Text),
        (&["2026-11-22T01:30:00Z", "2026-11-22 01:30:00.5+01:00", "2026-11-22 01:30 UTC"], Shape::Instant),
        (&["2026-11-22T01:30:00", "2026-11-22 01:30", "2026-11-22 01:30:00.25"], Shape::LocalTime),
        (&["2026-11-22 01:30:00", "2026-11-22 01:30:00Z"], Shape::Text),
        (&["2026-11-22 25:00:00"], Shape::Text),
        (&["true", "False", "TRUE"], Shape::Flag),
        (&["0", "true"], Shape::Text),
        (&["a", "1"], Shape::Text),
        (&["", " "], Shape::Text),
    ];
    for (values, expected) in cases {
        assert_eq!(inferred(values), *expected, "{values:?}");
    }
}

#[test]
fn one_bad_value_in_two_hundred_is_rejected_and_two_make_the_column_text() {
    let mut tally = Tally::default();
    (0..199).for_each(|number: u32| tally.add(&number.to_string()));
    tally.add("n/a");
    let choice = tally.choose();
    assert_eq!((choice.shape, choice.values, choice.misfits), (Shape::Integer, 200, 1));
    tally.add("n/a");
    assert_eq!(tally.choose().shape, Shape::Text);
}

#[test]
fn a_single_code_keeps_a_column_of_numbers_text() {
    let mut tally = Tally::default();
    (1..1000).for_each(|number: u32| tally.add(&number.to_string()));
    tally.add("C536379");
    assert_eq!(tally.choose().shape, Shape::Text);
}

#[test]
fn zones_and_fractions_are_understood() {
    let micros = |text| match Shape::Instant.parse(text) {
        Some(frame::Cell::Integer(micros)) => Some(micros),
        _ => None,
    };
    assert_eq!(micros("1970-01-01T00:00:01Z"), Some(1_000_000));
    assert_eq!(micros("1970-01-01 01:00:00.25+01"), Some(250_000));
    assert_eq!(micros("1969-12-31T18:30:00-0530"), Some(0));
    assert_eq!(micros("1970-01-01T00:00:00"), None);
    let local = Shape::LocalTime.parse("2026-11-22T01:30").unwrap();
    assert_eq!(local, frame::Cell::OwnedText("2026-11-22 01:30:00".to_owned()));
}

#[test]
fn headings_and_file_names_become_snake_case() {
    for (original, expected) in [
        ("InvoiceNo", "invoice_no"),
        ("CustomerID", "customer_id"),
        ("Weekly_Sales", "weekly_sales"),
        ("MarkDown1", "mark_down1"),
        ("HTTPServer", "http_server"),
        ("Größe (cm)", "groesse_cm"),
        ("unit price, GBP", "unit_price_gbp"),
        ("2010 sales", "_2010_sales"),
        ("-", ""),
    ] {
        assert_eq!(names::snake_case(original), expected);
    }
    assert_eq!(names::table_name("Online Retail.csv.gz").as_deref(), Some("online_retail"));
    assert_eq!(names::table_name("notes.txt"), None);
}

#[tokio::test]
async fn a_gzipped_file_becomes_a_table_with_row_numbers() {
    let text = b"\xef\xbb\xbfId,Name,Price,Sold,At,Local,Ok\n1,a,1.5,2026-11-22,2026-11-22T01:00:00+01:00,2026-11-22T01:00,true\n2,,2,,,,false\n";
    let dir = folder(&[("Sales.csv.gz", &gzip(text)), ("notes.txt", b"x")]);
    let report = import(&dir, &settings()).await.unwrap();
    assert_eq!(
        rows(&dir, "SELECT * FROM sales").await,
        ["1|1|a|1.5|2026-11-22|2026-11-22T00:00:00Z|2026-11-22 01:00:00|1", "2|2|-|2|-|-|-|0"]
    );
    let nulls: Vec<u64> = report.files[0].columns.iter().map(|column| column.nulls).collect();
    assert_eq!(nulls, [0, 1, 0, 1, 1, 1, 0]);
    assert_eq!((report.files[0].rows, report.files[0].rejected), (2, 0));
    insta::assert_snapshot!(report.files[0].notes.join("\n"), @"`local` is a date-time without a zone; it is kept as text, as its zone is not known");
}

#[tokio::test]
async fn bad_rows_are_kept_with_line_and_reason() {
    let mut text = String::from("id,note\n1,\"two\nlines\"\n2,a,b\n3\n");
    (4..300).for_each(|number| text.push_str(&format!("{number},x\n")));
    text.push_str("n/a,\"y, z\"\n");
    let mut bytes = text.into_bytes();
    bytes.extend_from_slice(b"301,\xff\n");
    let dir = folder(&[("a.csv", &bytes)]);
    let report = import(&dir, &settings()).await.unwrap();
    let file = &report.files[0];
    assert_eq!((file.rows, file.rejected), (297, 4));
    assert_eq!(rows(&dir, "SELECT _row, note FROM a WHERE id IN (1, 4)").await, ["1|two\nlines", "4|x"]);
    let rejects = std::fs::read_to_string(file.rejects_file.as_ref().unwrap()).unwrap();
    insta::assert_snapshot!(rejects, @r#"
    line,reason,row
    4,"3 fields, expected 2","2,a,b"
    5,"1 fields, expected 2",3
    302,"`id` is `n/a`, expected an integer","n/a,""y, z"""
    303,field 2 is not valid UTF-8,"301,�"
    "#);
    let shown = report.to_string().replace(&dir.path().display().to_string(), "DIR");
    insta::assert_snapshot!(shown.lines().skip(2).collect::<Vec<_>>().join("\n"), @r"
    a.csv: `id` is an integer in all but 1 of 298 values; the rows of those are rejected (`--text id` keeps them)
    a.csv: 4 bad rows are in `DIR/rejects/a.csv.rejects.csv`
    ");

    let keep = ImportSettings { text_columns: BTreeSet::from(["id".to_owned()]), ..settings() };
    assert_eq!(import(&dir, &keep).await.unwrap().files[0].rejected, 3);
    std::fs::write(dir.path().join("a.csv"), "id\n1\n").unwrap();
    import(&dir, &settings()).await.unwrap();
    assert!(!dir.path().join("rejects/a.csv.rejects.csv").exists(), "rejects of an earlier import are gone");
}

#[tokio::test]
async fn lines_are_counted_however_they_end() {
    for end in ["\n", "\r\n", "\r"] {
        let mut text = format!("id,note{end}1,\"a{end}b\"{end}2,b,c{end}");
        (3..40).for_each(|number| text.push_str(&format!("{number},x{end}")));
        let dir = folder(&[("a.csv", text.as_bytes()), ("b.csv.gz", &gzip(text.as_bytes()))]);
        for file in import(&dir, &settings()).await.unwrap().files {
            assert_eq!((file.rows, file.rejected), (38, 1));
            let rejects = std::fs::read_to_string(file.rejects_file.unwrap()).unwrap();
            // A carriage return in a quoted field is one of its letters, and no line.
            let line = if end == "\r" { 3 } else { 4 };
            assert_eq!(rejects.lines().nth(1), Some(format!("{line},\"3 fields, expected 2\",\"2,b,c\"").as_str()));
        }
        assert_eq!(rows(&dir, "SELECT note FROM a WHERE id = 1").await, [format!("a{end}b")]);
    }
}

#[tokio::test]
async fn a_file_with_too_many_bad_rows_leaves_the_old_table_as_it_was() {
    let dir = folder(&[("a.csv", b"id\n1\n2\n")]);
    import(&dir, &settings()).await.unwrap();
    std::fs::write(dir.path().join("a.csv"), "id\n5\n6,7\n").unwrap();
    let error = import(&dir, &settings()).await.unwrap_err().to_string();
    insta::assert_snapshot!(error.replace(&dir.path().display().to_string(), "DIR"), @"1 of 2 rows of `a.csv` are bad, at most 10 % are allowed; nothing of it was loaded; see `DIR/rejects/a.csv.rejects.csv`, mend the file or raise `max_reject_share`");
    assert_eq!(rows(&dir, "SELECT id FROM a ORDER BY id").await, ["1", "2"]);
}

#[tokio::test]
async fn a_broken_gzip_loads_nothing() {
    let lines: Vec<String> = (0..5000).map(|number| format!("{number},{}", number * 7919 % 10007)).collect();
    let whole = gzip(format!("a,b\n{}\n", lines.join("\n")).as_bytes());
    let error = refusal(&[("a.csv.gz", &whole[..whole.len() / 2])]).await;
    assert!(error.starts_with("cannot read `a.csv.gz` after line "), "{error}");
    assert!(error.ends_with("; nothing of it was loaded"), "{error}");
    let error = refusal(&[("a.csv.gz", b"id,name,price\n1,2,3\n2,3,4\n")]).await;
    insta::assert_snapshot!(error, @"cannot read `a.csv.gz`: invalid gzip header; nothing of it was loaded");
}

#[tokio::test]
async fn files_that_cannot_be_tables_say_why() {
    insta::assert_snapshot!(refusal(&[]).await, @"folder `DIR` has no file ending in `.csv`, `.csv.gz`, `.parquet`");
    insta::assert_snapshot!(refusal(&[("a.csv", b"")]).await, @"`a.csv` is empty; its first line must hold the column names");
    insta::assert_snapshot!(refusal(&[("a.csv", b"id;name\n1;x\n")]).await, @"`a.csv` seems to be separated by `;`; a comma must separate the fields");
    insta::assert_snapshot!(refusal(&[("a.csv", b"UserID,user_id\n1,2\n")]).await, @"columns `UserID` and `user_id` of `a.csv` would both be named `user_id`; rename one in the file");
    insta::assert_snapshot!(refusal(&[("a.csv", b"id,?\n1,2\n")]).await, @"column 2 of `a.csv` has the heading `?`; a name needs at least one letter or digit");
    insta::assert_snapshot!(refusal(&[("a.csv", b"_row,b\n1,2\n")]).await, @"columns `_row` and `_row` of `a.csv` would both be named `_row`; rename one in the file");
    insta::assert_snapshot!(refusal(&[("a b.csv", b"x\n"), ("A-B.csv", b"x\n")]).await, @"files `A-B.csv` and `a b.csv` would both be loaded into table `a_b`; rename one, or import one");
    insta::assert_snapshot!(refusal(&[("a.parquet", b"no Parquet here")]).await, @"cannot read `a.parquet`: Parquet error: Invalid Parquet file. Corrupt footer; nothing of it was loaded");
    let open_quote = format!("a,b\n1,\"x\n{}", "2,y\n".repeat(2000));
    insta::assert_snapshot!(refusal(&[("a.csv", open_quote.as_bytes())]).await, @"the row in line 2 of `a.csv` goes on to line 2002; a quote is probably left open there");

    let dir = folder(&[("a.csv", b"x\n")]);
    let asked = ["b.csv".to_owned()];
    let warehouse = warehouse(dir.path()).await;
    let result = import_folder(dir.path(), Some(&asked), &warehouse, &settings(), &Progress::silent()).await;
    let error = result.unwrap_err().to_string().replace(&dir.path().display().to_string(), "DIR");
    insta::assert_snapshot!(error, @"folder `DIR` has no file `b.csv` to import; it has `a.csv`");
}

#[tokio::test]
async fn a_heading_without_rows_is_an_empty_table() {
    let dir = folder(&[("a.csv", b"id,name\n")]);
    assert_eq!(import(&dir, &settings()).await.unwrap().files[0].rows, 0);
    assert_eq!(rows(&dir, "SELECT COUNT(id) + COUNT(name) FROM a").await, ["0"]);
}

#[tokio::test]
async fn chunks_join_without_seams() {
    let count = frame::CHUNK_ROWS + 3;
    let lines: Vec<String> = (1..=count).map(|number| number.to_string()).collect();
    let dir = folder(&[("a.csv", format!("n\n{}\n", lines.join("\n")).as_bytes())]);
    import(&dir, &settings()).await.unwrap();
    let expected = format!("{count}|{count}|{}", count * (count + 1) / 2);
    assert_eq!(rows(&dir, "SELECT COUNT(*), SUM(_row = n), SUM(n) FROM a").await, [expected]);
}

/// Writes a Parquet file with the given columns, in order.
fn parquet(path: &Path, schema: &str, write: &[&dyn Fn(&mut SerializedColumnWriter<'_>) -> usize]) {
    let schema = Arc::new(parquet::schema::parser::parse_message_type(schema).unwrap());
    let file = std::fs::File::create(path).unwrap();
    let mut writer = SerializedFileWriter::new(file, schema, Arc::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    for write in write {
        let mut column = group.next_column().unwrap().unwrap();
        write(&mut column);
        column.close().unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();
}

#[tokio::test]
async fn parquet_columns_keep_their_types() {
    use parquet::data_type::{BoolType, ByteArrayType, DoubleType, Int32Type, Int64Type};
    let dir = folder(&[]);
    let schema = "message shop {
        REQUIRED INT64 ProductId; OPTIONAL BYTE_ARRAY name (STRING); REQUIRED DOUBLE price; REQUIRED INT32 day (DATE);
        REQUIRED INT64 at (TIMESTAMP(MICROS,true)); REQUIRED INT64 local (TIMESTAMP(MILLIS,false));
        REQUIRED BOOLEAN ok; REQUIRED INT64 cost (DECIMAL(10,2)); REQUIRED INT64 big (INTEGER(64,false)); }";
    parquet(
        &dir.path().join("p.parquet"),
        schema,
        &[
            &|column| column.typed::<Int64Type>().write_batch(&[7, 8], None, None).unwrap(),
            &|column| column.typed::<ByteArrayType>().write_batch(&["x".into()], Some(&[1, 0]), None).unwrap(),
            &|column| column.typed::<DoubleType>().write_batch(&[1.5, f64::NAN], None, None).unwrap(),
            &|column| column.typed::<Int32Type>().write_batch(&[0, 1], None, None).unwrap(),
            &|column| column.typed::<Int64Type>().write_batch(&[1_000_000, 0], None, None).unwrap(),
            &|column| column.typed::<Int64Type>().write_batch(&[1_500, 0], None, None).unwrap(),
            &|column| column.typed::<BoolType>().write_batch(&[true, false], None, None).unwrap(),
            &|column| column.typed::<Int64Type>().write_batch(&[1999, -5], None, None).unwrap(),
            &|column| column.typed::<Int64Type>().write_batch(&[3, 4], None, None).unwrap(),
        ],
    );
    import(&dir, &settings()).await.unwrap();
    assert_eq!(
        rows(&dir, "SELECT * FROM p").await,
        [
            "1|7|x|1.5|1970-01-01|1970-01-01T00:00:01Z|1970-01-01 00:00:01.500|1|19.99|3",
            "2|8|-|-|1970-01-02|1970-01-01T00:00:00Z|1970-01-01 00:00:00|0|-0.05|4"
        ]
    );
}

#[tokio::test]
async fn a_parquet_number_beyond_64_bits_is_rejected() {
    use parquet::data_type::Int64Type;
    let dir = folder(&[]);
    let values: Vec<i64> = (0..20).map(|number| if number == 4 { -1 } else { number }).collect();
    let write =
        |column: &mut SerializedColumnWriter<'_>| column.typed::<Int64Type>().write_batch(&values, None, None).unwrap();
    parquet(&dir.path().join("p.parquet"), "message m { REQUIRED INT64 n (INTEGER(64,false)); }", &[&write]);
    let report = import(&dir, &settings()).await.unwrap();
    assert_eq!((report.files[0].rows, report.files[0].rejected), (19, 1));
    let rejects = std::fs::read_to_string(report.files[0].rejects_file.as_ref().unwrap()).unwrap();
    assert_eq!(
        rejects.lines().nth(1),
        Some("5,\"`n` is `18446744073709551615`, expected integer\",18446744073709551615")
    );
}

#[tokio::test]
async fn nested_parquet_columns_are_refused_by_name() {
    for (schema, expected) in [
        ("message m { REQUIRED GROUP address { REQUIRED INT32 zip; } }", "column `address` of `p.parquet` is nested;"),
        ("message m { REPEATED INT32 tags; }", "column `tags` of `p.parquet` is a list;"),
        ("message m { REQUIRED BYTE_ARRAY blob; }", "column `blob` of `p.parquet` is byte_array;"),
        ("message m { REQUIRED INT32 at (TIME(MILLIS,true)); }", "column `at` of `p.parquet` is time_millis;"),
    ] {
        let dir = folder(&[]);
        let schema = Arc::new(parquet::schema::parser::parse_message_type(schema).unwrap());
        let file = std::fs::File::create(dir.path().join("p.parquet")).unwrap();
        let writer = SerializedFileWriter::new(file, schema, Arc::default()).unwrap();
        writer.close().unwrap();
        let error = import(&dir, &settings()).await.unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn a_frame_takes_cells_in_column_order() {
    let column = |name: &str, kind| ImportedColumn { name: name.into(), original: name.into(), kind, nulls: 0 };
    let mut builder = frame::FrameBuilder::new(&[column("day", ColumnType::Date), column("x", ColumnType::Real)]);
    builder.push(1, &[frame::Cell::Date(1), frame::Cell::Null]);
    let frame: DataFrame = builder.take().unwrap();
    assert_eq!(
        cell_text(ColumnType::Date, &frame.column("day").unwrap().get(0).unwrap()).as_deref(),
        Some("1970-01-02")
    );
    assert_eq!(builder.nulls(), [0, 1]);
    assert!(builder.is_empty());
}
