//! The documents: what they link to is there.

use std::fs;
use std::path::{Path, PathBuf};

fn documents() -> Vec<PathBuf> {
    let mut documents = vec![PathBuf::from("README.md"), PathBuf::from("scenarios/README.md")];
    let docs = fs::read_dir("docs").unwrap().map(|entry| entry.unwrap().path());
    documents.extend(docs.filter(|path| path.extension().is_some_and(|extension| extension == "md")));
    documents.sort();
    documents
}

/// The targets of links and images.
fn targets(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(target, _)| target))
}

/// Proves that no link within the repository leads nowhere.
#[test]
fn links_lead_somewhere() {
    let mut count = 0;
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        for target in targets(&text).filter(|target| !target.contains("://") && !target.starts_with('#')) {
            let file = target.split('#').next().unwrap();
            let path = document.parent().unwrap_or(Path::new("")).join(file);
            assert!(path.exists(), "{} links to {target}, which is not there", document.display());
            count += 1;
        }
    }
    assert!(count > 50, "{count} links were looked at");
}
