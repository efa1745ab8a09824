//! A Chromium without a window, driven over its DevTools protocol as a person drives it: keys, addresses, what stands there.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use crate::skips::{Need, skip};

/// How long something on a page is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// One browser with one page, closed when it is dropped.
pub struct Browser {
    process: Child,
    /// Commands; `None` once it is told to go.
    commands: Option<File>,
    answers: BufReader<File>,
    session: String,
    asked: u64,
    _folder: TempDir,
}

impl Browser {
    /// Starts it; `None`, and said so, where there is none.
    pub fn start() -> Option<Self> {
        let program = ["chromium", "chromium-browser", "google-chrome"].into_iter().find(|program| {
            let silent = || Stdio::null();
            let asked = Command::new(program).arg("--version").stdout(silent()).stderr(silent()).status();
            asked.is_ok_and(|status| status.success())
        });
        let Some(program) = program else {
            skip(Need::Chromium, "no Chromium on the path (Debian: apt-get install chromium)");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let (commands, answers) = (folder.path().join("commands"), folder.path().join("answers"));
        assert!(Command::new("mkfifo").args([&commands, &answers]).status().unwrap().success());
        // It reads commands from its third file and writes answers to its fourth; and it ends, whatever happens.
        let script = r#"exec timeout 300 "$@" 3<"$0/commands" 4>"$0/answers""#;
        let mut process = Command::new("sh")
            .args(["-c", script])
            .arg(folder.path())
            .arg(program)
            .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"])
            .args(["--remote-debugging-pipe", "--lang=en-US", "--no-first-run"])
            .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        assert!(process.try_wait().unwrap().is_none(), "the browser does not start");
        let commands = File::options().write(true).open(&commands).unwrap();
        let answers = BufReader::new(File::open(&answers).unwrap());
        let mut browser =
            Self { process, commands: Some(commands), answers, session: String::new(), asked: 0, _folder: folder };
        let page = browser.ask("Target.createTarget", &json!({"url": "about:blank"}));
        let attached = browser.ask("Target.attachToTarget", &json!({"targetId": page["targetId"], "flatten": true}));
        attached["sessionId"].as_str().unwrap().clone_into(&mut browser.session);
        browser.ask("Page.enable", &json!({}));
        browser.ask("Emulation.setFocusEmulationEnabled", &json!({"enabled": true}));
        Some(browser)
    }

    /// Asks for a method of the protocol and waits for its answer.
    fn ask(&mut self, method: &str, parameters: &Json) -> Json {
        self.asked += 1;
        let mut message = json!({"id": self.asked, "method": method, "params": parameters});
        if !self.session.is_empty() {
            message["sessionId"] = json!(self.session);
        }
        let commands = self.commands.as_mut().unwrap();
        commands.write_all(format!("{message}\0").as_bytes()).unwrap();
        loop {
            let mut answer = Vec::new();
            self.answers.read_until(0, &mut answer).unwrap();
            assert_eq!(answer.pop(), Some(0), "the browser is gone");
            let answer: Json = serde_json::from_slice(&answer).unwrap();
            if answer["id"] == json!(self.asked) {
                assert!(answer["error"].is_null(), "{method}: {answer}");
                return answer["result"].clone();
            }
        }
    }

    /// What an expression of JavaScript is on the page.
    pub fn eval(&mut self, expression: &str) -> Json {
        let answer = self
            .ask("Runtime.evaluate", &json!({"expression": expression, "returnByValue": true, "awaitPromise": true}));
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Waits until an expression is true.
    pub fn until(&mut self, expression: &str) {
        let began = Instant::now();
        // While a page is being left there is nothing to ask.
        while self.try_eval(expression) != json!(true) {
            if began.elapsed() > PATIENCE {
                let at = self.try_eval("location.pathname + ' ' + document.activeElement.outerHTML.slice(0, 300)");
                panic!("never true: {expression}\nat {at}\n{}", self.try_eval("document.body.innerText"));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn try_eval(&mut self, expression: &str) -> Json {
        let guarded = format!("(() => {{ try {{ return {expression}; }} catch {{ return null; }} }})()");
        let answer = self.ask("Runtime.evaluate", &json!({"expression": guarded, "returnByValue": true}));
        answer["result"]["value"].clone()
    }

    /// Goes to an address and waits until its page stands.
    pub fn go(&mut self, url: &str) {
        let answer = self.ask("Page.navigate", &json!({"url": url}));
        assert!(answer["errorText"].is_null(), "{url}: {answer}");
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'");
    }

    /// Presses and releases a key: `Tab`, `Enter`, or a character.
    pub fn press(&mut self, key: &str) {
        let (code, text) = match key {
            "Tab" => (9, ""),
            "Enter" => (13, "\r"),
            one => (u32::from(one.as_bytes()[0].to_ascii_uppercase()), one),
        };
        let mut down = json!({"type": "keyDown", "key": key, "code": key, "windowsVirtualKeyCode": code});
        if !text.is_empty() {
            down["text"] = json!(text);
        }
        self.ask("Input.dispatchKeyEvent", &down);
        let up = json!({"type": "keyUp", "key": key, "code": key, "windowsVirtualKeyCode": code});
        self.ask("Input.dispatchKeyEvent", &up);
    }

    /// Types a text, character by character.
    pub fn type_text(&mut self, text: &str) {
        for one in text.chars() {
            self.press(&one.to_string());
        }
    }

    /// The scheme that the person prefers, `light` or `dark`, and the size of the window.
    pub fn look(&mut self, scheme: &str, (width, height): (u32, u32)) {
        let feature = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.ask("Emulation.setEmulatedMedia", &feature);
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600});
        self.ask("Emulation.setDeviceMetricsOverride", &size);
    }

    /// A picture of the whole page, as PNG.
    pub fn picture(&mut self) -> Vec<u8> {
        let answer = self.ask("Page.captureScreenshot", &json!({"captureBeyondViewport": true}));
        STANDARD.decode(answer["data"].as_str().unwrap()).unwrap()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It ends when its commands do.
        self.commands = None;
        let _ = self.process.wait();
    }
}
