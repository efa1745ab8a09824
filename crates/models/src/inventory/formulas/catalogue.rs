//! The formulas by name.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::check::FormulaError;
use super::{allocation, censored, horizon, lead_time_demand, losses, lot_size, min_max, newsvendor, policy};
use super::{reorder_point, serial, service_level, service_time, stock, supply};

/// A formula that can be evaluated by name.
#[derive(Debug, Clone, Copy)]
pub struct Formula {
    /// Its name.
    pub name: &'static str,
    /// What it answers.
    pub about: &'static str,
    /// Where it is from.
    pub source: &'static str,
    /// Inputs as an example, JSON.
    pub example: &'static str,
    evaluate: fn(Value) -> Result<Value, FormulaError>,
}

impl Formula {
    /// The outputs for inputs, both JSON objects; what they hold is said at the formula's function and at its types.
    ///
    /// ```
    /// use nightclerk_models::inventory::formulas::formula;
    /// let eoq = formula("eoq").unwrap();
    /// let found = eoq.evaluate(serde_json::from_str(eoq.example).unwrap()).unwrap();
    /// assert!((found["order_quantity"].as_f64().unwrap() - 304.046780).abs() < 1e-6);
    /// ```
    ///
    /// # Errors
    /// [`FormulaError`] naming the input that is missing, unknown or outside what is allowed; a result that is no finite number.
    pub fn evaluate(&self, inputs: Value) -> Result<Value, FormulaError> {
        (self.evaluate)(inputs)
    }
}

/// The formula with a name.
pub fn formula(name: &str) -> Option<&'static Formula> {
    FORMULAS.iter().find(|formula| formula.name == name)
}

/// Reads inputs, applies a formula and writes its outputs.
fn run<I: DeserializeOwned, O: Serialize>(
    inputs: Value,
    formula: fn(&I) -> Result<O, FormulaError>,
) -> Result<Value, FormulaError> {
    let inputs = serde_json::from_value(inputs).map_err(|error| FormulaError::Inputs { problem: error.to_string() })?;
    let outputs = serde_json::to_value(formula(&inputs)?)
        .map_err(|error| FormulaError::Inputs { problem: format!("the result cannot be written: {error}") })?;
    // JSON has no NaN and no infinity, and no output is left empty otherwise.
    match first_null(&outputs) {
        Some(field) => Err(FormulaError::NotFinite { field }),
        None => Ok(outputs),
    }
}

fn first_null(value: &Value) -> Option<String> {
    let inside = |name: String, value: &Value| {
        if value.is_null() {
            return Some(name);
        }
        first_null(value).map(|rest| format!("{name}.{rest}"))
    };
    match value {
        Value::Object(fields) => fields.iter().find_map(|(name, value)| inside(name.clone(), value)),
        Value::Array(entries) => entries.iter().enumerate().find_map(|(place, value)| inside(place.to_string(), value)),
        _ => None,
    }
}

/// `name: function, about, source, example;` per formula.
macro_rules! formulas {
    ($($name:literal: $function:path, $about:literal, $source:literal, $example:literal;)*) => {
        &[$(Formula {
            name: $name,
            about: $about,
            source: $source,
            example: $example,
            evaluate: |inputs| run(inputs, $function),
        }),*]
    };
}

/// All formulas, in the order of their groups: newsvendor, (r, Q), (s, S), lot sizes, loss functions, finite horizon, uncertain supply,
/// networks, lead-time demand, policies, service levels, limits and budgets, censored sales, stock ahead.
pub const FORMULAS: &[Formula] = formulas! {
    "newsvendor_normal": newsvendor::normal, "Base-stock level for normal demand",
        "Snyder and Shen, chapter 4 (example 4.3)",
        r#"{"holding_cost": 0.18, "stockout_cost": 0.7, "demand_mean": 50, "demand_sd": 8, "lead_time": 4}"#;
    "newsvendor_normal_cost": newsvendor::normal_cost, "Cost of a base-stock level for normal demand",
        "Snyder and Shen, chapter 4",
        r#"{"base_stock_level": 60, "holding_cost": 0.18, "stockout_cost": 0.7, "demand_mean": 50, "demand_sd": 8}"#;
    "newsvendor_poisson": newsvendor::poisson, "Base-stock level for Poisson demand",
        "Snyder and Shen, chapter 4 (example 4.4)",
        r#"{"holding_cost": 1, "stockout_cost": 4, "demand_mean": 6}"#;
    "newsvendor_continuous": newsvendor::continuous, "Base-stock level for demand with a density",
        "Snyder and Shen, chapter 4",
        r#"{"holding_cost": 1, "stockout_cost": 9, "demand": {"family": "gamma", "shape": 2, "scale": 5}}"#;
    "newsvendor_discrete": newsvendor::discrete, "Base-stock level for counts",
        "Snyder and Shen, chapter 4",
        r#"{"holding_cost": 1, "stockout_cost": 9, "demand": {"family": "negbin", "r": 2, "p": 0.25}}"#;
    "newsvendor_pmf": newsvendor::table, "Base-stock level for a table of demands",
        "Snyder and Shen, chapter 4",
        r#"{"holding_cost": 1, "stockout_cost": 4, "demand_pmf": {"0": 0.6, "1": 0.25, "5": 0.15}}"#;
    "newsvendor_normal_explicit": newsvendor::normal_explicit, "Most profitable level for normal demand, from prices",
        "Snyder and Shen, chapter 4",
        r#"{"revenue": 1, "purchase_cost": 0.3, "salvage_value": 0.12, "demand_mean": 50, "demand_sd": 8}"#;
    "newsvendor_poisson_explicit": newsvendor::poisson_explicit, "Most profitable level for Poisson demand, from prices",
        "Snyder and Shen, chapter 4",
        r#"{"revenue": 1, "purchase_cost": 0.3, "salvage_value": 0.12, "demand_mean": 50}"#;
    "newsvendor_myopic": newsvendor::myopic, "Level of a period before a change of the purchase cost",
        "Snyder and Shen, chapter 4",
        r#"{"holding_cost": 0.18, "stockout_cost": 0.7, "purchase_cost": 0.3, "purchase_cost_next_per": 0.35,
            "demand_mean": 50, "demand_sd": 8, "discount_factor": 0.98}"#;
    "newsvendor_empirical": newsvendor::empirical, "Level from observed demands",
        "Levi, Perakis and Uichanco (2015); Snyder and Shen, chapter 4",
        r#"{"samples": [0, 0, 1, 0, 3, 7, 2, 0], "critical_ratios": [0.5, 0.9]}"#;
    "r_q_cost": reorder_point::cost, "Cost of a reorder point and an order quantity",
        "Snyder and Shen, chapter 5 (example 5.1)",
        r#"{"reorder_point": 126.8, "order_quantity": 328.5, "holding_cost": 0.225, "stockout_cost": 7.5, "fixed_cost": 8,
            "demand_mean": 1300, "demand_sd": 150, "lead_time": 0.0833333}"#;
    "r_q_optimal_r": reorder_point::optimal_reorder_point, "Best reorder point for an order quantity",
        "Snyder and Shen, chapter 5",
        r#"{"order_quantity": 318, "holding_cost": 0.225, "stockout_cost": 7.5, "demand_mean": 1300, "demand_sd": 150,
            "lead_time": 0.0833333}"#;
    "r_q_eil": reorder_point::expected_inventory_level, "(r, Q) by expected inventory level, a cost per unit short",
        "Hadley and Whitin (1963); Snyder and Shen, chapter 5 (example 5.2)",
        r#"{"holding_cost": 0.225, "stockout_cost": 7.5, "fixed_cost": 8, "demand_mean": 1300, "demand_sd": 150, "lead_time": 0.0833333}"#;
    "r_q_eoqb": reorder_point::eoq_with_backorders, "(r, Q) from the economic quantity with backorders",
        "Snyder and Shen, chapter 5 (examples 5.3 and 5.4)",
        r#"{"holding_cost": 0.225, "stockout_cost": 7.5, "fixed_cost": 8, "demand_mean": 1300, "demand_sd": 150, "lead_time": 0.0833333}"#;
    "r_q_eoqss": reorder_point::eoq_with_safety_stock, "(r, Q) from the economic quantity and the newsvendor's level",
        "Snyder and Shen, chapter 5 (example 5.5)",
        r#"{"holding_cost": 0.225, "stockout_cost": 7.5, "fixed_cost": 8, "demand_mean": 1300, "demand_sd": 150, "lead_time": 0.0833333}"#;
    "r_q_loss": reorder_point::loss_functions, "(r, Q) by loss functions",
        "Hadley and Whitin (1963); Snyder and Shen, chapter 5 (example 5.6)",
        r#"{"holding_cost": 0.225, "stockout_cost": 7.5, "fixed_cost": 8, "demand_mean": 1300, "demand_sd": 150, "lead_time": 0.0833333}"#;
    "r_q_poisson_exact": reorder_point::poisson_exact, "Best (r, Q) for Poisson demand",
        "Federgruen and Zheng (1992); Snyder and Shen, chapter 5 (example 5.7)",
        r#"{"holding_cost": 20, "stockout_cost": 150, "fixed_cost": 100, "demand_mean": 1.5, "lead_time": 2}"#;
    "s_s_exact": min_max::exact, "Best (s, S) for counts",
        "Zheng and Federgruen (1991); Snyder and Shen, algorithm 4.2",
        r#"{"holding_cost": 1, "stockout_cost": 4, "fixed_cost": 5, "use_poisson": true, "demand_mean": 6}"#;
    "s_s_cost": min_max::cost, "Cost of (s, S) for counts",
        "Zheng and Federgruen (1991); Snyder and Shen, chapter 4",
        r#"{"reorder_point": 0, "order_up_to_level": 4, "holding_cost": 1, "stockout_cost": 4, "fixed_cost": 5, "use_poisson": false,
            "demand_hi": 2, "demand_pmf": [0.5, 0.3, 0.2]}"#;
    "s_s_power": min_max::power_approximation, "(s, S) by the revised power approximation",
        "Ehrhardt and Mosier (1984); Snyder and Shen, chapter 4",
        r#"{"holding_cost": 0.18, "stockout_cost": 0.7, "fixed_cost": 2.5, "demand_mean": 50, "demand_sd": 8}"#;
    "eoq": lot_size::eoq, "Economic order quantity",
        "Harris (1913); Snyder and Shen, chapter 3 (example 3.1)",
        r#"{"fixed_cost": 8, "holding_cost": 0.225, "demand_rate": 1300}"#;
    "eoq_backorders": lot_size::eoq_backorders, "Economic order quantity with planned backorders",
        "Snyder and Shen, chapter 3 (example 3.8)",
        r#"{"fixed_cost": 8, "holding_cost": 0.225, "stockout_cost": 5, "demand_rate": 1300}"#;
    "eoq_all_units": lot_size::eoq_all_units, "Order quantity with a discount on all units",
        "Snyder and Shen, chapter 3; Silver, Pyke and Thomas, chapter 4",
        r#"{"fixed_cost": 200, "holding_cost_rate": 0.2, "demand_rate": 1000, "breakpoints": [0, 200, 500], "unit_costs": [500, 475, 450]}"#;
    "eoq_incremental": lot_size::eoq_incremental, "Order quantity with a discount on the units beyond a quantity",
        "Snyder and Shen, chapter 3",
        r#"{"fixed_cost": 150, "holding_cost_rate": 0.25, "demand_rate": 2400, "breakpoints": [0, 300, 600], "unit_costs": [100, 90, 80]}"#;
    "wagner_whitin": lot_size::wagner_whitin, "Cheapest lots for known demand",
        "Wagner and Whitin (1958); Snyder and Shen, chapter 3 (example 3.9)",
        r#"{"num_periods": 4, "holding_cost": 2, "fixed_cost": 500, "demand": [90, 120, 80, 70]}"#;
    "joint_replenishment": lot_size::joint_replenishment, "Orders of several items that share a fixed cost",
        "Silver (1976); Silver, Pyke and Thomas, chapter 10",
        r#"{"shared_fixed_cost": 600, "individual_fixed_costs": [120, 840, 300], "holding_costs": [160, 20, 50], "demand_rates": [1, 1, 1]}"#;
    "loss_standard_normal": losses::standard_normal, "Loss functions of the standard normal distribution",
        "Snyder and Shen, appendix C", r#"{"z": 1.3}"#;
    "loss_standard_normal_second": losses::standard_normal_second, "Loss functions of the second order",
        "Snyder and Shen, appendix C", r#"{"z": 1.3}"#;
    "loss_normal": losses::normal, "Loss functions of a normal distribution",
        "Snyder and Shen, appendix C", r#"{"x": 18.6, "mean": 15, "sd": 3}"#;
    "loss_lognormal": losses::lognormal, "Loss functions of a lognormal distribution",
        "Snyder and Shen, appendix C", r#"{"x": 10, "mu": 2, "sigma": 0.3}"#;
    "loss_gamma": losses::gamma, "Loss functions of a gamma distribution",
        "Zipkin (2000), appendix C", r#"{"x": 4, "a": 2, "b": 3}"#;
    "loss_uniform": losses::uniform, "Loss functions of a uniform distribution",
        "Snyder and Shen, appendix C", r#"{"x": 4, "a": 2, "b": 8}"#;
    "loss_exponential": losses::exponential, "Loss functions of an exponential distribution",
        "Snyder and Shen, appendix C", r#"{"x": 1, "mu": 0.2}"#;
    "loss_poisson": losses::poisson, "Loss functions of a Poisson distribution",
        "Snyder and Shen, appendix C", r#"{"x": 18, "mean": 15}"#;
    "loss_negative_binomial": losses::negative_binomial, "Loss functions of a negative binomial distribution",
        "Zipkin (2000), appendix C", r#"{"x": 14, "r": 6, "p": 0.4}"#;
    "loss_geometric": losses::geometric, "Loss functions of a geometric distribution",
        "Zipkin (2000), appendix C", r#"{"x": 4, "p": 0.3}"#;
    "finite_horizon": horizon::finite_horizon, "Best (s, S) of each of several periods",
        "Scarf (1960); Snyder and Shen, chapter 4",
        r#"{"num_periods": 5, "holding_cost": 1, "stockout_cost": 20, "terminal_holding_cost": 1, "terminal_stockout_cost": 20,
            "purchase_cost": 2, "fixed_cost": 50, "demand_mean": 100, "demand_sd": 20}"#;
    "myopic_bounds": horizon::myopic_bounds, "Bounds of the first period's (s, S)",
        "Veinott (1966); Snyder and Shen, chapter 4",
        r#"{"num_periods": 5, "holding_cost": 1, "stockout_cost": 20, "terminal_holding_cost": 1, "terminal_stockout_cost": 20,
            "purchase_cost": 2, "fixed_cost": 50, "demand_mean": 100, "demand_sd": 20}"#;
    "newsvendor_disruptions": supply::newsvendor_disruptions, "Base-stock level when the supplier is down now and then",
        "Tomlin (2006); Snyder and Shen, chapter 9",
        r#"{"holding_cost": 0.25, "stockout_cost": 3, "demand": 2000, "disruption_prob": 0.04, "recovery_prob": 0.25}"#;
    "eoq_yield": supply::eoq_yield, "Order quantity when a random share of it arrives",
        "Snyder and Shen, chapter 9",
        r#"{"fixed_cost": 18500, "holding_cost": 0.06, "demand_rate": 75000, "yield_mean": 0.8333, "yield_sd": 0.14}"#;
    "eoq_disruptions": supply::eoq_disruptions, "Order quantity when the supplier is down now and then",
        "Berk and Arreola-Risa (1994); Snyder and Shen, chapter 9",
        r#"{"fixed_cost": 8, "holding_cost": 0.225, "stockout_cost": 5, "demand_rate": 1300, "disruption_rate": 1.5, "recovery_rate": 14}"#;
    "guaranteed_service": service_time::guaranteed_service, "Cheapest promised times of a tree of stages",
        "Graves and Willems (2000); Snyder and Shen, chapter 6 (examples 6.3 and 6.5)",
        r#"{"nodes": [
            {"id": 2, "processing_time": 2, "external_inbound_cst": 1, "holding_cost": 1, "demand_bound_constant": 1, "preds": [], "succs": [1]},
            {"id": 1, "processing_time": 1, "external_outbound_cst": 0, "holding_cost": 3, "demand_bound_constant": 1, "demand_sd": 1,
             "preds": [2], "succs": []}]}"#;
    "stochastic_service": serial::stochastic_service, "Best echelon base-stock levels of a line of stages",
        "Clark and Scarf (1960); Chen and Zheng (1994); Snyder and Shen, chapter 6 (example 6.1)",
        r#"{"num_nodes": 3, "echelon_holding_cost": [2, 2, 3], "lead_time": [2, 1, 1], "stockout_cost": 37.12, "demand_mean": 5,
            "demand_standard_deviation": 1}"#;
    "stochastic_service_heuristic": serial::newsvendor_heuristic, "Echelon base-stock levels in closed form",
        "Shang and Song (2003); Snyder and Shen, chapter 6",
        r#"{"num_nodes": 3, "echelon_holding_cost": [2, 2, 3], "lead_time": [2, 1, 1], "stockout_cost": 37.12, "demand_mean": 5,
            "demand_standard_deviation": 1}"#;
    "lead_time_demand": lead_time_demand::fixed_lead_time, "Demand of several independent periods",
        "Silver, Pyke and Thomas, chapter 6",
        r#"{"demand": {"family": "custom", "values": [0, 1, 2, 5], "probabilities": [0.5, 0.25, 0.125, 0.125]}, "lead_time": 3,
            "levels": [0.5, 0.95]}"#;
    "lead_time_demand_variance": lead_time_demand::random_lead_time, "Moments of demand over a random lead time",
        "Silver, Pyke and Thomas, chapter 6; Axsäter, chapter 5",
        r#"{"mean_per_day": 4, "var_per_day": 9, "lt_mean": 10, "lt_var": 16, "review_days": 7}"#;
    "lead_time_demand_ar1": lead_time_demand::autocorrelated, "Variance of the demand of days that depend on each other",
        "Silver, Pyke and Thomas, chapter 6", r#"{"var_per_day": 1, "phi": 0.5, "n": 10}"#;
    "lead_time_demand_mixture": lead_time_demand::mixture, "Demand over a lead time with several values",
        "Axsäter, chapter 5; Silver, Pyke and Thomas, chapter 6",
        r#"{"daily": {"family": "negbin", "r": 1.3333333333, "p": 0.4}, "lead_time_pmf": {"5": 0.6, "7": 0.3, "14": 0.1},
            "review_days": 7, "levels": [0.5, 0.99]}"#;
    "undershoot": lead_time_demand::undershoot, "How far below it a reorder point is found at a review",
        "Silver, Pyke and Thomas, chapter 7", r#"{"review_mean": 6, "review_var": 36}"#;
    "policy_order": policy::order_quantity, "What BS, sS, rQ or r_nQ orders at an inventory position",
        "Axsäter, chapter 3",
        r#"{"policy": {"type": "r_nQ", "reorder_point": 10, "order_quantity": 20}, "inventory_positions": [11, 10, -10]}"#;
    "policy_simulation": policy::simulate, "A policy on a given demand, unmet demand waiting",
        "Axsäter, chapter 3",
        r#"{"policy": {"type": "BS", "base_stock_level": 18}, "demand": [5, 4, 6, 5, 9, 12], "shipment_lead_time": 2,
            "initial_inventory": 18, "holding_cost": 1, "stockout_cost": 10}"#;
    "cycle_service": service_level::cycle_service, "Order-up-to level for a service per cycle (P1)",
        "Silver, Pyke and Thomas, chapter 6",
        r#"{"mean_per_day": 20, "sd_per_day": 6, "review_days": 7, "lead_time_days": 3, "alpha": 0.95}"#;
    "fill_rate_review": service_level::review_fill_rate, "Order-up-to level for a fill rate (P2), periodic review",
        "Silver, Pyke and Thomas, chapter 6; Axsäter, chapter 5",
        r#"{"mean_per_day": 20, "sd_per_day": 6, "review_days": 7, "lead_time_days": 3, "fill_rate": 0.95}"#;
    "fill_rate_s_q": service_level::quantity_fill_rate, "Reorder point for a fill rate (P2), continuous review",
        "Silver, Pyke and Thomas, chapter 6",
        r#"{"ltd_mean": 100, "ltd_sd": 30, "order_quantity": 200, "fill_rate": 0.95}"#;
    "base_stock_poisson_fill": service_level::poisson_base_stock, "Service of a base-stock level for Poisson demand",
        "Axsäter, chapter 5; Silver, Pyke and Thomas, chapter 6", r#"{"mean": 2.5, "S": 12, "lead_time": 2}"#;
    "order_rounding": policy::order_rounding, "From needs to orders within minimum, packs and maximum",
        "The order rules of the nightly plans",
        r#"{"cases": [{"need": 13, "moq": 10, "multiple": 6, "max_qty": null}, {"need": 5, "moq": 50, "multiple": 24, "max_qty": 40}]}"#;
    "budget_greedy": allocation::budget_greedy, "Units of several items under a budget, by value per money",
        "Silver, Pyke and Thomas, chapter 9",
        r#"{"items": [{"id": "A", "margin": 4, "carry": 0.5, "unit_cost": 10, "demand": {"family": "poisson", "mean": 5}},
            {"id": "B", "margin": 2, "carry": 0.1, "unit_cost": 2, "demand": {"family": "poisson", "mean": 3}}], "budget": 60}"#;
    "censored_poisson": censored::poisson, "Poisson rate from sales of which some are lower bounds",
        "Conrad (1976)", r#"{"uncensored_sales": [3, 5, 2, 4, 3], "censored_sales": [4, 6]}"#;
    "censored_normal": censored::normal, "Normal demand from sales of which some are lower bounds",
        "Tobin (1958); Olsen (1978); Nahmias (1994)", r#"{"uncensored": [12, 15, 9, 11], "censored_at": [14, 18]}"#;
    "projection": stock::projection, "Stock at the end of each day, and when it runs out",
        "The projection of the nightly alerts",
        r#"{"on_hand": 30, "daily_forecast": [5, 5, 5, 5, 5, 5, 5, 5], "receipts": [{"day": 6, "qty": 20}]}"#;
    "weeks_of_supply": stock::weeks_of_supply, "Coming weeks that the stock serves",
        "The cover of the nightly alerts", r#"{"on_hand": 100, "weekly_forecast": [20, 30, 40, 50]}"#;
    "excess": stock::excess, "Stock beyond demand and presentation",
        "Silver, Pyke and Thomas, chapter 8",
        r#"{"inventory_position": 500, "forecast_horizon_demand_q": 180, "min_presentation": 24}"#;
    "ewa_perishable": stock::perishables, "Whether to order what expires",
        "Broekmeulen and van Donselaar (2009)",
        r#"{"batches": [{"qty": 6, "remaining_days": 1}, {"qty": 4, "remaining_days": 3}], "mean_per_day": 2, "review_plus_lead_days": 3,
            "safety_stock": 3}"#;
};
