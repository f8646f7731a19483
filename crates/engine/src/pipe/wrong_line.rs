//! What is wrong with a line that cannot be read, in the words of the specification.

use super::differing::shown;
use crate::words::json_error;
use serde_json::error::Category;
use serde_json::{Error, Value};

/// How many characters before the wrong place are shown.
const NEAR: usize = 30;

/// What the reader says of text that is no JSON, and what we say.
const SYNTAX: [(&str, &str); 13] = [
    ("key must be a string", "a key must be a string in double quotes"),
    ("expected value", "a number, a string in double quotes, a list, an object, true, false or null is expected"),
    ("expected ident", "true, false or null is expected"),
    ("expected `:`", "`:` is expected after a key"),
    ("expected `,` or `]`", "`,` or `]` is expected after an item of a list"),
    ("expected `,` or `}`", "`,` or `}` is expected after a field of an object"),
    ("trailing comma", "after the last comma, one more item or field is expected"),
    ("invalid escape", "a backslash in a string must come before one of \" \\ / b f n r t u"),
    (
        "control character (\\u0000-\\u001F) found while parsing a string",
        "a control character in a string must be written as \\n, \\t or \\u001f",
    ),
    ("invalid number", "a number must have the form of JSON: digits, and no zero before others"),
    ("lone leading surrogate in hex escape", "a \\u escape above \\ud7ff must be a pair of two"),
    ("unexpected end of hex escape", "a \\u escape above \\ud7ff must be a pair of two"),
    ("invalid unicode code point", "a \\u escape must stand for a character"),
];

/// What is wrong with a line, and where.
pub fn in_words(line: &str, error: &Error) -> String {
    let said = error.to_string();
    let said = said.rsplit_once(" at line ").map_or(said.as_str(), |(said, _)| said);
    let what = match error.classify() {
        Category::Eof => "the line ends before the object does".to_owned(),
        Category::Syntax if said == "trailing characters" => {
            "there is more on the line after the answer; a line must be one JSON object".to_owned()
        }
        Category::Syntax if said == "number out of range" => "the number is too large".to_owned(),
        Category::Syntax if said == "recursion limit exceeded" => {
            "lists and objects must not be nested more than 127 deep".to_owned()
        }
        Category::Syntax if serde_json::from_str::<Value>(line).is_err() => {
            let ours = SYNTAX.iter().find(|(theirs, _)| *theirs == said).map_or(said, |(_, ours)| ours);
            format!("it is not JSON: {ours}")
        }
        // It is JSON. This is how the reader says that there is not one word, or not one key, for one of several things.
        Category::Syntax => misshapen(line).unwrap_or_else(|| "one word in double quotes is expected".to_owned()),
        Category::Data if said.contains("unit variant") => misshapen(line).unwrap_or_else(|| said.to_owned()),
        Category::Data | Category::Io => data(said),
    };
    format!("{what}, at column {}, near `{}`", error.column(), near(line, error.column()))
}

/// A complaint about JSON that has another form than it should.
fn data(said: &str) -> String {
    if let Some((found, known)) = said.strip_prefix("unknown variant ").and_then(|said| said.split_once(", expected "))
    {
        return format!("{} is expected, not {found}", known);
    }
    match (said.strip_prefix("missing field "), said.strip_prefix("duplicate field ")) {
        (Some(field), _) => format!("the field {field} is missing"),
        (_, Some(field)) => format!("the field {field} is there twice"),
        (None, None) => json_error(said),
    }
}

/// The first thing in an answer that is not one word or one key, where it must be.
fn misshapen(line: &str) -> Option<String> {
    let answer: Value = serde_json::from_str(line).ok()?;
    if answer.get("refused").is_some_and(|refused| !refused.is_string() && !refused.is_null()) {
        return Some(format!("`refused` must be \"unknown\" or \"already\", not {}", shown(&answer["refused"])));
    }
    let effects = answer["effects"].as_array()?;
    effects.iter().enumerate().find_map(|(n, effect)| {
        let wrong = match effect.as_object() {
            None => format!("must be an object with one key, not {}", shown(effect)),
            Some(fields) if fields.len() == 1 => {
                let word =
                    fields.iter().find(|(key, value)| ["note", "exit"].contains(&key.as_str()) && !value.is_string());
                let (key, value) = word?;
                format!("must have a word in double quotes as its `{key}`, not {}", shown(value))
            }
            Some(fields) => {
                let keys: Vec<String> = fields.keys().map(|key| format!("`{key}`")).collect();
                let has = if keys.is_empty() { "none".to_owned() } else { keys.join(" and ") };
                format!("must have one key, and has {has}; each effect is an object of its own")
            }
        };
        Some(format!("effect {} {wrong}", n + 1))
    })
}

/// A few characters before a column of a line.
fn near(line: &str, column: usize) -> &str {
    let end = line.floor_char_boundary(column);
    &line[line.ceil_char_boundary(end.saturating_sub(NEAR))..end]
}

#[cfg(test)]
mod tests {
    use super::super::answer::{Answer, read};

    /// Proves that each way to be no answer has words of its own, with the column, and no words of the reader.
    #[test]
    fn what_is_wrong_has_words() {
        let long = "[".repeat(200);
        for (line, what) in [
            (r#"{'n': 1}"#, "it is not JSON: a key must be a string in double quotes, at column 2, near `{'`"),
            (r#"{"n": 1,}"#, "it is not JSON: after the last comma, one more item or field is expected, at column 9"),
            (
                r#"{"n": True}"#,
                "it is not JSON: a number, a string in double quotes, a list, an object, true, false or null",
            ),
            (r#"{"n": tru}"#, "it is not JSON: true, false or null is expected, at column 10"),
            (r#"{"n" 1}"#, "it is not JSON: `:` is expected after a key, at column 6"),
            (r#"{"n": 1 "effects": []}"#, "it is not JSON: `,` or `}` is expected after a field of an object"),
            (
                r#"{"n": 1, "effects": [{"clear": 1} 2]}"#,
                "it is not JSON: `,` or `]` is expected after an item of a list",
            ),
            (r#"{"n": 01}"#, "it is not JSON: a number must have the form of JSON"),
            (r#"{"n": 1e999}"#, "the number is too large, at column 11, near"),
            (r#"{"n": 1, "x": "\y"}"#, "it is not JSON: a backslash in a string must come before one of"),
            ("{\"n\": 1, \"x\": \"\u{1}\"}", "it is not JSON: a control character in a string must be written as"),
            (
                r#"{"n": 1, "effects": [{"error": "\ud800"}]}"#,
                "it is not JSON: a \\u escape above \\ud7ff must be a pair",
            ),
            (r#"{"n": 1, "effects": [{"error": "#, "the line ends before the object does, at column"),
            (
                r#"{"n": 1} {"n": 2}"#,
                "there is more on the line after the answer; a line must be one JSON object, at column 10",
            ),
            (
                r#"{"n": 1, "effects": [{}]}"#,
                "effect 1 must have one key, and has none; each effect is an object of its own",
            ),
            (
                r#"{"n": 1, "effects": [{"clear": 1}, {"clear": 1, "error": "a"}]}"#,
                "effect 2 must have one key, and has `clear` and `error`; each effect is an object of its own, at column",
            ),
            (r#"{"n": 1, "effects": [5]}"#, "effect 1 must be an object with one key, not 5"),
            (r#"{"n": 1, "effects": ["close"]}"#, "effect 1 must be an object with one key, not \"close\""),
            (
                r#"{"n": 1, "effects": [{"note": 5}]}"#,
                "effect 1 must have a word in double quotes as its `note`, not 5",
            ),
            (r#"{"n": 1, "refused": true}"#, "`refused` must be \"unknown\" or \"already\", not true"),
            (r#"{"n": 1, "refused": "no"}"#, "`unknown` or `already` is expected, not `no`, at column"),
            (r#"{"n": 1, "effects": [{"exit": "now"}]}"#, "`done` is expected, not `now`"),
            (r#"{"n": 1, "effects": {}}"#, "a list is expected, not an object, at column"),
            (r#"{"n": 1, "effects": [{"clear": -1}]}"#, "a whole number from 0 to 4294967295 is expected, not -1"),
            (r#"{"n": 1, "n": 1}"#, "the field `n` is there twice"),
            ("{}", "the field `n` is missing"),
            (&format!("{{\"n\": 1, \"x\": {long}"), "the line ends before the object does"),
            (&format!("{{\"n\": {long}"), "a whole number is expected, not a list"),
        ] {
            let said = read::<Answer>(line.as_bytes()).unwrap_err();
            assert!(said.contains(what), "{line}: {said}");
        }
    }
}
