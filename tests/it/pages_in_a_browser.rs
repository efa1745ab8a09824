//! The pages of `nightclerk serve` in a browser: a log that comes in while somebody looks, everything done with keys alone, readable on
//! a phone and in the dark.

use serde_json::json;

use crate::browser::Browser;
use crate::serve::{Site, shop, token};

const PAGES: [&str; 5] = ["/", "/jobs/inventory_plan", "/runs/3", "/schedule", "/publications"];

/// What keys reach on a page, in its order.
const REACHABLE: &str = "[...document.querySelectorAll('a[href],button,input:not([type=hidden]),summary,[tabindex=\"0\"]')]\
    .filter(one => one.checkVisibility())";

#[test]
fn a_run_that_is_at_work_tells_by_itself() {
    let shop = shop();
    let site = Site::of(&shop, "127.0.0.1:0");
    let Some(mut browser) = Browser::start() else { return };
    let run_id = shop.count("SELECT MAX(run_id) FROM nightclerk_runs WHERE job = 'demand_forecast'");
    shop.project.execute(&format!("UPDATE nightclerk_runs SET state = 'running' WHERE run_id = {run_id}"));
    browser.go(&format!("{}/runs/{run_id}", site.url));
    assert_eq!(browser.eval("document.getElementById('state').textContent"), json!("running"));
    assert!(browser.eval("document.getElementById('log').innerText").as_str().unwrap().contains("load and decide"));
    browser.eval("window.untouched = true");
    shop.project.execute(&format!(
        "INSERT INTO nightclerk_log (run_id, position, at_us, said) VALUES ({run_id}, 900, 0, 'a word from far away')"
    ));
    browser.until("document.getElementById('log').innerText.includes('a word from far away')");
    assert_eq!(browser.eval("window.untouched"), json!(true), "the page was not loaded anew for that");
    shop.project.execute(&format!("UPDATE nightclerk_runs SET state = 'published' WHERE run_id = {run_id}"));
    browser.until("document.getElementById('state').textContent === 'published'");
}

/// Presses Tab until the element is reached that an expression names; each one on the way must show that it has the focus.
fn tab_to(browser: &mut Browser, wanted: &str) {
    for _ in 0..200 {
        browser.press("Tab");
        let is_there = browser.eval(&format!("document.activeElement === ({wanted})"));
        browser.until(
            "(() => { const one = document.activeElement; if (one === document.body) return true; \
             const style = getComputedStyle(one), box = one.getBoundingClientRect(); \
             return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 && box.bottom > 0 && box.top < innerHeight; \
             })()",
        );
        if is_there == json!(true) {
            return;
        }
    }
    panic!("keys do not reach {wanted}");
}

/// Logs in with keys alone: the form opens with one.
fn log_in(browser: &mut Browser, token: &str) {
    tab_to(browser, "document.querySelector('footer summary')");
    browser.press("Enter");
    browser.until("document.getElementById('token').checkVisibility()");
    browser.press("Tab");
    assert_eq!(browser.eval("document.activeElement.id"), json!("token"));
    browser.type_text(token);
    browser.press("Enter");
    browser.until("document.querySelector('.who').innerText.includes('Log out')");
}

#[test]
fn keys_alone_reach_everything_and_do_everything() {
    let shop = shop();
    let operate = token(&shop, "planner", "operate");
    let site = Site::of(&shop, "127.0.0.1:0");
    let Some(mut browser) = Browser::start() else { return };
    browser.go(&site.url);
    browser.press("Tab");
    assert_eq!(browser.eval("document.activeElement.className"), json!("skip"), "first of all, past the head");
    browser.press("Enter");
    browser.until("location.hash === '#main'");

    log_in(&mut browser, &operate);

    // Everything that acts is reached, in the order in which it stands there.
    for page in PAGES {
        browser.go(&format!("{}{page}", site.url));
        let count = browser.eval(&format!("(window.reachable = {REACHABLE}).length")).as_u64().unwrap();
        let mut reached = Vec::new();
        while reached.len() < count as usize {
            browser.press("Tab");
            // A date has a place for each of its parts.
            let place = browser.eval("window.reachable.indexOf(document.activeElement)").as_i64().unwrap();
            let is_scroller = "document.activeElement.scrollHeight > document.activeElement.clientHeight";
            assert!(place >= 0 || browser.eval(is_scroller) == json!(true), "{page}: after {reached:?} of {count}");
            if place >= 0 && reached.last() != Some(&place) {
                reached.push(place);
            }
        }
        assert_eq!(reached, (0..count as i64).collect::<Vec<_>>(), "{page}");
        assert_eq!(
            browser.eval("document.querySelectorAll('input:not([type=hidden])').length"),
            browser.eval(
                "[...document.querySelectorAll('input:not([type=hidden])')].filter(one => one.labels.length).length"
            ),
            "{page}: every field has its label"
        );
    }

    // To the newest run, from the timeline.
    browser.go(&site.url);
    tab_to(&mut browser, "document.querySelector('.line h2 a')");
    browser.press("Enter");
    browser.until("location.pathname.startsWith('/jobs/')");

    // A business date is asked for.
    browser.go(&format!("{}/jobs/inventory_plan", site.url));
    tab_to(&mut browser, "document.getElementById('run-date')");
    browser.type_text("09022026");
    assert_eq!(browser.eval("document.getElementById('run-date').value"), json!("2026-09-02"));
    tab_to(&mut browser, "document.querySelector('form[action$=\"/run\"] button')");
    browser.press("Enter");
    browser.until("document.getElementById('open').innerText.includes('2026-09-02')");
    let asked = "SELECT COUNT(*) FROM nightclerk_slots WHERE job = 'inventory_plan' AND as_of = '2026-09-02' AND state = 'waiting'";
    assert_eq!(shop.count(asked), 1);
    // And given up.
    tab_to(&mut browser, "document.getElementById('cancel-date')");
    browser.type_text("09022026");
    tab_to(&mut browser, "document.getElementById('why')");
    browser.type_text("not needed");
    browser.press("Enter");
    browser.until("document.getElementById('open').innerText.includes('not needed')");
    assert_eq!(shop.count(&asked.replace("waiting", "cancelled")), 1);
    assert!(shop.count("SELECT COUNT(*) FROM nightclerk_audit WHERE actor = 'planner'") >= 2);

    tab_to(&mut browser, "document.querySelector('form[action=\"/logout\"] button')");
    browser.press("Enter");
    browser.until("!document.querySelector('.who').innerText.includes('Log out')");
}

/// Texts whose colour is too near to that behind them (WCAG 2.2, 1.4.3: 4.5 to 1, large ones 3 to 1).
const TOO_FAINT: &str = r"(() => {
  const numbers = text => text.match(/[\d.]+/g).map(Number);
  const light = ([r, g, b]) => { const of = c => { c /= 255; return c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4; };
    return .2126 * of(r) + .7152 * of(g) + .0722 * of(b); };
  const behind = one => { for (; one; one = one.parentElement) { const c = numbers(getComputedStyle(one).backgroundColor);
    if (c.length < 4 || c[3] === 1) return c; } return numbers(getComputedStyle(document.documentElement).backgroundColor); };
  const faint = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const one = node.parentElement;
    if (!node.textContent.trim() || !one.checkVisibility() || one.closest('.cell, .skip, script, style')) continue;
    const style = getComputedStyle(one), size = parseFloat(style.fontSize);
    const [front, back] = [light(numbers(style.color)), light(behind(one))];
    const ratio = (Math.max(front, back) + .05) / (Math.min(front, back) + .05);
    const large = size >= 24 || size >= 18.66 && style.fontWeight >= 700;
    if (ratio < (large ? 3 : 4.5)) faint.push(ratio.toFixed(2) + ' ' + node.textContent.trim().slice(0, 40));
  }
  return faint;
})()";

#[test]
fn pages_are_readable_on_a_phone_and_in_the_dark() {
    let shop = shop();
    let operate = token(&shop, "planner", "operate");
    let site = Site::of(&shop, "127.0.0.1:0");
    let Some(mut browser) = Browser::start() else { return };
    browser.go(&site.url);
    log_in(&mut browser, &operate);
    let mut grounds = Vec::new();
    for scheme in ["light", "dark"] {
        for (device, size) in [("phone", (390, 844)), ("desk", (1200, 900))] {
            browser.look(scheme, size);
            for page in PAGES.into_iter().chain(["/reports/index.html", "/reports/2026-09-01/inventory_plan.html"]) {
                let context = format!("{page} on a {device}, {scheme}");
                browser.go(&format!("{}{page}", site.url));
                let too_wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
                assert_eq!(browser.eval(too_wide), json!(0), "{context}: wider than its window");
                assert_eq!(browser.eval(TOO_FAINT), json!([]), "{context}");
                grounds.push((scheme, browser.eval("getComputedStyle(document.body).backgroundColor").to_string()));
                let picture = browser.picture();
                assert!(picture.len() > 5_000, "{context}: nothing is there");
                if let Ok(folder) = std::env::var("NIGHTCLERK_SCREENSHOTS") {
                    let name = page.trim_matches('/').replace('/', "_");
                    let name = if name.is_empty() { "timeline" } else { &name };
                    std::fs::write(format!("{folder}/{name}-{device}-{scheme}.png"), picture).unwrap();
                }
            }
        }
    }
    grounds.sort();
    grounds.dedup();
    assert_eq!(grounds.len(), 2, "one ground a scheme: {grounds:?}");
    assert_ne!(grounds[0].1, grounds[1].1);
}
