//! Which of two monitors a case is better under. Each case is in one group: that of its weightiest change.

use super::change::Change;
use super::pair::Pair;

/// How the result of a case, whether and how it fails, compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// The same.
    Same,
    /// It is better under the second monitor.
    Better,
    /// It is worse under the second monitor.
    Worse,
}

/// The group of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// It fails, and passed under the first monitor.
    Fails,
    /// It fails in a class in which it did not fail.
    NewClass,
    /// It costs more messages.
    MoreMessages,
    /// It takes longer to converge.
    Slower,
    /// It passes, and failed under the first monitor.
    Passes,
    /// It fails in fewer classes.
    FewerClasses,
    /// It costs fewer messages.
    FewerMessages,
    /// It takes less time to converge.
    Faster,
    /// Nothing changes.
    Same,
}

impl Group {
    /// All groups, those for the worse first.
    pub const ALL: [Group; 9] = [
        Group::Fails,
        Group::NewClass,
        Group::MoreMessages,
        Group::Slower,
        Group::Passes,
        Group::FewerClasses,
        Group::FewerMessages,
        Group::Faster,
        Group::Same,
    ];

    /// The group of a case.
    pub fn of(pair: &Pair) -> Self {
        let passes = [&pair.first, &pair.second].map(|side| side.classes.is_empty());
        match Change::of(pair).iter().min() {
            Some(Change::New(_)) if passes[0] => Group::Fails,
            Some(Change::New(_)) => Group::NewClass,
            Some(Change::MoreMessages) => Group::MoreMessages,
            Some(Change::Slower) => Group::Slower,
            Some(Change::Gone(_)) if passes[1] => Group::Passes,
            Some(Change::Gone(_)) => Group::FewerClasses,
            Some(Change::FewerMessages) => Group::FewerMessages,
            Some(Change::Faster) => Group::Faster,
            None => Group::Same,
        }
    }

    /// How the case compares, its cost included.
    pub fn grade(self) -> Grade {
        match self {
            Group::Fails | Group::NewClass | Group::MoreMessages | Group::Slower => Grade::Worse,
            Group::Passes | Group::FewerClasses | Group::FewerMessages | Group::Faster => Grade::Better,
            Group::Same => Grade::Same,
        }
    }

    /// How the result of the case compares, whatever it costs.
    pub fn grade_of_result(self) -> Grade {
        match self {
            Group::Fails | Group::NewClass => Grade::Worse,
            Group::Passes | Group::FewerClasses => Grade::Better,
            _ => Grade::Same,
        }
    }

    /// The key in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Group::Fails => "fails",
            Group::NewClass => "new_class",
            Group::MoreMessages => "more_messages",
            Group::Slower => "slower",
            Group::Passes => "passes",
            Group::FewerClasses => "fewer_classes",
            Group::FewerMessages => "fewer_messages",
            Group::Faster => "faster",
            Group::Same => "same",
        }
    }

    /// What it means, for people.
    pub const fn in_words(self) -> &'static str {
        match self {
            Group::Fails => "fails, where it passed",
            Group::NewClass => "fails in a new class",
            Group::MoreMessages => "more messages",
            Group::Slower => "slower",
            Group::Passes => "passes, where it failed",
            Group::FewerClasses => "fails in fewer classes",
            Group::FewerMessages => "fewer messages",
            Group::Faster => "faster",
            Group::Same => "same",
        }
    }
}
