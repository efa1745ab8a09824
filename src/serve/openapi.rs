//! What the API is, as an OpenAPI 3.1 document.

use axum::Json;
use serde_json::{Map, Value, json};

use crate::runner::ledger::tokens::Role;

/// One thing that may be asked for.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint {
    /// `get` or `post`.
    pub method: &'static str,
    /// Its address; `{name}` stands for a part of it.
    pub path: &'static str,
    /// What it gives or does.
    pub summary: &'static str,
    /// The role that a token needs; none: everybody.
    pub role: Option<Role>,
    /// Parameters behind the `?`: name, type, format or empty, what it is.
    pub query: &'static [(&'static str, &'static str, &'static str, &'static str)],
    /// Keys of what is sent.
    pub body: &'static [(&'static str, &'static str)],
    /// The type of the answer.
    pub answer: &'static str,
}

const JOB: (&str, &str, &str, &str) = ("job", "string", "", "of this job alone");
const LIMIT: (&str, &str, &str, &str) = ("limit", "integer", "", "at most so many; 100, and never more than 1000");
const AS_OF: (&str, &str) =
    ("as_of", "the business date, 2026-11-22; the last complete one, or what runs now, where it is left out");
const WHY: (&str, &str) = ("why", "why, for those who read it later");

const fn read(path: &'static str, summary: &'static str) -> Endpoint {
    Endpoint { method: "get", path, summary, role: Some(Role::Read), query: &[], body: &[], answer: "application/json" }
}

/// Everything that may be asked for by programs.
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint { role: None, answer: "text/plain", ..read("/healthz", "Whether the process lives.") },
    Endpoint { answer: "text/plain", ..read("/readyz", "Whether the ledger can be asked; 503 where it cannot.") },
    Endpoint { answer: "text/plain", ..read("/metrics", "Figures in the text format of Prometheus.") },
    read("/api/v1/openapi.json", "This document."),
    read("/api/v1/jobs", "Every enabled job: what is current, what ran last, what waits, what runs next."),
    read(
        "/api/v1/timeline",
        "What became of the last 30 business dates, by job; dates without a slot are `missing` or `none`.",
    ),
    Endpoint {
        query: &[JOB, ("since", "string", "date", "from this business date on; 30 days back where it is left out")],
        ..read("/api/v1/slots", "Slots, the newest first, with why they wait and until when they are tried.")
    },
    Endpoint { query: &[JOB, LIMIT], ..read("/api/v1/runs", "Runs, the newest first.") },
    read("/api/v1/runs/{run_id}", "A run: what it was made from, what its gates found, what it published."),
    Endpoint {
        query: &[("after", "integer", "int64", "lines after this number alone")],
        ..read("/api/v1/runs/{run_id}/log", "What a run says, also while it runs: `state` and `lines`.")
    },
    Endpoint {
        query: &[JOB, LIMIT],
        ..read("/api/v1/publications", "Publications, the newest business date first, with `valid_until`.")
    },
    read("/api/v1/schedule", "When every job runs next."),
    Endpoint {
        role: Some(Role::Admin),
        query: &[LIMIT],
        ..read("/api/v1/audit", "Who changed what, the newest first; changes that were refused too.")
    },
    Endpoint {
        method: "post",
        role: Some(Role::Operate),
        body: &[AS_OF],
        ..read(
            "/api/v1/jobs/{job}/run",
            "Lets a date wait for the daemon that runs it; 409 where it is published, waits or runs.",
        )
    },
    Endpoint {
        method: "post",
        role: Some(Role::Operate),
        body: &[AS_OF, WHY],
        ..read("/api/v1/jobs/{job}/cancel", "Stops what runs, or gives up a date that waits; 409 where neither is so.")
    },
];

pub(super) async fn document() -> Json<Value> {
    Json(document_of(ENDPOINTS))
}

fn document_of(endpoints: &[Endpoint]) -> Value {
    let mut paths = Map::new();
    for endpoint in endpoints {
        let operations = paths.entry(endpoint.path).or_insert_with(|| json!({}));
        operations[endpoint.method] = operation(endpoint);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "nightclerk",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What a nightclerk's ledger knows. On this machine alone reading needs no token; changes always do.",
        },
        "paths": paths,
        "components": {
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
            "schemas": {
                "Problem": {
                    "type": "object",
                    "required": ["error", "status"],
                    "properties": { "error": { "type": "string" }, "status": { "type": "integer" } },
                },
            },
        },
    })
}

fn operation(endpoint: &Endpoint) -> Value {
    let in_path = endpoint.path.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| {
        let kind = if name == "run_id" { "integer" } else { "string" };
        json!({ "name": name, "in": "path", "required": true, "schema": { "type": kind } })
    });
    let in_query = endpoint.query.iter().map(|(name, kind, format, description)| {
        let mut schema = json!({ "type": kind });
        if !format.is_empty() {
            schema["format"] = json!(format);
        }
        json!({ "name": name, "in": "query", "required": false, "description": description, "schema": schema })
    });
    let parameters: Vec<Value> = in_path.chain(in_query).collect();
    let problem = |description: &str| {
        let schema = json!({ "$ref": "#/components/schemas/Problem" });
        json!({ "description": description, "content": { "application/json": { "schema": schema } } })
    };
    let good = if endpoint.path.ends_with("/run") { "202" } else { "200" };
    let mut responses = json!({ good: { "description": endpoint.summary, "content": { endpoint.answer: {} } } });
    if let Some(role) = endpoint.role {
        responses["401"] = problem("A token is needed, or this one is unknown or revoked.");
        responses["403"] = problem(&format!("The token's role is less than `{}`.", role.name()));
    }
    if endpoint.method == "post" || endpoint.path.contains('{') || !endpoint.query.is_empty() {
        responses["400"] = problem("Something in the question is not understood.");
    }
    if endpoint.method == "post" || endpoint.path.contains('{') {
        responses["404"] = problem("There is no such job or run.");
    }
    if endpoint.method == "post" {
        responses["409"] = problem("The date is not in a state in which this can be done.");
    }
    let mut operation = json!({ "summary": endpoint.summary, "parameters": parameters, "responses": responses });
    if endpoint.role.is_some() {
        operation["security"] = json!([{ "token": [] }]);
    }
    if !endpoint.body.is_empty() {
        let properties: Map<String, Value> = (endpoint.body.iter())
            .map(|(name, description)| ((*name).to_owned(), json!({ "type": "string", "description": description })))
            .collect();
        let schema = json!({ "type": "object", "properties": properties });
        operation["requestBody"] = json!({ "required": true, "content": { "application/json": { "schema": schema } } });
    }
    operation
}
