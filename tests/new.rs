//! `treequake new`: each combination of its options does what it says, or is refused with words.

use crate::desk::Desk;
use std::collections::BTreeSet;
use treequake::scenario::diagnostic::Source;
use treequake::scenario::{Scenario, TreeShape, file};

/// What was asked for.
#[derive(Clone, Copy, Debug)]
struct Asked {
    shape: TreeShape,
    contexts: u64,
    fanout: Option<u64>,
    bastions: Option<u64>,
}

impl Asked {
    /// What a refusal must name, if there must be one.
    fn refused(self) -> Option<&'static str> {
        let takes_fanout = matches!(self.shape, TreeShape::Kary | TreeShape::Caterpillar);
        match self {
            Asked { bastions: Some(_), shape, .. } if shape != TreeShape::Fleet => Some("--bastions"),
            Asked { fanout: Some(_), .. } if !takes_fanout => Some("--fanout"),
            Asked { bastions: Some(bastions), contexts, .. } if bastions > contexts => Some("--bastions"),
            _ => None,
        }
    }

    fn args(self) -> Vec<String> {
        let mut args = vec!["new".to_owned(), "--shape".to_owned(), self.shape.name().to_owned()];
        let options = [("--contexts", Some(self.contexts)), ("--fanout", self.fanout), ("--bastions", self.bastions)];
        for (name, value) in options.into_iter().filter_map(|(name, value)| Some((name, value?))) {
            args.extend([name.to_owned(), value.to_string()]);
        }
        args
    }
}

fn matrix() -> Vec<Asked> {
    let mut matrix = Vec::new();
    for shape in TreeShape::ALL {
        for contexts in [1, 2, 3, 7, 20, 40, 41] {
            for fanout in [None, Some(1), Some(3)] {
                for bastions in [None, Some(1), Some(3)] {
                    matrix.push(Asked { shape, contexts, fanout, bastions });
                }
            }
        }
    }
    matrix
}

/// Proves that each shape has exactly the contexts that were asked for, with names of their own, and that an option which
/// has no meaning for it is refused by name.
#[test]
fn every_combination_is_done_or_refused() {
    let desk = Desk::with(&[]);
    let (mut made, mut refused) = (0, 0);
    for asked in matrix() {
        let args = asked.args();
        let output = desk.run(&args.iter().map(String::as_str).collect::<Vec<_>>());
        if let Some(option) = asked.refused() {
            let text = String::from_utf8(output.stderr).unwrap();
            assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{asked:?}");
            assert!(text.starts_with("error: ") && text.contains(option), "{asked:?}: {text}");
            refused += 1;
            continue;
        }
        assert_eq!(output.status.code(), Some(0), "{asked:?}: {output:?}");
        let source = Source { name: "new".to_owned(), text: String::from_utf8(output.stdout).unwrap() };
        let loaded = file::parse(source, "new").unwrap();
        check(asked, &loaded.scenario);
        made += 1;
    }
    assert!(made > 50 && refused > 100, "{made}, {refused}");
}

fn check(asked: Asked, scenario: &Scenario) {
    assert_eq!(scenario.contexts.len() as u64, asked.contexts, "{asked:?}");
    let name = |place: usize| {
        scenario
            .catalog
            .names
            .original(scenario.contexts[place].name.unwrap(), treequake::process::ContextId(0))
            .into_owned()
    };
    let names: BTreeSet<String> = (0..scenario.contexts.len()).map(name).collect();
    assert_eq!(names.len(), scenario.contexts.len(), "{asked:?}: {names:?}");
    let children = |parent: u32| scenario.contexts.iter().filter(|context| context.parent.0 == parent).count() as u64;
    match asked.shape {
        TreeShape::Fleet => {
            let bastions = asked.bastions.unwrap_or(2.min(asked.contexts));
            assert_eq!(children(0), bastions, "{asked:?}");
            // No bastion has two hosts more than another, and no host two sudo contexts.
            let hosts: Vec<u64> = (1..=bastions).map(|id| children(u32::try_from(id).unwrap())).collect();
            assert!(hosts.iter().max().unwrap() - hosts.iter().min().unwrap() <= 1, "{asked:?}: {hosts:?}");
            for context in scenario.contexts.iter().filter(|context| context.parent.0 as u64 > bastions) {
                assert_eq!(children(context.parent.0), 1, "{asked:?}");
            }
        }
        TreeShape::Kary => {
            let fanout = asked.fanout.unwrap_or(2);
            assert_eq!(children(0), fanout.min(asked.contexts), "{asked:?}");
        }
        _ => {}
    }
}
