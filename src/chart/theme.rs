//! The colours of charts and pages, each by its purpose, with its values on a light and on a dark ground.
//!
//! Text has a contrast of at least 4.5 to 1 on either ground. A colour is never the only sign: shapes, dashes and words
//! say the same.

use std::fmt::Write as _;

/// The ground that a picture is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the reader likes it, in an SVG; light in a PNG.
    #[default]
    Auto,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

impl Theme {
    /// All of them.
    pub const ALL: [Theme; 3] = [Theme::Auto, Theme::Light, Theme::Dark];

    /// Its name in options.
    pub const fn name(self) -> &'static str {
        match self {
            Theme::Auto => "auto",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }
}

/// A colour, by purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tone {
    /// The background.
    Ground,
    /// What lies on the background: cards, and the inside of hollow marks.
    Panel,
    /// Text, and whatever is most important.
    Ink,
    /// Secondary text, and axes.
    Muted,
    /// Grids and borders.
    Rule,
    /// The duration of a fault.
    Band,
    /// The first series.
    Blue,
    /// The second series; partitions and warnings.
    Orange,
    /// What is fine.
    Green,
    /// What is wrong or dead.
    Red,
    /// The third series.
    Purple,
    /// The fourth.
    Teal,
}

impl Tone {
    /// All colours, in style-sheet order.
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

    /// The value on a light ground, as `#rrggbb`.
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

    /// The value on a dark ground, as `#rrggbb`.
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

    /// Red, green and blue of the value on the ground of a theme; light if the reader chooses.
    pub fn rgb(self, theme: Theme) -> [u8; 3] {
        let value = if theme == Theme::Dark { self.dark() } else { self.light() };
        let number = u32::from_str_radix(&value[1..], 16).expect("a colour is six digits");
        let [_, red, green, blue] = number.to_be_bytes();
        [red, green, blue]
    }
}

/// The style sheet of an SVG whose marks are all in an element of class `tq`. Their attributes have the colours of a
/// light ground, in capitals as plotters writes them.
///
/// If the reader prefers dark, the style sheet switches to the colours of a dark ground, unless the root of the page
/// says `data-theme="light"`. It always does so inside an element that says `data-theme="dark"`. A viewer without
/// support for variables shows the attributes.
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

    /// Proves that every text colour is readable on the background and on a panel, light or dark.
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
