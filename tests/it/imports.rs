//! What a Rust file imports and names, read from its text.

use std::collections::BTreeSet;

/// A module: its names from the root of the crate on.
pub type Module = Vec<String>;

/// What one file says.
#[derive(Debug, Default)]
pub struct File {
    /// Its path below the crate's `src`.
    pub path: String,
    /// Every path that the code names, with the module it stands in; those of `use` have their braces unfolded.
    pub named: Vec<(Module, Vec<String>)>,
    /// What other files can reach through this module: the name, and the path behind it; `*` for everything.
    pub reexported: Vec<(String, Vec<String>)>,
    /// Words of the code outside of `use`.
    pub words: BTreeSet<String>,
    /// Modules that are declared for tests alone.
    pub of_tests: Vec<String>,
}

/// Reads a file's imports, paths and words.
pub fn read(path: &str, text: &str, module: &[String]) -> File {
    let tokens = without_tests(&tokens(text));
    let mut file = File { path: path.to_owned(), ..File::default() };
    file.of_tests = tokens.1;
    let tokens = tokens.0;
    // Modules in this file around the current token, each with the depth of braces at which it ends.
    let (mut inline, mut depth): (Vec<(String, usize)>, usize) = (Vec::new(), 0);
    let mut at = 0;
    while at < tokens.len() {
        let here: Module = module.iter().cloned().chain(inline.iter().map(|(name, _)| name.clone())).collect();
        match tokens[at].as_str() {
            "{" => depth += 1,
            "}" => {
                depth -= 1;
                inline.pop_if(|(_, end)| *end == depth);
            }
            "mod" if tokens.get(at + 2).is_some_and(|token| token == "{") => {
                inline.push((tokens[at + 1].clone(), depth));
                at += 1;
            }
            // `use<>` says what a type captures and imports nothing.
            "use" if tokens.get(at + 1).is_none_or(|token| token != "<") => {
                let end = at + tokens[at..].iter().position(|token| token == ";").unwrap_or(tokens.len() - at);
                let mut found = Vec::new();
                unfold(&tokens[at + 1..end], &[], &mut found);
                let is_public =
                    at > 0 && (tokens[at - 1] == "pub" || (tokens[at - 1] == ")" && is_restricted(&tokens[..at])));
                for (name, path) in found {
                    if inline.is_empty() {
                        file.reexported.push((name, path.clone()));
                    }
                    if !is_public {
                        file.named.push((here.clone(), path));
                    }
                }
                at = end;
            }
            word if is_word(word) => {
                let mut path = vec![word.to_owned()];
                while tokens.get(at + 1).is_some_and(|token| token == "::")
                    && tokens.get(at + 2).is_some_and(|token| is_word(token))
                {
                    path.push(tokens[at + 2].clone());
                    at += 2;
                }
                file.words.insert(path[0].clone());
                if path.len() > 1 {
                    file.named.push((here, path));
                }
            }
            _ => {}
        }
        at += 1;
    }
    file
}

/// Whether the tokens end with `pub(...)`.
fn is_restricted(before: &[String]) -> bool {
    before.iter().rposition(|token| token == "(").is_some_and(|open| open > 0 && before[open - 1] == "pub")
}

/// `a::{b, c::{d as e, *}}` as `b: a::b`, `e: a::c::d`, `*: a::c`.
fn unfold(tokens: &[String], prefix: &[String], found: &mut Vec<(String, Vec<String>)>) {
    let mut path = prefix.to_vec();
    let mut at = 0;
    while at < tokens.len() {
        match tokens[at].as_str() {
            "::" => {}
            "*" => return found.push(("*".to_owned(), path)),
            "as" => {
                let name = tokens.get(at + 1).cloned().unwrap_or_default();
                return found.push((name, path));
            }
            "{" => {
                let (mut depth, mut start) = (0, at + 1);
                for (index, token) in tokens.iter().enumerate().skip(at) {
                    match token.as_str() {
                        "{" => depth += 1,
                        "}" => depth -= 1,
                        _ => {}
                    }
                    if depth == 0 || (depth == 1 && token == ",") {
                        unfold(&tokens[start..index], &path, found);
                        start = index + 1;
                    }
                    if depth == 0 {
                        return;
                    }
                }
            }
            // `use super::{self, ...}` names the module itself.
            "self" if !path.is_empty() => {}
            word => path.push(word.to_owned()),
        }
        at += 1;
    }
    if let Some(name) = path.last().filter(|_| path.len() > prefix.len() || tokens.iter().any(|token| token == "self"))
    {
        found.push((name.clone(), path.clone()));
    }
}

fn is_word(token: &str) -> bool {
    token.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

/// Words, `::` and single signs; no comments, no literals, no lifetimes.
fn tokens(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let is = |at: usize, wanted: &str| wanted.chars().enumerate().all(|(by, sign)| chars.get(at + by) == Some(&sign));
    let in_word = |at: usize| chars.get(at).is_some_and(|sign| sign.is_alphanumeric() || *sign == '_');
    let (mut found, mut at) = (Vec::new(), 0);
    while at < chars.len() {
        let sign = chars[at];
        if is(at, "//") {
            at += chars[at..].iter().position(|&sign| sign == '\n').unwrap_or(chars.len() - at);
        } else if is(at, "/*") {
            let mut depth = 0;
            while at < chars.len() {
                let step = i32::from(is(at, "/*")) - i32::from(is(at, "*/"));
                depth += step;
                at += if step == 0 { 1 } else { 2 };
                if depth == 0 {
                    break;
                }
            }
        } else if sign == '"' {
            at += 1;
            while at < chars.len() && chars[at] != '"' {
                at += if chars[at] == '\\' { 2 } else { 1 };
            }
            at += 1;
        } else if sign == '\'' {
            // 'a' and '\n' are characters, 'a alone is a lifetime.
            if is(at + 1, "\\") {
                at += 3;
                at += chars[at.min(chars.len())..].iter().position(|&sign| sign == '\'').map_or(1, |by| by + 1);
            } else if chars.get(at + 2) == Some(&'\'') {
                at += 3;
            } else {
                at += 1;
                while in_word(at) {
                    at += 1;
                }
            }
        } else if in_word(at) {
            let start = at;
            while in_word(at) {
                at += 1;
            }
            let word: String = chars[start..at].iter().collect();
            let hashes = chars[at.min(chars.len())..].iter().take_while(|&&sign| sign == '#').count();
            if ["r", "br", "cr"].contains(&word.as_str()) && chars.get(at + hashes) == Some(&'"') {
                let end = format!("\"{}", "#".repeat(hashes));
                at += hashes + 1;
                while at < chars.len() && !is(at, &end) {
                    at += 1;
                }
                at += hashes + 1;
            } else if !(["b", "c"].contains(&word.as_str()) && chars.get(at) == Some(&'"')) {
                found.push(word);
            }
        } else if is(at, "::") {
            found.push("::".to_owned());
            at += 2;
        } else {
            if !sign.is_whitespace() {
                found.push(sign.to_string());
            }
            at += 1;
        }
    }
    found
}

/// The tokens without the items under `#[cfg(test)]`, and the names of the modules among these that are files.
fn without_tests(tokens: &[String]) -> (Vec<String>, Vec<String>) {
    let mark = ["#", "[", "cfg", "(", "test", ")", "]"];
    let (mut kept, mut modules, mut at) = (Vec::new(), Vec::new(), 0);
    while at < tokens.len() {
        if !tokens[at..].iter().zip(mark).all(|(token, mark)| token == mark) || tokens.len() < at + mark.len() {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        }
        at += mark.len();
        // The item ends with `;` or with its braces.
        let (start, mut depth) = (at, 0);
        while at < tokens.len() {
            match tokens[at].as_str() {
                "{" | "(" | "[" => depth += 1,
                "}" | ")" | "]" => depth -= 1,
                _ => {}
            }
            at += 1;
            let last = tokens[at - 1].as_str();
            if depth == 0 && (last == ";" || last == "}") {
                break;
            }
        }
        if let [.., module, name, end] = &tokens[start..at]
            && module == "mod"
            && end == ";"
        {
            modules.push(name.clone());
        }
    }
    (kept, modules)
}
