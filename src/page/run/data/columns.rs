//! What the columns of a run page are made of: numbers as differences, and texts that are kept once.

use rustc_hash::FxHashMap;
use serde::{Serialize, Serializer};

/// Numbers, each as its difference to the one before.
#[derive(Debug, Default)]
pub(super) struct Deltas {
    last: i128,
    column: Vec<i128>,
}

impl Deltas {
    pub fn push(&mut self, number: impl Into<i128>) {
        let number = number.into();
        self.column.push(number - self.last);
        self.last = number;
    }

    pub fn push_place(&mut self, place: Option<usize>) {
        self.push(place.map_or(0, |place| place as i128 + 1));
    }
}

impl Serialize for Deltas {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // A script has only 53 bits for a number, so a difference of more than 64 is not worth keeping.
        serializer.collect_seq(self.column.iter().map(|delta| i64::try_from(*delta).unwrap_or(i64::MAX)))
    }
}

/// Texts, each kept once.
#[derive(Debug, Default)]
pub(super) struct Words {
    places: FxHashMap<String, u32>,
    /// By their places.
    pub texts: Vec<String>,
}

impl Words {
    pub fn place(&mut self, text: String) -> u32 {
        if let Some(place) = self.places.get(&text) {
            return *place;
        }
        let place = u32::try_from(self.texts.len()).expect("a recording is smaller");
        self.texts.push(text.clone());
        self.places.insert(text, place);
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that a column gives its numbers back, up to 63 bits.
    #[test]
    fn columns_are_differences() {
        let mut column = Deltas::default();
        for number in [5_u64, 3, 3, 1 << 62] {
            column.push(number);
        }
        column.push_place(None);
        assert_eq!(serde_json::to_string(&column).unwrap(), "[5,-2,0,4611686018427387901,-4611686018427387904]");
    }
}
