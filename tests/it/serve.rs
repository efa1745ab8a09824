//! `nightclerk serve`: who may see and change what, what the pages and the API say, and that a browser shows it.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::time::Duration;

use nightclerk::runner::ledger::tokens::Role;
use nightclerk::serve::{ENDPOINTS, Endpoint};
use serde_json::{Value as Json, json};

use crate::small_shop::{SmallShop, first_night};
use crate::support::command;

/// A site that listens, until it is dropped.
pub struct Site {
    process: Child,
    /// `http://127.0.0.1:PORT`
    pub url: String,
}

impl Site {
    /// Of a shop, at an address.
    pub fn of(shop: &SmallShop, listen: &str) -> Self {
        let mut process = command(shop.project.path(), &["serve", "--listen", listen, "--json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary starts");
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said: Json = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let url = said["address"].as_str().unwrap().replace("0.0.0.0", "127.0.0.1");
        Self { process, url }
    }

    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<(&str, &str)>) -> Answer {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(Duration::from_mins(1)))
            .build()
            .into();
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (kind, body) = body.unwrap_or(("text/plain", ""));
        let request = request.header("content-type", kind).body(body.to_owned()).unwrap();
        let mut response = agent.run(request).unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        let header = |name: &str| {
            let value = response.headers().get(name).and_then(|value| value.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        let headers = ["content-security-policy", "set-cookie", "location", "content-type", "x-content-type-options"];
        let headers = headers.map(|name| (name, header(name))).to_vec();
        Answer { status: response.status().as_u16(), headers, text: response.body_mut().read_to_string().unwrap() }
    }

    /// As a program with a token asks.
    fn get(&self, path: &str, token: &str) -> Answer {
        self.ask("GET", path, &[("authorization", &format!("Bearer {token}"))], None)
    }

    fn post(&self, path: &str, token: &str, body: &Json) -> Answer {
        let bearer = format!("Bearer {token}");
        self.ask("POST", path, &[("authorization", &bearer)], Some(("application/json", &body.to_string())))
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    text: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }

    #[track_caller]
    fn json(&self) -> Json {
        assert_eq!(self.status, 200, "{}", self.text);
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }
}

/// A new token.
pub fn token(shop: &SmallShop, name: &str, role: &str) -> String {
    let made = shop.project.run(&["token", "add", name, "--role", role, "--json"]).exits(0).json();
    made["token"].as_str().unwrap().to_owned()
}

/// A shop after one night.
pub fn shop() -> SmallShop {
    let shop = SmallShop::new("");
    shop.run(first_night(), "the first night");
    shop
}

/// An address with its parts filled in.
fn address(endpoint: &Endpoint) -> String {
    endpoint.path.replace("{run_id}", "1").replace("{job}", "demand_forecast")
}

const PAGES: [&str; 8] = [
    "/",
    "/jobs/demand_forecast",
    "/runs/1",
    "/schedule",
    "/publications",
    "/reports/index.html",
    "/assets/style.css",
    "/assets/live.js",
];

#[test]
fn beyond_this_machine_nothing_is_answered_without_a_token_but_that_it_lives() {
    let shop = shop();
    let refused = shop.project.run(&["serve", "--listen", "0.0.0.0:0"]).exits(2);
    assert!(
        refused.stderr.contains("there is no token yet: `nightclerk token add NAME --role admin`"),
        "{}",
        refused.stderr
    );
    let revoked = token(&shop, "gone", "admin");
    let read = token(&shop, "reader", "read");
    let operate = token(&shop, "planner", "operate");
    let admin = token(&shop, "owner", "admin");
    let site = Site::of(&shop, "0.0.0.0:0");
    assert_eq!(site.get("/", &revoked).status, 200);
    shop.project.run(&["token", "revoke", "gone"]).exits(0);
    let forged = format!("{}0", &read[..read.len() - 1]);
    let forged = if forged == read { format!("{}1", &read[..read.len() - 1]) } else { forged };

    let asked = |endpoint: &Endpoint, headers: &[(&str, &str)]| {
        let body = (endpoint.method == "post").then_some(("application/json", "{}"));
        site.ask(&endpoint.method.to_uppercase(), &address(endpoint), headers, body)
    };
    for endpoint in ENDPOINTS {
        let open = endpoint.role.is_none();
        for headers in [
            vec![],
            vec![("authorization", format!("Bearer {forged}"))],
            vec![("authorization", format!("Bearer {revoked}"))],
            vec![("cookie", format!("nightclerk={forged}"))],
            vec![("authorization", "Basic YTpi".to_owned())],
            vec![("authorization", "Bearer ".to_owned())],
        ] {
            let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let answer = asked(endpoint, &headers);
            let expected = if open { answer.status == 200 } else { matches!(answer.status, 401 | 403) };
            assert!(expected, "{} {} with {headers:?}: {}", endpoint.method, endpoint.path, answer.status);
            assert!(open || !answer.text.contains("demand"), "{}: {}", endpoint.path, answer.text);
        }
        // Each role may do what its endpoint says, and no more.
        for (role, token) in [(Role::Read, &read), (Role::Operate, &operate), (Role::Admin, &admin)] {
            let answer = asked(endpoint, &[("authorization", &format!("Bearer {token}"))]);
            let allowed = endpoint.role.is_none_or(|needed| role >= needed);
            assert_eq!(
                answer.status != 403,
                allowed,
                "{} {} as {role:?}: {} {}",
                endpoint.method,
                endpoint.path,
                answer.status,
                answer.text
            );
            assert!(
                answer.status != 401 && answer.status != 404 && answer.status < 500,
                "{}: {}",
                endpoint.path,
                answer.text
            );
        }
    }
    for page in PAGES.iter().chain(&["/audit", "/nowhere", "/reports/../nightclerk.toml", "/login"]) {
        let answer = site.ask("GET", page, &[], None);
        assert!(matches!(answer.status, 401 | 405), "{page}: {}", answer.status);
        assert!(
            !answer.text.contains("demand_forecast") && !answer.text.contains("Small Shop"),
            "{page}: {}",
            answer.text
        );
    }
    for page in PAGES {
        assert_eq!(site.get(page, &read).status, 200, "{page}");
    }
    assert_eq!(site.get("/audit", &operate).status, 403);
    assert_eq!(site.get("/audit", &admin).status, 200);
    assert_eq!(
        site.ask("POST", "/login", &[], Some(("application/x-www-form-urlencoded", &format!("token={forged}")))).status,
        401
    );

    // What leaves the house is not for everybody who may look.
    let files = shop.rows("SELECT path FROM nightclerk_files WHERE leaves = 1");
    let order_file = format!("/reports/{}", files[0][0].as_text().unwrap());
    assert_eq!((site.get(&order_file, &read).status, site.get(&order_file, &operate).status), (403, 200));
}

#[test]
fn on_this_machine_reading_is_free_and_changes_are_not() {
    let shop = shop();
    let operate = token(&shop, "planner", "operate");
    let site = Site::of(&shop, "127.0.0.1:0");
    for page in PAGES {
        let answer = site.ask("GET", page, &[], None);
        assert_eq!(answer.status, 200, "{page}: {}", answer.text);
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{page}: {policy}");
        assert!(
            !policy.contains("script-src 'unsafe") && answer.header("x-content-type-options") == "nosniff",
            "{page}"
        );
    }
    // A page elsewhere whose name leads here learns nothing.
    assert_eq!(site.ask("GET", "/", &[("host", "evil.example")], None).status, 401);
    // Nor does somebody elsewhere for whom a server on this machine asks.
    assert_eq!(site.ask("GET", "/api/v1/jobs", &[("x-forwarded-for", "8.8.8.8")], None).status, 401);
    assert_eq!(site.ask("GET", "/api/v1/jobs", &[("authorization", &format!("bearer {operate}"))], None).status, 200);
    assert_eq!(site.ask("GET", "/api/v1/jobs", &[("authorization", "Basic YTpi")], None).status, 401);
    // A browser logs in and gets a cookie that no script reads.
    let login = Some(("application/x-www-form-urlencoded", format!("token={operate}")));
    let login = login.as_ref().map(|(kind, text)| (*kind, text.as_str()));
    let answer = site.ask("POST", "/login", &[], login);
    let set = answer.header("set-cookie").to_owned();
    let cookie = set.split(';').next().unwrap().to_owned();
    assert!(!set.contains(&operate), "the token itself is not in it");
    assert_eq!(answer.status, 303);
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Strict"), "{set}");
    // A session that is over is taken away; on this machine its owner may log in anew.
    let over = site.ask("POST", "/jobs/demand_forecast/run", &[("cookie", "nightclerk=over")], None);
    assert_eq!(over.status, 401);
    assert!(over.header("set-cookie").starts_with("nightclerk=; ") && over.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(site.ask("GET", "/", &[("cookie", "nightclerk=over")], None).status, 200);
    assert_eq!(site.ask("GET", "/login", &[], None).status, 401);
    // A form elsewhere changes nothing, with whatever the browser sends along.
    let form = Some(("application/x-www-form-urlencoded", "as_of="));
    assert_eq!(site.ask("POST", "/jobs/demand_forecast/run", &[], form).status, 401);
    let elsewhere = [("cookie", cookie.as_str()), ("origin", "https://evil.example")];
    assert_eq!(site.ask("POST", "/jobs/demand_forecast/run", &elsewhere, form).status, 403);
    assert_eq!(site.ask("POST", "/jobs/demand_forecast/run", &[("cookie", &cookie)], form).status, 403);
    let here = [("cookie", cookie.as_str()), ("origin", site.url.as_str())];
    let as_of = first_night().succ_opt().unwrap();
    let body = format!("as_of={as_of}");
    let answer =
        site.ask("POST", "/jobs/demand_forecast/run", &here, Some(("application/x-www-form-urlencoded", &body)));
    assert_eq!((answer.status, answer.header("location")), (303, "/jobs/demand_forecast"), "{}", answer.text);
    let page = site.ask("GET", "/jobs/demand_forecast", &here, None);
    assert!(page.text.contains("waiting") && page.text.contains("<h2>Act</h2>"), "{}", page.text);
    assert!(!site.ask("GET", "/jobs/demand_forecast", &[], None).text.contains("<h2>Act</h2>"));
}

#[test]
fn a_date_is_asked_for_and_given_up_and_every_change_is_written_down() {
    let shop = shop();
    let (read, operate, admin) =
        (token(&shop, "reader", "read"), token(&shop, "planner", "operate"), token(&shop, "owner", "admin"));
    let site = Site::of(&shop, "127.0.0.1:0");
    let (first, next) = (first_night(), first_night().succ_opt().unwrap());
    let run = |date: &str, token: &str| site.post("/api/v1/jobs/demand_forecast/run", token, &json!({ "as_of": date }));
    assert_eq!(run(&next.to_string(), &read).status, 403);
    assert_eq!(run("2026-13-01", &operate).status, 400);
    assert_eq!(run("2999-01-01", &operate).status, 409, "it is not over");
    assert_eq!(run(&first.to_string(), &operate).status, 409, "it is published");
    assert_eq!(site.post("/api/v1/jobs/nothing/run", &operate, &json!({})).status, 404);
    assert_eq!(run("2026-08-01", &operate).status, 409, "older than what is current: that is for backfill");
    let slip = site.post("/api/v1/jobs/demand_forecast/run", &operate, &json!({ "as_off": "2026-09-02" }));
    assert_eq!(slip.status, 422);
    assert!(slip.text.contains("unknown field `as_off`") && slip.text.contains("\"status\":422"), "{}", slip.text);
    assert_eq!(run(&next.to_string(), &operate).status, 202);
    assert_eq!(run(&next.to_string(), &operate).status, 409, "it waits already");
    let waiting = format!("SELECT COUNT(*) FROM nightclerk_slots WHERE as_of = '{next}' AND state = 'waiting'");
    assert_eq!(shop.count(&waiting), 1);
    let cancelled = site.post(
        "/api/v1/jobs/demand_forecast/cancel",
        &operate,
        &json!({ "as_of": next.to_string(), "why": "a <b>test</b>" }),
    );
    assert_eq!(cancelled.status, 200, "{}", cancelled.text);
    assert_eq!(shop.count(&waiting), 0);
    assert_eq!(site.post("/api/v1/jobs/demand_forecast/cancel", &operate, &json!({})).status, 409);
    // What a person wrote is text on the page.
    let page = site.get("/jobs/demand_forecast", &read).text;
    assert!(page.contains("a &lt;b&gt;test") && !page.contains("<b>test"), "{page}");

    let told = site.get("/api/v1/audit", &admin).json();
    let told: Vec<String> = told
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .map(|row| ["actor", "action", "subject"].map(|key| row[key].as_str().unwrap()).join(" "))
        .collect();
    let tokens = ["reader", "planner", "owner"].map(|name| format!("command line token add {name}"));
    let changes = [
        format!("reader run demand_forecast {next}"),
        "planner run demand_forecast 2026-13-01".to_owned(),
        "planner run demand_forecast 2999-01-01".to_owned(),
    ];
    assert_eq!(told[..3], tokens);
    assert_eq!(told[3..6], changes, "{told:#?}");
    assert_eq!(told.len(), 14, "{told:#?}");
    let revoked = shop.project.run(&["token", "revoke", "reader"]).exits(0);
    assert!(revoked.stdout.contains("worth nothing"), "{}", revoked.stdout);
    assert_eq!(site.get("/", &read).status, 401, "at once");
    let again = shop.project.run(&["token", "add", "reader"]).exits(2);
    assert!(again.stderr.contains("choose another name"), "{}", again.stderr);
}

#[test]
fn the_api_says_what_stands_and_what_runs_said() {
    let shop = shop();
    let site = Site::of(&shop, "127.0.0.1:0");
    let get = |path: &str| site.ask("GET", path, &[], None).json();
    let jobs = get("/api/v1/jobs");
    assert_eq!(jobs[0]["job"], "basket_rules");
    assert_eq!(jobs[0]["current"]["as_of"], first_night().to_string());
    let timeline = get("/api/v1/timeline");
    assert_eq!(timeline["days"].as_array().unwrap().len(), 30);
    let runs = get("/api/v1/runs?job=demand_forecast");
    let run_id = runs[0]["run_id"].as_i64().unwrap();
    let run = get(&format!("/api/v1/runs/{run_id}"));
    assert!(run["gates"].as_array().unwrap().iter().any(|gate| gate["name"] == "freshness of daily_sales"), "{run:#}");
    assert!(run["publication"]["inputs"].as_array().unwrap().iter().any(|input| input["dataset"] == "daily_sales"));
    assert!(run["tables"]["demand_forecasts"].as_i64().unwrap() > 0);
    let log = get(&format!("/api/v1/runs/{run_id}/log"));
    let said: Vec<&str> = log["lines"].as_array().unwrap().iter().map(|line| line["text"].as_str().unwrap()).collect();
    for phase in ["load and decide", "stage", "gates", "publish"] {
        assert!(said.contains(&phase), "{said:?}");
    }
    assert_eq!(log["state"], "published");
    assert!(said.last().unwrap().starts_with("published"), "{said:?}");
    let later = get(&format!("/api/v1/runs/{run_id}/log?after={}", said.len()));
    assert_eq!(later["lines"], json!([]));
    assert_eq!(site.ask("GET", "/api/v1/runs/999999", &[], None).status, 404);
    for path in ["/api/v1/runs/abc", "/api/v1/runs?limit=-1", "/api/v1/slots?since=garbage", "/api/v1/runs?jobb=x"] {
        let answer = site.ask("GET", path, &[], None);
        assert_eq!((answer.status, answer.header("content-type")), (400, "application/json"), "{path}");
    }

    let document = get("/api/v1/openapi.json");
    let source = include_str!("../../src/serve/mod.rs");
    let routed = regex::Regex::new(r#"\.route\("(/api/[^"]+)", (get|post)"#).unwrap();
    let routes: Vec<(String, String)> =
        routed.captures_iter(source).map(|found| (found[1].to_owned(), found[2].to_owned())).collect();
    assert!(routes.len() > 10);
    for (path, method) in routes {
        assert!(document["paths"][&path][&method]["summary"].is_string(), "{method} {path} is not in the document");
    }
    let metrics = site.ask("GET", "/metrics", &[], None);
    assert!(metrics.header("content-type").starts_with("text/plain; version=0.0.4"));
    // Its night is months ago by the clock of this machine: nothing of the last 30 days is counted, and what is current is stale.
    assert!(metrics.text.contains("nightclerk_job_stale{job=\"demand_forecast\"} 1\n"), "{}", metrics.text);
    assert!(metrics.text.contains("# TYPE nightclerk_job_rows gauge"), "{}", metrics.text);
    assert_eq!(site.ask("GET", "/readyz", &[], None).text, "ready\n");
}

#[test]
fn no_report_outside_of_its_folder_is_given_away() {
    let shop = shop();
    let operate = token(&shop, "planner", "operate");
    std::fs::write(shop.project.path().join("secret.html"), "a secret").unwrap();
    std::os::unix::fs::symlink(shop.project.path().join("secret.html"), shop.project.path().join("out/link.html"))
        .unwrap();
    std::fs::write(shop.project.path().join("out/.hidden.html"), "a secret").unwrap();
    let site = Site::of(&shop, "127.0.0.1:0");
    for path in [
        "../secret.html",
        "..%2fsecret.html",
        "%2e%2e/secret.html",
        "link.html",
        ".hidden.html",
        "a/../../secret.html",
        "/secret.html",
        "%2fetc/passwd",
        "index.html%00.html",
        "..%5csecret.html",
        "index.html/",
        "2026-09-01",
    ] {
        let answer = site.get(&format!("/reports/{path}"), &operate);
        assert!(!answer.text.contains("a secret"), "{path}");
        assert!(answer.status != 200 || path == "index.html/", "{path}: {}", answer.status);
    }
}
