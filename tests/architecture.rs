//! Proves that the table of imports on the library's front page is true: no module imports one, or a crate, that its
//! row does not name. The table is read from the page itself, so there is no second list to keep.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

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
    } else if path.extension().is_some_and(|extension| extension == "rs") {
        found.push(path.to_owned());
    }
}

/// The code of a file: no comments, and not what only its unit tests use.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let without_tests = text.split("#[cfg(test)]").next().unwrap();
    let lines = without_tests.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The words that stand before `::` right behind `prefix`.
fn roots(code: &str, prefix: &str) -> BTreeSet<String> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let tails = code.match_indices(prefix).filter(|(at, _)| !code[..*at].ends_with(is_word));
    let word = |(at, _)| code[at + prefix.len()..].chars().take_while(|c| is_word(*c)).collect();
    tails.map(word).filter(|word: &String| !word.is_empty()).collect()
}

fn dependencies() -> BTreeSet<String> {
    let manifest = fs::read_to_string("Cargo.toml").unwrap();
    let section = manifest.split("[dependencies]").nth(1).unwrap().split("[dev-dependencies]").next().unwrap();
    let names = section.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(" = "));
    names.map(|(name, _)| name.replace('-', "_")).collect()
}

#[test]
fn imports_go_one_way() {
    let table = table();
    let dependencies = dependencies();
    let mut wrong = Vec::new();
    for (module, row) in &table {
        let mut files = vec![PathBuf::from(format!("src/{module}.rs"))];
        let folder = PathBuf::from(format!("src/{module}"));
        if folder.exists() {
            rust_files(&folder, &mut files);
        }
        for file in files {
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
    let page = fs::read_to_string("src/lib.rs").unwrap();
    let declared: Vec<_> = page.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    assert_eq!(declared.iter().copied().collect::<BTreeSet<_>>(), table.keys().map(String::as_str).collect());
    for (place, module) in declared.iter().enumerate() {
        let before: BTreeSet<_> = declared[..place].iter().map(|module| (*module).to_owned()).collect();
        let late: Vec<_> = table[*module].modules.difference(&before).collect();
        assert!(late.is_empty(), "{module} may import {late:?}, which the page declares later");
    }
}
