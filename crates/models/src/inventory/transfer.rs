//! Who gives to whom: spare goods of one product moved to where sales would be lost.

/// A place that can give, in thousandths of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Donor {
    /// Which place.
    pub place: usize,
    /// What it does not need.
    pub spare_milli: i64,
}

/// A place that lacks, in thousandths of a unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Receiver {
    /// Which place.
    pub place: usize,
    /// What would be lost without more.
    pub need_milli: i64,
    /// What a unit there is worth, such as its price.
    pub unit_value: f64,
}

/// Goods moved from one place to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transfer {
    /// The place that gives.
    pub from: usize,
    /// The place that receives.
    pub to: usize,
    /// Thousandths of a unit.
    pub quantity_milli: i64,
}

/// The transfers that save most, in whole multiples of `unit_milli`, with few moves.
///
/// Goods are alike wherever they come from, so that giving to the most valuable need first, as long as any place has spare, saves the most
/// that can be saved (an exchange of units between receivers gains nothing). Of the donors the one whose spare is the smallest that covers
/// a need gives all of it; where none does, the largest give first. Ties go to the lower place.
///
/// ```
/// use nightclerk_models::inventory::{Donor, Receiver, Transfer, plan_transfers};
/// let donors = [Donor { place: 0, spare_milli: 9_000 }, Donor { place: 1, spare_milli: 3_000 }];
/// let receivers = [Receiver { place: 2, need_milli: 2_400, unit_value: 5.0 }];
/// let moves = plan_transfers(&donors, &receivers, 1000);
/// assert_eq!(moves, [Transfer { from: 1, to: 2, quantity_milli: 3_000 }]);
/// ```
pub fn plan_transfers(donors: &[Donor], receivers: &[Receiver], unit_milli: i64) -> Vec<Transfer> {
    let unit = unit_milli.max(1);
    let mut left: Vec<Donor> =
        (donors.iter()).map(|donor| Donor { spare_milli: donor.spare_milli.max(0) / unit * unit, ..*donor }).collect();
    let mut wanting: Vec<&Receiver> = receivers.iter().filter(|receiver| receiver.need_milli > 0).collect();
    wanting.sort_by(|one, other| other.unit_value.total_cmp(&one.unit_value).then(one.place.cmp(&other.place)));
    let mut moves = Vec::new();
    for receiver in wanting {
        let mut need = (receiver.need_milli + unit - 1) / unit * unit;
        while need > 0 {
            let able = |donor: &&mut Donor| donor.spare_milli > 0 && donor.place != receiver.place;
            let covers = |donor: &Donor| donor.spare_milli >= need;
            let best = left.iter_mut().filter(able).min_by_key(|donor| {
                // Those that cover it come first, the smallest of them; then the largest of the others.
                (!covers(donor), if covers(donor) { donor.spare_milli } else { -donor.spare_milli }, donor.place)
            });
            let Some(donor) = best else { break };
            let quantity_milli = need.min(donor.spare_milli);
            donor.spare_milli -= quantity_milli;
            need -= quantity_milli;
            moves.push(Transfer { from: donor.place, to: receiver.place, quantity_milli });
        }
    }
    moves
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};

    use super::*;

    /// The most that any way of giving whole units can save, by trying all of them.
    fn best_by_trying(spare: &mut Vec<i64>, receivers: &[Receiver]) -> f64 {
        let Some((first, rest)) = receivers.split_first() else { return 0.0 };
        give(spare, 0, first.need_milli / 1000, first.unit_value, rest)
    }

    /// What the donors from this one on can give to a receiver in need, and then all to the rest.
    fn give(spare: &mut Vec<i64>, donor: usize, need: i64, value: f64, rest: &[Receiver]) -> f64 {
        if donor == spare.len() {
            return best_by_trying(spare, rest);
        }
        let mut best = 0.0_f64;
        for units in 0..=need.min(spare[donor]) {
            spare[donor] -= units;
            best = best.max(units as f64 * value + give(spare, donor + 1, need - units, value, rest));
            spare[donor] += units;
        }
        best
    }

    #[test]
    fn nothing_saves_more_on_a_thousand_small_networks() {
        let mut chance = rand_pcg::Pcg64::seed_from_u64(16);
        for network in 0..1000 {
            let donors: Vec<Donor> = (0..chance.random_range(0..4))
                .map(|place| Donor { place, spare_milli: chance.random_range(0..5) * 1000 })
                .collect();
            let receivers: Vec<Receiver> = (0..chance.random_range(0..4))
                .map(|place| Receiver {
                    place: 10 + place,
                    need_milli: chance.random_range(0..5) * 1000,
                    unit_value: f64::from(chance.random_range(1..6)),
                })
                .collect();
            let moves = plan_transfers(&donors, &receivers, 1000);
            let mut saved = 0.0;
            for receiver in &receivers {
                let got: i64 = moves.iter().filter(|one| one.to == receiver.place).map(|one| one.quantity_milli).sum();
                assert!(got <= receiver.need_milli, "network {network}");
                saved += got as f64 / 1000.0 * receiver.unit_value;
            }
            for donor in &donors {
                let gave: i64 = moves.iter().filter(|one| one.from == donor.place).map(|one| one.quantity_milli).sum();
                assert!(gave <= donor.spare_milli, "network {network}");
            }
            let mut spare: Vec<i64> = donors.iter().map(|donor| donor.spare_milli / 1000).collect();
            assert_eq!(saved, best_by_trying(&mut spare, &receivers), "network {network}: {donors:?} {receivers:?}");
        }
    }

    #[test]
    fn whole_units_move_and_nobody_gives_to_himself() {
        let donors = [Donor { place: 0, spare_milli: 2_500 }, Donor { place: 1, spare_milli: 700 }];
        let receivers = [
            Receiver { place: 0, need_milli: 1_000, unit_value: 9.0 },
            Receiver { place: 2, need_milli: 5_000, unit_value: 1.0 },
        ];
        assert_eq!(plan_transfers(&donors, &receivers, 1000), [Transfer { from: 0, to: 2, quantity_milli: 2_000 }]);
    }
}
