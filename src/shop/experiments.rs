//! Many small campaigns with known effect, to test how often an interval covers it.

use rand::Rng;
use rayon::prelude::*;

use super::chance::{Stream, between, log_normal, normal, rng};

/// Customers per experiment.
const CUSTOMERS: usize = 12_000;

/// One customer of an experiment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// Whether chance put them into the treatment arm.
    pub treated: bool,
    /// Cents spent.
    pub spend: f64,
    /// Whether they ordered at all.
    pub converted: bool,
}

/// A randomised campaign whose effect is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Experiment {
    /// What was seen.
    pub outcomes: Vec<Outcome>,
    /// The mean over these customers of E(spend | treated) - E(spend | control), cents.
    pub true_effect_spend: f64,
    /// The mean over these customers of P(order | treated) - P(order | control).
    pub true_effect_conversion: f64,
}

/// `n` independent randomised campaigns on 12,000 customers each.
///
/// Customer `i` orders with `p0 = 0.015 LN(0.6)` without and `p1 = min(p0 + t s_i, 1)` with the campaign, where the size
/// `t` differs between campaigns (a quarter have none) and `s_i` is 2, 1 or -0.2 for equal thirds of the customers. One
/// who orders spends `3000 m_i LN(1.0)` cents, `m_i = LN(0.5)`: heavy-tailed, mean known. `LN(s)` is log-normal with mean
/// 1. Every arm has a fixed size, from 50 to 85 % treated.
pub fn campaign_experiments(seed: u64, n: usize) -> Vec<Experiment> {
    (0..n).into_par_iter().map(|number| experiment(seed, number as u64)).collect()
}

fn experiment(seed: u64, number: u64) -> Experiment {
    let mut rng = rng(seed, Stream::Experiments, [number, 0, 0]);
    let share = [0.5, 0.6, 0.7, 0.8, 0.85][(number % 5) as usize];
    let size = if number % 4 == 3 { 0.0 } else { between(&mut rng, 0.001, 0.012) };
    let mut left = Arms { treated: (share * CUSTOMERS as f64) as usize, all: CUSTOMERS };
    let (mut spend_effect, mut conversion_effect) = (0.0, 0.0);
    let outcomes = (0..CUSTOMERS)
        .map(|_| {
            let without = (0.015 * log_normal(&mut rng, 0.6)).min(0.5);
            let sensitivity = [2.0, 1.0, -0.2][rng.random_range(0..3)];
            let with = (without + size * sensitivity).clamp(0.0, 1.0);
            let amount = 3000.0 * log_normal(&mut rng, 0.5);
            spend_effect += (with - without) * amount;
            conversion_effect += with - without;
            let treated = left.draw(rng.random());
            let converted = rng.random::<f64>() < if treated { with } else { without };
            let spend = if converted { amount * normal(&mut rng, -0.5, 1.0).exp() } else { 0.0 };
            Outcome { treated, spend, converted }
        })
        .collect();
    Experiment {
        outcomes,
        true_effect_spend: spend_effect / CUSTOMERS as f64,
        true_effect_conversion: conversion_effect / CUSTOMERS as f64,
    }
}

/// Places left in the arms: selection sampling (Knuth, TAOCP volume 2, 3.4.2, algorithm S) gives arms of fixed size.
struct Arms {
    treated: usize,
    all: usize,
}

impl Arms {
    fn draw(&mut self, uniform: f64) -> bool {
        let treated = uniform * (self.all as f64) < self.treated as f64;
        self.all -= 1;
        self.treated -= usize::from(treated);
        treated
    }
}
