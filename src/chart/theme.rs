//! The colours of charts and pages: each by what it is for, with its value on a light and on a dark ground.
//!
//! Text has a contrast of 4.5 to 1 at least on either. A colour never says anything alone: shapes, dashes and words do,
//! too.

use std::fmt::Write as _;

/// A colour, by what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tone {
    /// The background.
    Ground,
    /// What lies on the ground: cards, the inside of hollow marks.
    Panel,
    /// Text, and what is most important.
    Ink,
    /// Secondary text, and axes.
    Muted,
    /// Grids and borders.
    Rule,
    /// How long a fault lasts.
    Band,
    /// The first series.
    Blue,
    /// The second; partitions, warnings.
    Orange,
    /// What is fine.
    Green,
    /// What is wrong, or dead.
    Red,
    /// The third series.
    Purple,
    /// The fourth.
    Teal,
}

impl Tone {
    /// All, in the order in which a style sheet has them.
    pub const ALL: [Tone; 12] = [
        Tone::Ground,
        Tone::Panel,
        Tone::Ink,
        Tone::Muted,
        Tone::Rule,
        Tone::Band,
        Tone::Blue,
        Tone::Orange,
        Tone::Green,
        Tone::Red,
        Tone::Purple,
        Tone::Teal,
    ];

    /// Its name in a style sheet.
    pub fn name(self) -> &'static str {
        match self {
            Tone::Ground => "ground",
            Tone::Panel => "panel",
            Tone::Ink => "ink",
            Tone::Muted => "muted",
            Tone::Rule => "rule",
            Tone::Band => "band",
            Tone::Blue => "blue",
            Tone::Orange => "orange",
            Tone::Green => "green",
            Tone::Red => "red",
            Tone::Purple => "purple",
            Tone::Teal => "teal",
        }
    }

    /// On a light ground, as `#rrggbb`.
    pub fn light(self) -> &'static str {
        match self {
            Tone::Ground => "#ffffff",
            Tone::Panel => "#f6f7f9",
            Tone::Ink => "#1b1f24",
            Tone::Muted => "#59636e",
            Tone::Rule => "#d5dae0",
            Tone::Band => "#f3e7cf",
            Tone::Blue => "#0b5cad",
            Tone::Orange => "#b5500b",
            Tone::Green => "#1d7a46",
            Tone::Red => "#b3261e",
            Tone::Purple => "#7a3fa0",
            Tone::Teal => "#0f7b83",
        }
    }

    /// On a dark ground, as `#rrggbb`.
    pub fn dark(self) -> &'static str {
        match self {
            Tone::Ground => "#14181d",
            Tone::Panel => "#1c2128",
            Tone::Ink => "#e6e9ed",
            Tone::Muted => "#9aa5b1",
            Tone::Rule => "#343c46",
            Tone::Band => "#3a3222",
            Tone::Blue => "#6cb2ff",
            Tone::Orange => "#f0a15c",
            Tone::Green => "#6fcf97",
            Tone::Red => "#ff8a80",
            Tone::Purple => "#c99bf0",
            Tone::Teal => "#5fd0d8",
        }
    }

    /// Red, green and blue on a light ground.
    pub fn rgb(self) -> [u8; 3] {
        let number = u32::from_str_radix(&self.light()[1..], 16).expect("a colour is six digits");
        let [_, red, green, blue] = number.to_be_bytes();
        [red, green, blue]
    }
}

/// The style sheet of an SVG whose marks are all in an element of the class `tq`, with the colours of a light ground as
/// attributes, in capitals as plotters writes them.
///
/// They are those of a dark ground where the reader prefers that, unless the root of the page says
/// `data-theme="light"`; and wherever something around says `data-theme="dark"`. A viewer that knows no variables shows
/// the attributes.
pub fn style_sheet() -> String {
    let values = |value: fn(Tone) -> &'static str| -> String {
        Tone::ALL.iter().fold(String::new(), |mut all, tone| {
            let _ = write!(all, "--tq-{}:{};", tone.name(), value(*tone));
            all
        })
    };
    let (light, dark) = (values(Tone::light), values(Tone::dark));
    let mut css = format!(
        ".tq{{{light}}}\n@media(prefers-color-scheme:dark){{:root:not([data-theme=light]) .tq{{{dark}}}}}\n\
         [data-theme=dark] .tq{{{dark}}}\n"
    );
    for tone in Tone::ALL {
        for what in ["fill", "stroke"] {
            let (value, name) = (tone.light().to_uppercase(), tone.name());
            let _ = writeln!(css, ".tq [{what}=\"{value}\"]{{{what}:var(--tq-{name})}}");
        }
    }
    css
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(hex: &str) -> f64 {
        let channel = |at: usize| {
            let value = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    }

    fn contrast(one: &str, other: &str) -> f64 {
        let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
        one.max(other) / one.min(other)
    }

    /// Proves that whatever text is written in can be read on the ground and on a panel, light or dark.
    #[test]
    fn text_stands_out() {
        for tone in
            Tone::ALL.into_iter().filter(|tone| !matches!(tone, Tone::Ground | Tone::Panel | Tone::Rule | Tone::Band))
        {
            for ground in [Tone::Ground, Tone::Panel] {
                assert!(contrast(tone.light(), ground.light()) > 4.5, "{tone:?} on light {ground:?}");
                assert!(contrast(tone.dark(), ground.dark()) > 4.5, "{tone:?} on dark {ground:?}");
            }
        }
    }
}
