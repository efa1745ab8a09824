//! `nightclerk.toml`: the settings of a project.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::job::Mode;
use crate::project::alerts::{self, AlertChannel, AlertTable};
use crate::project::environment::{Environment, Redacted, has_inline_secret};
use crate::project::filled::Filler;
use crate::project::toml_text::{Reading, date, read};
use crate::quantities::{Count, Currency, Share};
use crate::schedule::TimeZone;
use crate::secrets;

/// The file's name.
pub const CONFIG_FILE: &str = "nightclerk.toml";

const SCHEMES: [&str; 5] = ["sqlite", "postgres", "postgresql", "mariadb", "mysql"];

/// The settings of a project, checked.
#[derive(Clone, Debug, Serialize)]
pub struct Config {
    /// The retailer's name, on every page.
    pub name: String,
    /// Business dates are those of this zone.
    pub timezone: TimeZone,
    /// The currency of every amount.
    pub currency: Currency,
    /// Seeds every random choice.
    pub seed: u64,
    /// The fixed business date of a demo or historical project.
    pub as_of: Option<NaiveDate>,
    /// Business dates on which the shop is closed: no night is due for them, and nobody misses their rows.
    pub closed_on: BTreeSet<NaiveDate>,
    /// Whether what its jobs publish is acted on, where a job does not say otherwise.
    pub mode: Mode,
    /// Where data are read and published.
    pub warehouse: WarehouseConfig,
    /// Where pages and exports go.
    pub output: OutputConfig,
    /// When a publication is held back.
    pub gates: GatesConfig,
    /// Who is told when a job has not published.
    pub alerts: Vec<AlertChannel>,
}

impl Config {
    /// The project's zone.
    pub const fn zone(&self) -> Tz {
        self.timezone.get()
    }
}

/// `[warehouse]`.
#[derive(Clone, Debug, Serialize)]
pub struct WarehouseConfig {
    /// Where we publish and keep our ledger; relative `SQLite` paths are resolved against the project's folder.
    pub url: Redacted,
    /// Where the datasets are read from, read-only; `None` means from `url`.
    pub source_url: Option<Redacted>,
    /// The schema of our tables, where the engine has schemas.
    pub schema: String,
}

/// `[output]`.
#[derive(Clone, Debug, Serialize)]
pub struct OutputConfig {
    /// The folder of pages and exports, resolved against the project's folder.
    pub dir: PathBuf,
    /// How many publications of each job are kept.
    pub keep_publications: u32,
}

/// `[gates]`.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct GatesConfig {
    /// How many days the newest input day may lie before the as-of date.
    pub max_age_days: u32,
    /// The share of the usual row count below which rows read or published are too few.
    pub row_count_ratio: f64,
    /// The share of a column's values that may break their contract and is left out; more stops the job.
    pub quarantine_share: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigTable {
    name: Option<String>,
    timezone: Option<TimeZone>,
    currency: Option<Currency>,
    seed: Option<u64>,
    #[serde(default, deserialize_with = "date")]
    as_of: Option<NaiveDate>,
    #[serde(default)]
    closed_on: Vec<ClosedOn>,
    #[serde(default)]
    mode: Mode,
    warehouse: Option<WarehouseTable>,
    #[serde(default)]
    output: OutputTable,
    #[serde(default)]
    gates: GatesTable,
    #[serde(default)]
    alerts: Vec<AlertTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WarehouseTable {
    url: Option<Spanned<String>>,
    source_url: Option<Spanned<String>>,
    schema: Option<SchemaName>,
    #[serde(default)]
    allow_inline_secrets: bool,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct OutputTable {
    dir: Option<Spanned<String>>,
    keep_publications: Option<Count>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct GatesTable {
    max_age_days: Option<u32>,
    row_count_ratio: Option<Share>,
    quarantine_share: Option<Share>,
}

#[derive(Deserialize)]
#[serde(transparent)]
struct ClosedOn(#[serde(deserialize_with = "date")] Option<NaiveDate>);

/// Reads the settings. Relative paths are resolved against `root`.
pub fn parse(text: &str, root: &Path, environment: &dyn Environment) -> Reading<Config> {
    let Reading { value, mut faults, left_out } = read(CONFIG_FILE, text, |text| toml::from_str::<ConfigTable>(text));
    let Some(table) = value else {
        return Reading { value: None, faults, left_out };
    };
    let filler = Filler { file: CONFIG_FILE, text, environment };
    let mut missing = |path: &str, example: &str| {
        // A key that is there but wrong has its own fault, and so has a table that is wrong as a whole.
        let parent = path.split('.').next().unwrap_or(path);
        if !left_out.contains(path) && !left_out.contains(parent) {
            faults.push(
                Diagnostic::in_file(CONFIG_FILE, format!("missing key `{path}`"))
                    .with_help(format!("for example `{example}`")),
            );
        }
    };
    if table.name.is_none() {
        missing("name", "name = \"Corner Shop\"");
    }
    if table.timezone.is_none() {
        missing("timezone", "timezone = \"Europe/Berlin\"");
    }
    if table.currency.is_none() {
        missing("currency", "currency = \"EUR\"");
    }
    if table.warehouse.as_ref().is_none_or(|warehouse| warehouse.url.is_none()) {
        missing("warehouse.url", "url = \"sqlite:warehouse.db\"` below `[warehouse]");
    }
    let (mut url, mut source_url, mut schema) = (None, None, None);
    if let Some(warehouse) = table.warehouse {
        let secrets = warehouse.allow_inline_secrets;
        url = warehouse.url.and_then(|url| database_url(&filler, root, "url", &url, secrets, &mut faults));
        source_url =
            warehouse.source_url.and_then(|url| database_url(&filler, root, "source_url", &url, secrets, &mut faults));
        schema = warehouse.schema;
    }
    let alerts = alerts::channels(&filler, table.alerts, &mut faults);
    let dir = match &table.output.dir {
        Some(dir) => filler.fill_in(dir, &mut faults),
        None => Some("out".to_owned()),
    };
    let value = (|| {
        Some(Config {
            name: table.name?,
            timezone: table.timezone?,
            currency: table.currency?,
            seed: table.seed.unwrap_or(1),
            as_of: table.as_of,
            closed_on: table.closed_on.iter().filter_map(|closed| closed.0).collect(),
            mode: table.mode,
            warehouse: WarehouseConfig {
                url: url?,
                source_url,
                schema: schema.map_or_else(|| "nightclerk".to_owned(), |schema| schema.0),
            },
            output: OutputConfig {
                dir: root.join(dir?),
                keep_publications: table.output.keep_publications.map_or(35, Count::get),
            },
            gates: GatesConfig {
                max_age_days: table.gates.max_age_days.unwrap_or(2),
                row_count_ratio: table.gates.row_count_ratio.map_or(0.5, Share::get),
                quarantine_share: table.gates.quarantine_share.map_or(0.05, Share::get),
            },
            alerts,
        })
    })();
    Reading { value, faults, left_out }
}

/// The address of a database, relative files of SQLite resolved against `root`.
fn database_url(
    filler: &Filler<'_>,
    root: &Path,
    key: &str,
    url: &Spanned<String>,
    allow_inline_secrets: bool,
    faults: &mut Vec<Diagnostic>,
) -> Option<Redacted> {
    if has_inline_secret(url.get_ref()) && !allow_inline_secrets {
        faults.push(filler.fault(url.span(), format!("`{key}` holds a password")).with_help(
            "put it into an environment variable and write `${NIGHTCLERK_PG_PASSWORD}` in its place, \
             or set `allow_inline_secrets = true` below `[warehouse]`",
        ));
        return None;
    }
    let filled = filler.fill_in(url, faults)?;
    let scheme = filled.split(':').next().unwrap_or("");
    if !secrets::is_url(&filled) || !SCHEMES.contains(&scheme) {
        // Neither what a variable holds nor what may be a password is shown.
        let written = secrets::hidden(url.get_ref());
        let shown = if written == "***" { "something else".to_owned() } else { format!("`{written}`") };
        let near = did_you_mean(scheme, SCHEMES).map_or_else(String::new, |near| format!("did you mean `{near}:`? "));
        let fault = filler.fault(url.span(), format!("`{key}` must be a database URL, found {shown}"));
        faults.push(fault.with_help(format!(
            "{near}allowed are `sqlite:FILE`, and `postgres://` or `mariadb://` with `USER:${{PASSWORD}}@HOST/DATABASE`"
        )));
        return None;
    }
    Some(Redacted::new(resolve_sqlite(&filled, root)))
}

/// `sqlite:FILE` with a relative `FILE` made relative to `root`. The rest of the program never looks at the folder it
/// was started in.
fn resolve_sqlite(url: &str, root: &Path) -> String {
    let Some(path) = url.strip_prefix("sqlite:") else {
        return url.to_owned();
    };
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.starts_with('/') || path.starts_with(":memory:") {
        return url.to_owned();
    }
    // The driver decodes percent signs and ends the path at `?`.
    let root = root.to_string_lossy().replace('%', "%25").replace('?', "%3F").replace('#', "%23");
    format!("sqlite:{}", Path::new(&root).join(path).display())
}

/// The name of a database schema that needs no quotes anywhere.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct SchemaName(String);

impl TryFrom<String> for SchemaName {
    type Error = String;
    fn try_from(name: String) -> Result<Self, String> {
        let letters = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if letters && name.len() <= 63 && name.starts_with(|c: char| c.is_ascii_lowercase()) {
            Ok(Self(name))
        } else {
            Err(format!(
                "`{name}` cannot be the name of a schema\nuse small letters, digits and `_`, a letter first, at most 63"
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Diagnostics;

    const SHOP: &str = "name = \"Corner Shop\"\ntimezone = \"Europe/Berlin\"\ncurrency = \"EUR\"\n";

    fn settings(text: &str) -> Reading<Config> {
        let environment = |name: &str| (name == "NIGHTCLERK_PG_PASSWORD").then(|| "p@ss".to_owned());
        parse(text, Path::new("/shops/100% corner"), &environment)
    }

    fn faults(text: &str) -> String {
        Diagnostics::new(settings(text).faults).to_string()
    }

    #[test]
    fn the_least_settings_have_defaults_for_the_rest() {
        let config = settings(&format!("{SHOP}[warehouse]\nurl = \"sqlite:warehouse.db\"\n")).value.unwrap();
        assert_eq!(config.warehouse.url.expose(), "sqlite:/shops/100%25 corner/warehouse.db");
        assert_eq!(config.output.dir, Path::new("/shops/100% corner/out"));
        assert_eq!((config.seed, config.as_of, config.output.keep_publications), (1, None, 35));
        assert_eq!((config.gates.max_age_days, config.gates.row_count_ratio), (2, 0.5));
        assert_eq!(config.warehouse.schema, "nightclerk");
    }

    #[test]
    fn a_password_comes_from_a_variable_and_is_never_shown() {
        let text = format!(
            "{SHOP}as_of = 2026-11-22\n[warehouse]\nurl = \"postgres://clerk:${{NIGHTCLERK_PG_PASSWORD}}@db/retail\"\n"
        );
        let config = settings(&text).value.unwrap();
        assert_eq!(config.warehouse.url.expose(), "postgres://clerk:p%40ss@db/retail");
        assert_eq!(config.as_of, NaiveDate::from_ymd_opt(2026, 11, 22));
        let shown = format!("{config:?} {}", serde_json::to_string(&config).unwrap());
        assert!(!shown.contains("p%40ss") && shown.contains("postgres://clerk:***@db/retail"), "{shown}");
    }

    #[test]
    fn a_variable_that_is_not_set() {
        insta::assert_snapshot!(faults(&format!("{SHOP}[warehouse]\nurl = \"postgres://clerk:${{PG_SECRET}}@db/retail\"\n")), @r#"
        error: environment variable `PG_SECRET` is not set or empty
          --> nightclerk.toml:5:25
          |
        5 | url = "postgres://clerk:${PG_SECRET}@db/retail"
          |                         ^^^^^^^^^^^^
          = help: set it where nightclerk runs: `export PG_SECRET=...`
        "#);
    }

    #[test]
    fn an_inline_password_is_refused_and_not_shown() {
        let text = format!("{SHOP}[warehouse]\nurl = \"postgres://clerk:hunter2@db/retail\"\n");
        insta::assert_snapshot!(faults(&text), @r#"
        error: `url` holds a password
          --> nightclerk.toml:5:7
          |
        5 | url = "postgres://clerk:*******@db/retail"
          |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          = help: put it into an environment variable and write `${NIGHTCLERK_PG_PASSWORD}` in its place, or set `allow_inline_secrets = true` below `[warehouse]`
        "#);
        assert!(settings(&format!("{text}allow_inline_secrets = true\n")).value.is_some());
    }

    #[test]
    fn everything_missing() {
        insta::assert_snapshot!(faults("seed = 3\n"), @r#"
        error: missing key `currency`
          --> nightclerk.toml
           = help: for example `currency = "EUR"`

        error: missing key `name`
          --> nightclerk.toml
           = help: for example `name = "Corner Shop"`

        error: missing key `timezone`
          --> nightclerk.toml
           = help: for example `timezone = "Europe/Berlin"`

        error: missing key `warehouse.url`
          --> nightclerk.toml
           = help: for example `url = "sqlite:warehouse.db"` below `[warehouse]`
        "#);
    }

    #[test]
    fn everything_wrong() {
        let text = "name = 3\ntimezone = \"Berlin\"\ncurrency = \"eur\"\nseed = -1\nas_of = \"22.11.2026\"\n\n[warehouse]\nurl = \"postgre://db\"\nschema = \"Night Clerk\"\n\n[output]\nkeep_publications = 0\n\n[gate]\n";
        insta::assert_snapshot!(faults(text), @r#"
        error: `name` must be a text in quotes, found `3`
          --> nightclerk.toml:1:8
          |
        1 | name = 3
          |        ^

        error: `timezone`: `Berlin` is not an IANA time zone
          --> nightclerk.toml:2:12
          |
        2 | timezone = "Berlin"
          |            ^^^^^^^^
          = help: a zone is written like `Europe/Berlin` or `UTC`

        error: `currency`: a currency is an ISO 4217 code of three capital letters such as `EUR`, got `eur`
          --> nightclerk.toml:3:12
          |
        3 | currency = "eur"
          |            ^^^^^

        error: `seed` must be a whole number from 0 on, found `-1`
          --> nightclerk.toml:4:8
          |
        4 | seed = -1
          |        ^^

        error: `as_of`: `22.11.2026` is not a date
          --> nightclerk.toml:5:9
          |
        5 | as_of = "22.11.2026"
          |         ^^^^^^^^^^^^
          = help: write it like `2026-11-22`

        error: `url` must be a database URL, found `postgre://db`
          --> nightclerk.toml:8:7
          |
        8 | url = "postgre://db"
          |       ^^^^^^^^^^^^^^
          = help: did you mean `postgres:`? allowed are `sqlite:FILE`, and `postgres://` or `mariadb://` with `USER:${PASSWORD}@HOST/DATABASE`

        error: `schema`: `Night Clerk` cannot be the name of a schema
          --> nightclerk.toml:9:10
          |
        9 | schema = "Night Clerk"
          |          ^^^^^^^^^^^^^
          = help: use small letters, digits and `_`, a letter first, at most 63

        error: `keep_publications`: a count must be a whole number from 1 to 4294967295, got 0
           --> nightclerk.toml:12:21
           |
        12 | keep_publications = 0
           |                     ^

        error: unknown key `gate`
           --> nightclerk.toml:14:2
           |
        14 | [gate]
           |  ^^^^
           = help: did you mean `gates`? allowed here: name, timezone, currency, seed, as_of, closed_on, mode, warehouse, output, gates, alerts
        "#);
    }
}
