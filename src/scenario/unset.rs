//! A key that a run may do without is taken out of the file by a flag: `--set after.connections=`.

use toml::{Table, Value};

use super::raw::Raw;

/// Takes a key out.
///
/// # Errors
/// It always has a value, or there is no such key.
pub(super) fn unset(table: &mut Table, key: &[String]) -> Result<(), String> {
    let Some((last, sections)) = key.split_last() else { return Err("expected a key".into()) };
    let defaults = Table::try_from(Raw::default()).map_err(|error| error.to_string())?;
    if section(&defaults, sections).is_some_and(|defaults| defaults.contains_key(last)) {
        return Err("this key always has a value; write one after the =".into());
    }
    if let Some(place) = section_mut(table, sections)
        && place.remove(last).is_some()
    {
        return Ok(());
    }
    known(table, key)
}

/// Whether there is such a key at all: the reader names one that it does not know whatever stands in it.
fn known(table: &Table, key: &[String]) -> Result<(), String> {
    let (last, sections) = key.split_last().expect("a key has a part");
    let mut tried = table.clone();
    let mut place = &mut tried;
    for name in sections {
        let entry = place.entry(name.as_str()).or_insert_with(|| Value::Table(Table::new()));
        place = entry.as_table_mut().ok_or_else(|| format!("`{name}` is a value, not a section"))?;
    }
    place.insert(last.clone(), Value::Array(Vec::new()));
    match tried.try_into::<Raw>() {
        Err(error) if error.message().starts_with("unknown field") => Err(error.message().to_string()),
        _ => Ok(()),
    }
}

fn section<'a>(table: &'a Table, sections: &[String]) -> Option<&'a Table> {
    sections.iter().try_fold(table, |table, name| table.get(name)?.as_table())
}

fn section_mut<'a>(table: &'a mut Table, sections: &[String]) -> Option<&'a mut Table> {
    sections.iter().try_fold(table, |table, name| table.get_mut(name)?.as_table_mut())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::{Overrides, ScenarioError, Settings, load};
    use crate::model::Connections;

    const FILE: &str = "[sla]\np95 = \"1s\"\np99 = \"2s\"\n[target]\nurl = \"http://a\"\nqueue_header = \"x-q:ms\"\n\
                        [after]\nconnections = 4\nbatch = 2\n";

    fn set(assignments: &[&str]) -> Result<Settings, ScenarioError> {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), FILE).expect("the disk has room");
        let mut overrides = Overrides::default();
        assignments.iter().try_for_each(|assignment| overrides.set_text(assignment))?;
        load(Path::new(file.path()), &overrides)
    }

    #[test]
    fn nothing_after_the_sign_takes_an_optional_key_out() {
        let settings =
            set(&["after.connections=", "after.batch=", "target.url=", "sla.p99= "]).expect("good");
        assert_eq!((settings.after.connections, settings.after.batch), (Connections::Pool(8), 1));
        assert_eq!((settings.target.url, settings.sla.len()), (None, 1));
        assert_eq!(set(&["before.batch="]).expect("it was not set").before.batch, 1);
        assert!(set(&["target.queue_header="]).expect("good").target.queue_header.is_none());
    }

    #[test]
    fn a_key_that_always_has_a_value_and_one_that_is_none_are_refused() {
        for (assignment, word) in [
            ("load.seed=", "always has a value"),
            ("mock.backlog=", "always has a value"),
            ("load=", "always has a value"),
            ("after.nope=", "unknown field `nope`"),
            ("nope.connections=", "unknown field `nope`"),
            ("=", "key=value"),
        ] {
            let error = set(&[assignment]).expect_err(assignment).to_string();
            assert!(error.contains(word) && error.contains("--set"), "{error}");
        }
    }

    #[test]
    fn a_connection_per_request_by_flag_needs_no_pool_of_the_file() {
        let settings = set(&["after.strategy=per_request"]).expect("good");
        assert_eq!(settings.after.connections, Connections::PerRequest);
        for order in [
            ["after.strategy=per_request", "after.connections=4"],
            ["after.connections=4", "after.strategy=per_request"],
        ] {
            let error = set(&order).expect_err("both by flag").to_string();
            assert!(error.contains("after.connections"), "{error}");
        }
    }
}
