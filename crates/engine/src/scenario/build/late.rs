//! Finds steps that nothing can make possible: what they need is not there, or no longer there, or there already.
//!
//! The steps are walked in their order. News takes time in a run, and a file does not say how much. So the walk knows only
//! what *may* be: a context may live from the first step that can connect it to the step that kills it.

use crate::process::ContextId;
use crate::scenario::decode::Object;
use crate::scenario::steps::{Action, Connect, Role, Step, Subject, Ways};
use crate::scenario::tree::FileTree;
use crate::time::Time;
use std::collections::BTreeMap;

/// How many ancestors are followed to find a cycle.
const CYCLE_MAX: usize = 16;

/// The parent of each of the file's `contexts`.
pub fn parents(file: &Object) -> BTreeMap<ContextId, ContextId> {
    file.list("contexts").iter().filter_map(|context| Some((context.id("id")?, context.id("parent")?))).collect()
}

/// Why a context is skipped whose parent does not come before it, and what to write instead.
pub fn parent(id: ContextId, parent: ContextId, parents: &BTreeMap<ContextId, ContextId>) -> (String, String) {
    let above = |id: &ContextId| parents.get(id).copied();
    let line: Vec<_> = std::iter::successors(Some(parent), above).take(CYCLE_MAX).collect();
    if let Some(end) = line.iter().position(|ancestor| *ancestor == id) {
        let cycle = line[..=end].iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let message = format!("this context will be skipped: it is below itself, through {cycle}");
        return (message, "no order mends a cycle: give one of these contexts another parent".to_owned());
    }
    let message = format!("this context will be skipped: its parent {parent} connects later");
    let help = match parents.contains_key(&parent) {
        true => "contexts connect in the order of the file: move the parent above this context",
        false => "contexts connect at time 0: connect this one in `events`, after its parent",
    };
    (message, help.to_owned())
}

/// A step that cannot be done.
pub struct Vain {
    /// The context that makes it impossible.
    pub id: ContextId,
    /// The key that names it, unless the step has `ids`.
    pub key: &'static str,
    pub message: String,
}

/// What may be true of a context.
#[derive(Clone, Copy, Default)]
struct May {
    life: Life,
    /// When a step closed its parent's end of the link at the latest, since the context connected.
    closed: Option<Time>,
    /// When a step detached it at the latest, since it connected.
    detached: Option<Time>,
    /// Whether a partition may have to be healed.
    be_cut: bool,
    /// Down and up: when the link was cut at the latest, since it was last healed or new.
    cut: [Option<Time>; 2],
}

#[derive(Clone, Copy, Default)]
enum Life {
    /// Nothing has connected it, other than the topology.
    #[default]
    Unborn,
    /// It may live.
    Possible,
    /// A step killed it at this time.
    Killed(Time),
}

/// The walk over the steps.
pub struct Walk<'t> {
    tree: &'t FileTree,
    /// The contexts that are of interest. All others may always live.
    may: BTreeMap<ContextId, May>,
    /// Whether something may have ended a context that no step killed.
    has_losses: bool,
}

impl<'t> Walk<'t> {
    /// A walk that can tell about `ids`. `has_losses` says whether contexts can be lost without a step that is a loss.
    pub fn new(tree: &'t FileTree, ids: impl Iterator<Item = ContextId>, has_losses: bool) -> Self {
        Walk { tree, may: ids.map(|id| (id, May::default())).collect(), has_losses }
    }

    /// Takes a context that connects at time 0.
    pub fn connect(&mut self, connect: &Connect) {
        let _ = self.connect_at(Time::ZERO, connect);
    }

    /// Takes the next step. Tells why it cannot be done, if so.
    pub fn step(&mut self, step: &Step) -> Option<Vain> {
        let (at, action) = (step.at, &step.action);
        self.has_losses |= action.kind().role() == Role::Loss;
        let id = action.context();
        let vain = match action {
            Action::Connect(connect) => return self.connect_at(at, connect),
            Action::Shutdown { from, .. } => match self.absent(*from, "from", at) {
                None => self.absent(id, "id", at).map(|vain| Vain {
                    message: vain.message.replace("this step will be skipped", "this step does nothing"),
                    ..vain
                }),
                vain => vain,
            },
            Action::Heal { .. } => self.whole(id),
            Action::Partition { ways, .. } => self.absent(id, "id", at).or_else(|| self.cut_already(id, *ways, at)),
            Action::Disconnect { .. } => self.absent(id, "id", at).or_else(|| self.closed_already(id, at)),
            Action::Detach { .. } => self.absent(id, "id", at).or_else(|| self.detached_already(id, at)),
            _ => {
                let (Subject::Any(key) | Subject::Child(key)) = action.kind().form().subject;
                self.absent(id, key, at)
            }
        };
        if vain.is_none() {
            self.note(action, at);
        }
        vain
    }

    fn note(&mut self, action: &Action, at: Time) {
        let Some(may) = self.may.get_mut(&action.context()) else { return };
        match action {
            Action::Kill { .. } => (may.life, may.closed) = (Life::Killed(at), Some(at)),
            Action::Disconnect { .. } => may.closed = Some(at),
            Action::Detach { .. } => may.detached = Some(at),
            Action::Partition { ways, .. } => {
                may.be_cut = true;
                may.cut.iter_mut().zip(directions(*ways)).filter(|(_, is_cut)| *is_cut).for_each(|(cut, _)| {
                    *cut = Some(at);
                });
            }
            Action::Heal { .. } => (may.be_cut, may.cut) = (false, [None; 2]),
            _ => {}
        }
    }

    fn connect_at(&mut self, at: Time, connect: &Connect) -> Option<Vain> {
        if let Some(vain) = self.absent(connect.parent, "parent", at) {
            return Some(vain);
        }
        let (id, has_losses) = (connect.id, self.has_losses);
        let join = self.joined(id, at);
        let may = self.may.get_mut(&id)?;
        if !has_losses && (join.is_some() || matches!(may.life, Life::Possible)) {
            let message =
                format!("this step will be skipped: context {id} is alive, and no step before this one ends it");
            return Some(Vain { id, key: "id", message });
        }
        *may = May { life: Life::Possible, be_cut: may.be_cut, ..May::default() };
        None
    }

    /// When a context connected that the topology plants, if that is by `at`.
    fn joined(&self, id: ContextId, at: Time) -> Option<Time> {
        self.tree.join_of(id).filter(|join| *join <= at)
    }

    /// Whether a context joined with the topology after a time, and by `at`.
    fn joined_since(&self, id: ContextId, since: Time, at: Time) -> bool {
        self.joined(id, at).is_some_and(|join| join > since)
    }

    /// Why a context cannot live at a time, if so.
    fn absent(&self, id: ContextId, key: &'static str, at: Time) -> Option<Vain> {
        let may = self.may.get(&id).filter(|_| id != ContextId::MASTER)?;
        let why = match may.life {
            Life::Possible => return None,
            Life::Unborn if self.joined(id, at).is_some() => return None,
            Life::Killed(since) if self.joined_since(id, since, at) => return None,
            Life::Unborn => format!("no step before it can connect context {id}"),
            Life::Killed(since) => format!("nothing connects context {id} again after its kill at {since}"),
        };
        Some(Vain { id, key, message: format!("this step will be skipped: {why}") })
    }

    /// Why a link cannot be healed, if so.
    fn whole(&self, id: ContextId) -> Option<Vain> {
        let is_whole = self.may.get(&id).is_some_and(|may| !may.be_cut);
        let message = format!("this step will be skipped: no partition of context {id} is left to heal");
        is_whole.then_some(Vain { id, key: "id", message })
    }

    /// Why a link cannot be cut, if so. The context lives since before the last cut, or it is dead: either way.
    fn cut_already(&self, id: ContextId, ways: Ways, at: Time) -> Option<Vain> {
        let may = self.may.get(&id)?;
        let cuts = may.cut.iter().zip(directions(ways)).filter(|(_, is_asked)| *is_asked).map(|(cut, _)| *cut);
        let since = cuts.collect::<Option<Vec<_>>>()?.into_iter().min()?;
        self.already(id, since, at, "partition")
    }

    /// Why a link cannot be closed, if so.
    fn closed_already(&self, id: ContextId, at: Time) -> Option<Vain> {
        self.already(id, self.may.get(&id)?.closed?, at, "disconnect")
    }

    /// Why a context cannot be detached, if so.
    fn detached_already(&self, id: ContextId, at: Time) -> Option<Vain> {
        self.already(id, self.may.get(&id)?.detached?, at, "detach")
    }

    /// A step like this one was the last that did it, so it was done or could not be done, and nothing has changed since.
    fn already(&self, id: ContextId, since: Time, at: Time, word: &str) -> Option<Vain> {
        let message =
            format!("this step will be skipped: after the {word} of context {id} at {since}, nothing is left to do");
        (!self.joined_since(id, since, at)).then_some(Vain { id, key: "id", message })
    }
}

/// Down and up.
fn directions(ways: Ways) -> [bool; 2] {
    match ways {
        Ways::Both => [true, true],
        Ways::Down => [true, false],
        Ways::Up => [false, true],
    }
}
