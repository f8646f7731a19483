//! Where contexts are drawn: nothing lies on anything else, nothing is far from its parent without need, and large trees
//! stay small enough to look at.

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};
use treequake::layout::{Layout, Way};
use treequake::link::Incarnation;
use treequake::process::ContextId;

type Lives = Vec<(Option<Incarnation>, ContextId)>;

/// Lives with ids of their own, by their parents.
fn tree(parents: impl IntoIterator<Item = u32>) -> Lives {
    let root = (None, ContextId(0));
    let others = parents.into_iter().zip(1..).map(|(parent, id)| (Some(Incarnation(parent)), ContextId(id)));
    std::iter::once(root).chain(others).collect()
}

fn lay_out(lives: &Lives) -> Layout {
    let layout = Layout::of_lives(lives, 1.6);
    check(lives, &layout);
    layout
}

/// Every mark and its label has room of its own, within the bounds; children are below their parents, or beside them on a
/// folded chain; blocks hold their members.
fn check(lives: &Lives, layout: &Layout) {
    let [columns, rows] = [layout.width, layout.height].map(|length| (length * 2.0).ceil() as usize);
    let mut taken: Vec<Option<NonZeroUsize>> = vec![None; columns * rows];
    let mut take = |x: i64, y: i64, who: usize| {
        let (column, row) = (usize::try_from(x).unwrap(), usize::try_from(y).unwrap());
        assert!(column < columns && row < rows, "{who} is out of the picture at {x} {y}");
        let other = taken[row * columns + column].replace(NonZeroUsize::MIN.saturating_add(who));
        assert!(other.is_none_or(|other| other.get() == who + 1), "{who} and {other:?} both are at {x} {y}");
    };
    let half = |cells: f32| {
        assert_eq!(cells * 2.0, (cells * 2.0).trunc(), "all is in halves");
        (cells * 2.0) as i64
    };
    for (who, place) in layout.places().iter().enumerate() {
        let is_packed = matches!(place.way, Way::Block(_));
        let reach = if is_packed { 1 } else { 2 };
        assert!(half(place.x) >= reach && half(place.x) + reach <= half(layout.width), "{who}: {place:?}");
        assert!(place.y >= 0.5 && place.y + if is_packed { 0.5 } else { 1.5 } <= layout.height, "{who}: {place:?}");
        for x in half(place.x) - reach..half(place.x) + reach {
            take(x, half(place.y), who);
            if !is_packed {
                take(x, half(place.y) + 2, who);
            }
        }
        let Some(parent) = place.parent else { continue };
        assert_eq!(Some(parent), lives[who].0);
        let parent = layout.place(parent);
        assert!(place.y > parent.y || place.way == Way::Straight && place.y == parent.y, "{who}");
        assert_eq!(layout.path(Incarnation(who as u32)).last(), Some(&(place.x, place.y)));
    }
    for block in layout.blocks() {
        for member in &block.members {
            let place = layout.place(*member);
            assert!(place.x > block.x && place.x < block.x + block.width);
            assert!(place.y > block.y && place.y < block.y + block.height);
        }
    }
}

/// Numbers that look drawn, the same each time.
fn numbers() -> impl Iterator<Item = u32> {
    std::iter::successors(Some(1_u64), |number| Some(number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1)))
        .map(|number| (number >> 33) as u32)
}

/// A tree that grows at random.
fn random(size: u32, mut numbers: impl Iterator<Item = u32>) -> Lives {
    tree((1..size).map(|born| numbers.next().unwrap() % born))
}

fn shape(layout: &Layout) -> f32 {
    layout.width / layout.height
}

/// Proves that small trees are drawn as one would by hand: level by level, parents above the middle of their children,
/// links straight.
#[test]
fn a_small_tree_is_tidy() {
    let layout = lay_out(&tree([0, 0, 1, 1, 2, 2]));
    let at = |id: u32| layout.place(Incarnation(id));
    assert!(layout.places().iter().all(|place| place.way == Way::Straight));
    assert_eq!([0, 1, 2, 3, 4, 5, 6].map(|id| at(id).y), [0.5, 3.5, 3.5, 6.5, 6.5, 6.5, 6.5]);
    assert_eq!(at(1).x, f32::midpoint(at(3).x, at(4).x));
    assert_eq!(at(0).x, f32::midpoint(at(1).x, at(2).x));
    assert_eq!((at(3).x, at(4).x, at(5).x), (1.0, 4.0, 7.0));
}

/// Proves that many hosts of a bastion become one block below it, about as wide as asked, and few do not.
#[test]
fn many_childless_siblings_are_a_block() {
    assert!(lay_out(&tree([0; 8])).blocks().is_empty());
    let layout = lay_out(&tree(std::iter::once(0).chain([1; 498])));
    let [block] = layout.blocks() else { panic!("one block") };
    assert_eq!((block.parent, block.members.len()), (Incarnation(1), 498));
    assert!((1.4..1.8).contains(&(block.width / block.height)), "{block:?}");
    assert!(layout.width <= 32.0 && layout.height <= 26.0, "{} x {}", layout.width, layout.height);
    let (bastion, path) = (layout.place(Incarnation(1)), layout.block_path(0));
    assert_eq!(path, [(bastion.x, bastion.y), (block.x + block.width / 2.0, block.y)]);
}

/// Proves that chains go to and fro, each next to the one before, with and without small legs, and however long.
#[test]
fn long_chains_are_folded() {
    for (legs, length) in [(0, 40), (0, 1000), (2, 333), (10, 30)] {
        let spine = |joint: u32| 1 + joint * (legs + 1);
        let parents = (0..length).flat_map(|joint| {
            let parent = if joint == 0 { 0 } else { spine(joint - 1) };
            std::iter::once(parent).chain(std::iter::repeat_n(spine(joint), legs as usize))
        });
        let layout = lay_out(&tree(parents));
        assert!((0.6..3.0).contains(&shape(&layout)), "{legs} {length}: {} x {}", layout.width, layout.height);
        if legs == 0 {
            let far = |id: u32| {
                let (one, other) = (layout.place(Incarnation(id)), layout.place(Incarnation(id - 1)));
                (one.x - other.x).abs() + (one.y - other.y).abs()
            };
            assert!((1..=length).all(|id| far(id) <= 6.0));
        }
    }
}

/// Proves that wide trees are broken into shelves, so that a page can show them.
#[test]
fn wide_trees_are_folded() {
    let binary = lay_out(&tree((1..2047).map(|node| (node - 1) / 2)));
    let sudo_on_each_host = lay_out(&tree((0..500).map(|_| 0).chain(1..=500)));
    for layout in [binary, sudo_on_each_host] {
        assert!((0.6..3.0).contains(&shape(&layout)), "{} x {}", layout.width, layout.height);
        assert!(layout.places().iter().any(|place| place.way == Way::Shelf));
    }
}

/// Proves that a later life of an id stands next to the earlier one, wherever it comes in time.
#[test]
fn lives_of_an_id_are_neighbours() {
    for hosts in [5, 50] {
        let first = (1..=hosts).map(|id| (Some(Incarnation(0)), ContextId(id)));
        let again = [3, 2, 3].map(|id| (Some(Incarnation(0)), ContextId(id)));
        let lives: Lives = std::iter::once((None, ContextId(0))).chain(first).chain(again).collect();
        let layout = lay_out(&lives);
        let mut in_order: Vec<_> = (1..lives.len() as u32).map(Incarnation).collect();
        let key = |context: &Incarnation| {
            let place = layout.place(*context);
            ((place.y * 2.0) as i64, (place.x * 2.0) as i64)
        };
        in_order.sort_by_key(key);
        let ids: Vec<_> = in_order.iter().map(|context| lives[context.index()].1.0).collect();
        assert_eq!(ids[..6], [1, 2, 2, 3, 3, 3]);
    }
}

/// Proves that nothing lies on anything else in trees that grow at random, and that the same tree is always drawn the
/// same.
#[test]
fn random_trees_are_sound() {
    let mut numbers = numbers();
    for size in (1..60).chain([500, 2000]) {
        let lives = random(size, &mut numbers);
        let (one, other) = (lay_out(&lives), Layout::of_lives(&lives, 1.6));
        assert_eq!((one.places(), one.blocks()), (other.places(), other.blocks()));
    }
}

/// Proves that 100,000 contexts are laid out at once, whatever their shape, and without a deep stack.
#[test]
fn large_trees_are_quick() {
    let size = 100_000;
    let trees = [
        tree((1..size).map(|id| id - 1)),
        tree((1..size).map(|_| 0)),
        tree((1..size).map(|id| (id - 1) / 2)),
        tree((1..size).map(|id| id.saturating_sub(3))),
        random(size, numbers()),
    ];
    for lives in trees {
        let start = Instant::now();
        let layout = Layout::of_lives(&lives, 1.6);
        assert!(start.elapsed() < Duration::from_secs(30), "without optimisation");
        check(&lives, &layout);
    }
}
