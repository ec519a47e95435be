//! What stands in a column of a row, and how it becomes part of a JSON document.

/// What stands in a column of a row.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cell<'a> {
    /// A cell of a CSV.
    Text(&'a str),
    /// A member of a JSON object, as it is written.
    Value(&'a str),
}

impl Cell<'_> {
    /// Appends it as a part of a JSON string.
    pub(super) fn put_text(self, to: &mut Vec<u8>) {
        match self {
            Cell::Value(value) if value.starts_with('"') => {
                to.extend_from_slice(&value.as_bytes()[1..value.len() - 1]);
            }
            Cell::Value(text) | Cell::Text(text) => {
                let start = to.len();
                serde_json::to_writer(&mut *to, text).expect("text is written to memory");
                to.pop();
                to.remove(start);
            }
        }
    }

    /// Appends it as a JSON value.
    pub(super) fn put_value(self, to: &mut Vec<u8>) {
        let (Cell::Value(value) | Cell::Text(value)) = self;
        to.extend_from_slice(value.as_bytes());
    }
}
