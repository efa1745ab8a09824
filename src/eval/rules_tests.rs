use super::*;
use crate::eval::ProcessClock;

fn run(wanted: Wanted, min_support: MinSupport) -> RulesRun {
    RulesRun { wanted, min_support, max_length: None, threads: Some(1), max_bytes: 1 << 30, output: None }
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
    let expected = Sha256::digest(lines).iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    assert_eq!(found.sha256, expected);
    assert_eq!(found.by_size, BTreeMap::from([(1, 3), (2, 2)]));

    let settings = RulesRun { output: Some(out.clone()), ..run(Wanted::Rules(0.7), MinSupport::Count(2)) };
    assert_eq!(evaluate_rules(&source, &settings, &ProcessClock).unwrap().n, 1);
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "10 => 1:2:2:3\n");
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
    let wanted = Significance { alpha: 0.05, min_confidence: 0.0, shuffles: 20, seed: 1 };
    let found = evaluate_rules(
        &BasketSource::Fimi(file),
        &run(Wanted::Significant(wanted), MinSupport::Count(50)),
        &ProcessClock,
    )
    .unwrap();
    assert_eq!((found.n, found.target, found.significance), (2, "significant", Some(0.05)));
    let [copies, with_rules] = found.shuffles.unwrap();
    assert!(copies == 20 && with_rules <= 2, "{with_rules} of {copies}");
}
