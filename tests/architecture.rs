//! Proves that the architecture on the library's front page is true.
//!
//! Between modules, the table of imports is the law: no module imports one, or a crate, that its row does not name. The
//! table is read from the page itself, so there is no second list to keep.
//!
//! Inside modules, files are the nodes of a graph, and the graph must have no circle. The rule:
//!
//! - A file uses another file if a path in its code leads to an item of that file. Paths begin with `crate`, `self`,
//!   `super` or the name of a child module; groups in braces are taken apart.
//! - A path leads to the file that defines the item. If the module in the path only imports it (`pub use x::Y` or
//!   `use x::Y`), the path leads on to `x`. So a re-export cannot hide a circle.
//! - A parent that only declares a child (`mod x;`) and re-exports its items (`pub use x::Y`, with no other mention of
//!   `Y`) does not use the child.
//! - Comments and unit tests do not count. A method call names no file, so it does not count either.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The sources of the crates that the program is made of, those below first.
const SOURCES: [&str; 3] = ["crates/engine/src", "crates/search/src", "src"];

struct Row {
    modules: BTreeSet<String>,
    crates: BTreeSet<String>,
}

fn in_backquotes(cell: &str) -> BTreeSet<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn table() -> BTreeMap<String, Row> {
    let page = fs::read_to_string("src/lib.rs").unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("//! | `"));
    rows.map(|row| {
        let cells: Vec<_> = row.split('|').collect();
        let row = Row { modules: in_backquotes(cells[2]), crates: in_backquotes(cells[3]) };
        (cells[0].trim_end_matches(['`', ' ']).to_owned(), row)
    })
    .collect()
}

fn rust_files(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| rust_files(&entry.unwrap().path(), found));
    } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
        found.push(path.to_owned());
    }
}

/// The files of a top-level module.
fn files_of(module: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for source in SOURCES {
        for path in [format!("{source}/{module}.rs"), format!("{source}/{module}")].map(PathBuf::from) {
            if path.exists() {
                rust_files(&path, &mut files);
            }
        }
    }
    files
}

/// The code of a file, without comments and without what only its unit tests use. Relies on rustfmt: an item ends at a
/// line that is indented as its first line is.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let mut code = String::new();
    let mut lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    while let Some(line) = lines.next() {
        let indent = &line[..line.len() - line.trim_start().len()];
        if line.trim() == "#[cfg(test)]" {
            let is_end = |line: &str| line == "}" || line.ends_with(';') && !line.starts_with(' ');
            lines.find(|line| line.strip_prefix(indent).is_some_and(is_end));
        } else {
            code.push_str(line);
            code.push('\n');
        }
    }
    code
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The words that stand before `::` right behind `prefix`.
fn roots(code: &str, prefix: &str) -> BTreeSet<String> {
    let tails = code.match_indices(prefix).filter(|(at, _)| !code[..*at].ends_with(is_word));
    let word = |(at, _)| code[at + prefix.len()..].chars().take_while(|c| is_word(*c)).collect();
    tails.map(word).filter(|word: &String| !word.is_empty()).collect()
}

/// The crates that ours may use, and ours themselves, which only the root of a crate may name.
fn dependencies() -> BTreeSet<String> {
    let manifests = ["Cargo.toml", "crates/engine/Cargo.toml", "crates/search/Cargo.toml"];
    let mut all = BTreeSet::new();
    for manifest in manifests.map(|path| fs::read_to_string(path).unwrap()) {
        let section = manifest.split("\n[dependencies]").nth(1).unwrap().split("\n[").next().unwrap();
        let names = section.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(" = "));
        all.extend(names.map(|(name, _)| name.trim_end_matches(".workspace").replace('-', "_")));
    }
    assert!(["petgraph", "parquet", "clap", "treequake_engine"].iter().all(|name| all.contains(*name)), "{all:?}");
    all
}

#[test]
fn imports_go_one_way() {
    let table = table();
    let dependencies = dependencies();
    let mut wrong = Vec::new();
    for (module, row) in &table {
        for file in files_of(module) {
            let code = code(&file);
            for hidden in ["crate::{", "super::super"].iter().filter(|hidden| code.contains(**hidden)) {
                wrong.push(format!("{} hides what it imports behind {hidden}", file.display()));
            }
            for used in roots(&code, "crate::").difference(&row.modules).filter(|used| *used != module) {
                wrong.push(format!("{} imports crate::{used}", file.display()));
            }
            let used_crates = dependencies.iter().filter(|name| code.contains(&format!("{name}::")));
            wrong.extend(
                used_crates
                    .filter(|name| !row.crates.contains(*name))
                    .map(|name| format!("{} uses {name}", file.display())),
            );
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn the_table_is_whole_and_has_no_cycle() {
    let table = table();
    let roots = SOURCES.map(|source| fs::read_to_string(format!("{source}/lib.rs")).unwrap());
    let lines = roots.iter().flat_map(|root| root.lines());
    let declared: Vec<_> = lines.filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    assert_eq!(declared.iter().copied().collect::<BTreeSet<_>>(), table.keys().map(String::as_str).collect());
    for (place, module) in declared.iter().enumerate() {
        let before: BTreeSet<_> = declared[..place].iter().map(|module| (*module).to_owned()).collect();
        let late: Vec<_> = table[*module].modules.difference(&before).collect();
        assert!(late.is_empty(), "{module} may import {late:?}, which is declared later");
    }
}

/// A module's path from the root of the crate, such as `["fuzz", "campaign"]`; it stands for the file of that module.
type Module = Vec<String>;

/// A file, as far as the graph needs it.
#[derive(Default)]
struct File {
    imports: Vec<Import>,
    /// The code without its imports.
    code: String,
}

/// A path that a `use` names, without groups.
struct Import {
    path: Vec<String>,
    /// The name that it has in the file.
    name: String,
    /// Whether other files may use that name.
    is_public: bool,
}

impl File {
    fn read(path: &Path) -> Self {
        let mut file = File::default();
        let code = code(path);
        let mut lines = code.lines();
        while let Some(line) = lines.next() {
            if line.contains("mod ") && line.ends_with(';') {
                continue;
            }
            let (visibility, import) = match line.trim_start().split_once("use ") {
                Some((visibility, import)) if ["", "pub ", "pub(super) ", "pub(crate) "].contains(&visibility) => {
                    (visibility, import.to_owned())
                }
                _ => {
                    file.code.push_str(line);
                    file.code.push('\n');
                    continue;
                }
            };
            let mut import = import;
            while !import.ends_with(';') {
                import.push_str(lines.next().expect("an import ends").trim());
            }
            file.take(import.trim_end_matches(';'), &[], !visibility.is_empty());
        }
        file
    }

    /// Takes an import apart: `a::{b, c::d as e}` is `a::b` and, called `e`, `a::c::d`.
    fn take(&mut self, tree: &str, before: &[String], is_public: bool) {
        let (head, group) = tree.split_once('{').map_or((tree, None), |(head, rest)| (head, rest.strip_suffix('}')));
        let (head, alias) = head.split_once(" as ").map_or((head, None), |(head, alias)| (head, Some(alias.trim())));
        let words = head.split("::").map(str::trim).filter(|word| !word.is_empty() && *word != "self");
        let path: Vec<String> = before.iter().cloned().chain(words.map(str::to_owned)).collect();
        let Some(group) = group else {
            let name = alias.or(path.last().map(String::as_str)).unwrap_or_default().to_owned();
            self.imports.push(Import { path, name, is_public });
            return;
        };
        let (mut depth, mut start) = (0, 0);
        for (at, c) in group.char_indices().chain([(group.len(), ',')]) {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    if !group[start..at].trim().is_empty() {
                        self.take(group[start..at].trim(), &path, is_public);
                    }
                    start = at + 1;
                }
                _ => {}
            }
        }
    }

    /// The paths of several words that stand in the code itself.
    fn paths(&self) -> BTreeSet<Vec<String>> {
        let separate = |c: char| !(is_word(c) || c == ':');
        let paths = self.code.split(separate).filter(|path| path.trim_matches(':').contains("::"));
        paths.map(|path| path.trim_matches(':').split("::").map(str::to_owned).collect()).collect()
    }

    fn mentions(&self, name: &str) -> bool {
        self.code.split(|c| !is_word(c)).any(|word| word == name)
    }
}

/// All files of the three crates but their roots, by their modules. No two crates have a module of the same name.
struct Files(BTreeMap<Module, File>);

impl Files {
    fn read() -> Self {
        let mut files = BTreeMap::new();
        for source in SOURCES {
            let mut paths = Vec::new();
            rust_files(Path::new(source), &mut paths);
            let module = |path: &Path| -> Module {
                let path = path.strip_prefix(source).unwrap().with_extension("");
                path.iter().map(|word| word.to_string_lossy().into_owned()).collect()
            };
            let read = paths.iter().map(|path| (module(path), File::read(path)));
            files.extend(read.filter(|(module, _)| !["lib", "main"].contains(&module[0].as_str())));
        }
        Files(files)
    }

    /// The file that defines what a path in a file leads to; `None` if the path leaves the crate.
    fn definer(&self, from: &Module, path: &[String]) -> Option<Module> {
        let mut module = from.clone();
        let mut rest = path;
        if path[0] == "crate" {
            (module, rest) = (Vec::new(), &path[1..]);
        } else if path[0] == "self" || path[0] == "super" {
            while let Some(word) = rest.first().filter(|word| ["self", "super"].contains(&word.as_str())) {
                if word == "super" {
                    module.pop()?;
                }
                rest = &rest[1..];
            }
        } else if !self.0.contains_key(&[&module[..], &path[..1]].concat()) {
            return None;
        }
        while let Some(child) = rest.first().map(|word| [&module[..], std::slice::from_ref(word)].concat()) {
            if !self.0.contains_key(&child) {
                break;
            }
            (module, rest) = (child, &rest[1..]);
        }
        let file = self.0.get(&module)?;
        let import = rest.first().and_then(|name| file.imports.iter().find(|import| import.name == *name));
        match import {
            Some(import) if module != *from => self.definer(&module, &[&import.path[..], &rest[1..]].concat()),
            _ => Some(module),
        }
    }

    /// The files that a file uses.
    fn used_by(&self, module: &Module, file: &File) -> BTreeSet<Module> {
        let is_child = |used: &Module| used.len() > module.len() && used.starts_with(module);
        let mut used = BTreeSet::new();
        for import in &file.imports {
            let definer = self.definer(module, &import.path);
            used.extend(definer.filter(|of| !(import.is_public && is_child(of) && !file.mentions(&import.name))));
        }
        used.extend(file.paths().iter().filter_map(|path| self.definer(module, path)));
        used.remove(module);
        used
    }

    /// The files that can reach themselves, each group of files that reach each other by itself.
    fn circles(&self) -> Vec<Vec<String>> {
        let used: BTreeMap<&Module, BTreeSet<Module>> =
            self.0.iter().map(|(module, file)| (module, self.used_by(module, file))).collect();
        let reached = |from: &Module| {
            let mut reached = BTreeSet::new();
            let mut next: Vec<&Module> = used[from].iter().collect();
            while let Some(module) = next.pop() {
                if reached.insert(module) {
                    next.extend(&used[module]);
                }
            }
            reached
        };
        let reached: BTreeMap<&Module, BTreeSet<&Module>> =
            used.keys().map(|module| (*module, reached(module))).collect();
        let circle = |module: &&Module| -> Vec<String> {
            let others = reached[*module].iter().filter(|other| reached[*other].contains(*module));
            others.map(|module| format!("{}.rs", module.join("/"))).collect()
        };
        let circles: BTreeSet<Vec<String>> = reached.keys().map(circle).filter(|circle| !circle.is_empty()).collect();
        circles.into_iter().collect()
    }
}

#[test]
fn files_inside_modules_have_no_circle() {
    let circles = Files::read().circles();
    let circles: Vec<_> = circles.iter().map(|circle| circle.join(" ")).collect();
    assert!(circles.is_empty(), "files that use each other, a circle a line:\n{}", circles.join("\n"));
}

/// Modules that must work for any protocol.
const ENGINE: [&str; 15] = [
    "event_queue",
    "link",
    "topology",
    "world",
    "simulation",
    "convergence",
    "metrics",
    "run",
    "recording",
    "why",
    "chart",
    "page",
    "export",
    "fuzz",
    "layout",
];

/// Words that only Mitogen has.
const MITOGENS: [&str; 10] = [
    "Mitogen",
    "mitogen",
    "ADD_ROUTE",
    "DEL_ROUTE",
    "SHUTDOWN",
    "DETACHING",
    "Revision",
    "RouteMonitor",
    "Router",
    "egress",
];

/// Proves that no engine module names anything of Mitogen's in its code. A word counts where it begins: `egress_ids`
/// does, `regress` does not.
#[test]

fn the_engine_names_nothing_of_mitogens() {
    let missing: Vec<_> = ENGINE.iter().filter(|module| files_of(module).is_empty()).collect();
    assert!(missing.is_empty(), "there are no such modules: {missing:?}");
    let mut found = Vec::new();
    for file in ENGINE.iter().flat_map(|module| files_of(module)) {
        let code = code(&file);
        for word in MITOGENS {
            let begins = |at: usize| !code[..at].ends_with(|before: char| before.is_ascii_alphanumeric());
            let count = code.match_indices(word).filter(|(at, _)| begins(*at)).count();
            if count > 0 {
                found.push(format!("{}: {word}, {count} times", file.display()));
            }
        }
    }
    assert!(found.is_empty(), "the engine names what is Mitogen's:\n{}", found.join("\n"));
}
