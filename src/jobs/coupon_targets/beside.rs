//! Whom lists in the shadow would have written to, beside who was written to, and what both bought.

use std::collections::BTreeMap;

use super::decision::Decision;
use super::facts::Facts;
use crate::day::Day;
use crate::job::Mode;
use crate::page_kit::{ViewRows, figure};
use crate::publication::{Section, Unit};
use crate::words::{count, counted};

/// Days that are looked back on.
const DAYS_BESIDE: i32 = 28;
/// Days after a contact, or what would have been one, whose purchases are counted.
const DAYS_AFTER: i32 = 14;

/// Customers by who would write to them or did, and what they bought.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Group {
    /// How many.
    pub customers: usize,
    /// Those whose days after are over.
    pub known: usize,
    /// Of the known, those who bought.
    pub buyers: usize,
    /// What the known spent, minor units.
    pub spend: f64,
}

/// The last [`DAYS_BESIDE`] days.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Beside {
    /// The day of the first list.
    pub from: Day,
    /// On a list and written to.
    pub both: Group,
    /// On a list alone.
    pub listed: Group,
    /// Written to alone.
    pub written_to: Group,
}

/// Compares; `None` where there is no list in the shadow yet.
pub(super) fn compare(facts: &Facts, as_of: Day) -> Option<Beside> {
    let oldest = as_of + 1 - DAYS_BESIDE;
    let mut listed: BTreeMap<usize, Day> = BTreeMap::new();
    for member in &facts.shadow {
        if let Some(day) = member.assigned.filter(|day| *day >= oldest && *day < as_of) {
            let first = listed.entry(member.customer).or_insert(day);
            *first = (*first).min(day);
        }
    }
    let from = listed.values().min().copied()?;
    let mut written_to: BTreeMap<usize, Day> = BTreeMap::new();
    for member in facts.campaigns.iter().filter(|campaign| !campaign.own).flat_map(|campaign| &campaign.members) {
        if let Some(day) = member.assigned.filter(|day| member.treated && *day >= from && *day <= as_of) {
            let first = written_to.entry(member.customer).or_insert(day);
            *first = (*first).min(day);
        }
    }
    let mut beside = Beside { from, both: Group::default(), listed: Group::default(), written_to: Group::default() };
    for (customer, day) in &listed {
        let group = if written_to.contains_key(customer) { &mut beside.both } else { &mut beside.listed };
        group.add(facts, *customer, *day, as_of);
    }
    for (customer, day) in written_to.iter().filter(|(customer, _)| !listed.contains_key(*customer)) {
        beside.written_to.add(facts, *customer, *day, as_of);
    }
    Some(beside)
}

impl Group {
    fn add(&mut self, facts: &Facts, customer: usize, day: Day, as_of: Day) {
        self.customers += 1;
        let last = day + DAYS_AFTER;
        let Some(purchases) = facts.purchases.as_ref().filter(|_| last <= as_of) else { return };
        let bought = purchases.within(customer, day + 1, last);
        self.known += 1;
        self.buyers += usize::from(bought.orders > 0.0);
        self.spend += bought.spend;
    }

    fn share_of_buyers(&self) -> Option<f64> {
        (self.known > 0).then(|| self.buyers as f64 / self.known as f64)
    }

    /// Minor units a customer.
    fn mean_spend(&self) -> Option<f64> {
        (self.known > 0).then(|| self.spend / self.known as f64)
    }
}

/// The section of a list in the shadow; `None` where it is sent.
pub(super) fn section(decision: &Decision<'_>) -> Option<Section> {
    if decision.ctx.mode == Mode::Live {
        return None;
    }
    let section = Section::headed("Beside who was written to");
    let as_of = decision.ctx.as_of.into();
    let Some(beside) = compare(decision.facts, as_of) else {
        return Some(section.saying(["There is no earlier list in the shadow: there is nothing to compare yet."]));
    };
    let Beside { from, both, listed, written_to } = beside;
    let n_listed = both.customers + listed.customers;
    let text = vec![
        format!(
            "From {from} to {as_of} our lists held {}, today's process wrote to {}; {} are on both.",
            counted(n_listed, "customer", "customers"),
            count((both.customers + written_to.customers) as u64),
            count(both.customers as u64),
        ),
        format!(
            "What they bought in the {DAYS_AFTER} days after is told below. It says whom each picks, not what a coupon does: nobody got ours, and \
             those who buy anyway look good on any list. Who was held out by chance tells the effect, once the job is live."
        ),
    ];
    let figures = vec![
        figure("On our lists", n_listed as f64, Unit::Count, "customers, each once"),
        figure("Written to", (both.customers + written_to.customers) as f64, Unit::Count, "customers, each once"),
        figure("On both", both.customers as f64, Unit::Count, "customers"),
    ];
    let rows = [("On both", both), ("On our lists alone", listed), ("Written to alone", written_to)];
    let table = ViewRows::of(rows.iter())
        .text("Who", |row| row.0)
        .number("Customers", Unit::Count, |row| row.1.customers)
        .number("Days over for", Unit::Count, |row| row.1.known)
        .number("Bought", Unit::Share, |row| row.1.share_of_buyers())
        .number("Spent a customer", Unit::Money, |row| row.1.mean_spend())
        .view(format!("What they bought in the {DAYS_AFTER} days after"));
    Some(Section { figures, tables: vec![table], ..section.saying(text) })
}
