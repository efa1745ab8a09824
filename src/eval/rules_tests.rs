use sha2::{Digest, Sha256};

use super::*;
use crate::eval::ProcessClock;

fn run(wanted: Wanted, min_support: MinSupport) -> RulesRun {
    RulesRun {
        wanted,
        min_support,
        min_length: 1,
        max_length: None,
        top: None,
        threads: Some(1),
        max_bytes: 1 << 30,
        output: None,
        measures: None,
    }
}

#[test]
fn lines_are_canonical() {
    let folder = tempfile::tempdir().unwrap();
    let (file, out) = (folder.path().join("a.dat"), folder.path().join("out.txt"));
    std::fs::write(&file, "1 2 10\n1 2\n1 10\n2\n").unwrap();
    let source = BasketSource::Fimi(file);
    let settings =
        RulesRun { output: Some(out.clone()), ..run(Wanted::Sets(Target::Frequent), MinSupport::Share(0.5)) };
    let found = evaluate_rules(&source, &settings, &ProcessClock).unwrap();
    assert_eq!((found.n, found.n_baskets, found.min_count), (5, 4, 2));
    let lines = "1 10:2\n1 2:2\n10:2\n1:3\n2:3\n";
    assert_eq!(std::fs::read_to_string(&out).unwrap(), lines);
    let expected = crate::words::hex(&Sha256::digest(lines));
    assert_eq!(found.sha256, expected);
    assert_eq!(found.by_size, BTreeMap::from([(1, 3), (2, 2)]));

    let measures = folder.path().join("measures.csv");
    let settings = RulesRun {
        output: Some(out.clone()),
        measures: Some(measures.clone()),
        ..run(Wanted::Rules(0.7), MinSupport::Count(2))
    };
    assert_eq!(evaluate_rules(&source, &settings, &ProcessClock).unwrap().n, 1);
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "10 => 1:2:2:3\n");
    let measures = std::fs::read_to_string(&measures).unwrap();
    let row = measures.lines().nth(1).unwrap();
    assert!(row.starts_with("10,1,4,2,3,2,0.5,0.5,1,1.333"), "{row}");
    assert!(row.contains("conviction: no basket with the antecedent lacks the consequent"), "{row}");

    let settings =
        RulesRun { min_length: 2, top: Some(1), ..run(Wanted::Sets(Target::Frequent), MinSupport::Count(1)) };
    let found = evaluate_rules(&source, &settings, &ProcessClock).unwrap();
    // Two pairs are equally frequent.
    assert_eq!((found.n, found.by_size), (2, BTreeMap::from([(2, 2)])));
}

#[test]
fn too_little_memory_stops_with_the_figure() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.dat");
    let basket: Vec<String> = (0..18).map(|item| item.to_string()).collect();
    std::fs::write(&file, format!("{}\n", basket.join(" ")).repeat(3)).unwrap();
    let settings = RulesRun { max_bytes: 1 << 20, ..run(Wanted::Sets(Target::Frequent), MinSupport::Count(2)) };
    let error = evaluate_rules(&BasketSource::Fimi(file), &settings, &ProcessClock).unwrap_err();
    assert!(error.to_string().contains("1 MB are allowed"), "{error}");
}

#[test]
fn a_pair_that_belongs_together_is_significant_and_its_shuffled_copies_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.dat");
    let text: String = (0..600)
        .map(
            |basket| {
                if basket % 3 == 0 { "1 2\n".to_owned() } else { format!("{} {}\n", 3 + basket % 7, 10 + basket % 5) }
            },
        )
        .collect();
    std::fs::write(&file, text).unwrap();
    let wanted = Significance { alpha: 0.05, min_confidence: 0.0, shuffles: 20, hold_out: None, seed: 1 };
    let source = BasketSource::Fimi(file);
    let found =
        evaluate_rules(&source, &run(Wanted::Significant(wanted), MinSupport::Count(50)), &ProcessClock).unwrap();
    assert_eq!((found.n, found.target, found.significance), (2, "significant", Some(0.05)));
    let [copies, with_rules] = found.shuffles.unwrap();
    assert!(copies == 20 && with_rules <= 2, "{with_rules} of {copies}");

    // The same by a hold-out: counted in the half that the search did not see.
    let wanted = Significance { hold_out: Some(0.5), ..wanted };
    let settings = RulesRun {
        output: Some(folder.path().join("out.txt")),
        ..run(Wanted::Significant(wanted), MinSupport::Count(50))
    };
    let found = evaluate_rules(&source, &settings, &ProcessClock).unwrap();
    assert_eq!((found.n, found.hold_out, found.n_searched), (2, Some(0.5), Some(2.0)));
    let [_, with_rules] = found.shuffles.unwrap();
    assert!(with_rules <= 2, "{with_rules}");
    let lines = std::fs::read_to_string(folder.path().join("out.txt")).unwrap();
    let both: u32 = lines.split(':').nth(1).unwrap().parse().unwrap();
    assert!((70..=130).contains(&both), "{lines}");
}
