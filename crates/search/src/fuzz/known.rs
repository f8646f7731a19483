//! The failures that are known already: a nightly campaign is red only for a class that is not among them.
//!
//! A known failure is a scenario file with `origin.class`, such as each file in the `findings` of a campaign. Only that
//! class is read, and its monitor is left aside, so the findings of one monitor serve another. Nothing is hidden: a known
//! class is run, counted, shrunk and reported like any other.

use super::class::Class;
use crate::scenario::origin::Origin;
use std::collections::BTreeMap;

/// Classes of failures that are known, whatever the monitor, each with the file that says so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    files: BTreeMap<String, String>,
    /// The paths that the user gave, which commands repeat.
    given: Vec<String>,
}

/// A known class that did not occur.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotSeen<'k> {
    /// The class, without its monitor.
    pub class: &'k str,
    /// The file that it is known from.
    pub file: &'k str,
}

impl Known {
    /// No known failures yet, from the files in `given`.
    pub fn new(given: Vec<String>) -> Self {
        Known { files: BTreeMap::new(), given }
    }

    /// Adds the class of a scenario file. If two files have the same class, the first is named.
    ///
    /// # Errors
    /// If the file does not say which class it is; what is wrong, and how to fix it.
    pub fn add(&mut self, file: &str, origin: Option<&Origin>) -> Result<(), String> {
        let fix = "write the class there, or make the file again with `treequake shrink`; or remove the file";
        let Some(name) = origin.and_then(|origin| origin.class.as_ref()) else {
            return Err(format!("{file}: a known failure needs a class, and this file has no `origin.class`; {fix}"));
        };
        let class: Class = name.parse().map_err(|error| format!("{file}: {error}; {fix}"))?;
        self.files.entry(class.of_any_monitor()).or_insert_with(|| file.to_owned());
        Ok(())
    }

    /// Whether the user has named known failures, even if there are none in what was named.
    pub fn is_given(&self) -> bool {
        !self.given.is_empty()
    }

    /// What the user has named.
    pub fn given(&self) -> &[String] {
        &self.given
    }

    /// The file that a class is known from; `None` if it is new.
    pub fn file(&self, class: &str) -> Option<&str> {
        let class: Class = class.parse().ok()?;
        self.files.get(&class.of_any_monitor()).map(String::as_str)
    }

    /// The known classes that are not among `classes`, by name.
    pub fn not_seen<'k>(&'k self, classes: impl IntoIterator<Item = &'k str>) -> Vec<NotSeen<'k>> {
        let mut left: BTreeMap<&str, &str> = self.files.iter().map(|(class, file)| (&**class, &**file)).collect();
        for class in classes.into_iter().filter_map(|class| class.parse::<Class>().ok()) {
            left.remove(&*class.of_any_monitor());
        }
        left.into_iter().map(|(class, file)| NotSeen { class, file }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(class: &str) -> Origin {
        Origin { class: Some(class.to_owned()), ..Origin::default() }
    }

    /// Proves that the monitor is left aside, that the place is not, and that a known class which does not occur is named.
    #[test]
    fn the_monitor_is_left_aside() {
        let mut known = Known::new(vec!["known".to_owned()]);
        known.add("a.json", Some(&origin("stale-on-connect-mitogen-0.3"))).unwrap();
        known.add("b.json", Some(&origin("stale-on-connect-mitogen-seed"))).unwrap();
        known.add("c.json", Some(&origin("missing-on-disconnect-mitogen-0.3"))).unwrap();
        assert_eq!(known.file("stale-on-connect-mitogen-0.2.4"), Some("a.json"));
        assert_eq!(known.file("stale-on-disconnect-mitogen-0.3"), None);
        assert_eq!(known.file("missing-on-connect-mitogen-0.3"), None);
        let not_seen = known.not_seen(["stale-on-connect-mitogen-0.2.9"]);
        assert_eq!(not_seen, [NotSeen { class: "missing-on-disconnect", file: "c.json" }]);
    }

    /// Proves that a file without a class, or with one that there is not, is named with the fix.
    #[test]
    fn a_file_needs_a_class() {
        let mut known = Known::default();
        for wrong in [None, Some(Origin::default()), Some(origin("stale")), Some(origin("stale-on-connect-other"))] {
            let error = known.add("x.json", wrong.as_ref()).unwrap_err();
            assert!(error.starts_with("x.json: ") && error.contains("treequake shrink"), "{error}");
        }
        assert!(known.files.is_empty());
    }
}
