//! What a reader of JSON says, in our words.

/// What each side of a wrong type is called: as the reader names it, and as people do.
const NAMES: [(&str, &str); 9] = [
    ("a sequence", "a list"),
    ("sequence", "a list"),
    ("map", "an object"),
    ("u64", "a whole number"),
    ("u32", "a whole number"),
    ("i64", "a whole number"),
    ("a boolean", "true or false"),
    ("unit value", "null"),
    ("f64", "a number"),
];

/// The numbers that a type has.
const RANGES: [(&str, &str); 2] =
    [("u32", "a whole number from 0 to 4294967295"), ("u64", "a whole number from 0 to 18446744073709551615")];

/// A complaint about a wrong type or number in words: `a list is expected, not 5`. Other complaints stay as they are.
pub fn json_error(complaint: &str) -> String {
    let what = ["invalid type: ", "invalid value: "].iter().find_map(|kind| complaint.strip_prefix(kind));
    let Some((found, expected)) = what.and_then(|what| what.split_once(", expected ")) else {
        return complaint.to_owned();
    };
    let range = RANGES.iter().find(|(theirs, _)| *theirs == expected && complaint.starts_with("invalid value"));
    let expected = range.map_or(expected, |(_, ours)| ours);
    let expected = expected.strip_prefix("struct ").map_or(expected, |_| "an object");
    let value = ["integer `", "floating point `", "boolean `"].iter().find_map(|kind| found.strip_prefix(kind));
    let found = value.map_or(found, |value| value.trim_end_matches('`'));
    let found = found.strip_prefix("string ").unwrap_or(found);
    format!("{} is expected, not {}", named(expected), named(found))
}

fn named(name: &str) -> &str {
    NAMES.iter().find(|(theirs, _)| *theirs == name).map_or(name, |(_, ours)| ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that the complaint about a wrong type has no words of a programming language, and that nothing else changes.
    #[test]
    fn types_have_names() {
        for (theirs, ours) in [
            ("invalid type: integer `5`, expected a sequence", "a list is expected, not 5"),
            ("invalid type: string \"1\", expected u64", "a whole number is expected, not \"1\""),
            ("invalid type: floating point `1.5`, expected u32", "a whole number is expected, not 1.5"),
            ("invalid type: map, expected a sequence", "a list is expected, not an object"),
            ("invalid type: null, expected a string", "a string is expected, not null"),
            ("invalid type: boolean `true`, expected struct Written", "an object is expected, not true"),
            ("invalid value: integer `-1`, expected u32", "a whole number from 0 to 4294967295 is expected, not -1"),
            ("trailing comma", "trailing comma"),
        ] {
            assert_eq!(json_error(theirs), ours);
        }
    }
}
