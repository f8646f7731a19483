//! The handles that calls wait on: `Router._handle_map` beyond the standard handles, and `_handles_by_respondent`.

use crate::process::{ContextId, Handle, IdMap, IdSet, StateWriter};

/// The Python class of a context object.
///
/// It decides what "the same respondent" means. A `mitogen.parent.Context` equals any other with the same router and
/// id, even one that took its place. A `mitogen.core.Context`, made before the router was upgraded, equals only itself.
/// A router makes at most one object of the latter class for each id, so id and class together tell apart all objects
/// that differ. Objects that the router does not know never fire, so they need not be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ContextClass {
    Core,
    Parent,
    /// A `mitogen.core.Context` that is in no map.
    Unshared,
}

/// What respondents are compared by.
pub(super) type Respondent = (ContextId, ContextClass);

/// The calls of one router that have not ended.
#[derive(Clone, Debug)]
pub(super) struct Calls {
    next_handle: Handle,
    respondent_of: IdMap<Handle, Respondent>,
    /// By class, then id. A key stays, with an empty set, when its last handle is deleted. `del_handler` does the same,
    /// and so the first listener is not made again.
    handles_by_respondent: [IdMap<ContextId, IdSet<Handle>>; 3],
    /// The handle of a call that the context makes for itself.
    private: Option<Handle>,
}

impl Default for Calls {
    fn default() -> Self {
        Calls {
            next_handle: Handle::FIRST_DYNAMIC,
            respondent_of: IdMap::default(),
            handles_by_respondent: Default::default(),
            private: None,
        }
    }
}

impl Calls {
    /// Port of `Router.add_handler` for a reply. Returns a fresh handle, and whether no handle was waiting for
    /// `respondent` before, so that it needs a listener.
    pub fn add(&mut self, respondent: Respondent) -> (Handle, bool) {
        let handle = self.next_handle;
        self.next_handle = Handle(handle.0.checked_add(1).expect("fewer than 2^32 calls by one context"));
        self.respondent_of.insert(handle, respondent);
        let (id, class) = respondent;
        let by_id = &mut self.handles_by_respondent[class as usize];
        let is_new = !by_id.contains(id);
        by_id.get_or_insert_with(id, IdSet::default).insert(handle);
        (handle, is_new)
    }

    /// Whether some handle waits for `respondent`, or has waited and was deleted.
    pub fn is_known(&self, (id, class): Respondent) -> bool {
        self.handles_by_respondent[class as usize].contains(id)
    }

    /// Who may answer on `handle`.
    pub fn respondent_of(&self, handle: Handle) -> Option<ContextId> {
        self.respondent_of.get(handle).map(|(id, _)| *id)
    }

    /// Port of `Router.del_handler`.
    pub fn delete(&mut self, handle: Handle) {
        if let Some((id, class)) = self.respondent_of.remove(handle)
            && let Some(handles) = self.handles_by_respondent[class as usize].get_mut(id)
        {
            handles.remove(handle);
        }
    }

    /// Takes all handles that wait for `respondent`, ascending.
    pub fn take_of(&mut self, (id, class): Respondent) -> Vec<Handle> {
        let handles = self.handles_by_respondent[class as usize].remove(id).unwrap_or_default().sorted();
        for handle in &handles {
            self.respondent_of.remove(*handle);
        }
        handles
    }

    /// Forgets the listeners of a context object that is replaced. They will never run again; its handles stay open for
    /// a reply.
    pub fn forget_listeners(&mut self, (id, class): Respondent) {
        self.handles_by_respondent[class as usize].remove(id);
    }

    /// Marks the call that waits on `handle` as the context's own. There is at most one.
    pub fn set_private(&mut self, handle: Handle) {
        self.private = Some(handle);
    }

    /// Writes the calls, the listeners and the next handle.
    pub fn write_state(&self, state: &mut StateWriter<'_>) {
        state.u32(self.next_handle.0);
        let handles = self.respondent_of.sorted_keys();
        state.len(handles.len());
        for handle in handles {
            let (id, class) = self.respondent_of.get(handle).expect("a key of the map");
            state.u32(handle.0);
            state.u32(id.0);
            state.u8(*class as u8);
        }
        for by_id in &self.handles_by_respondent {
            let ids = by_id.sorted_keys();
            state.len(ids.len());
            for id in ids {
                let handles = by_id.get(id).map(IdSet::sorted).unwrap_or_default();
                state.u32(id.0);
                state.len(handles.len());
                handles.iter().for_each(|handle| state.u32(handle.0));
            }
        }
        state.option(self.private.map(|handle| handle.0));
    }

    /// Whether the call that waits on `handle` is the context's own. Afterwards no call is.
    pub fn take_private(&mut self, handle: Handle) -> bool {
        self.private.take_if(|private| *private == handle).is_some()
    }
}
