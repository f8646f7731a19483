//! The queue against its law: the order of keys, and a plain heap that is given the same operations.

use super::bucket::CHUNK;
use super::*;
use crate::process::ContextId;
use crate::time::Time;
use proptest::prelude::*;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Proves each clause of the order: time before rank before receiver before sender before fifo.
#[test]
fn ties_are_broken_field_by_field() {
    let key = |time, rank, to, from, fifo| EventKey {
        time: Time::from_ns(time),
        rank,
        to: ContextId(to),
        from: ContextId(from),
        fifo,
    };
    let ascending = [
        key(1, Rank::Arrival, 9, 9, 9),
        key(2, Rank::Step, 0, 0, 7),
        key(2, Rank::Step, 0, 0, 8),
        key(2, Rank::Arrival, 0, 5, 9),
        key(2, Rank::Arrival, 1, 0, 8),
        key(2, Rank::Arrival, 1, 2, 1),
        key(2, Rank::Arrival, 1, 2, 2),
        key(3, Rank::Step, 0, 0, 0),
    ];
    let mut queue = EventQueue::default();
    for place in [3, 0, 7, 5, 1, 6, 2, 4] {
        queue.push(ascending[place], place);
    }
    for (place, key) in ascending.into_iter().enumerate() {
        assert_eq!(queue.pop(), Some((key, place)));
    }
    assert!(queue.is_empty());
}

/// Proves that replacing the first entry is a pop and a push.
#[test]
fn replacing_is_pop_and_push() {
    let mut queue = EventQueue::default();
    (0..5).for_each(|n| queue.push(EventKey::step(Time::from_ns(n), n), n));
    queue.replace_first(EventKey::step(Time::from_ns(3), 9), 9);
    let order: Vec<_> = std::iter::from_fn(|| queue.pop()).map(|(_, value)| value).collect();
    assert_eq!(order, [1, 2, 3, 9, 4]);
}

/// A queue and a plain heap in step: each operation is applied to both, and they must agree.
#[derive(Default)]
struct Pair {
    queue: EventQueue<u64>,
    plain: BinaryHeap<Reverse<(EventKey, u64)>>,
    pushed: u64,
    // When the last popped event was due.
    clock: u64,
}

impl Pair {
    /// A key that was not there before. All its fields but the last one are often equal to another key's.
    fn key(&mut self, time: u64) -> EventKey {
        self.pushed += 1;
        let mixed = self.pushed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let (to, from) = (ContextId((mixed >> 40) as u32 % 50), ContextId((mixed >> 20) as u32 % 3));
        match mixed >> 62 {
            0 => EventKey::step(Time::from_ns(time), self.pushed),
            1 => EventKey::timer(Time::from_ns(time), to, from, self.pushed),
            _ => EventKey::arrival(Time::from_ns(time), to, from, self.pushed),
        }
    }

    fn push(&mut self, time: u64) {
        let key = self.key(time);
        self.queue.push(key, self.pushed);
        self.plain.push(Reverse((key, self.pushed)));
    }

    fn peek(&mut self) {
        if self.pushed.is_multiple_of(32) {
            self.each();
        }
        assert_eq!(self.queue.peek(), self.plain.peek().map(|Reverse(first)| *first));
        assert_eq!(self.queue.len(), self.plain.len());
    }

    /// Looks at all entries without taking them.
    fn each(&self) {
        let (mut found, mut sum) = (0, 0_u64);
        self.queue.each(|key, value| {
            assert_eq!(key.fifo, value);
            (found, sum) = (found + 1, sum + value);
        });
        assert_eq!((found, sum), (self.plain.len(), self.plain.iter().map(|Reverse((_, value))| value).sum()));
    }

    fn pop(&mut self) {
        let first = self.plain.pop().map(|Reverse(first)| first);
        assert_eq!(self.queue.pop(), first);
        self.clock = first.map_or(self.clock, |(key, _)| key.time.as_ns());
    }

    /// The hold model: `gap` after the first.
    fn replace_first(&mut self, gap: u64) {
        let Some(Reverse((first, _))) = self.plain.pop() else { return };
        self.clock = first.time.as_ns();
        let key = self.key(self.clock.saturating_add(gap));
        self.queue.replace_first(key, self.pushed);
        self.plain.push(Reverse((key, self.pushed)));
    }

    fn drain(&mut self) {
        while !self.plain.is_empty() {
            self.pop();
        }
        self.pop();
        assert!(self.queue.is_empty());
    }
}

/// How an operation chooses a time.
#[derive(Clone, Copy, Debug)]
enum When {
    Zero,
    Last,
    Now,
    /// Up to 2^n after now, and far more often near than far.
    Soon(u32),
    Before,
    Any,
}

impl When {
    fn time(self, now: u64, random: u64) -> u64 {
        match self {
            When::Zero => 0,
            When::Last => u64::MAX,
            When::Now => now,
            When::Soon(bits) => now.saturating_add((random >> (64 - bits)) >> (random % u64::from(bits))),
            When::Before => now.saturating_sub(random >> 50),
            When::Any => random,
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Operation {
    Push(When),
    PushAndPeek(When),
    Replace(When),
    Pop,
    Clear,
}

fn when() -> impl Strategy<Value = When> {
    prop_oneof![
        1 => Just(When::Zero),
        1 => Just(When::Last),
        3 => Just(When::Now),
        8 => (1..60_u32).prop_map(When::Soon),
        1 => Just(When::Before),
        1 => Just(When::Any),
    ]
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        10 => when().prop_map(Operation::Push),
        4 => when().prop_map(Operation::PushAndPeek),
        10 => when().prop_map(Operation::Replace),
        10 => Just(Operation::Pop),
        1 => Just(Operation::Clear),
    ]
}

fn apply(pair: &mut Pair, operation: Operation, random: u64) {
    match operation {
        Operation::Push(when) => pair.push(when.time(pair.clock, random)),
        Operation::PushAndPeek(when) => {
            pair.push(when.time(pair.clock, random));
            pair.peek();
        }
        Operation::Replace(when) => {
            let gap = when.time(pair.clock, random).saturating_sub(pair.clock);
            pair.replace_first(gap);
        }
        Operation::Pop => pair.pop(),
        Operation::Clear => {
            pair.queue.clear();
            pair.plain.clear();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// Proves that the queue agrees with a plain heap on any operations: in bursts, so that it grows and shrinks
    /// between a heap and a wheel; at the ends of time; below what has been popped; after `clear`.
    #[test]
    fn it_does_what_a_plain_heap_does(bursts in prop::collection::vec((operation(), 1..900_u64, any::<u64>()), 1..40)) {
        let mut pair = Pair::default();
        for (operation, times, seed) in bursts {
            for n in 0..times {
                apply(&mut pair, operation, (seed ^ n).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29));
            }
            pair.peek();
        }
        pair.drain();
    }

    /// Proves that a packed key keeps every field and the order of keys, and that equal times leave the order to the
    /// rest.
    #[test]
    fn packed_keys_have_the_order_of_keys(
        fields in prop::array::uniform2((0..4_u64, 0..3_u8, any::<u32>(), any::<u32>(), 0..1_u64 << 56)),
        same in 0..5,
    ) {
        let [one, mut other] = fields;
        if same > 0 { other.0 = one.0 }
        if same > 1 { other.1 = one.1 }
        if same > 2 { other.2 = one.2 }
        if same > 3 { other.3 = one.3 }
        let [one, other] = [one, other].map(|(time, rank, to, from, fifo)| EventKey {
            time: Time::from_ns(time.wrapping_sub(2)),
            rank: [Rank::Step, Rank::Arrival, Rank::Timer][usize::from(rank)],
            to: ContextId(to),
            from: ContextId(from),
            fifo,
        });
        prop_assert_eq!(Packed::new(one).key(), one);
        prop_assert_eq!(Packed::new(one).is_below(Packed::new(other)), one < other);
        let entry = |key| Entry { key: Packed::new(key), value: () };
        prop_assert_eq!(entry(other).cmp(&entry(one)), one.cmp(&other));
    }
}

/// Proves that an entry is as small as promised: memory bounds the largest runs.
#[test]
fn an_entry_has_32_bytes() {
    assert_eq!(size_of::<Entry<u64>>(), 32);
}

/// Proves that a fifo that does not fit is refused, not truncated.
#[test]
#[should_panic(expected = "fifo counts to 2^56")]
fn fifo_is_bounded() {
    EventQueue::default().push(EventKey::step(Time::from_ns(0), 1 << 56), ());
}

/// Proves that growing opens the wheel, that a long hold is right there and takes no more memory than its entries need,
/// and that shrinking closes the wheel.
#[test]
fn a_hold_grows_and_shrinks() {
    let mut pair = Pair::default();
    let gap = |n: u64| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) >> (n % 13);
    (0..6_000).for_each(|n| pair.push(gap(n)));
    assert!(pair.queue.wheel.is_open());
    (0..50_000).for_each(|n| pair.replace_first(gap(n)));
    assert!(pair.queue.wheel.chunks() <= 6_000 / CHUNK + 200, "{}", pair.queue.wheel.chunks());
    assert!(pair.queue.near.len() <= MANY);
    (0..5_950).for_each(|_| pair.pop());
    assert!(!pair.queue.wheel.is_open());
    (0..1_000).for_each(|n| pair.replace_first(gap(n)));
    pair.drain();
}

/// Proves that a hundred thousand events at one time come in the order of the other fields, whatever the order in which
/// they were added, even if each is peeked at in between, and that they do not pile up in the heap.
#[test]
fn many_at_one_time() {
    for order in [|n| n, |n: u64| 100_000 - n, |n| n * 7_919 % 100_000] {
        let mut queue = EventQueue::default();
        queue.push(EventKey::step(Time::from_ns(5), 0), 0);
        let first = queue.pop().expect("it was pushed").0;
        for n in 0..100_000 {
            let to = ContextId(order(n) as u32 + 1);
            queue.push(EventKey::arrival(first.time, to, ContextId(0), n), to.0);
            queue.peek();
        }
        assert!(queue.near.len() <= MANY.max(queue.len() / 4));
        let found: Vec<u32> = std::iter::from_fn(|| queue.pop()).map(|(_, to)| to).collect();
        assert_eq!(found.len(), 100_000);
        assert!(found.is_sorted());
    }
}

/// Proves that a crowd that comes before the end of the run goes to the wheel, and not to the heap. Here it comes among
/// timers that are far apart, and the first of them are the run.
#[test]
fn a_crowd_before_the_end_of_the_run() {
    for in_order in [false, true] {
        let mut pair = Pair::default();
        for n in 0..2_000_u64 {
            let late = if in_order { n } else { n * 777 % 2_000 };
            pair.push(1_000_000_000 * late);
        }
        (0..3).for_each(|_| pair.pop());
        for n in 0..20_000_u64 {
            pair.push(pair.clock + n * 7_919 % 1_000_000);
            if n % 3 == 0 {
                pair.replace_first(n % 500);
            }
            assert!(pair.queue.near.len() <= MANY);
        }
        pair.drain();
    }
}

/// Proves that a cleared queue is like a new one, and that it does not ask for memory again.
#[test]
fn cleared_is_as_new() {
    let mut pair = Pair::default();
    (0..5_000).for_each(|n| pair.push(n * 31 % 5_000));
    (0..100).for_each(|_| pair.pop());
    let chunks = pair.queue.wheel.chunks();
    pair.queue.clear();
    pair.plain.clear();
    pair.peek();
    assert!(!pair.queue.wheel.is_open());
    (0..5_000).for_each(|n| pair.push(n * 31 % 5_000));
    assert_eq!(pair.queue.wheel.chunks(), chunks);
    pair.drain();
}

/// Proves that entries pushed among events that came in order, and so are not sorted again, come out between them.
#[test]
fn among_events_that_came_in_order() {
    let mut pair = Pair::default();
    (0..20_000).for_each(|n| pair.push(n * 100));
    let mut in_order = 0;
    for n in 0..10_000 {
        pair.pop();
        // Not into the next bucket, which would then be out of order.
        if n % 10 == 0 && pair.clock % (1 << 18) < 250_000 {
            pair.push(pair.clock + n * 7_919 % 10_000);
        }
        in_order += u32::from(pair.queue.wheel.has_rest());
    }
    assert!(in_order > 5_000, "{in_order}");
    pair.drain();
}
