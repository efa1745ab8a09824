//! Models of one series alone, each a `LocalModel`: a new one is a file here, and its line in `local_models!`
//! below.
//!
//! | file | what it holds |
//! |---|---|
//! | `imputation.rs`, `seasonal_adjustment.rs` | complete series; is there a season, and which |
//! | `ets/`, `ces/`, `theta.rs` | three families of exponential smoothing |
//! | `combination.rs` | their mean |
//! | `arima/` | seasonal ARIMA with known-ahead columns |
//! | `mstl.rs` | several seasons by decomposition, smoothing of the rest |
//! | `seasonal_naive.rs` | the yardstick: the last season again |

mod arima;
mod ces;
mod combination;
mod ets;
mod imputation;
mod mstl;
mod seasonal_adjustment;
mod seasonal_naive;
mod theta;

pub use seasonal_naive::seasonal_naive;

use serde::{Deserialize, Serialize};

use self::arima::FittedArima;
use self::ces::FittedCes;
use self::combination::FittedCombination;
use self::ets::FittedEtsAverage;
use self::mstl::FittedMstl;
use self::theta::FittedTheta;
use crate::forecast::origins::{Backtest, Origins, rolling_backtest};
use crate::forecast::series::{LocalHistory, LocalModel, MethodError};

/// Makes the list of local models, and what hands a question on to the one that is meant.
macro_rules! local_models {
    ($($(#[$meaning:meta])+ $method:ident = $name:literal, $about:literal => $model:ty,)+) => {
        /// The local models.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum LocalMethod {
            $($(#[$meaning])+ $method,)+
        }

        impl LocalMethod {
            /// Every one, in order.
            pub const ALL: &[LocalMethod] = &[$(LocalMethod::$method),+];

            /// The name in tables, parameters and on the command line.
            pub fn name(self) -> &'static str {
                match self {
                    $(LocalMethod::$method => $name,)+
                }
            }

            /// What it is, in a few words.
            pub fn about(self) -> &'static str {
                match self {
                    $(LocalMethod::$method => $about,)+
                }
            }

            /// Whether it learns from known-ahead columns.
            pub(super) fn uses_columns(self) -> bool {
                match self {
                    $(LocalMethod::$method => <$model as LocalModel>::USES_COLUMNS,)+
                }
            }

            /// Fits it.
            ///
            /// # Errors
            /// The history is too short or cannot be fitted.
            pub(super) fn fit(self, history: &LocalHistory) -> Result<FittedLocal, MethodError> {
                Ok(match self {
                    $(LocalMethod::$method => FittedLocal::$method(Box::new(<$model as LocalModel>::fit(history)?)),)+
                })
            }
        }

        /// A fitted model of one series: what a night keeps of it.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        pub(super) enum FittedLocal {
            $($method(Box<$model>),)+
        }

        impl FittedLocal {
            /// Mean demand of the next `horizon` periods; `NaN` where it can say nothing.
            pub(super) fn forecast(&self, horizon: usize) -> Vec<f64> {
                match self {
                    $(FittedLocal::$method(model) => LocalModel::forecast(&**model, horizon),)+
                }
            }

            /// Takes in the next period; `NaN` = not observed.
            pub(super) fn update(&mut self, demand: f64) {
                match self {
                    $(FittedLocal::$method(model) => LocalModel::update(&mut **model, demand),)+
                }
            }

            /// What it would have said from rolling origins in `past`.
            pub(super) fn backtest(&self, past: &LocalHistory, origins: Origins) -> Backtest {
                match self {
                    $(FittedLocal::$method(model) => rolling_backtest(&**model, past, origins),)+
                }
            }
        }
    };
}

local_models! {
    /// The mean of exponential smoothing, complex exponential smoothing (also of the root) and dynamic optimised theta.
    Mean = "mean", "the mean of ets, ces and theta" => FittedCombination,
    /// Exponential smoothing, its forms weighted by Akaike's criterion.
    Ets = "ets", "exponential smoothing" => FittedEtsAverage,
    /// Dynamic optimised theta.
    Theta = "theta", "dynamic optimised theta" => FittedTheta,
    /// Complex exponential smoothing.
    Ces = "ces", "complex exponential smoothing" => FittedCes,
    /// Seasonal ARIMA, with known-ahead columns as regressors.
    Arima = "arima", "seasonal ARIMA with regressors" => FittedArima,
    /// Decomposition into several seasons, and exponential smoothing of the rest.
    Mstl = "mstl", "seasons taken off, the rest smoothed" => FittedMstl,
}
