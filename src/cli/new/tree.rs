//! The tree of a new scenario: exactly as many contexts as were asked for, whatever its shape.

use crate::scenario::TreeShape;
use serde_json::{Value, json};

/// The bastions of a fleet, unless another number is asked for, or it has fewer contexts.
const BASTIONS: u64 = 2;

/// What a tree is to be like.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    pub shape: TreeShape,
    pub contexts: u64,
    pub fanout: Option<u64>,
    pub bastions: Option<u64>,
}

/// The keys of the tree: its `topology`, and the `contexts` that do not fit into its levels.
#[derive(Clone, Debug)]
pub struct Keys {
    pub topology: Value,
    pub contexts: Vec<Value>,
}

/// The tree.
///
/// # Errors
/// If an option has no meaning for the shape, or the numbers do not go together; with what to do.
pub fn keys(wanted: Wanted) -> Result<Keys, String> {
    let Wanted { shape, contexts, fanout, bastions } = wanted;
    let name = shape.name();
    if shape == TreeShape::Fleet {
        if fanout.is_some() {
            return Err("a fleet takes no --fanout: it has bastions, hosts below them, and a sudo context below each \
                        host; set the bastions with --bastions, and all with --contexts"
                .to_owned());
        }
        return fleet(contexts, bastions);
    }
    if bastions.is_some() {
        return Err(format!("--bastions is for a fleet, and this is a {name}; remove it, or use --shape fleet"));
    }
    let takes_fanout = |shape: &TreeShape| shape.size_keys().contains(&"fanout");
    if fanout.is_some() && !takes_fanout(&shape) {
        let shapes: Vec<_> = TreeShape::ALL.into_iter().filter(takes_fanout).map(TreeShape::name).collect();
        return Err(format!("a {name} takes no --fanout; remove it, or use --shape {}", shapes.join(" or --shape ")));
    }
    let mut topology = json!({ "shape": name, "contexts": contexts });
    if let Some(fanout) = fanout {
        topology["fanout"] = json!(fanout);
    }
    Ok(Keys { topology, contexts: Vec::new() })
}

/// A fleet. Each bastion has the same number of hosts, each with a sudo context; what is left over is one host more below
/// some of the bastions, the last perhaps without its sudo context.
fn fleet(contexts: u64, bastions: Option<u64>) -> Result<Keys, String> {
    let bastions = match bastions {
        Some(bastions) if bastions > contexts => {
            return Err(format!(
                "a fleet of --contexts {contexts} has no room for --bastions {bastions}; use more contexts or fewer \
                 bastions"
            ));
        }
        Some(bastions) => bastions,
        None => BASTIONS.min(contexts),
    };
    let below_bastions = contexts - bastions;
    let hosts = below_bastions / (2 * bastions);
    let mut levels = vec![json!({ "name": "bastion", "count": bastions })];
    if hosts > 0 {
        levels.push(json!({ "name": "host", "count": hosts }));
        levels.push(json!({ "name": "sudo", "count": 1, "link": "local-pipe" }));
    }
    let left_over = below_bastions - 2 * bastions * hosts;
    let first = contexts - left_over + 1;
    let more = (0..left_over).map(|n| {
        let bastion = n / 2 + 1;
        let above = if bastions == 1 { "bastion".to_owned() } else { format!("bastion-{bastion}") };
        let host = format!("{above}.host-{}", hosts + 1);
        match n % 2 {
            0 => json!({ "id": first + n, "parent": bastion, "name": host }),
            _ => {
                let name = format!("{host}.sudo");
                json!({ "id": first + n, "parent": first + n - 1, "name": name, "link": "local-pipe" })
            }
        }
    });
    Ok(Keys { topology: json!({ "shape": "fleet", "levels": levels }), contexts: more.collect() })
}
