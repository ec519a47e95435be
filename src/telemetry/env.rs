//! The standard `OTEL_*` variables, of this process or of a test.

/// The environment, so that tests need not change theirs.
pub(super) type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A variable that is set; an empty one counts as unset, as the specification says.
pub(super) fn process_env(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}
