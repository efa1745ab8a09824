use super::*;

fn read(text: &str) -> Result<PurchaseFile, EvalError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.csv");
    std::fs::write(&file, text).unwrap();
    let source =
        PurchaseSource { file, customer: vec!["customer".to_owned()], item: "item".to_owned(), time: "day".to_owned() };
    source.read()
}

#[test]
fn times_of_one_day_are_one_visit_and_rows_without_a_customer_are_counted() {
    let found = read(
        "customer,item,day\na,tea,2026-11-22 09:00\na,milk,2026-11-22 18:30\na,tea,2026-11-24 08:00\n,jam,2026-11-24 08:00\n",
    );
    let found = found.unwrap();
    assert_eq!((found.purchases.n_customers(), found.purchases.n_visits(), found.n_anonymous), (1, 2, 1));
    assert_eq!(found.labels, ["milk", "tea"]);
    let (first, last) = found.purchases.span().unwrap();
    assert_eq!(last - first, 2);
}

#[test]
fn what_cannot_be_used_is_refused_with_its_place() {
    for (text, words) in [
        ("customer,item,day\na,tea,1\na,,1\n", ["line 3", "`item`"]),
        ("customer,item,day\na,tea,soon\n", ["line 2", "no day"]),
        ("customer,item,day\na,tea,2026-11\n", ["line 2", "no day"]),
        ("customer,item,day\na,tea,1\na,tea,2026-11-22\n", ["line 3", "one form"]),
        ("customer,item,day\n,tea,1\n", ["no purchase of a known customer", "a.csv"]),
        ("customer,item\na,tea\n", ["no column `day`", "--time"]),
    ] {
        let error = read(text).unwrap_err().to_string();
        assert!(words.iter().all(|word| error.contains(word)), "{text}: {error}");
    }
}
