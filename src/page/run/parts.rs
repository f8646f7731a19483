//! What the pages of one run and of two have in common: the style, and the scripts that draw a run.

pub const STYLE: &str = include_str!("style.css");

/// The scripts, each after the ones that it uses.
const SCRIPTS: [&str; 10] = [
    include_str!("model.js"),
    include_str!("words.js"),
    include_str!("filter.js"),
    include_str!("story.js"),
    include_str!("rows.js"),
    include_str!("marks.js"),
    include_str!("timeaxis.js"),
    include_str!("who.js"),
    include_str!("chart.js"),
    concat!(include_str!("scene.js"), include_str!("tree.js"), include_str!("table.js")),
];

/// All of them.
pub fn shared_scripts() -> String {
    SCRIPTS.concat()
}
