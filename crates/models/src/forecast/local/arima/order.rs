//! Orders of a seasonal ARIMA model and the shape of its parameter vector.

use serde::{Deserialize, Serialize};

use crate::forecast::series::MethodError;

/// Orders above this are refused: a longer memory than this is a mistake of the caller, and costs would explode.
const LARGEST_ORDER: usize = 24;

/// Orders of ARIMA(p,d,q)(P,D,Q)ₘ: φ(B) Φ(Bᵐ) (1-B)ᵈ (1-Bᵐ)^D (y_t - mean) = θ(B) Θ(Bᵐ) ε_t.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct ArimaOrder {
    /// Autoregressive terms p.
    pub p: usize,
    /// Ordinary differences d.
    pub d: usize,
    /// Moving-average terms q.
    pub q: usize,
    /// Seasonal autoregressive terms P.
    pub seasonal_p: usize,
    /// Seasonal differences D.
    pub seasonal_d: usize,
    /// Seasonal moving-average terms Q.
    pub seasonal_q: usize,
    /// Season length m in periods; 1 = none.
    pub season: usize,
    /// Whether a constant is estimated: the mean when d + D = 0, else the drift per period. At most one difference.
    pub constant: bool,
}

impl Default for ArimaOrder {
    /// White noise around zero.
    fn default() -> Self {
        ArimaOrder { p: 0, d: 0, q: 0, seasonal_p: 0, seasonal_d: 0, seasonal_q: 0, season: 1, constant: false }
    }
}

impl std::fmt::Display for ArimaOrder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ARIMA({},{},{})", self.p, self.d, self.q)?;
        if self.season > 1 {
            write!(f, "({},{},{})[{}]", self.seasonal_p, self.seasonal_d, self.seasonal_q, self.season)?;
        }
        match (self.constant, self.d + self.seasonal_d) {
            (false, _) => Ok(()),
            (true, 0) => write!(f, " with mean"),
            (true, _) => write!(f, " with drift"),
        }
    }
}

impl ArimaOrder {
    /// Periods lost to differencing: d + D m.
    pub fn n_lost(&self) -> usize {
        self.d + self.seasonal_d * self.season
    }

    /// Number of φ, Φ, θ and Θ coefficients.
    pub fn n_arma(&self) -> usize {
        self.p + self.seasonal_p + self.q + self.seasonal_q
    }

    /// Refuses orders that no series can carry.
    pub(super) fn check(&self) -> Result<(), MethodError> {
        let refuse = |reason: String| Err(MethodError::Fit { method: "arima", reason });
        let largest = self.p.max(self.q).max(self.d).max(self.seasonal_p).max(self.seasonal_q).max(self.seasonal_d);
        if largest > LARGEST_ORDER {
            return refuse(format!("found order {self}, allowed are orders up to {LARGEST_ORDER}"));
        }
        if self.season == 0 {
            return refuse("found season 0, allowed are 1 (none) and more".to_owned());
        }
        if self.season == 1 && self.seasonal_p + self.seasonal_d + self.seasonal_q > 0 {
            return refuse(format!("found seasonal orders in {self} without a season; give a season of 2 or more"));
        }
        if self.constant && self.d + self.seasonal_d > 1 {
            return refuse(format!("found a constant in {self}; allowed with at most one difference"));
        }
        Ok(())
    }

    /// Lengths of the four blocks of the parameter vector: φ, Φ, θ, Θ.
    pub(super) fn blocks(&self) -> [usize; 4] {
        [self.p, self.seasonal_p, self.q, self.seasonal_q]
    }
}
