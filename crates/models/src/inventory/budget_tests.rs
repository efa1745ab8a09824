use microlp::{ComparisonOp, LinearExpr, OptimizationDirection, Problem};
use rand::{Rng, SeedableRng};
use statrs::distribution::{DiscreteCDF, NegativeBinomial, Poisson};

use super::*;

fn line(key: u64, cost_per_pack_cents: i64, pack_values_cents: &[f64]) -> BudgetLine<'_> {
    BudgetLine { key, cost_per_pack_cents, min_packs: 0, pack_values_cents }
}

/// Values of the first so many units: `margin P(D >= k) - carry P(D < k)`.
fn values(margin: f64, carry: f64, demand: &impl DiscreteCDF<u64, f64>) -> Vec<f64> {
    (0..20).map(|below| margin * demand.sf(below) - carry * demand.cdf(below)).collect()
}

/// The record `budget_greedy` of the oracles: the greedy rule of prioritised ordering and the optimum of the knapsack problem.
#[test]
fn the_oracle_of_the_budget_is_reached() {
    let a = values(4.0, 0.5, &Poisson::new(5.0).unwrap());
    let b = values(2.0, 0.1, &Poisson::new(3.0).unwrap());
    let c = values(9.0, 2.0, &NegativeBinomial::new(1.0, 0.4).unwrap());
    let lines = [line(1, 10, &a), line(2, 2, &b), line(3, 20, &c)];
    let packs = |plan: &BudgetPlan| plan.lines.iter().map(|share| share.packs).collect::<Vec<_>>();
    assert_eq!(by_value_per_cent(&lines, 100), [7, 5, 1]);
    let plan = spend_budget(&lines, 100).unwrap();
    assert!((plan.greedy_value_cents - 27.967_632_481_924_81).abs() < 1e-9, "{plan:?}");
    assert!((plan.value_cents - 28.129_281_012_051_813).abs() < 1e-9, "{plan:?}");
    assert_eq!((packs(&plan), plan.spent_cents, plan.is_optimal), (vec![5, 5, 2], 100, true));
    assert_eq!(plan.lines.iter().map(|share| share.rank).collect::<Vec<_>>(), [2, 1, 3]);
}

#[test]
fn what_is_affordable_is_bought_and_what_is_cut_is_said() {
    let values = [50.0, 20.0, -1.0];
    let plan = spend_budget(&[line(7, 10, &values)], 30).unwrap();
    assert_eq!((plan.spent_cents, plan.value_cents, plan.shadow_price, plan.is_optimal), (30, 69.0, 0.0, true));
    let plan = spend_budget(&[line(7, 10, &values)], 29).unwrap();
    let share = BudgetShare {
        key: 7,
        packs: 2,
        cut_packs: 1,
        cost_cents: 20,
        value_cents: 70.0,
        cut_value_cents: -1.0,
        rank: 1,
    };
    assert_eq!((plan.lines.as_slice(), plan.shadow_price), ([share].as_slice(), 0.0));
    // The second pack is the one that money lacks for: 2 for each cent.
    assert_eq!(spend_budget(&[line(7, 10, &values)], 19).unwrap().shadow_price, 2.0);
    // Not below the line's minimum of two.
    let pair = BudgetLine { min_packs: 2, ..line(7, 10, &values) };
    let plan = spend_budget(&[pair], 19).unwrap();
    assert_eq!((plan.spent_cents, plan.lines[0].packs), (0, 0));
    assert_eq!(spend_budget(&[], 5).unwrap().lines, []);
    assert_eq!(spend_budget(&[line(1, 5, &[])], 0).unwrap().lines[0].packs, 0);
}

#[test]
fn nonsense_is_refused() {
    let text = |lines: &[BudgetLine<'_>], budget| spend_budget(lines, budget).unwrap_err().to_string();
    assert!(text(&[], -1).contains("the budget is -1"));
    assert!(text(&[line(1, 0, &[1.0])], 5).contains("line 1: a pack costs 0"));
    assert!(text(&[line(1, 3, &[f64::NAN])], 5).contains("worth NaN"));
    assert!(text(&[line(1, 3, &[1.0]), line(1, 3, &[1.0])], 5).contains("key 1 is given twice"));
    assert!(text(&[line(1, i64::MAX, &[1.0, 1.0])], 5).contains("too large"));
    assert!(text(&[BudgetLine { min_packs: 2, ..line(1, 3, &[1.0]) }], 5).contains("at least 2 packs and 1 wanted"));
}

/// A line drawn at random: key, price, minimum, values that fall as those of packs do (or not).
fn any_lines(chance: &mut rand_pcg::Pcg64, lines: usize, dearest: i64) -> Vec<(u64, i64, usize, Vec<f64>)> {
    (0..lines)
        .map(|key| {
            let mut values: Vec<f64> =
                (0..chance.random_range(1..7)).map(|_| chance.random_range(-20.0..200.0)).collect();
            if chance.random_bool(0.8) {
                values.sort_by(|one, other| other.total_cmp(one));
            }
            let fewest = if chance.random_bool(0.2) { chance.random_range(0..=values.len()) } else { 0 };
            (key as u64, chance.random_range(1..dearest), fewest, values)
        })
        .collect()
}

fn as_lines(given: &[(u64, i64, usize, Vec<f64>)]) -> Vec<BudgetLine<'_>> {
    given
        .iter()
        .map(|(key, cost, fewest, values)| BudgetLine { min_packs: *fewest, ..line(*key, *cost, values) })
        .collect()
}

/// The optimum by a solver of mixed-integer programmes: a choice of each line at most.
fn by_solver(lines: &[BudgetLine<'_>], budget: i64) -> f64 {
    let mut problem = Problem::new(OptimizationDirection::Maximize);
    let mut spent = LinearExpr::empty();
    for line in lines {
        let mut once = LinearExpr::empty();
        for choice in &choices_of(line)[1..] {
            let chosen = problem.add_binary_var(choice.value);
            once.add(chosen, 1.0);
            spent.add(chosen, choice.cost as f64);
        }
        problem.add_constraint(once, ComparisonOp::Le, 1.0);
    }
    problem.add_constraint(spent, ComparisonOp::Le, budget as f64);
    problem.solve().unwrap().objective()
}

#[test]
fn no_solver_finds_more_on_a_thousand_small_instances() {
    let mut chance = rand_pcg::Pcg64::seed_from_u64(28);
    for instance in 0..1000 {
        let count = chance.random_range(1..6);
        let given = any_lines(&mut chance, count, 60);
        let mut lines = as_lines(&given);
        let wanted = check(&lines).unwrap();
        let budget = chance.random_range(0..=wanted);
        let plan = spend_budget(&lines, budget).unwrap();
        assert!(plan.spent_cents <= budget && plan.is_optimal, "instance {instance}: {plan:?}");
        assert!(plan.value_cents >= plan.greedy_value_cents - 1e-9, "instance {instance}: {plan:?}");
        for (share, line) in plan.lines.iter().zip(&lines) {
            assert!(share.packs == 0 || share.packs >= line.min_packs, "instance {instance}: {plan:?}");
            assert_eq!(share.packs + share.cut_packs, line.pack_values_cents.len());
        }
        if budget < wanted {
            let best = by_solver(&lines, budget);
            assert!(
                (plan.value_cents - best).abs() < 1e-6,
                "instance {instance}: {} {best} {lines:?}",
                plan.value_cents
            );
        }
        lines.reverse();
        assert_eq!(spend_budget(&lines, budget).unwrap(), plan, "instance {instance}");
    }
}

/// Two thousand lines at prices in cents: within the bound of the linear relaxation, and better than by value per cent alone.
#[test]
fn thousands_of_lines_come_close_to_the_bound() {
    let mut chance = rand_pcg::Pcg64::seed_from_u64(29);
    let given = any_lines(&mut chance, 2_000, 9_000);
    let lines = as_lines(&given);
    let budget = check(&lines).unwrap() / 3;
    let plan = spend_budget(&lines, budget).unwrap();
    let choices: Vec<Vec<Choice>> = lines.iter().map(choices_of).collect();
    let net = |choice: &Choice| choice.value - plan.shadow_price * choice.cost as f64;
    let bound: f64 = plan.shadow_price * budget as f64
        + choices.iter().map(|line| line.iter().map(net).fold(0.0, f64::max)).sum::<f64>();
    assert!(plan.spent_cents <= budget && plan.value_cents >= plan.greedy_value_cents);
    assert!(
        plan.value_cents <= bound + 1e-6 && plan.value_cents > bound * (1.0 - 1e-5),
        "{} {bound}",
        plan.value_cents
    );
}
