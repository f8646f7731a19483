//! The campaign: many seeds, in parallel, the same findings whatever the number of threads.
