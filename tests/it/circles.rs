//! Circles between the files of a crate: files that import each other, directly or round a corner.
//!
//! An arrow goes from a file to the file that *defines* what it names, however many `pub use` lie between. A `pub use`
//! alone makes no arrow: it is the face of a room, not work that the file does. The face itself (`mod.rs`, `lib.rs`) is
//! no station of a circle: it declares what is in the room, and what is in the room may use what the face defines.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::imports::{File, Module, read};

/// Groups of files that reach each other, by path, each in order. `files` are a crate's sources with their paths below
/// its `src`; what is compiled for tests alone does not count.
pub fn circles(files: &[(String, String)]) -> Vec<Vec<String>> {
    let mut modules: BTreeMap<Module, File> = BTreeMap::new();
    for (path, text) in files.iter().filter(|(path, _)| path != "main.rs") {
        let module = module_of(path);
        modules.insert(module.clone(), read(path, text, &module));
    }
    let tests: Vec<Module> = modules
        .iter()
        .flat_map(|(module, file)| file.of_tests.iter().map(|name| [&module[..], std::slice::from_ref(name)].concat()))
        .collect();
    modules.retain(|module, _| !tests.iter().any(|test| module.starts_with(test)));

    let faces = |path: &str| path.ends_with("mod.rs") || path.ends_with("lib.rs");
    let mut arrows: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for file in modules.values().filter(|file| !faces(&file.path)) {
        let used = file.reexported.iter().filter(|(name, _)| file.words.contains(name)).map(|(_, path)| path);
        let named = file.named.iter().filter_map(|(module, path)| absolute(module, path, &modules));
        let own = module_of(&file.path);
        let targets = named.chain(used.filter_map(|path| absolute(&own, path, &modules)));
        let of_file = arrows.entry(&file.path).or_default();
        of_file.extend(targets.filter_map(|path| defined_in(&path, &modules, 0)).filter(|path| !faces(path)));
        of_file.remove(file.path.as_str());
    }
    groups(&arrows)
}

fn module_of(path: &str) -> Module {
    let stem = path.trim_end_matches(".rs");
    let stem = stem.trim_end_matches("/mod");
    if ["lib", "main", "mod"].contains(&stem) { Vec::new() } else { stem.split('/').map(str::to_owned).collect() }
}

/// The path from the root of the crate on; nothing where it leads out of the crate.
fn absolute(module: &[String], path: &[String], modules: &BTreeMap<Module, File>) -> Option<Vec<String>> {
    let (mut base, mut rest) = (module.to_vec(), path);
    match path.first()?.as_str() {
        "crate" => (base, rest) = (Vec::new(), &path[1..]),
        "self" => rest = &path[1..],
        "super" => {}
        // A child of the module, or a crate.
        name => {
            let child = [&base[..], &[name.to_owned()]].concat();
            return modules.contains_key(&child).then(|| [&base[..], rest].concat());
        }
    }
    while rest.first().is_some_and(|name| name == "super") {
        base.pop()?;
        rest = &rest[1..];
    }
    Some([&base[..], rest].concat())
}

/// The file that defines what an absolute path names.
fn defined_in<'a>(path: &[String], modules: &'a BTreeMap<Module, File>, depth: usize) -> Option<&'a str> {
    // The longest beginning that is a file; what follows is in it or behind one of its `pub use`.
    let length = (0..=path.len()).rev().find(|&length| modules.contains_key(&path[..length]))?;
    let (module, file) = (path[..length].to_vec(), &modules[&path[..length]]);
    let behind = |through: &[String], rest: &[String]| {
        let target = absolute(&module, through, modules)?;
        defined_in(&[&target[..], rest].concat(), modules, depth + 1)
    };
    if let Some(name) = path.get(length)
        && depth < 8
    {
        if let Some((_, through)) = file.reexported.iter().find(|(exported, _)| exported == name) {
            return behind(through, &path[length + 1..]).or(Some(&file.path));
        }
        if !file.words.contains(name) {
            let globs = file.reexported.iter().filter(|(exported, _)| exported == "*");
            let mut found = globs.filter_map(|(_, through)| behind(through, &path[length..]));
            return found.next().or(Some(&file.path));
        }
    }
    Some(&file.path)
}

/// The strongly connected groups of more than one file (Tarjan 1972, here by mutual reach: hundreds of files are few).
fn groups(arrows: &BTreeMap<&str, BTreeSet<&str>>) -> Vec<Vec<String>> {
    let reached: BTreeMap<&str, BTreeSet<&str>> = arrows
        .keys()
        .map(|&start| {
            let (mut seen, mut next) = (BTreeSet::new(), vec![start]);
            while let Some(file) = next.pop() {
                next.extend(arrows.get(file).into_iter().flatten().copied().filter(|&target| seen.insert(target)));
            }
            (start, seen)
        })
        .collect();
    let mut found: BTreeSet<Vec<String>> = BTreeSet::new();
    for (&start, seen) in reached.iter().filter(|(start, seen)| seen.contains(**start)) {
        let group = seen.iter().filter(|file| reached.get(**file).is_some_and(|back| back.contains(start)));
        found.insert(group.map(|file| (*file).to_owned()).collect());
    }
    found.into_iter().collect()
}

/// The sources of every crate of a repository: the folder's name, and the files with their paths below it.
fn crates(root: &Path) -> Vec<(String, Vec<(String, String)>)> {
    let mut folders = vec![("src".to_owned(), root.join("src"))];
    for entry in std::fs::read_dir(root.join("crates")).into_iter().flatten().flatten() {
        folders.push((format!("crates/{}/src", entry.file_name().to_string_lossy()), entry.path().join("src")));
    }
    folders.sort();
    folders.into_iter().map(|(name, folder)| (name, sources(&folder, &folder))).collect()
}

fn sources(folder: &Path, root: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())).flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(sources(&path, root));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root).unwrap().components().map(|part| part.as_os_str().to_string_lossy());
            found.push((name.collect::<Vec<_>>().join("/"), std::fs::read_to_string(&path).unwrap()));
        }
    }
    found
}

/// A line per circle of a repository.
fn told(root: &Path) -> Vec<String> {
    let of_crate = |(name, files): (String, Vec<(String, String)>)| {
        circles(&files).into_iter().map(move |circle| format!("{name}: {}", circle.join(", ")))
    };
    crates(root).into_iter().flat_map(of_crate).collect()
}

#[test]
fn no_circle_between_files() {
    let found = told(Path::new(env!("CARGO_MANIFEST_DIR")));
    let mend = "what both sides name belongs into a file of its own, below both";
    assert!(found.is_empty(), "{} circles between files; {mend}:\n{}", found.len(), found.join("\n"));
}

#[test]
#[ignore = "a figure: NIGHTCLERK_CIRCLES_OF=/path/to/a/checkout cargo test --test it circles_of -- --ignored --nocapture"]
fn circles_of_another_checkout() {
    let root = std::env::var("NIGHTCLERK_CIRCLES_OF").expect("NIGHTCLERK_CIRCLES_OF names the checkout");
    let found = told(Path::new(&root));
    eprintln!("{} circles between files\n{}", found.len(), found.join("\n"));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The circles of made-up files, written `a.rs b.rs`.
    fn of(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<_> = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        circles(&files).iter().map(|circle| circle.join(" ")).collect()
    }

    /// `two` uses `one`; the circle is closed by what `one` says.
    fn closed_by(one: &str) -> bool {
        let two = "use crate::room::one::Thing;\npub struct Other(Thing);\npub mod inner {}\n";
        let face =
            "mod one;\nmod two;\npub use one::Thing;\npub use two::{Other, Other as Renamed};\npub struct OfTheFace;\n";
        let found = of(&[("lib.rs", "mod room;"), ("room/mod.rs", face), ("room/one.rs", one), ("room/two.rs", two)]);
        assert!(found.is_empty() || found == ["room/one.rs room/two.rs"], "{found:?}");
        !found.is_empty()
    }

    #[test]
    fn a_planted_circle_is_found_however_it_is_written() {
        for one in [
            "use super::two::Other;",
            "use crate::room::two::Other;",
            "use crate::{room::{two::{self}, OfTheFace}};",
            "use super::Other;",
            "use super::Renamed;",
            "use super::{OfTheFace, Other as Else};",
            "pub(super) fn f(other: &super::Other) {}",
            "fn f() -> u8 { let lifetime: &'static str = \"\"; crate::room::two::f::<'static>('\\'', r#\"\"\"#) }",
            "mod inline { fn f(x: super::super::Other) {} }",
            "pub use super::two::Other; struct Mine(Other);",
        ] {
            assert!(closed_by(one), "{one}");
        }
    }

    #[test]
    fn what_is_no_circle_is_not_found() {
        for one in [
            "pub struct Thing;",
            "use super::OfTheFace;",
            "/// See [`super::two::Other`].\npub struct Thing; // use super::two::Other;",
            "/* use super::two::Other; /* */ super::two::f() */ const T: &str = \"super::two::Other\";",
            "const T: &str = r#\"use \"super::two::Other;\"#;",
            "#[cfg(test)]\nmod tests { use super::super::two::Other; fn f() { if true {} } }",
            "#[cfg(test)]\nuse super::two::Other;\npub struct Thing;",
            "pub use super::two::Other;",
            "use two::Other;",
        ] {
            assert!(!closed_by(one), "{one}");
        }
    }

    #[test]
    fn circles_go_round_corners_and_through_glob_faces_and_test_files_do_not_count() {
        let face = "mod a;\nmod b;\nmod c;\n#[cfg(test)]\nmod tests;\npub use c::*;\n";
        let files = [
            ("lib.rs", "mod r;"),
            ("r/mod.rs", face),
            ("r/a.rs", "use super::b::B; pub struct A;"),
            ("r/b.rs", "use super::C; pub struct B;"),
            ("r/c.rs", "use crate::r::a::A; pub struct C;"),
            ("r/tests.rs", "use super::a::A; pub struct T;"),
        ];
        assert_eq!(of(&files), ["r/a.rs r/b.rs r/c.rs"]);
        let mut open = files;
        open[4] = ("r/c.rs", "use super::tests::T; pub struct C;");
        assert_eq!(of(&open), Vec::<String>::new());
    }
}
