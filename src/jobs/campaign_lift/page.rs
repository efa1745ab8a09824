//! The page for marketers, from the rows that are published.

use super::decision::Decision;
use super::lift_row::LiftRow;
use super::page_details::{SHOWN_ROWS, details};
use super::verdicts::signed;
use crate::models::experiment::Estimate;
use crate::page_kit::ViewRows;
use crate::publication::{Page, Section, Unit};

/// Most campaigns that a piece of advice names.
const NAMED: usize = 8;

/// Writes the page.
pub(super) fn page(decision: &Decision<'_>) -> Page {
    Page {
        title: "Campaign lift".to_owned(),
        headline: headline(decision),
        grade: Some(grade(decision)),
        actions: vec![actions(decision)],
        changes: vec![changes(decision)],
        details: details(&decision.rows),
    }
}

fn headline(decision: &Decision<'_>) -> String {
    let count = |verdict: &str| decision.with_verdict(verdict).count();
    let (paid, lost, unclear) = (count("paid"), count("lost"), count("unclear"));
    if decision.main_rows().count() == 0 {
        return "No campaign to score".to_owned();
    }
    let mut text = if paid + lost + unclear == 0 {
        "No campaign can be judged in money".to_owned()
    } else {
        format!("{paid} campaign{} paid, {lost} lost, {unclear} unclear", if paid == 1 { "" } else { "s" })
    };
    if let Some(net) = decision.total {
        let amounts = [net.estimate, net.lower, net.upper].map(|minor| signed(minor, decision.ctx.currency));
        let bare = |text: &str| text.trim_end_matches(|letter: char| !letter.is_ascii_digit()).to_owned();
        text.push_str(&format!(": {} net ({} to {})", amounts[0], bare(&amounts[1]), bare(&amounts[2])));
    }
    for (verdict, words) in
        [("running", "still running"), ("not_randomised", "not randomised"), ("broken_split", "with a broken split")]
    {
        if count(verdict) > 0 {
            text.push_str(&format!("; {} {words}", count(verdict)));
        }
    }
    text
}

/// One of our own lists: what was expected of it against what was measured.
struct Kept<'a> {
    name: &'a str,
    promised: f64,
    net: Estimate,
}

/// Our own coupon lists: what was expected of them against what was measured.
fn grade(decision: &Decision<'_>) -> Section {
    let section = Section::headed("How good were our own coupon lists");
    let kept = |row: &'_ LiftRow| Some((row.net?, *decision.book.promises.get(&row.campaign_id)?));
    let lists: Vec<Kept<'_>> = (decision.rows.iter())
        .filter(|row| row.ours && row.complete)
        .filter_map(|row| kept(row).map(|(net, promised)| Kept { name: &row.campaign_name, promised, net }))
        .collect();
    if lists.is_empty() {
        return section.saying(["None of our own coupon lists has run its course yet, so there is nothing to grade."]);
    }
    let is_inside = |list: &&Kept<'_>| list.net.lower <= list.promised && list.promised <= list.net.upper;
    let promised: f64 = lists.iter().map(|list| list.promised).sum();
    let brought: f64 = lists.iter().map(|list| list.net.estimate).sum();
    let sentence = format!(
        "Our {} finished coupon list{} promised {} and brought {}; {} of {} promises lie within the measured interval.",
        lists.len(),
        if lists.len() == 1 { "" } else { "s" },
        signed(promised, decision.ctx.currency),
        signed(brought, decision.ctx.currency),
        lists.iter().filter(is_inside).count(),
        lists.len()
    );
    let table = ViewRows::of(lists.iter().rev().take(SHOWN_ROWS))
        .text("List", |list| list.name)
        .number("Promised", Unit::Money, |list| list.promised)
        .number("Measured", Unit::Money, |list| list.net.estimate)
        .number("From", Unit::Money, |list| list.net.lower)
        .number("To", Unit::Money, |list| list.net.upper)
        .view_of("Promised and measured", lists.len());
    Section { tables: vec![table], ..section.saying([sentence]) }
}

fn actions(decision: &Decision<'_>) -> Section {
    let advice = [
        ("paid", "Scale up, keeping a holdout"),
        ("lost", "Stop"),
        ("unclear", "Repeat with a larger holdout before deciding"),
        ("broken_split", "Find out where customers were lost, then repeat"),
        ("not_randomised", "Hold out a random 10 % next time"),
    ];
    let mut text = Vec::new();
    for (verdict, words) in advice {
        let named: Vec<&str> = decision.with_verdict(verdict).map(|row| row.campaign_name.as_str()).collect();
        if !named.is_empty() {
            let more = named.len().saturating_sub(NAMED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            text.push(format!("{words}: {}{more}.", named.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ")));
        }
    }
    if text.is_empty() {
        text.push("Nothing to do.".to_owned());
    }
    Section::headed("What to do").saying(text)
}

fn changes(decision: &Decision<'_>) -> Section {
    let section = Section::headed("Since the last publication");
    let Some(earlier) = &decision.book.earlier else { return section.saying(["This is the first publication."]) };
    let change = |row: &LiftRow| {
        let now = row.verdict.replace('_', " ");
        match earlier.verdicts.get(&(row.campaign_id.clone(), row.arm.clone())) {
            None => Some(format!("{} is new: {now}.", row.campaign_name)),
            Some(before) if before != row.verdict => {
                Some(format!("{} was {} and is {now}.", row.campaign_name, before.replace('_', " ")))
            }
            Some(_) => None,
        }
    };
    let mut text: Vec<String> = decision.main_rows().filter_map(change).collect();
    if text.is_empty() {
        text.push(format!("No verdict has changed since {}.", earlier.as_of));
    }
    section.saying(text)
}
