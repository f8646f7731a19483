//! Names in a picture of a tree, without what they share with the names around them.

use std::collections::BTreeMap;

/// A shorter beginning than this is not worth leaving out.
const SHARED_MIN: usize = 6;

/// The name without that of its parent in front of it: `sudo` for `web.sudo` below `web`. A number alone would look like an
/// id.
pub fn without_parent<'n>(name: &'n str, parent: &str) -> &'n str {
    let rest = name.strip_prefix(parent).filter(|_| !parent.is_empty()).and_then(|rest| rest.strip_prefix('.'));
    rest.filter(|rest| rest.contains(char::is_alphabetic)).unwrap_or(name)
}

/// The names of siblings without a long beginning that all of at least three share, up to a separator: `...-7`.
/// `names` come with the place of their parents.
pub fn without_shared(names: &[(Option<usize>, String)]) -> Vec<String> {
    let mut siblings: BTreeMap<Option<usize>, Vec<&str>> = BTreeMap::new();
    for (parent, name) in names.iter().filter(|(_, name)| !name.is_empty()) {
        siblings.entry(*parent).or_default().push(name);
    }
    let shared: BTreeMap<Option<usize>, usize> =
        siblings.into_iter().map(|(parent, names)| (parent, shared(&names))).collect();
    let short = |(parent, name): &(Option<usize>, String)| match shared.get(parent).copied().unwrap_or(0) {
        len if len > 0 && len < name.len() => format!("…{}", &name[len..]),
        _ => name.clone(),
    };
    names.iter().map(short).collect()
}

/// The length of the beginning that all names share, up to a separator, which stays with the rest; 0 if it is not worth leaving
/// out. No rest is a number alone: that would look like an id.
pub fn shared(names: &[&str]) -> usize {
    let Some((first, others)) = names.split_first().filter(|_| names.len() >= 3) else { return 0 };
    let common = |other: &&str| first.bytes().zip(other.bytes()).take_while(|(one, other)| one == other).count();
    let len = others.iter().map(common).min().unwrap_or(0);
    let begins = first.char_indices().map(|(at, _)| at).take_while(|at| *at <= len);
    let len = begins.last().unwrap_or(0);
    let separators = first[..len].rmatch_indices(['.', '-', '_', '/', ':']).map(|(at, _)| at);
    let mut worth = separators.take_while(|at| *at >= SHARED_MIN);
    worth.find(|at| names.iter().all(|name| name[*at..].contains(char::is_alphabetic))).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves what is left of names: never nothing, and never half a letter.
    #[test]
    fn names_are_shortened() {
        assert_eq!(without_parent("web.sudo", "web"), "sudo");
        assert_eq!(without_parent("website.sudo", "web"), "website.sudo");
        assert_eq!([without_parent("web.", "web"), without_parent("web.1", "web")], ["web.", "web.1"]);
        let below = |names: &[&str]| {
            let names: Vec<_> = names.iter().map(|name| (Some(1), (*name).to_owned())).collect();
            without_shared(&names)
        };
        assert_eq!(below(&["prod-eu-web-1", "prod-eu-web-22", "prod-eu-db-1"]), ["…-web-1", "…-web-22", "…-db-1"]);
        assert_eq!(below(&["bastion-1", "bastion-2", "bastion-3"]), ["bastion-1", "bastion-2", "bastion-3"]);
        assert_eq!(below(&["prod-eu.web-1", "prod-eu.web-2", "prod-eu.web-3"]), ["….web-1", "….web-2", "….web-3"]);
        assert_eq!(below(&["длинное-имя-а", "длинное-имя-б", "длинное-имя-в"]), ["…-а", "…-б", "…-в"]);
        assert_eq!(below(&["prod-eu-web-1", "prod-eu-web-2"]), ["prod-eu-web-1", "prod-eu-web-2"]);
    }
}
