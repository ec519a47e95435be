//! Values of JSON where a text is due and a server may write something else: a wrong type in one place makes no stream
//! unreadable.

use std::borrow::Cow;

use serde_json::value::RawValue;

/// A value as it came; missing and `null` are `None`.
pub type Lenient<'a> = Option<&'a RawValue>;

/// Whether there is something in it.
pub fn says_something(value: Lenient<'_>) -> bool {
    value.is_some_and(|value| !matches!(value.get(), "\"\"" | "[]"))
}

/// The text, if it is one.
pub fn text(value: Lenient<'_>) -> Option<Cow<'_, str>> {
    let value = value?.get();
    let inside = value.strip_prefix('"')?.strip_suffix('"')?;
    if inside.contains('\\') { serde_json::from_str(value).ok().map(Cow::Owned) } else { Some(inside.into()) }
}
