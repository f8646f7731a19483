//! The trees of small worlds, one of each shape.

use std::collections::BTreeSet;

/// A tree of contexts below the master. They connect in the order of their ids, so each has a lower id than its children.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// The parent of context 1, of context 2, and so on.
    pub parents: Vec<u32>,
    /// The renamings that give the same tree, without the one that changes nothing: each has the new name of each context,
    /// the master's first.
    pub renamings: Vec<Vec<u32>>,
}

/// The trees of this many contexts, one of each shape: of trees that only differ in names, the first by its list of parents.
pub fn shapes(contexts: u32) -> Vec<Tree> {
    let mut seen = BTreeSet::new();
    let trees = labelled(contexts).into_iter().filter(|parents| seen.insert(shape(parents, 0)));
    trees.map(|parents| Tree { renamings: renamings(&parents), parents }).collect()
}

/// All trees of this many contexts, as if names could not be changed.
pub fn of_all_names(contexts: u32) -> Vec<Tree> {
    labelled(contexts).into_iter().map(|parents| Tree { parents, renamings: Vec::new() }).collect()
}

/// All trees of this many contexts in which parents have lower ids than their children, by their lists of parents.
fn labelled(contexts: u32) -> Vec<Vec<u32>> {
    let mut trees = vec![Vec::new()];
    for id in 1..=contexts {
        trees = trees
            .into_iter()
            .flat_map(|tree| (0..id).map(move |parent| [tree.as_slice(), &[parent]].concat()))
            .collect();
    }
    trees
}

/// The shape below a context: equal for equal shapes.
fn shape(parents: &[u32], context: u32) -> String {
    let children = (1..).zip(parents).filter(|(_, parent)| **parent == context);
    let mut below: Vec<String> = children.map(|(id, _)| shape(parents, id)).collect();
    below.sort_unstable();
    format!("({})", below.concat())
}

fn renamings(parents: &[u32]) -> Vec<Vec<u32>> {
    let mut found = vec![vec![0]];
    for parent in parents {
        let mut longer = Vec::new();
        for names in found {
            // The new name must hang below the new name of the parent.
            let fits = |name: &u32| parents[*name as usize - 1] == names[*parent as usize] && !names.contains(name);
            let free: Vec<u32> = (1..=parents.len() as u32).filter(fits).collect();
            longer.extend(free.into_iter().map(|name| [names.as_slice(), &[name]].concat()));
        }
        found = longer;
    }
    let same: Vec<u32> = (0..=parents.len() as u32).collect();
    found.retain(|names| *names != same);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves the numbers of shapes (OEIS A000081: rooted trees, one more vertex for the master) and of names (factorials),
    /// and for each shape that its trees and its renamings are all: together they name each tree once.
    #[test]
    fn every_shape_once() {
        let factorial = |n: u32| (1..=n).product::<u32>() as usize;
        for (contexts, shapes_known) in [(1, 1), (2, 2), (3, 4), (4, 9), (5, 20), (6, 48)] {
            assert_eq!(shapes(contexts).len(), shapes_known);
            assert_eq!(labelled(contexts).len(), factorial(contexts));
        }
        // All trees with names, where a parent may have a higher id than its child: Cayley, (n + 1)^(n - 1).
        for contexts in 1..=5 {
            let named: usize =
                shapes(contexts).iter().map(|tree| factorial(contexts) / (tree.renamings.len() + 1)).sum();
            assert_eq!(named, (contexts as usize + 1).pow(contexts - 1));
        }
    }
}
