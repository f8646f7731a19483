//! A run as a small text picture for a terminal: how many entries were wrong over time, and the tree at the end.

use super::{BAD, GOOD, ODD, counted, plain, styled};
use crate::layout::alike::{Look, Looks};
use crate::link::Incarnation;
use crate::recording::{Cause, Health, MomentId, Recording, State};
use crate::time::Time;
use crate::time::silence::{Stretch, bursts, length, longest_pauses};
use crate::words::grouped;
use anstyle::Style;
use std::collections::{BTreeMap, BTreeSet};
use unicode_width::UnicodeWidthStr;

/// How many lines a tree may take.
const TREE_MAX: usize = 12;

/// How many columns a picture may take, however wide the terminal is.
const WIDTH_MAX: usize = 100;

/// The characters that pictures are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Characters {
    /// Blocks, lines and marks.
    Unicode,
    /// For terminals that show nothing else.
    Ascii,
}

impl Characters {
    fn levels(self) -> [char; 8] {
        match self {
            Characters::Unicode => ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
            Characters::Ascii => ['_', '.', ':', '-', '=', '+', '*', '#'],
        }
    }

    /// Where nothing is wrong. Even one wrong entry has another shape.
    fn zero(self) -> char {
        match self {
            Characters::Unicode => '·',
            Characters::Ascii => ' ',
        }
    }

    fn silence(self) -> char {
        match self {
            Characters::Unicode => '┄',
            Characters::Ascii => '~',
        }
    }

    fn mark(self, health: Health) -> char {
        match (self, health) {
            (Characters::Unicode, Health::Fine) => '●',
            (Characters::Unicode, Health::Wrong(_)) => '◆',
            (_, Health::Unknown) => '?',
            (Characters::Unicode, Health::Orphan) => '○',
            (Characters::Unicode, Health::Dead) => '✗',
            (Characters::Ascii, Health::Fine) => '*',
            (Characters::Ascii, Health::Wrong(_)) => '!',
            (Characters::Ascii, Health::Orphan) => 'o',
            (Characters::Ascii, Health::Dead) => 'x',
        }
    }

    /// A name from a scenario, escaped where these characters cannot show it.
    fn name(self, name: &str) -> String {
        let name = plain(name).into_owned();
        let escaped = |c: char| if c.is_ascii() { c.to_string() } else { c.escape_unicode().to_string() };
        if self == Characters::Ascii { name.chars().map(escaped).collect() } else { name }
    }

    /// The prefix of a line of a tree, and of the lines below it.
    fn branch(self, is_last: bool, is_open: bool) -> (&'static str, &'static str) {
        match (self, is_last, is_open) {
            (Characters::Unicode, false, true) => ("├─ ", "│  "),
            (Characters::Unicode, false, false) => ("├┄ ", "│  "),
            (Characters::Unicode, true, true) => ("└─ ", "   "),
            (Characters::Unicode, true, false) => ("└┄ ", "   "),
            (Characters::Ascii, false, true) => ("|- ", "|  "),
            (Characters::Ascii, false, false) => ("|~ ", "|  "),
            (Characters::Ascii, true, true) => ("`- ", "   "),
            (Characters::Ascii, true, false) => ("`~ ", "   "),
        }
    }
}

/// The picture of a run, in `width` columns; empty if nothing happened.
pub fn picture(recording: &Recording<'_>, width: usize, characters: Characters) -> String {
    let width = width.min(WIDTH_MAX);
    if recording.moments.is_empty() || width < 20 {
        return String::new();
    }
    let mut lines = sparkline(recording, width, characters);
    lines.push(String::new());
    lines.extend(tree(recording, width, characters));
    lines.iter().map(|line| format!("{}\n", line.trim_end())).collect()
}

// The sparkline.

/// A column, with the time at which it starts. It ends where the next one starts.
#[derive(Clone, Copy)]
struct Column {
    start: Time,
    is_silence: bool,
}

fn sparkline(recording: &Recording<'_>, width: usize, characters: Characters) -> Vec<String> {
    let columns = columns(recording, width - 2);
    let most = recording.moments.iter().filter_map(|moment| moment.wrong).max().unwrap_or(0);
    let levels = levels(recording, &columns);
    let cell = |(column, level): (&Column, &Option<u64>)| match level {
        _ if column.is_silence => characters.silence(),
        None => '?',
        Some(0) => characters.zero(),
        Some(level) => characters.levels()[(u128::from(*level) * 8).div_ceil(u128::from(most)) as usize - 1],
    };
    let spark = columns.iter().zip(&levels).map(|(column, level)| (cell((column, level)), *level != Some(0)));
    let (marks, legend) = marks(recording, &columns);
    let mut lines = vec![format!("  {}", coloured(&spark.collect::<Vec<_>>()))];
    if !legend.is_empty() {
        lines.push(format!("  {}", marks.trim_end()));
    }
    let silence = columns.iter().any(|column| column.is_silence).then(|| format!("{} no change", characters.silence()));
    let right = (characters == Characters::Unicode).then(|| format!("{} none", characters.zero()));
    let (first, last) = (recording.moments[0].at, recording.end());
    let range = [format!("0 .. {} wrong entries,", grouped(most)), format!("{first} .. {last}")];
    lines.extend(wrapped(range.into_iter().chain(right).chain(silence).chain(legend), width));
    lines
}

/// Words, wrapped to as many lines as they need.
fn wrapped(words: impl Iterator<Item = String>, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut().filter(|line| line.width() + 2 + word.width() <= width) {
            Some(line) => *line = format!("{line}  {word}"),
            None => lines.push(format!("  {word}")),
        }
    }
    lines
}

/// The characters, with the wrong ones in red.
fn coloured(spark: &[(char, bool)]) -> String {
    let run = |run: &[(char, bool)]| {
        let text: String = run.iter().map(|(c, _)| c).collect();
        if run[0].1 { styled(&text, BAD) } else { text }
    };
    spark.chunk_by(|one, next| one.1 == next.1).map(run).collect()
}

/// The times at which something changes: the number of wrong entries, or a step with a mark is taken. Includes the
/// first and last moment.
fn times(recording: &Recording<'_>) -> Vec<u64> {
    let last = recording.moments.len() - 1;
    let changes = |moment: &usize| {
        let is_end = *moment == 0 || *moment == last;
        let is_turn = || recording.moments[*moment].wrong != recording.moments[*moment - 1].wrong;
        is_end || is_turn() || mark_of(recording, *moment).is_some()
    };
    let mut times: Vec<u64> = (0..=last).filter(changes).map(|moment| recording.moments[moment].at.as_ns()).collect();
    times.dedup();
    times
}

/// Divides the width. A stretch in which something changes gets columns by its length; each silence in between gets
/// one.
fn columns(recording: &Recording<'_>, width: usize) -> Vec<Column> {
    let times = times(recording);
    let silences = silences(&times, width / 5);
    let bursts = bursts((times[0], times[times.len() - 1]), &silences);
    let least = (width / (2 * bursts.len())).clamp(1, 4) as u64;
    let room = (width - silences.len()) as u64 - least * bursts.len() as u64;
    let busy: u64 = bursts.iter().map(|(start, end)| end - start).sum();
    let mut columns = Vec::new();
    for (place, (start, end)) in bursts.iter().enumerate() {
        let share = u128::from(room) * u128::from(end - start) / u128::from(busy.max(1));
        // No stretch takes nearly all of the room just because the others are even shorter.
        let count = least + (share as u64).min((5 * least).max(room / bursts.len() as u64));
        let at = |column: u64| start + (u128::from(end - start) * u128::from(column) / u128::from(count)) as u64;
        columns.extend((0..count).map(|column| Column { start: Time::from_ns(at(column)), is_silence: false }));
        if place + 1 < bursts.len() {
            columns.push(Column { start: Time::from_ns(end + 1), is_silence: true });
        }
    }
    columns
}

/// The silences, longest first. Each is more than a twelfth of the time that is left after removing the longer ones.
fn silences(times: &[u64], most: usize) -> Vec<Stretch> {
    let mut busy = times[times.len() - 1] - times[0];
    let mut silences = longest_pauses(times, 0, most);
    let is_silence = |pause: &Stretch| {
        let is_long = length(pause) > busy / 12;
        busy -= if is_long { length(pause) } else { 0 };
        is_long
    };
    let count = silences.iter().map(is_silence).take_while(|is_silence| *is_silence).count();
    silences.truncate(count);
    silences
}

/// The most entries that were wrong in each column; `None` if that was not followed.
fn levels(recording: &Recording<'_>, columns: &[Column]) -> Vec<Option<u64>> {
    let mut levels = Vec::new();
    let (mut moment, mut before) = (0, Some(0));
    for (place, column) in columns.iter().enumerate() {
        let end = columns[place..].iter().map(|later| later.start).find(|start| *start > column.start);
        let mut level = before;
        let start = moment;
        while let Some(next) = recording.moments.get(moment).filter(|next| end.is_none_or(|end| next.at < end)) {
            before = next.wrong;
            // A moment at the start of the column hides the level before it.
            level = if moment == start && next.at <= column.start { before } else { level.max(before) };
            moment += 1;
        }
        levels.push(level);
    }
    levels
}

/// A line of marks for the steps of the scenario, and a legend.
fn marks(recording: &Recording<'_>, columns: &[Column]) -> (String, Vec<String>) {
    let mut marks: Vec<char> = vec![' '; columns.len()];
    let mut used: BTreeMap<char, &str> = BTreeMap::new();
    for moment in 0..recording.moments.len() {
        let Some((mark, name)) = mark_of(recording, moment) else { continue };
        let at = recording.moments[moment].at;
        if at == Time::ZERO && mark == 'c' {
            continue;
        }
        let column = columns.partition_point(|column| column.start < at);
        let column = if columns.get(column).is_some_and(|column| column.start == at) { column } else { column - 1 };
        let before = marks[column];
        marks[column] = if before == ' ' || before == mark { mark } else { '+' };
        used.insert(mark, name);
    }
    if marks.contains(&'+') {
        used.insert('+', "several");
    }
    (marks.into_iter().collect(), used.into_iter().map(|(mark, name)| format!("{mark} {name}")).collect())
}

/// The mark of a moment, if it is a step of the scenario or an end of a link gives up.
fn mark_of(recording: &Recording<'_>, moment: MomentId) -> Option<(char, &'static str)> {
    match recording.moments[moment].cause {
        Cause::Timeout => Some(('g', "gives up")),
        _ => {
            let kind = recording.action(moment)?.kind();
            Some((kind.mark(), kind.step()))
        }
    }
}

// The tree.

/// What a mark means, and its style.
fn meaning(health: Health) -> (&'static str, Style) {
    match health {
        Health::Fine => ("fine", GOOD),
        Health::Wrong(_) => ("wrong entries", BAD),
        Health::Unknown => ("not known to be right or wrong", ODD),
        Health::Orphan => ("orphaned", ODD),
        Health::Dead => ("dead", BAD),
    }
}

/// Why a context cannot be relied on, if it cannot.
fn ill(health: Health) -> Option<&'static str> {
    matches!(health, Health::Dead | Health::Orphan).then_some(meaning(health).0)
}

struct Tree<'r> {
    recording: &'r Recording<'r>,
    state: State<'r>,
    children: Vec<Vec<Incarnation>>,
    looks: Looks,
    characters: Characters,
    width: usize,
}

/// What a line shows.
enum Shown {
    One(Incarnation),
    /// Siblings that look the same, with everything below them.
    Equal(Vec<Incarnation>),
    /// A chain of contexts, each with only the next one below it.
    Chain(Vec<Incarnation>),
}

/// The lines of a tree, and how many contexts they cover.
struct Lines {
    lines: Vec<String>,
    contexts: usize,
}

fn tree(recording: &Recording<'_>, width: usize, characters: Characters) -> Vec<String> {
    let state = recording.state(recording.last_until(None));
    let (children, drawn) = children(recording, &state);
    let looks = Looks::of(&state, &children, &drawn, &BTreeSet::new());
    let tree = Tree { recording, state, children, looks, characters, width };
    let mut lines = Lines { lines: Vec::new(), contexts: 0 };
    tree.push("  ", &Shown::One(Incarnation::MASTER), &mut lines);
    tree.push_below(Incarnation::MASTER, "  ", &mut lines);
    let more = tree.looks.size(Incarnation::MASTER) - lines.contexts;
    if more > 0 {
        lines.lines.push(format!("  ... and {}", counted(more as u64, "more context", "more contexts")));
    }
    lines.lines.extend(wrapped(tree.legend().into_iter(), width));
    lines.lines
}

/// The children of each context, and all contexts that are drawn, latest first. Only the last life of each id is drawn,
/// plus any earlier life above one of those.
fn children(recording: &Recording<'_>, state: &State<'_>) -> (Vec<Vec<Incarnation>>, Vec<Incarnation>) {
    let mut children: Vec<Vec<Incarnation>> = vec![Vec::new(); recording.lives.len()];
    let mut drawn = Vec::new();
    let mut contexts: Vec<_> = state.contexts().skip(1).collect();
    contexts.reverse();
    for context in contexts {
        let life = recording.life(context);
        if state.latest(life.id) == Some(context) || !children[context.index()].is_empty() {
            children[life.parent.expect("it is not the master").index()].push(context);
            drawn.push(context);
        }
    }
    children.iter_mut().for_each(|of_one| of_one.sort_unstable_by_key(|child| (recording.life(*child).id, *child)));
    drawn.push(Incarnation::MASTER);
    (children, drawn)
}

impl Tree<'_> {
    /// What is unusual about the link from a context to its parent, in words.
    fn link(&self, child: Incarnation) -> String {
        if *self.look(child) == Look::GONE {
            return String::new();
        }
        let link = self.state.link(child);
        let mut words = match link.is_cut {
            [true, true] => vec!["link cut".to_owned()],
            [true, false] => vec!["link cut downward".to_owned()],
            [false, true] => vec!["link cut upward".to_owned()],
            [false, false] => Vec::new(),
        };
        if self.state.is_alive(child) && link.is_open != [true; 2] {
            words.push("link closed".to_owned());
        }
        if link.factor != 1 {
            words.push(format!("link slowed x{}", link.factor));
        }
        words.join(", ")
    }

    fn look(&self, context: Incarnation) -> &Look {
        self.looks.look(context)
    }

    /// Pushes lines for everything below a context, as long as there is room.
    fn push_below(&self, parent: Incarnation, indent: &str, lines: &mut Lines) {
        let groups = self.groups(parent);
        let count = groups.len();
        for (place, shown) in groups.into_iter().enumerate() {
            if lines.lines.len() >= TREE_MAX {
                return;
            }
            let is_open = self.link(shown.first()).is_empty();
            let (branch, below) = self.characters.branch(place + 1 == count, is_open);
            self.push(&format!("{indent}{branch}"), &shown, lines);
            if let Shown::One(last) = shown
                && *self.look(last) != Look::GONE
            {
                self.push_below(last, &format!("{indent}{below}"), lines);
            } else if let Shown::Chain(chain) = shown {
                self.push_below(*chain.last().expect("a chain is long"), &format!("{indent}{below}"), lines);
            }
        }
    }

    /// The children of a context, grouped: those that look the same are one group, and so is a chain.
    fn groups(&self, parent: Incarnation) -> Vec<Shown> {
        let groups = self.looks.groups(&self.children[parent.index()]);
        let shown = |group: Vec<Incarnation>| match group[..] {
            [only] => self.chain(only),
            _ => Shown::Equal(group),
        };
        groups.into_iter().map(shown).collect()
    }

    /// The chain that starts here: each context has only the next one below it, and all are in the same state.
    fn chain(&self, first: Incarnation) -> Shown {
        let is_like = |other: Incarnation| self.look(first).is_like(self.look(other));
        let next = |context: &Incarnation| match self.children[context.index()][..] {
            [only] if is_like(only) => Some(only),
            _ => None,
        };
        let chain: Vec<_> = std::iter::successors(Some(first), next).collect();
        if chain.len() > 3 { Shown::Chain(chain) } else { Shown::One(first) }
    }

    /// Pushes one line.
    fn push(&self, prefix: &str, shown: &Shown, lines: &mut Lines) {
        let look = self.look(shown.first());
        let (name, notes, contexts) = match shown {
            Shown::One(context) => self.one(*context),
            Shown::Equal(group) => self.equal(group),
            Shown::Chain(chain) => self.chained(chain),
        };
        let count = if let Health::Wrong(count) = look.health {
            Some(format!("{} wrong", grouped(count as u64)))
        } else {
            None
        };
        let link = Some(self.link(shown.first())).filter(|link| !link.is_empty());
        let notes: Vec<_> = notes.into_iter().chain(count).chain(link).collect();
        let mark = self.characters.mark(look.health);
        let room = self.width.saturating_sub(prefix.width() + 2);
        let notes = notes.join(", ");
        let mut rest = format!("{name}  {notes}");
        if rest.trim_end().width() > room {
            // The number identifies the context and always stays. The name may be cut.
            let number = name.split(' ').next().unwrap_or_default();
            let room_of_name = room.saturating_sub(notes.width() + 2).max(number.width());
            let name = if room_of_name < number.width() + 8 { number.to_owned() } else { cut(&name, room_of_name) };
            rest = cut(format!("{name}  {notes}").trim_end(), room);
        }
        lines.lines.push(format!("{prefix}{} {}", styled(&mark.to_string(), meaning(look.health).1), rest.trim_end()));
        lines.contexts += contexts;
    }

    /// The name of a context, notes about it, and how many contexts they cover.
    fn one(&self, context: Incarnation) -> (String, Vec<String>, usize) {
        let (look, size) = (self.look(context), self.looks.size(context));
        let name = self.characters.name(&self.recording.label(context));
        let ill = ill(look.health).map(str::to_owned);
        if *look == Look::GONE && size > 1 {
            return (name, vec![format!("dead, with all {} below", grouped((size - 1) as u64))], size);
        }
        (name, ill.into_iter().collect(), 1)
    }

    /// The same for contexts that look the same.
    fn equal(&self, group: &[Incarnation]) -> (String, Vec<String>, usize) {
        let look = self.look(group[0]);
        let size: usize = group.iter().map(|context| self.looks.size(*context)).sum();
        let below = match size - group.len() {
            0 => String::new(),
            all if *look == Look::GONE => format!(", with all {} below", grouped(all as u64)),
            all => format!(", each with {} below", grouped((all / group.len()) as u64)),
        };
        let ill = ill(look.health).map(|ill| format!("{ill} ")).unwrap_or_default();
        (
            self.recording.ranges(group.to_vec(), 4),
            vec![format!("{} {ill}contexts{below}", grouped(group.len() as u64))],
            size,
        )
    }

    /// The same for a chain.
    fn chained(&self, chain: &[Incarnation]) -> (String, Vec<String>, usize) {
        let (first, last) = (self.recording.short_label(chain[0]), self.recording.short_label(chain[chain.len() - 1]));
        let ill = ill(self.look(chain[0]).health).map(|ill| format!(", {ill}")).unwrap_or_default();
        (format!("{first} .. {last}"), vec![format!("a chain of {}{ill}", grouped(chain.len() as u64))], chain.len())
    }

    /// The meaning of the marks that are used.
    fn legend(&self) -> Vec<String> {
        let used: BTreeMap<&str, Health> =
            self.looks.all().iter().map(|look| (meaning(look.health).0, look.health)).collect();
        let mut used: Vec<_> = used.into_iter().map(|(name, health)| (health, name)).collect();
        used.sort_unstable();
        let word = |(health, name): &(Health, &str)| format!("{} {name}", self.characters.mark(*health));
        std::iter::once("at the end:".to_owned()).chain(used.iter().map(word)).collect()
    }
}

impl Shown {
    fn first(&self) -> Incarnation {
        match self {
            Shown::One(context) => *context,
            Shown::Equal(group) | Shown::Chain(group) => group[0],
        }
    }
}

/// Cuts a line to `width` columns.
fn cut(line: &str, width: usize) -> String {
    if line.width() <= width {
        return line.to_owned();
    }
    let mut kept = String::new();
    for c in line.chars() {
        kept.push(c);
        if kept.width() + 3 > width {
            kept.pop();
            break;
        }
    }
    format!("{}...", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that width is counted in columns, not letters, and that control characters are escaped.
    #[test]
    fn names_fit() {
        assert_eq!(cut("漢字漢字漢字", 12), "漢字漢字漢字");
        assert_eq!(cut("漢字漢字漢字", 10), "漢字漢...");
        let name = "web\u{202e}\u{200b}\u{2028}é";
        assert_eq!(Characters::Unicode.name(name), "web\\u{202e}\\u{200b}\\u{2028}é");
        assert_eq!(Characters::Ascii.name(name), "web\\u{202e}\\u{200b}\\u{2028}\\u{e9}");
    }
}
