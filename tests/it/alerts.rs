//! One message when a job stops publishing, one when it publishes again; none is lost, and none is repeated without being asked.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{Days, NaiveDate};
use hmac::{Hmac, KeyInit as _, Mac as _};
use nightclerk::warehouse::Value;
use sha2::Sha256;

use crate::small_shop::{SmallShop, first_night};
use crate::support::{command, ran};

/// A shop whose alerts are written to a file by a command that fails while `down` is there.
fn shop() -> SmallShop {
    let shop = SmallShop::new("");
    let config = std::fs::read_to_string(shop.project.path().join("nightclerk.toml")).unwrap();
    let alerts =
        "\n[[alerts]]\nname = \"on-call\"\ncommand = [\"sh\", \"-c\", \"test ! -e down && cat >> told.jsonl\"]\n";
    std::fs::write(shop.project.path().join("nightclerk.toml"), config + alerts).unwrap();
    shop
}

/// `kind job as_of` of every message that arrived.
fn told(shop: &SmallShop) -> Vec<String> {
    let text = std::fs::read_to_string(shop.project.path().join("told.jsonl")).unwrap_or_default();
    let of_line = |line: &str| {
        let alert: serde_json::Value = serde_json::from_str(line).unwrap();
        let word = |key: &str| alert[key].as_str().unwrap().to_owned();
        assert!(!word("text").is_empty() && word("project") == "Small Shop");
        format!("{} {} {}", word("alert"), word("job"), word("as_of"))
    };
    text.lines().map(of_line).collect()
}

fn run(shop: &SmallShop, as_of: NaiveDate, code: i32) {
    shop.project.run(&["run", "--as-of", &as_of.to_string()]).exits(code);
}

#[test]
fn an_incident_is_told_once_and_its_end_once() {
    let shop = shop();
    let (first, second, third) = (first_night(), first_night() + Days::new(1), first_night() + Days::new(2));
    run(&shop, first, 0);
    assert_eq!(told(&shop), [""; 0], "a good night is no news");

    // The forecast fails; the plan waits for it and is no incident of its own.
    let sql = shop.project.path().join("sql/datasets/daily_sales.sql");
    let sound = std::fs::read_to_string(&sql).unwrap();
    std::fs::write(&sql, "SELECT nothing FROM nowhere").unwrap();
    run(&shop, second, 1);
    assert_eq!(told(&shop), [format!("opened demand_forecast {second}")]);
    run(&shop, second, 1);
    run(&shop, third, 1);
    assert_eq!(told(&shop).len(), 1, "it goes on: {:?}", told(&shop));

    std::fs::write(&sql, sound).unwrap();
    run(&shop, third, 0);
    let expected = [format!("opened demand_forecast {second}"), format!("recovered demand_forecast {second}")];
    assert_eq!(told(&shop), expected);
    run(&shop, third + Days::new(1), 0);
    assert_eq!(told(&shop).len(), 2);
}

#[test]
fn what_cannot_be_told_waits_and_what_may_have_been_told_is_not_repeated() {
    let shop = shop();
    let night = first_night();
    std::fs::write(shop.project.path().join("down"), "").unwrap();
    std::fs::write(shop.project.path().join("sql/datasets/daily_sales.sql"), "SELECT nothing FROM nowhere").unwrap();
    run(&shop, night, 1);
    assert_eq!(told(&shop), [""; 0]);
    let status = shop.project.run(&["status"]);
    let line = format!("alert to `on-call` that demand_forecast {night} opened is due: `sh`: exit status: 1");
    assert!(status.stdout.contains(&line), "{}", status.stdout);

    std::fs::remove_file(shop.project.path().join("down")).unwrap();
    shop.project.execute("UPDATE nightclerk_alerts SET next_try_us = 0");
    run(&shop, night, 1);
    assert_eq!(told(&shop), [format!("opened demand_forecast {night}")]);
    assert!(!shop.project.run(&["status"]).stdout.contains("alert to"));

    // A process that died while it sent.
    shop.project.execute("UPDATE nightclerk_alerts SET state = 'sending', changed_us = 0");
    run(&shop, night, 1);
    assert_eq!(told(&shop).len(), 1);
    let status = shop.project.run(&["status"]);
    assert!(status.stdout.contains("is unknown: the process that sent it ended without a word"), "{}", status.stdout);
}

#[test]
fn a_process_that_dies_while_it_tells_loses_no_word_and_says_none_twice() {
    // A release build has no points to die at.
    if !cfg!(debug_assertions) {
        return;
    }
    let shop = shop();
    let sql = shop.project.read("sql/datasets/daily_sales.sql");
    let mut expected: Vec<String> = Vec::new();
    for (number, (point, arrives, stands)) in [
        ("alert_written", true, "sent"),
        ("alert_claimed", false, "unknown"),
        ("alert_told", true, "unknown"),
        ("alert_settled", true, "sent"),
    ]
    .into_iter()
    .enumerate()
    {
        let night = first_night() + Days::new(number as u64);
        for (kind, sql, code) in [("opened", "SELECT nothing FROM nowhere", 1), ("recovered", sql.as_str(), 0)] {
            shop.project.write("sql/datasets/daily_sales.sql", sql);
            let context = format!("{point}, {kind}");
            let arguments = ["run", "--as-of", &night.to_string()];
            let killed = ran(command(shop.project.path(), &arguments).env("NIGHTCLERK_FAULT", point));
            assert_eq!(killed.code, -1, "{context}: it was to die: {}{}", killed.stdout, killed.stderr);
            run(&shop, night, code);
            shop.project.execute("UPDATE nightclerk_alerts SET changed_us = 0 WHERE state = 'sending'");
            run(&shop, night, code);
            if arrives {
                expected.push(format!("{kind} demand_forecast {night}"));
            }
            assert_eq!(told(&shop), expected, "{context}");
            let state = format!("SELECT state FROM nightclerk_alerts WHERE as_of = '{night}' AND kind = '{kind}'");
            assert_eq!(shop.rows(&state), [[Value::Text(stands.into())]], "{context}");
        }
    }
    let status = shop.project.run(&["status"]).stdout;
    assert_eq!(status.matches("is unknown: the process that sent it ended without a word").count(), 4, "{status}");
}

/// A server on this machine that takes one connection after the other, says `answer` to each and passes on what it was sent.
/// A sender that dies before it has said all leaves nothing, and the server takes the next.
pub fn listener(answer: impl Fn(TcpStream) -> io::Result<String> + Send + 'static) -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            match stream.and_then(&answer).map(|said| sender.send(said)) {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return,
                Err(error) => eprintln!("not told: {error}"),
            }
        }
    });
    (port, receiver)
}

/// Reads one HTTP request whole, and answers it: what was said counts also where nobody is left to hear the answer.
pub fn http(mut stream: TcpStream, status: &str) -> io::Result<String> {
    let (mut request, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .to_lowercase()
                .split("content-length: ")
                .nth(1)
                .map_or(0, |rest| rest.lines().next().unwrap().trim().parse::<usize>().unwrap());
            if body.len() >= length {
                let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                if let Err(error) = stream.write_all(answer.as_bytes()) {
                    eprintln!("nobody heard the answer: {error}");
                }
                return Ok(text);
            }
        }
        let read = stream.read(&mut buffer)?;
        if read == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, format!("the request ended early: {text}")));
        }
        request.extend_from_slice(&buffer[..read]);
    }
}

/// Takes one mail as RFC 5321 says, without encryption, and gives all that was said to it.
fn smtp(mut stream: TcpStream) -> io::Result<String> {
    let mut said = String::new();
    let mut reader = BufReader::new(stream.try_clone()?);
    stream.write_all(b"220 mail.test\r\n")?;
    let mut in_data = false;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(said);
        }
        said += &line;
        let answer = match line.trim_end() {
            "." if in_data => {
                in_data = false;
                "250 taken"
            }
            _ if in_data => continue,
            "DATA" => {
                in_data = true;
                "354 go on"
            }
            "QUIT" => "221 bye",
            _ => "250 mail.test",
        };
        stream.write_all(format!("{answer}\r\n").as_bytes())?;
    }
}

#[test]
fn a_webhook_is_signed_a_chat_and_a_mailbox_are_told_and_a_ping_comes_once_a_date() {
    let (hook, hooked) = listener(|stream| http(stream, "204 No Content"));
    let (chat, chatted) = listener(|stream| http(stream, "200 OK"));
    let (ping, pinged) = listener(|stream| http(stream, "200 OK"));
    let (broken, _refused) = listener(|stream| http(stream, "500 Internal Server Error"));
    let (mail, mailed) = listener(smtp);
    let shop = SmallShop::new("");
    let config = shop.project.read("nightclerk.toml");
    let channels = format!(
        r#"
[[alerts]]
name = "hook"
webhook = "http://127.0.0.1:{hook}/hidden-path"
secret = "${{HOOK_SECRET}}"

[[alerts]]
name = "chat"
slack = "http://127.0.0.1:{chat}/services/hidden-path"

[[alerts]]
name = "planner"
email = ["planner@example.org"]
from = "nightclerk@example.org"
smtp = "smtp://127.0.0.1:{mail}"

[[alerts]]
name = "watch"
ping = "http://127.0.0.1:{ping}/hidden-path"

[[alerts]]
name = "broken"
webhook = "http://127.0.0.1:{broken}/hidden-path?token=hidden-path"
"#
    );
    shop.project.write("nightclerk.toml", &(config + &channels));
    let night = |as_of: NaiveDate, code: i32| {
        let ended = ran(command(shop.project.path(), &["run", "--as-of", &as_of.to_string()])
            .env("HOOK_SECRET", "a secret of ours"));
        let said = format!("{}{}", ended.stdout, ended.stderr);
        assert!(!said.contains("hidden-path") && !said.contains("a secret of ours"), "{said}");
        ended.exits(code);
    };
    let now = |receiver: &Receiver<String>| receiver.recv_timeout(Duration::from_secs(20)).unwrap();
    let (first, second) = (first_night(), first_night() + Days::new(1));
    night(first, 0);
    assert!(now(&pinged).starts_with("GET /hidden-path HTTP/1.1"));
    night(first, 0);
    assert!(pinged.try_recv().is_err(), "a date is told of once");

    let sql = shop.project.read("sql/datasets/daily_sales.sql");
    shop.project.write("sql/datasets/daily_sales.sql", "SELECT nothing FROM nowhere");
    night(second, 1);
    let request = now(&hooked);
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /hidden-path HTTP/1.1"), "{head}");
    let header = |name: &str| {
        let line =
            head.lines().find_map(|line| line.split_once(": ").filter(|(key, _)| key.eq_ignore_ascii_case(name)));
        line.unwrap_or_else(|| panic!("no {name} in {head}")).1.to_owned()
    };
    let alert: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!((alert["alert"].as_str(), alert["job"].as_str()), (Some("opened"), Some("demand_forecast")));
    assert_eq!(alert["dedupe_key"].as_str().unwrap(), header("webhook-id"));
    let mut mac = Hmac::<Sha256>::new_from_slice(b"a secret of ours").unwrap();
    mac.update(format!("{}.{}.{body}", header("webhook-id"), header("webhook-timestamp")).as_bytes());
    assert_eq!(header("webhook-signature"), format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())));
    let sentence = format!("demand_forecast has not published {second} (failed)");
    let text: serde_json::Value = serde_json::from_str(now(&chatted).split_once("\r\n\r\n").unwrap().1).unwrap();
    assert!(text["text"].as_str().unwrap().starts_with(&format!("Small Shop: {sentence}")), "{text}");
    let letter = now(&mailed).replace("=\r\n", "");
    for part in [
        "MAIL FROM:<nightclerk@example.org>",
        "RCPT TO:<planner@example.org>",
        &format!("Subject: [Small Shop] demand_forecast failed: {second} is not published"),
        &sentence,
        &format!("nightclerk run --job demand_forecast --as-of {second}"),
    ] {
        assert!(letter.contains(part), "{part} is missing in\n{letter}");
    }
    assert!(pinged.try_recv().is_err(), "nothing was published");
    let status = ran(command(shop.project.path(), &["status"]).env("HOOK_SECRET", "a secret of ours"));
    let line = format!("`broken` that demand_forecast {second} opened is due: http://127.0.0.1:{broken} answers 500");
    assert!(status.stdout.contains(&line) && !status.stdout.contains("hidden-path"), "{}", status.stdout);

    shop.project.write("sql/datasets/daily_sales.sql", &sql);
    night(second, 0);
    now(&pinged);
    let letter = now(&mailed);
    assert!(letter.contains("Subject: [Small Shop] demand_forecast has published again"), "{letter}");
    assert!(now(&hooked).contains("\"alert\":\"recovered\""));
}

#[test]
fn channels_that_reach_nobody_are_refused_with_their_line() {
    let shop = shop();
    let config = shop.project.read("nightclerk.toml");
    for (more, said) in [
        ("name = \"on-call\"\ncommand = [\"tell\"]", "two of the alerts are called `on-call`"),
        ("name = \"a\"\ncommand = []", "`command` of the alert `a` names no program"),
        ("name = \"a\"", "the alert `a` must say one way to tell it"),
        (
            "name = \"a\"\nslack = \"https://a.test/x\"\nping = \"https://a.test/x\"",
            "the alert `a` must say one way to tell it",
        ),
        ("name = \"a\"\nwebhook = \"ftp://a.test/hidden-path\"", "`webhook` must be an address that begins with"),
        ("name = \"a\"\nwebhook = \"https://a.test\"\nsecret = \"hidden-path\"", "`secret` is written out"),
        ("name = \"a\"\nemail = [\"a@b.test\"]", "missing key `smtp` of the alert `a`"),
        ("name = \"a\"\nping = \"${NIGHTCLERK_NOT_SET}\"", "environment variable `NIGHTCLERK_NOT_SET` is not set"),
    ] {
        shop.project.write("nightclerk.toml", &format!("{config}\n[[alerts]]\n{more}\n"));
        let checked = shop.project.run(&["check"]).exits(2);
        assert!(!checked.stderr.contains("hidden-path"), "{more}: {}", checked.stderr);
        assert!(
            checked.stderr.contains(said) && checked.stderr.contains("nightclerk.toml:"),
            "{more}: {}",
            checked.stderr
        );
    }
}
