//! Which file takes something from which, as far as `use` lines and paths in the code tell.
//!
//! A `mod.rs` that declares modules and re-exports what is in them is a door: a path through it leads to the file behind.

use std::collections::{BTreeMap, BTreeSet};

/// Modules from the crate's root on: `sync::plan` is `["sync", "plan"]`.
type Path = Vec<String>;

/// The files of a crate.
#[derive(Default)]
pub struct Crate {
    modules: BTreeMap<Path, Module>,
}

/// One file, read.
#[derive(Default)]
struct Module {
    file: String,
    children: BTreeSet<String>,
    /// What `use` brings in: the name here, and the path as it is written.
    names: BTreeMap<String, Path>,
    /// The names among them that others see.
    exports: BTreeSet<String>,
    /// Modules of which everything is brought in, and those of them that others see.
    globs: Vec<(Path, bool)>,
    /// Paths in the code.
    paths: BTreeSet<Path>,
}

impl Crate {
    /// Of files under `src`, each with its name and text. Unit tests are left out.
    pub fn read<'a>(files: impl Iterator<Item = (&'a str, &'a str)>) -> Crate {
        let mut read = Crate::default();
        let mut tests = BTreeSet::new();
        for (file, text) in files.filter(|(file, _)| *file != "src/main.rs") {
            let path = path_of(file);
            let (module, tests_of) = Module::read(file, text);
            tests.extend(tests_of.into_iter().map(|name| [&path[..], &[name]].concat()));
            read.modules.insert(path, module);
        }
        read.modules.retain(|path, _| !tests.contains(path));
        read
    }

    /// The files that each file takes something from.
    pub fn imports(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let taken = |(path, module): (&Path, &Module)| {
            let private = module.names.iter().filter(|(name, _)| !module.exports.contains(*name)).map(|(_, used)| used);
            let globs = module.globs.iter().filter(|(_, is_export)| !is_export).map(|(used, _)| used);
            let named = private.chain(&module.paths).filter_map(|used| self.absolute(path, used));
            let whole = globs.filter_map(|used| self.modules.get(&self.absolute(path, used)?));
            let files = named.flat_map(|used| self.files_of(&used)).chain(whole.map(|module| module.file.as_str()));
            files.filter(|file| *file != module.file).collect()
        };
        self.modules.iter().map(|module| (module.1.file.as_str(), taken(module))).collect()
    }

    /// A path as it is written in a module, from the root on; `None` if it leads out of the crate.
    fn absolute(&self, module: &Path, written: &[String]) -> Option<Path> {
        let (first, rest) = written.split_first()?;
        let start = match first.as_str() {
            "crate" => Vec::new(),
            "self" => module.clone(),
            "super" => module[..module.len().checked_sub(1)?].to_vec(),
            name => {
                let here = &self.modules[module];
                match here.names.get(name) {
                    Some(used) if used.first() != Some(first) => return self.absolute(module, &[used, rest].concat()),
                    _ if here.children.contains(name) => [&module[..], std::slice::from_ref(first)].concat(),
                    _ => return None,
                }
            }
        };
        match rest.first() {
            Some(above) if above == "super" => self.absolute(&start, rest),
            _ => Some([start, rest.to_vec()].concat()),
        }
    }

    /// The files that hold what is at a path. Where a module and something else have one name, both are meant.
    fn files_of(&self, path: &[String]) -> Vec<&str> {
        let depth = (0..=path.len()).rev().find(|depth| self.modules.contains_key(&path[..*depth])).unwrap_or_default();
        let (inside, is_module) = (depth.min(path.len().saturating_sub(1)), depth == path.len());
        let (at, rest) = path.split_at(inside);
        let Some((name, module)) = rest.first().zip(self.modules.get(at)) else { return Vec::new() };
        if let (true, Some(used)) = (module.exports.contains(name), module.names.get(name))
            && let Some(behind) = self.absolute(&at.to_vec(), used).filter(|behind| behind != path)
        {
            return self.files_of(&[&behind[..], &rest[1..]].concat());
        }
        // A module alone is only a name; what is taken from it shows in the code.
        if is_module { Vec::new() } else { vec![&module.file] }
    }
}

/// Files that take from each other in a circle, each circle once.
pub fn circles<'a>(imports: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> BTreeSet<BTreeSet<&'a str>> {
    let reached = |from: &str| {
        let (mut reached, mut next): (BTreeSet<&str>, _) = (BTreeSet::new(), vec![from]);
        while let Some(file) = next.pop() {
            let new = imports.get(file).into_iter().flatten().filter(|file| reached.insert(*file));
            next.extend(new.copied().collect::<Vec<_>>());
        }
        reached
    };
    let all: BTreeMap<_, _> = imports.keys().map(|file| (*file, reached(file))).collect();
    let circle_of = |file: &&'a str| -> BTreeSet<&'a str> {
        all[file].iter().copied().filter(|other| all.get(other).is_some_and(|back| back.contains(file))).collect()
    };
    imports.keys().map(circle_of).filter(|circle| circle.len() > 1).collect()
}

/// The module that a file holds.
fn path_of(file: &str) -> Path {
    let name = file.trim_start_matches("src/").trim_end_matches(".rs");
    name.split('/').filter(|part| !matches!(*part, "mod" | "lib")).map(Into::into).collect()
}

impl Module {
    /// Reads a file; answers the modules of its unit tests, too.
    fn read(file: &str, text: &str) -> (Module, Vec<String>) {
        let mut module = Module { file: file.into(), ..Module::default() };
        let mut tests = Vec::new();
        let tokens = tokens(text);
        let mut at = 0;
        while at < tokens.len() {
            let is = |offset: usize, token: &str| tokens.get(at + offset).is_some_and(|found| found == token);
            if is(0, "cfg") && is(1, "(") && is(2, "test") && is(3, ")") && is(5, "mod") {
                if is(7, "{") {
                    break;
                }
                tests.push(tokens[at + 6].clone());
                at += 7;
            } else if is(0, "mod") && is(2, ";") {
                module.children.insert(tokens[at + 1].clone());
                at += 3;
            } else if is(0, "use") {
                let is_export = at > 0 && matches!(tokens[at - 1].as_str(), "pub" | ")");
                at += 1;
                module.add_use(&tokens, &mut at, &[], is_export);
            } else if is_name(&tokens[at]) {
                let mut path = vec![tokens[at].clone()];
                at += 1;
                while tokens.get(at).is_some_and(|token| token == "::")
                    && tokens.get(at + 1).is_some_and(|token| is_name(token))
                {
                    path.push(tokens[at + 1].clone());
                    at += 2;
                }
                if path.len() > 1 {
                    module.paths.insert(path);
                }
            } else {
                at += 1;
            }
        }
        (module, tests)
    }

    /// One tree of a `use` line, from where `at` is to behind it.
    fn add_use(&mut self, tokens: &[String], at: &mut usize, before: &[String], is_export: bool) {
        let mut path = before.to_vec();
        let mut name = None;
        while let Some(token) = tokens.get(*at) {
            match token.as_str() {
                "::" => *at += 1,
                "{" => {
                    *at += 1;
                    while tokens.get(*at).is_some_and(|token| token != "}") {
                        self.add_use(tokens, at, &path, is_export);
                        *at += usize::from(tokens.get(*at).is_some_and(|token| token == ","));
                    }
                    *at += 1;
                    return;
                }
                "*" => {
                    *at += 1;
                    self.globs.push((path, is_export));
                    return;
                }
                "as" => {
                    name = tokens.get(*at + 1).cloned();
                    *at += 2;
                }
                "self" if !path.is_empty() => *at += 1,
                token if is_name(token) => {
                    path.push(token.into());
                    *at += 1;
                }
                _ => break,
            }
        }
        if let Some(name) = name.or_else(|| path.last().cloned()) {
            if is_export {
                self.exports.insert(name.clone());
            }
            self.names.insert(name, path);
        }
    }
}

fn is_name(token: &str) -> bool {
    token.starts_with(|letter: char| letter.is_alphabetic() || letter == '_')
}

/// Words and signs of Rust code; comments are left out, and texts within quotes.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if let Some(raw) = rest.strip_prefix("r#\"") {
            3 + raw.find("\"#").map_or(raw.len(), |end| end + 2)
        } else if first == '"' {
            quoted(rest)
        } else if first == '\'' {
            // A lifetime, or one letter.
            let mut letters = rest[1..].chars();
            let is_letter = letters.next() == Some('\\') || letters.next() == Some('\'');
            if is_letter { 2 + rest[2..].find('\'').map_or(0, |end| end + 1).max(1) } else { 1 }
        } else if is_name(&rest[..first.len_utf8()]) {
            rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        let token = &rest[..length];
        if is_name(token) || token == "::" || (token.len() == 1 && !token.trim().is_empty()) {
            tokens.push(token.to_owned());
        }
        rest = &rest[length..];
    }
    tokens
}

/// How long the text within quotes is that this begins with.
fn quoted(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            '"' if !is_escaped => return at + 1,
            letter => is_escaped = letter == '\\' && !is_escaped,
        }
    }
    text.len()
}

/// Circles of a crate of these files.
fn circles_of(files: &[(&str, &str)]) -> Vec<Vec<String>> {
    let read = Crate::read(files.iter().copied());
    let found = circles(&read.imports());
    found.into_iter().map(|circle| circle.into_iter().map(Into::into).collect()).collect()
}

#[test]
fn a_circle_is_found_however_it_is_written() {
    let other = "use super::one::A;\npub struct B(A);";
    let forms = [
        "use super::two::B;\npub struct A;",
        "use crate::floor::two::{self, B};\npub struct A;",
        "use crate::{\n    floor::{\n        two::B,\n    },\n};\npub struct A;",
        "pub struct A;\nfn f() -> crate::floor::two::B { panic!() }",
        "use super::two;\npub struct A;\nfn f(_: two::B) {}",
        "use super::two::*;\npub struct A;",
        "use super::B;\npub struct A;",
        "use crate::Again as B;\npub struct A;",
        "pub struct A;\nfn f() -> String { format!(\"{}\", super::two::B) }",
        "const Q: char = '\"';\nuse super::two::B;\nconst R: char = '\\'';\npub struct A<'a>(&'a str);",
    ];
    for form in forms {
        let door = ("src/floor/mod.rs", "mod one;\nmod two;\n\npub use one::A;\npub use two::B;");
        let root = ("src/lib.rs", "mod floor;\npub use floor::B as Again;");
        let found = circles_of(&[root, door, ("src/floor/one.rs", form), ("src/floor/two.rs", other)]);
        assert_eq!(found, [["src/floor/one.rs", "src/floor/two.rs"]], "{form}");
    }
}

#[test]
fn a_door_is_no_part_of_a_circle_and_a_hall_is() {
    let root = ("src/lib.rs", "mod floor;");
    let child = |text| ("src/floor/one.rs", text);
    let door = ("src/floor/mod.rs", "mod one;\nmod two;\npub use one::A;");
    let two = ("src/floor/two.rs", "use super::A;");
    assert_eq!(circles_of(&[root, door, two, child("pub struct A;")]), [[""; 0]; 0]);
    let hall = ("src/floor/mod.rs", "mod one;\nuse one::A;\npub struct Hall(A);");
    let found = circles_of(&[root, hall, child("use super::Hall;\npub struct A;")]);
    assert_eq!(found, [["src/floor/mod.rs", "src/floor/one.rs"]]);
}

#[test]
fn words_in_comments_texts_and_tests_are_no_imports() {
    let files = [
        ("src/lib.rs", "mod one;\nmod two;"),
        ("src/one.rs", "// use crate::two::B;\nconst T: &str = \"use crate::two::B; \\\"\";\n#[cfg(test)]\nmod tests;"),
        ("src/one/tests.rs", "use super::*;\nuse crate::two::B;"),
        ("src/two.rs", "use crate::one::T;\n#[cfg(test)]\nmod tests {\n    use super::super::one;\n}"),
    ];
    assert_eq!(circles_of(&files), [[""; 0]; 0]);
}
