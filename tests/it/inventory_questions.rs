//! From the words of recorded inputs and outputs to those of the formulas.

use serde_json::{Map, Value, json};

/// A record as a formula reads it.
pub struct Question {
    pub name: &'static str,
    pub inputs: Value,
    pub outputs: Value,
    /// Fields whose tolerance a record's note sets apart.
    pub tolerances: Vec<(&'static str, f64)>,
}

/// The formula and its inputs for a record; `None` where nobody has said.
pub fn question(record: &Value) -> Option<Question> {
    let id = record["id"].as_str()?;
    let mut inputs = record["inputs"].clone();
    let mut outputs = record["outputs"].clone();
    let mut tolerances = Vec::new();
    let name = match id {
        _ if id.starts_with("nv_normal_cost") => "newsvendor_normal_cost",
        "nv_normal_explicit" => "newsvendor_normal_explicit",
        _ if id.starts_with("nv_normal_") => "newsvendor_normal",
        "nv_poisson_explicit" => "newsvendor_poisson_explicit",
        _ if id.starts_with("nv_poisson_") => "newsvendor_poisson",
        "nv_lognormal" | "nv_gamma" => {
            inputs["demand"] = family(inputs["demand"].as_str()?)?;
            "newsvendor_continuous"
        }
        "nv_negbin" => {
            inputs["demand"] = family(inputs["demand"].as_str()?)?;
            "newsvendor_discrete"
        }
        "nv_custom_pmf_intermittent" => "newsvendor_pmf",
        "myopic_price_increase" => "newsvendor_myopic",
        "nv_empirical" => {
            let ratios = numbers(&inputs["critical_ratios"]);
            outputs["order_up_to"] = by_key(&outputs["order_up_to"], &ratios)?;
            "newsvendor_empirical"
        }
        _ if id.starts_with("rq_cost") => "r_q_cost",
        _ if id.starts_with("rq_opt_r") => "r_q_optimal_r",
        "rq_eil" => "r_q_eil",
        "rq_eoqb" => "r_q_eoqb",
        "rq_eoqss" => "r_q_eoqss",
        "rq_loss" => "r_q_loss",
        "rq_poisson_exact" => "r_q_poisson_exact",
        _ if id.starts_with("ss_exact") => "s_s_exact",
        "ss_cost_1" => "s_s_cost",
        "ss_power" => "s_s_power",
        "eoq" => "eoq",
        "eoqb" => "eoq_backorders",
        "eoq_all_units" => "eoq_all_units",
        "eoq_incremental" => "eoq_incremental",
        "wagner_whitin" | "wagner_whitin_12" => {
            // Recorded from 1 on, with a 0 before it.
            outputs["order_quantities"].as_array_mut()?.remove(0);
            "wagner_whitin"
        }
        "jrp_silver" => "joint_replenishment",
        _ if id.starts_with("loss_stdnormal") => "loss_standard_normal",
        "loss2_stdnormal" => "loss_standard_normal_second",
        "loss_normal" => "loss_normal",
        "loss_lognormal" => "loss_lognormal",
        "loss_gamma" => "loss_gamma",
        "loss_uniform" => "loss_uniform",
        "loss_exponential" => "loss_exponential",
        "loss_poisson" => "loss_poisson",
        "loss_negbin" => "loss_negative_binomial",
        "loss_geometric" => "loss_geometric",
        "finite_horizon_dp" => {
            outputs["reorder_points"].as_array_mut()?.remove(0);
            outputs["order_up_to_levels"].as_array_mut()?.remove(0);
            "finite_horizon"
        }
        "myopic_bounds" => "myopic_bounds",
        "nv_disruption" => "newsvendor_disruptions",
        "eoq_mult_yield" => "eoq_yield",
        "eoq_disruption" => "eoq_disruptions",
        "gsm_tree_6_5" | "gsm_serial_6_3" => {
            inputs.as_object_mut()?.remove("instance");
            "guaranteed_service"
        }
        "ssm_serial_3" | "ssm_newsvendor_heuristic" => {
            inputs.as_object_mut()?.remove("node_order");
            outputs["echelon_base_stock"] = by_key(&outputs["echelon_base_stock"], &[3.0, 2.0, 1.0])?;
            // By its note; the recorded 47.665 is of a coarse grid, nested integration gives 47.660.
            tolerances.push(("cost", 2e-4));
            if id == "ssm_serial_3" { "stochastic_service" } else { "stochastic_service_heuristic" }
        }
        "ltd_poisson" | "ltd_normal" | "ltd_custom" => {
            let demand = match id {
                "ltd_poisson" => json!({"family": "poisson", "mean": 3.5}),
                "ltd_normal" => json!({"family": "normal", "mean": 50, "sd": 8}),
                _ => json!({"family": "custom", "values": [0, 1, 2, 5], "probabilities": [0.5, 0.25, 0.125, 0.125]}),
            };
            let levels = keys(&outputs["quantiles"]);
            outputs["quantiles"] = by_key(&outputs["quantiles"], &levels)?;
            inputs = json!({"demand": demand, "lead_time": inputs["lead_time"], "levels": levels});
            "lead_time_demand"
        }
        "ltd_var_random_L" => "lead_time_demand_variance",
        "ltd_var_ar1" => "lead_time_demand_ar1",
        "ltd_nb_mixture" => {
            let levels = keys(&outputs["quantiles"]);
            for field in ["quantiles", "normal_approx_quantiles"] {
                outputs[field] = by_key(&outputs[field], &levels)?;
            }
            inputs["daily"] = json!({"family": "negbin", "r": 4.0 / 3.0, "p": 0.4});
            inputs["levels"] = json!(levels);
            "lead_time_demand_mixture"
        }
        "undershoot" => "undershoot",
        "policy_base_stock" | "policy_sS" | "policy_rQ" => {
            let positions = keys(&outputs["order_by_inventory_position"]);
            outputs = json!({"order_qty": by_key(&outputs["order_by_inventory_position"], &positions)?});
            inputs = json!({"policy": inputs["params"], "inventory_positions": positions});
            "policy_order"
        }
        "r_nQ" => {
            let policy =
                json!({"type": "r_nQ", "reorder_point": inputs["reorder_point"], "order_quantity": inputs["Q"]});
            inputs = json!({"policy": policy, "inventory_positions": inputs["inventory_positions"]});
            "policy_order"
        }
        _ if id.starts_with("sim_trace_") => {
            let mut policy = inputs["params"].clone();
            policy["type"] = inputs["policy"].clone();
            inputs.as_object_mut()?.remove("params");
            inputs["policy"] = policy;
            "policy_simulation"
        }
        _ if id.starts_with("rs_alpha") => "cycle_service",
        _ if id.starts_with("rs_fillrate") => "fill_rate_review",
        _ if id.starts_with("sQ_fillrate") => "fill_rate_s_q",
        "base_stock_poisson_fill" => "base_stock_poisson_fill",
        "order_rounding" => "order_rounding",
        "budget_greedy" => {
            inputs.as_object_mut()?.remove("tie_break");
            for item in inputs["items"].as_array_mut()? {
                item["demand"] = family(item["demand"].as_str()?)?;
            }
            "budget_greedy"
        }
        "censored_poisson_mle" => "censored_poisson",
        "censored_normal_mle" => "censored_normal",
        "projection" => "projection",
        "weeks_of_supply" => "weeks_of_supply",
        "excess" => "excess",
        "ewa_perishable" => "ewa_perishable",
        _ => return None,
    };
    Some(Question { name, inputs, outputs, tolerances })
}

/// `gamma(shape=2, scale=5)` and the like; what follows the bracket is an explanation.
fn family(text: &str) -> Option<Value> {
    let (name, rest) = text.split_once('(')?;
    let (parameters, _) = rest.split_once(')')?;
    let mut fields = Map::new();
    let name = match name {
        "NB" => "negbin".to_owned(),
        other => other.to_lowercase(),
    };
    fields.insert("family".to_owned(), json!(name));
    for parameter in parameters.split(',') {
        let (field, value) = parameter.split_once('=').unwrap_or(("mean", parameter));
        fields.insert(field.trim().to_owned(), json!(value.trim().parse::<f64>().ok()?));
    }
    Some(Value::Object(fields))
}

fn numbers(list: &Value) -> Vec<f64> {
    list.as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
}

/// The keys of an object as numbers.
fn keys(object: &Value) -> Vec<f64> {
    object.as_object().into_iter().flatten().filter_map(|(key, _)| key.parse().ok()).collect()
}

/// The values of an object whose keys are numbers, in the order of these numbers.
fn by_key(object: &Value, keys: &[f64]) -> Option<Value> {
    let find = |wanted: f64| {
        let mut fields = object.as_object()?.iter();
        fields.find(|(key, _)| key.parse() == Ok(wanted)).map(|(_, value)| value.clone())
    };
    keys.iter().map(|key| find(*key)).collect::<Option<Vec<_>>>().map(Value::Array)
}
