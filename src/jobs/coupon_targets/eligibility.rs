//! Who may be written to at all.

use std::collections::BTreeSet;

use super::CouponTargets;
use super::facts::Facts;
use crate::day::Day;
use crate::job::RunContext;

/// What happened to a customer; the filters apply in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fate {
    NoConsent,
    Suppressed,
    DuplicateContact,
    ContactedRecently,
    HeldOutBefore,
    RunningCampaign,
    NotWorthIt,
    OverBudget,
    HeldOut,
    Targeted,
}

impl Fate {
    /// Every fate, in the order of the filters.
    pub(super) const ALL: [Self; 10] = [
        Self::NoConsent,
        Self::Suppressed,
        Self::DuplicateContact,
        Self::ContactedRecently,
        Self::HeldOutBefore,
        Self::RunningCampaign,
        Self::NotWorthIt,
        Self::OverBudget,
        Self::HeldOut,
        Self::Targeted,
    ];

    /// The word in `coupon_drops`.
    pub(super) const fn reason(self) -> &'static str {
        match self {
            Self::NoConsent => "no_consent",
            Self::Suppressed => "suppressed",
            Self::DuplicateContact => "duplicate_contact",
            Self::ContactedRecently => "contacted_recently",
            Self::HeldOutBefore => "held_out_before",
            Self::RunningCampaign => "running_campaign",
            Self::NotWorthIt => "not_worth_it",
            Self::OverBudget => "over_budget",
            Self::HeldOut => "held_out",
            Self::Targeted => "targeted",
        }
    }

    /// The reason in a sentence.
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::NoConsent => "has not agreed to marketing, or it is not known",
            Self::Suppressed => "is suppressed, or shares an address with somebody who is",
            Self::DuplicateContact => "shares an address with another customer who is kept",
            Self::ContactedRecently => "got an offer from one of our lists within the contact window",
            Self::HeldOutBefore => "is held out of one of our lists that still runs, and must stay untouched",
            Self::RunningCampaign => "is in another campaign that still runs",
            Self::NotWorthIt => "is not expected to bring more than the offer costs",
            Self::OverBudget => {
                "would be worth it or worth a try, but the budget (counting those then held out) or the offer's capacity is used up"
            }
            Self::HeldOut => "was selected and then held out by chance, to measure the effect",
            Self::Targeted => "is on the list",
        }
    }
}

/// The first filter that catches each customer; `None` for those who may be written to.
pub(super) fn filter(params: &CouponTargets, ctx: &RunContext, facts: &Facts) -> Vec<Option<Fate>> {
    let as_of = Day::from(ctx.as_of);
    let window = params.contact_window_days.get() as i32;
    let n = facts.customers.len();
    let (mut contacted, mut held_out, mut running) = (vec![false; n], vec![false; n], vec![false; n]);
    for campaign in &facts.campaigns {
        let runs = campaign.ends > as_of;
        for member in &campaign.members {
            if campaign.own && member.treated {
                let day = member.assigned.unwrap_or(campaign.starts);
                // From the last day on which that list could be sent to the first on which this one can.
                let last_sent = day + params.send_window_days.get() as i32;
                contacted[member.customer] |= as_of + 1 - last_sent < window;
            } else if campaign.own {
                held_out[member.customer] |= runs;
            } else {
                running[member.customer] |= runs && params.exclude_running_campaigns;
            }
        }
    }
    let hashes_of = |flag: &dyn Fn(usize) -> bool| -> BTreeSet<&str> {
        (0..n).filter(|&at| flag(at)).filter_map(|at| facts.customers[at].contact_hash.as_deref()).collect()
    };
    // One address is one person: what happened to one account holds for the others.
    let suppressed_hashes = hashes_of(&|at| facts.customers[at].suppressed);
    let contacted_hashes = hashes_of(&|at| contacted[at]);
    let held_out_hashes = hashes_of(&|at| held_out[at]);
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    (0..n)
        .map(|at| {
            let customer = &facts.customers[at];
            let hash = customer.contact_hash.as_deref();
            let among = |hashes: &BTreeSet<&str>| hash.is_some_and(|hash| hashes.contains(hash));
            let may_write =
                if params.require_consent { customer.consent == Some(true) } else { customer.consent != Some(false) };
            if !may_write {
                return Some(Fate::NoConsent);
            }
            if customer.suppressed || among(&suppressed_hashes) {
                return Some(Fate::Suppressed);
            }
            if hash.is_some_and(|hash| !seen.insert(hash)) {
                return Some(Fate::DuplicateContact);
            }
            if contacted[at] || among(&contacted_hashes) {
                return Some(Fate::ContactedRecently);
            }
            if held_out[at] || among(&held_out_hashes) {
                return Some(Fate::HeldOutBefore);
            }
            running[at].then_some(Fate::RunningCampaign)
        })
        .collect()
}
