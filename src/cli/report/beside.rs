//! What is beside the page of a run folder: a run page for each scenario among the findings. The page has both within it, so it
//! works when it is sent alone.

use super::run;
use crate::cli::exit::Exit;
use crate::cli::{mine, output};
use crate::page::alone::Alone;
use crate::page::html::{self, run_page};
use crate::page::run::About;
use crate::scenario::expectation::WarningKind;
use crate::words::counted;
use crate::words::terminal::shown;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// How the link back from a run page begins.
const BACK: &str = "<a id=\"back\"";

/// The name of the page in its run folder.
const PAGE: &str = "report.html";

/// The findings of a run folder that have scenarios.
pub struct Beside<'a> {
    /// The run folder.
    pub folder: &'a Path,
    /// The page.
    pub out: &'a Path,
    /// What the page is of, for the links back: `campaign`.
    pub what: &'static str,
    /// Each scenario, by its path in the folder, and what broke.
    pub findings: Vec<(&'a str, &'a str)>,
    /// The warnings that count as failures.
    pub denied: Vec<WarningKind>,
}

/// The place of the page of a folder: `out`, or in the folder; or why it cannot be there. `what` is what the folder has.
pub fn place(folder: &Path, out: Option<&Path>, what: &str) -> Result<PathBuf, String> {
    let in_it = folder.join(PAGE);
    let out = out.unwrap_or(&in_it);
    if !output::is_stdout(out) && is_of_folder(folder, out) {
        let refusal = format!("{} is another file in the folder of {what}", shown(out));
        return Err(format!("{refusal}; name another file with --out"));
    }
    let taken = if out == in_it { mine::refusal(out, html::MARK) } else { mine::other(out, html::MARK) };
    taken.or_else(|| output::refusal(out)).map_or_else(|| Ok(out.to_owned()), Err)
}

/// Whether a file is in the run folder and is not a page.
fn is_of_folder(folder: &Path, file: &Path) -> bool {
    let inside = fs::canonicalize(file).is_ok_and(|file| fs::canonicalize(folder).is_ok_and(|to| file.starts_with(to)));
    inside && !run::is_page(file)
}

impl Beside<'_> {
    /// Writes a run page for each scenario, with a link back, unless one of them cannot be put in its place.
    pub fn write_run_pages(&self) -> Exit {
        if let Some(exit) = self.refused() {
            return exit;
        }
        for (file, broke) in &self.findings {
            let page = run_page(file);
            let (place, path) = (self.folder.join(&page), self.folder.join(file));
            let back = self.back(&place);
            let path = path.display().to_string();
            let back = back.as_deref().map(|link| (link, self.what));
            let about = About { path: &path, denied: &self.denied, back, broke: Some(broke) };
            let exit = match run::page(Path::new(&path), None, about) {
                Ok(made) => {
                    if !made.is_whole {
                        output::note(&format!("note: {}\n{}", shown(&place), made.about));
                    }
                    output::write_file(&place, &made.html)
                }
                Err(exit) => exit,
            };
            if exit != Exit::Fine {
                return exit;
            }
        }
        Exit::Fine
    }

    /// Reports all run pages that cannot be put in their places, if there are any.
    fn refused(&self) -> Option<Exit> {
        let pages = self.findings.iter().map(|(file, _)| self.folder.join(run_page(file)));
        let refusals: Vec<_> = pages.filter_map(|page| mine::refusal(&page, html::MARK)).collect();
        refusals.iter().map(|refusal| output::complain(refusal)).max()
    }

    /// The files that the page links to. A run page within it has no link back.
    pub fn alone(&self, has_run_pages: bool) -> Alone {
        let mut alone = Alone::default();
        for (scenario, _) in &self.findings {
            let page = has_run_pages.then(|| run_page(scenario));
            for file in [Some((*scenario).to_owned()), page].into_iter().flatten() {
                let Ok(mut content) = fs::read_to_string(self.folder.join(&file)) else { continue };
                if let (Some(from), true) = (content.find(BACK), file.ends_with(".html")) {
                    let to = content[from..].find("</a>").map_or(from, |end| from + end + "</a>".len());
                    content.replace_range(from..to, "");
                }
                alone.add(html::link(&format!("{}{file}", self.base())), &content);
            }
        }
        alone
    }

    /// What is beside the page, in a line; `which` says of what. Empty if there is nothing.
    pub fn shows(&self, has_run_pages: bool, which: &str) -> String {
        match self.findings.len() as u64 {
            count if has_run_pages && count > 0 => {
                format!("beside:   {}, {which}\n", counted(count, "run page", "run pages"))
            }
            _ => String::new(),
        }
    }

    /// The link from a run page to the page; none if that is standard output.
    fn back(&self, page: &Path) -> Option<String> {
        let folder = fs::canonicalize(page.parent()?).ok()?;
        let way = relative(&folder, &fs::canonicalize(beside(self.out)).ok()?);
        let name = self.out.file_name().filter(|_| !output::is_stdout(self.out))?;
        Some(html::link(&format!("{way}{}", name.to_string_lossy())))
    }

    /// The way from the page into the folder; empty for standard output, as that page may be put into the folder.
    pub fn base(&self) -> String {
        match (fs::canonicalize(self.folder), fs::canonicalize(beside(self.out))) {
            (Ok(folder), Ok(beside)) if !output::is_stdout(self.out) => relative(&beside, &folder),
            _ => String::new(),
        }
    }
}

/// The folder of a file.
fn beside(file: &Path) -> &Path {
    file.parent().filter(|beside| !beside.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The relative path between two absolute folders, with a `/` at its end unless it is empty.
fn relative(from: &Path, to: &Path) -> String {
    let common = from.components().zip(to.components()).take_while(|(one, other)| one == other).count();
    let up = from.components().skip(common).map(|_| Component::ParentDir);
    let way: PathBuf = up.chain(to.components().skip(common)).collect();
    let mut words: Vec<_> = way.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    words.push(String::new());
    words.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that links lead from the page to the campaign.
    #[test]
    fn ways() {
        let way = |from: &str, to: &str| relative(Path::new(from), Path::new(to));
        assert_eq!(way("/a/b", "/a/b"), "");
        assert_eq!(way("/a", "/a/b/c"), "b/c/");
        assert_eq!(way("/a/b/x", "/a/c"), "../../c/");
    }
}
