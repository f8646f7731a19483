//! Scenarios that are run once, since what is asked is whether they come to their end, and in how much memory.

use crate::workloads::{BEGIN, TALK, call, connect, kill, scenario};
use treequake::draw;
use treequake::scenario::{Connect, Scenario};
use treequake::time::Time;

/// All contexts of a random recursive tree connect: the parent of each is any that is there before it.
pub fn random_join(contexts: u32) -> Scenario {
    scenario(random_tree(contexts), Vec::new())
}

fn random_tree(contexts: u32) -> Vec<Connect> {
    let mut rng = draw::stream(1, "random tree", 0);
    (1..=contexts).map(|id| connect(id, draw::below(&mut rng, u64::from(id)) as u32)).collect()
}

/// A random tree whose contexts die one by one, 10,000 a second, each while it has no child: so that as many deaths are
/// told as there are contexts.
pub fn random_kills(contexts: u32) -> Scenario {
    let tree = random_tree(contexts);
    let mut children = vec![0_u32; contexts as usize + 1];
    tree.iter().for_each(|context| children[context.parent.0 as usize] += 1);
    let mut childless: Vec<u32> = (1..=contexts).filter(|id| children[*id as usize] == 0).collect();
    let mut rng = draw::stream(1, "random kills", 0);
    let mut kills = Vec::with_capacity(tree.len());
    while !childless.is_empty() {
        let id = childless.swap_remove(draw::below(&mut rng, childless.len() as u64) as usize);
        let parent = tree[id as usize - 1].parent.0;
        children[parent as usize] -= 1;
        if parent != 0 && children[parent as usize] == 0 {
            childless.push(parent);
        }
        kills.push(kill(Time::from_ns(BEGIN.as_ns() + 100_000 * kills.len() as u64), id));
    }
    scenario(tree, kills)
}

/// A chain of 13, with two leaves at its end, of which each has called a context beside it that then dies. A router tells
/// it once for every route that it has through the stream, and so does each below it, so that some 10^12 copies arrive.
pub fn retraction() -> Scenario {
    let (end, beside) = (13, 16);
    let chain = (1..=end).map(|id| connect(id, id - 1));
    let contexts = chain.chain([connect(14, end), connect(15, end), connect(beside, 0)]).collect();
    let calls = (1..=end).map(|from| call(TALK, from, beside));
    scenario(contexts, calls.chain([kill(BEGIN, beside)]).collect())
}
