use super::*;
use crate::eval::ProcessClock;

#[test]
fn lines_and_measures_are_those_of_the_customers() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    // Two of four customers buy ink within a week of a printer; one after a month.
    let text = "who,what,day\n1,printer,1\n1,ink,4\n2,printer,1\n2,ink,8\n3,printer,1\n3,ink,40\n4,tea,2\n4,ink,2\n";
    std::fs::write(at("a.csv"), text).unwrap();
    let source = PurchaseSource {
        file: at("a.csv"),
        customer: vec!["who".to_owned()],
        item: "what".to_owned(),
        time: "day".to_owned(),
    };
    let run = SequencesRun {
        min_confidence: None,
        min_support: MinSupport::Share(0.5),
        within_days: Some(7),
        max_length: None,
        threads: Some(1),
        max_bytes: 1 << 30,
        output: Some(at("out.txt")),
        measures: None,
    };
    let found = evaluate_sequences(&source, &run, &ProcessClock).unwrap();
    assert_eq!((found.n, found.n_customers, found.n_visits, found.min_count), (3, 4, 7, 2));
    assert_eq!(std::fs::read_to_string(at("out.txt")).unwrap(), "ink:4\nprinter -> ink:2\nprinter:3\n");
    assert_eq!(found.by_steps, BTreeMap::from([(1, 2), (2, 1)]));

    let run = SequencesRun { min_confidence: Some(0.6), measures: Some(at("measures.csv")), ..run };
    assert_eq!(evaluate_sequences(&source, &run, &ProcessClock).unwrap().n, 1);
    assert_eq!(std::fs::read_to_string(at("out.txt")).unwrap(), "printer => ink:2:3:4\n");
    let measures = std::fs::read_to_string(at("measures.csv")).unwrap();
    let mut rows = measures.lines();
    assert!(rows.next().unwrap().starts_with("antecedent,consequent,n,n_antecedent"));
    let row = rows.next().unwrap();
    // Three bought ink without a printer before it or did follow; the third printer's buyer did neither.
    assert!(row.starts_with("printer,ink,4,3,3,2,0.5,0.75,0.666"), "{row}");
    assert!(row.contains("odds_ratio_95: ") && !row.contains("inf"), "{row}");
}
