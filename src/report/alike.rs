//! Shortens reports: similar items, such as steps at one time, share a line.

use super::{counted, plain};
use crate::process::ContextId;
use crate::scenario::{Action, Role};

/// Fewer similar items than this are listed one by one.
pub const ALIKE_MIN: usize = 3;

/// How many ranges of ids are listed.
const RANGES_MAX: usize = 8;

/// Ids as ranges: `1, 3..502`.
pub fn id_ranges(ids: &[ContextId]) -> String {
    number_ranges(&ids.iter().map(|id| u64::from(id.0)).collect::<Vec<_>>())
}

/// Numbers as ranges: `1, 3..502`.
pub fn number_ranges(numbers: &[u64]) -> String {
    let mut numbers = numbers.to_vec();
    numbers.sort_unstable();
    numbers.dedup();
    let ranges: Vec<_> = numbers.chunk_by(|one, next| one + 1 == *next).collect();
    let word = |range: &&[u64]| match range {
        [one] => one.to_string(),
        [one, other] => format!("{one}, {other}"),
        range => format!("{}..{}", range[0], range[range.len() - 1]),
    };
    let mut words: Vec<String> = ranges.iter().take(RANGES_MAX).map(word).collect();
    if ranges.len() > RANGES_MAX {
        words.push("...".to_owned());
    }
    words.join(", ")
}

/// A step that was taken.
#[derive(Clone, Debug)]
pub struct Taken<'a> {
    /// What it does.
    pub action: Action,
    /// Its label.
    pub label: Option<&'a str>,
    /// Why it was skipped, if it was.
    pub skipped: Option<String>,
}

impl Taken<'_> {
    /// The step in words, on a line of its own.
    fn words(&self) -> String {
        let label = self.label.map(|label| format!(" [{}]", plain(label))).unwrap_or_default();
        let skipped = self.skipped.as_ref().map(|why| format!(" (skipped: {why})")).unwrap_or_default();
        format!("{}{label}{skipped}", self.action)
    }
}

/// Steps at one time, in order. Consecutive steps of one kind share a line, up to the next label: of the steps that a file
/// makes of one step with many `ids`, only the first has its label. Each line comes with the number of its steps.
pub fn steps(steps: &[Taken<'_>]) -> Vec<(String, usize)> {
    let is_alike = |one: &Taken<'_>, next: &Taken<'_>| {
        one.skipped.is_none()
            && next.skipped.is_none()
            && (next.label.is_none() || one.label == next.label)
            && parts(&one.action).is_some_and(|one| Some(one.1) == parts(&next.action).map(|p| p.1))
    };
    let mut lines = Vec::new();
    for group in steps.chunk_by(is_alike) {
        match parts(&group[0].action).filter(|_| group.len() >= ALIKE_MIN) {
            Some((_, [before, behind])) => {
                let ids: Vec<_> = group.iter().filter_map(|step| Some(parts(&step.action)?.0)).collect();
                let count = counted(group.len() as u64, "step", "steps");
                let label = group[0].label.map(|label| format!(" [{}]", plain(label))).unwrap_or_default();
                lines.push((format!("{before} {}{behind}{label} ({count})", id_ranges(&ids)), group.len()));
            }
            None => lines.extend(group.iter().map(|step| (step.words(), 1))),
        }
    }
    lines
}

/// The context that a step is about, and the words before and after its id; `None` for calls and sends, which involve
/// two contexts.
fn parts(action: &Action) -> Option<(ContextId, [String; 2])> {
    if action.kind().role() == Role::Traffic {
        return None;
    }
    let id = action.context();
    let words = action.to_string();
    let (before, behind) = words.split_once(&format!(" {id}"))?;
    Some((id, [before.to_owned(), behind.to_owned()]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that similar items share a line, that others do not, and that nothing is lost.
    #[test]
    fn alike_is_one_line() {
        let step = |action| Taken { action, label: None, skipped: None };
        let kill = |id| step(Action::Kill { id: ContextId(id) });
        let heal = |id| step(Action::Heal { id: ContextId(id) });
        let skipped = Taken { skipped: Some("it is dead".to_owned()), ..kill(5) };
        let lines = steps(&[kill(1), kill(3), kill(4), kill(2), skipped, kill(6), kill(7), heal(7)]);
        let expected = ["kill 1..4 (4 steps)", "kill 5 (skipped: it is dead)", "kill 6", "kill 7", "heal 7"];
        assert_eq!(lines, expected.map(str::to_owned).into_iter().zip([4, 1, 1, 1, 1]).collect::<Vec<_>>());
        let labelled = |id, label| Taken { label: Some(label), ..kill(id) };
        let lines =
            steps(&[labelled(1, "a"), kill(2), kill(3), labelled(4, "b"), labelled(5, "b"), kill(6), labelled(7, "c")]);
        let expected = ["kill 1..3 [a] (3 steps)", "kill 4..6 [b] (3 steps)", "kill 7 [c]"];
        assert_eq!(lines, expected.map(str::to_owned).into_iter().zip([3, 3, 1]).collect::<Vec<_>>());
    }
}
