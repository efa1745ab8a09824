use super::*;
use crate::eval::ProcessClock;

fn run(wanted: Wanted, min_support: MinSupport) -> RulesRun {
    RulesRun { wanted, min_support, max_length: usize::MAX, threads: Some(1), max_bytes: 1 << 30, output: None }
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
