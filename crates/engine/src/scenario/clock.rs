//! What in a file needs a clock, and so cannot be explored in every order.

use super::diagnostic::{Diagnostics, Source};
use super::node::{Kind, Node};
use crate::time::{Span, Time};

/// Keys whose values are not part of the run.
const NOT_RUN: [&str; 4] = ["expect", "origin", "name", "description"];

/// What in a file needs a clock, each with the way to get rid of it. A `shutdown` before `from` does not count.
pub fn needs_clock(source: &Source, from: Option<Time>) -> Diagnostics {
    let mut found = Diagnostics::default();
    if let Ok(node) = Node::parse(&source.text) {
        look(node, from, &mut found);
    }
    found
}

fn look(node: Node<'_>, from: Option<Time>, found: &mut Diagnostics) {
    match node.kind() {
        Kind::List => node.items().into_iter().for_each(|item| look(item, from, found)),
        Kind::Object => look_inside(node, from, found),
        Kind::Null | Kind::Flag | Kind::Number | Kind::Text => {}
    }
}

fn look_inside(object: Node<'_>, from: Option<Time>, found: &mut Diagnostics) {
    let entries = object.entries();
    let text = |wanted: &str| {
        let entry = entries.iter().find(|(key, _)| key.read::<String>().as_deref() == Some(wanted));
        entry.and_then(|(_, value)| value.read::<String>())
    };
    if text("do").as_deref() == Some("shutdown") {
        let at = text("at").and_then(|at| Span::parse(&at).ok().map(|at| Time::from_ns(at.as_ns())));
        if from.zip(at).is_none_or(|(from, at)| at >= from) {
            let help = "use `kill`, or explore from a later time with --from";
            found.error(
                object.start(),
                "the grace of a `shutdown` needs a clock, and an exploration has none",
                help.to_owned(),
            );
        }
    }
    for (key, value) in entries {
        let name = key.read::<String>().unwrap_or_default();
        if NOT_RUN.contains(&name.as_str()) {
            continue;
        }
        let help = match name.as_str() {
            "keepalive" => "remove it; a `disconnect` step can stand for an end that gives up",
            "churn" => "write its steps out with `treequake expand`",
            "until" => "remove it; an order ends when nothing is left to happen",
            _ => {
                look(value, from, found);
                continue;
            }
        };
        found.error(key.span(), format!("`{name}` needs a clock, and an exploration has none"), help.to_owned());
    }
}
