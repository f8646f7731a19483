//! Where two answers of a program differ first.

use serde_json::Value;
use std::collections::BTreeSet;

/// How many characters of a differing value are shown.
const SHOWN: usize = 120;

/// What is not there.
static NOTHING: Value = Value::Null;

/// Where two answers differ first, apart from their numbers, in words. `None` if they mean the same: fields in another order,
/// or one that is left out where the other has its default.
pub fn first_place(one: &[u8], other: &[u8]) -> Option<String> {
    let (one, other) = (read(one), read(other));
    let mut path = Vec::new();
    let (one, other) = differing(&one, &other, &mut path)?;
    Some(format!("they differ in {}: {} and {}", in_words(&path), shown(one), shown(other)))
}

/// An answer without its number. What is no JSON is a text.
fn read(line: &[u8]) -> Value {
    let mut answer =
        serde_json::from_slice(line).unwrap_or_else(|_| Value::from(String::from_utf8_lossy(line).into_owned()));
    if let Some(fields) = answer.as_object_mut() {
        fields.remove("n");
    }
    answer
}

/// The first values that differ, and how they are reached.
fn differing<'v>(one: &'v Value, other: &'v Value, path: &mut Vec<String>) -> Option<(&'v Value, &'v Value)> {
    let mut at = |step: String, one: Option<&'v Value>, other: Option<&'v Value>| {
        path.push(step);
        let found = differing(one.unwrap_or(&NOTHING), other.unwrap_or(&NOTHING), path);
        if found.is_none() {
            path.pop();
        }
        found
    };
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            let keys: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
            keys.into_iter().find_map(|key| at(key.clone(), one.get(key), other.get(key)))
        }
        (Value::Array(one), Value::Array(other)) => {
            (0..one.len().max(other.len())).find_map(|n| at((n + 1).to_string(), one.get(n), other.get(n)))
        }
        _ if one == other || is_default(one) && is_default(other) => None,
        _ => Some((one, other)),
    }
}

/// Whether leaving a field out is the same.
fn is_default(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(items) => items.is_empty(),
        Value::Bool(true) | Value::Number(_) | Value::String(_) | Value::Object(_) => false,
    }
}

/// A place: `` `send.message.body` of effect 3 ``.
fn in_words(path: &[String]) -> String {
    match path {
        [] => "all that they say".to_owned(),
        [effects, n] if effects == "effects" => format!("effect {n}"),
        [effects, n, rest @ ..] if effects == "effects" => format!("`{}` of effect {n}", rest.join(".")),
        path => format!("`{}`", path.join(".")),
    }
}

/// A value for an error: cut short.
pub fn shown(value: &Value) -> String {
    if value.is_null() {
        return "nothing".to_owned();
    }
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that the first place is named as the specification names it, and that answers that mean the same do not differ.
    #[test]
    fn the_first_place_is_named() {
        let place = |one: &str, other: &str| first_place(one.as_bytes(), other.as_bytes());
        let none = r#"{"n": 1, "effects": [{"error": "a"}]}"#;
        assert_eq!(place(none, r#"{"effects":[{"error":"a"}],"lives":false,"n":9}"#), None);
        assert_eq!(place(r#"{"n": 1}"#, r#"{"n": 2, "effects": []}"#), None);
        for (other, words) in [
            (r#"{"n": 1, "effects": [{"error": "b"}]}"#, r#"they differ in `error` of effect 1: "a" and "b""#),
            (
                r#"{"n": 1, "effects": [{"error": "a"}, {"clear": 2}]}"#,
                r#"they differ in effect 2: nothing and {"clear":2}"#,
            ),
            (r#"{"n": 1, "effects": [{"error": "a"}], "handle": 7}"#, "they differ in `handle`: nothing and 7"),
            ("Hm.", r#"they differ in all that they say: {"effects":[{"error":"a"}]} and "Hm.""#),
        ] {
            assert_eq!(place(none, other).as_deref(), Some(words));
        }
    }
}
