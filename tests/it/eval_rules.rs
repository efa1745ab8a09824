//! `nightclerk eval rules` on files of one's own, and on the FIMI retail data against PyFIM and arules.

use std::collections::HashMap;

use nightclerk::models::rules::{CrossCounts, Measures};

use crate::support::{Project, data_folder};

#[test]
fn a_table_of_lines_gives_its_rules_and_broken_ones_say_where() {
    let project = Project::empty();
    project.write("lines.csv", "order,item\n1,tea\n1,milk\n1,milk\n2,tea\n2,milk\n3,tea\n4,jam\n");
    let ask = ["eval", "rules", "lines.csv", "--format", "csv", "--id", "order", "--item", "item", "--min-support"];
    let found = project.run(&[&ask[..], &["2", "--target", "rules", "--output", "out.txt", "--json"]].concat());
    let found = found.exits(0).json();
    assert_eq!(
        (found["n"].as_u64(), found["n_baskets"].as_u64(), found["n_items"].as_u64()),
        (Some(2), Some(4), Some(3))
    );
    assert_eq!(project.read("out.txt"), "milk => tea:2:2:3\ntea => milk:2:3:2\n");
    // No such column, no support, an item that is not there, an empty file, no file.
    let wrong = |arguments: &[&str], words: &str| {
        let run = project.run(arguments);
        assert!(run.stderr.contains(words), "{arguments:?}: {}", run.stderr);
        run.exits(2);
    };
    wrong(&[&ask[..], &["0"]].concat(), "neither a whole number above 0 nor a share");
    wrong(
        &["eval", "rules", "lines.csv", "--format", "csv", "--id", "basket", "--item", "item", "--min-support", "2"],
        "basket",
    );
    project.write("lines.csv", "order,item\n1,tea\n2,\n");
    wrong(&[&ask[..], &["2"]].concat(), "line 3");
    project.write("lines.csv", "");
    wrong(&[&ask[..], &["2"]].concat(), "lines.csv");
    wrong(&["eval", "rules", "nowhere.dat", "--min-support", "2"], "nowhere.dat");
}

#[test]
fn options_of_rules_that_do_not_go_together_are_refused() {
    let project = Project::empty();
    project.write("a.dat", "1 2\n1 2\n1 3\n");
    for (more, words) in [
        (&["--target", "rules", "--top", "3"][..], "--top and --min-length choose among sets"),
        (&["--target", "maximal", "--top", "3"], "give --min-support alone"),
        (&["--measures", "m.csv"], "give --target rules or significant"),
        (&["--hold-out", "0.5"], "give --target significant"),
        (&["--target", "significant", "--hold-out", "1"], "leaves nothing on one side"),
    ] {
        let run = project.run(&[&["eval", "rules", "a.dat", "--min-support", "1"], more].concat());
        assert!(run.stderr.contains(words), "{more:?}: {}", run.stderr);
        run.exits(2);
    }
    let top =
        ["eval", "rules", "a.dat", "--min-support", "1", "--min-length", "2", "--top", "1", "--output", "top.txt"];
    project.run(&top).exits(0);
    assert_eq!(project.read("top.txt"), "1 2:2\n");
}

#[test]
fn sequences_of_a_table_are_found_told_and_refused_with_their_line() {
    let project = Project::empty();
    project.write("lines.csv", "who,what,day\n1,printer,2026-11-01\n1,ink,2026-11-05\n2,printer,2026-11-01\n2,ink,2026-12-24\n,ink,2026-11-02\n");
    let ask = [
        "eval",
        "sequences",
        "lines.csv",
        "--customer",
        "who",
        "--item",
        "what",
        "--time",
        "day",
        "--min-support",
        "1",
    ];
    let within =
        [&ask[..], &["--within-days", "28", "--min-confidence", "0.5", "--output", "out.txt", "--json"]].concat();
    let found = project.run(&within).exits(0).json();
    assert_eq!(
        (found["n"].as_u64(), found["n_customers"].as_u64(), found["n_anonymous"].as_u64()),
        (Some(1), Some(2), Some(1))
    );
    assert_eq!(project.read("out.txt"), "printer => ink:1:2:2\n");
    let shown = project.run(&ask).exits(0).stdout;
    assert!(
        shown.contains("3 sequences of at least 1 of 2 customers (4 visits, 2 items), any number of days apart"),
        "{shown}"
    );
    project.write("lines.csv", "who,what,day\n1,printer,2026-11-01\n1,ink,yesterday\n");
    let refused = project.run(&ask);
    assert!(refused.stderr.contains("line 3, column `day`: found `yesterday`"), "{}", refused.stderr);
    refused.exits(2);
}

#[test]
fn one_item_per_basket_gives_no_rule_and_a_huge_basket_is_no_trouble() {
    let project = Project::empty();
    project.write("single.dat", &"1\n2\n3\n".repeat(50));
    let ask = ["eval", "rules", "single.dat", "--min-support", "2", "--target", "significant", "--json"];
    assert_eq!(project.run(&ask).exits(0).json()["n"].as_u64(), Some(0));
    let huge: Vec<String> = (0..10_000).map(|item| item.to_string()).collect();
    project.write("huge.dat", &format!("{}\n{}", huge.join(" "), "1 2\n".repeat(30)));
    let ask = ["eval", "rules", "huge.dat", "--min-support", "3", "--json"];
    assert_eq!(project.run(&ask).exits(0).json()["n"].as_u64(), Some(3));
}

/// A project and the file of the FIMI retail data.
fn retail() -> Option<(Project, String)> {
    let data = data_folder()?;
    Some((Project::empty(), data.join("fimi_retail.dat.gz").display().to_string()))
}

#[test]
fn retail_has_the_itemsets_and_rules_that_pyfim_finds() {
    let Some((project, file)) = retail() else { return };
    // PyFIM 6.28 (Borgelt's C): SHA-256 of all of them in canonical order, in 88,162 baskets.
    for (target, confidence, support, n, sha256) in [
        ("frequent", "0", "89", 7_589, "ee4a00bcd4b72dec8df5adcaea20ce0bdb2da1911d2a62edd624ab4dda40e194"),
        ("frequent", "0", "45", 19_242, "4ed7c175b3a494b21f11a1ed29fb5d69de2381d9bd8045293a055fa1a17a6a08"),
        ("frequent", "0", "9", 240_852, "4cbc53e3a786f10724c242f0868647258691432be750d022ab27f14a80175ef2"),
        ("closed", "0", "45", 19_114, "dcb2b3de3573a836d52fca496e7fdf7f26939756712487b57bd30b6ed65d6e74"),
        ("maximal", "0", "45", 8_143, "89490033d9471b2012327b491291cc5ae4dbfbba38340b718449fdc9f3ec41f1"),
        ("generators", "0", "45", 19_114, "c9bed541a77919aacb5a96ac928ebfbcce0e28399d5135298c956590fdf3cfe5"),
        ("rules", "0.5", "89", 5_731, "8d98ffcfbaa8a5549f670ef33aec1aeebc18eaba7ec028489bfcd32b6e63b786"),
        ("rules", "0.5", "45", 15_321, "3fb9d2eb6fce0e14eb55e0c2269ff69778296f861109d0586d64d27f50a2c2de"),
        ("rules", "0.3", "45", 17_656, "3de3ee93a38c24b42a91a6f537dd066191df14fd30f8fede54ac0ca6a2ace020"),
        ("rules", "0.5", "9", 370_233, "667c3d93a10b1bdc0532322791462faf13fa9251cd09826f2a8e53699b0e21f1"),
    ] {
        let ask = [
            "eval",
            "rules",
            &file,
            "--min-support",
            support,
            "--target",
            target,
            "--min-confidence",
            confidence,
            "--json",
        ];
        let found = project.run(&ask).exits(0).json();
        assert_eq!((found["n"].as_u64(), found["sha256"].as_str()), (Some(n), Some(sha256)), "{target} at {support}");
    }
}

#[test]
fn retail_rules_have_the_measures_that_arules_computes() {
    let Some((project, file)) = retail() else { return };
    let mined = |target: &str| {
        let ask = ["eval", "rules", &file, "--min-support", "89", "--target", target, "--output", "out.txt"];
        project.run(&ask).exits(0);
        project.read("out.txt")
    };
    let counts: HashMap<String, u32> = (mined("frequent").lines())
        .filter_map(|line| line.split_once(':'))
        .map(|(items, count)| (items.to_owned(), count.parse().unwrap()))
        .collect();
    let mut sums: HashMap<&str, f64> = HashMap::new();
    for line in mined("rules").lines() {
        let (rule, numbers) = line.split_once(':').unwrap();
        let (body, head) = rule.split_once(" => ").unwrap();
        let numbers: Vec<u32> = numbers.split(':').map(|number| number.parse().unwrap()).collect();
        let [n_both, n_antecedent, n_consequent] = numbers[..] else { panic!("{line}") };
        let measures = Measures::of(&CrossCounts { n_baskets: 88_162, n_antecedent, n_consequent, n_both });
        // arules compares with the rules it mined: those of confidence 0.5.
        let items: Vec<u32> = body.split(' ').map(|item| item.parse().unwrap()).collect();
        let head: u32 = head.parse().unwrap();
        let best_shorter = (1..(1_u32 << items.len()) - 1)
            .map(|mask| {
                let part: Vec<u32> =
                    (0..items.len()).filter(|bit| mask >> bit & 1 == 1).map(|bit| items[bit]).collect();
                let mut with = part.clone();
                with.push(head);
                with.sort_unstable();
                f64::from(counts[&text(&with)]) / f64::from(counts[&text(&part)])
            })
            .filter(|confidence| *confidence >= 0.5)
            .fold(0.0, f64::max);
        for (name, value) in [
            ("support", measures.support),
            ("confidence", measures.confidence),
            ("lift", measures.lift),
            ("count", f64::from(n_both)),
            ("coverage", measures.coverage),
            ("leverage", measures.leverage),
            ("conviction", measures.conviction.unwrap_or(0.0)),
            ("kulczynski", measures.kulczynski),
            ("chi-squared", measures.chi_squared.unwrap()),
            ("Fisher", measures.ln_fisher_p.exp()),
            ("odds ratio", measures.odds_ratio.unwrap_or(0.0)),
            ("jaccard", measures.jaccard),
            ("cosine", measures.cosine),
            ("phi", measures.phi.unwrap()),
            ("imbalance", measures.imbalance),
            ("hyper-lift", measures.hyper_lift.unwrap()),
            ("hyper-confidence", measures.hyper_confidence),
            ("improvement", measures.confidence - best_shorter),
        ] {
            *sums.entry(name).or_default() += value;
        }
    }
    // arules 1.7.13: column sums over all 5,731 rules; values that are not finite left out.
    for (name, expected) in [
        ("support", 14.926_453_574_102_2),
        ("confidence", 3_923.076_671_175_95),
        ("lift", 39_408.343_658_6),
        ("count", 1_315_946.0),
        ("coverage", 22.382_375_626_687_2),
        ("leverage", 3.623_841_221_076_4),
        ("conviction", 19_864.682_980_112_7),
        ("kulczynski", 2_009.639_480_309_75),
        ("chi-squared", 4_317_826.225_925_08),
        ("Fisher", 310.344_765_701_379),
        ("odds ratio", 690_161.884_279_842),
        ("jaccard", 83.027_114_011_493_3),
        ("cosine", 384.627_718_301_659),
        ("phi", 190.117_333_971_25),
        ("imbalance", 5_568.050_410_080_31),
        ("hyper-lift", 13_317.770_830_636_1),
        ("hyper-confidence", 5_420.655_234_298_62),
        ("improvement", 1_585.206_511_441_07),
    ] {
        let found = sums[name];
        assert!((found / expected - 1.0).abs() < 1e-9, "{name}: {found} for {expected}");
    }
}

fn text(items: &[u32]) -> String {
    items.iter().map(u32::to_string).collect::<Vec<_>>().join(" ")
}
