//! A value that is sent and written nowhere, and the places that it may come from.

use std::fmt;
use std::path::Path;

use super::error::ScenarioError;
use crate::host::regular;

/// The longest file that holds one.
const LONGEST: u64 = 64 << 10;
/// The longest name in `${NAME}` that is taken for one, so that no secret is repeated that only looks alike.
const LONGEST_NAME: usize = 64;

/// Text that nothing prints.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl fmt::Debug for Secret {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        to.write_str("***")
    }
}

impl Secret {
    /// The text, to be sent.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// This text, where it says no place that the value comes from.
    pub(super) fn of_literal(written: &str) -> Option<Secret> {
        (!Secret::is_reference(written)).then(|| Secret(written.to_string()))
    }

    /// This text with something before it.
    pub(super) fn after(&self, before: &str) -> Secret {
        Secret(format!("{before}{}", self.0))
    }

    /// What is written under `key` itself, or the variable or the file that it names.
    pub(super) fn read(key: &str, written: &str) -> Result<Secret, ScenarioError> {
        let wrong = |problem: String| ScenarioError::value(key, problem);
        let text = match (written.strip_prefix("env:"), written.strip_prefix("file:")) {
            (Some(name), _) => of_variable(name).map_err(wrong)?,
            (_, Some(path)) => of_file(Path::new(path)).map_err(wrong)?,
            _ => literal(written).map_err(wrong)?,
        };
        Ok(Secret(text))
    }

    /// Whether this only says where the value is.
    pub(super) fn is_reference(written: &str) -> bool {
        written.starts_with("env:") || written.starts_with("file:")
    }
}

fn of_variable(name: &str) -> Result<String, String> {
    let remedy = "export it, or write the value as file:PATH";
    // The system's own look-up refuses these names by a panic.
    if name.is_empty() || name.contains(['=', '\0']) {
        return Err("env: must be followed by the name of a variable, as in env:API_KEY".into());
    }
    match std::env::var(name) {
        Ok(text) if text.is_empty() => Err(format!("the environment variable {name} is empty; {remedy}")),
        Ok(text) => Ok(text),
        Err(std::env::VarError::NotPresent) => {
            Err(format!("the environment variable {name} is not set; {remedy}"))
        }
        Err(_) => Err(format!("the environment variable {name} is no UTF-8; {remedy}")),
    }
}

fn of_file(path: &Path) -> Result<String, String> {
    let shown = path.display();
    let text = regular::read_text(path, LONGEST).map_err(|cause| {
        let remedy = match regular::is_unfit(&cause) {
            true => "give a file that holds the value alone",
            false => "correct the path after file:, or the file",
        };
        format!("cannot read {shown}: {cause}; {remedy}")
    })?;
    let text = text.strip_suffix('\n').map_or(&*text, |line| line.strip_suffix('\r').unwrap_or(line));
    if text.is_empty() { Err(format!("{shown} is empty; write the value into it")) } else { Ok(text.into()) }
}

/// What is meant to be sent as it stands, and does not look as if something else was meant.
fn literal(written: &str) -> Result<String, String> {
    if let Some(name) = shell_variable(written) {
        return Err(format!(
            "${{{name}}} is not replaced by a value; write env:{name} for the whole value, for a token \
             target.bearer = \"env:{name}\""
        ));
    }
    let token =
        written.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("bearer ")).map(|_| &written[7..]);
    if token.is_some_and(|token| Secret::is_reference(token.trim_start())) {
        return Err(
            "env: and file: give a whole value, not a part of one; write target.bearer = \"env:NAME\", or \
                    --bearer env:NAME, in place of the header"
                .into(),
        );
    }
    Ok(written.to_string())
}

/// The name in the first `${NAME}`.
fn shell_variable(text: &str) -> Option<&str> {
    let is_name = |name: &&str| {
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        plain && name.starts_with(|first: char| !first.is_ascii_digit()) && name.len() <= LONGEST_NAME
    };
    text.split("${").skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)).find(is_name)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn read(written: &str) -> Result<String, String> {
        Secret::read("target.bearer", written).map(|secret| secret.0).map_err(|error| error.to_string())
    }

    fn file(bytes: &[u8]) -> (tempfile::NamedTempFile, String) {
        let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
        file.write_all(bytes).expect("it can be written");
        let written = format!("file:{}", file.path().display());
        (file, written)
    }

    fn assert_refused(written: &str, word: &str) {
        let error = read(written).expect_err(written);
        assert!(error.starts_with("target.bearer: ") && error.contains(word), "{error}");
    }

    #[test]
    fn a_file_gives_its_text_without_the_last_line_break() {
        for (bytes, text) in [("a b", "a b"), ("t0ken\n", "t0ken"), ("t0ken\r\n", "t0ken"), ("a\n\n", "a\n")]
        {
            let (_file, written) = file(bytes.as_bytes());
            assert_eq!(read(&written).as_deref(), Ok(text));
        }
        let longest = vec![b'x'; 64 << 10];
        let (_file, written) = file(&longest);
        assert_eq!(read(&written).map(|text| text.len()), Ok(64 << 10));
    }

    #[test]
    fn a_file_that_cannot_be_the_value_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_refused(&format!("file:{}", folder.path().display()), "not a regular file");
        assert_refused("file:/dev/zero", "not a regular file");
        assert_refused("file:/nowhere/at/all", "cannot read /nowhere/at/all");
        for (bytes, word) in [(&b"\n"[..], "empty"), (b"\xff", "UTF-8"), (&[b'x'; (64 << 10) + 1], "65536")] {
            let (_file, written) = file(bytes);
            assert_refused(&written, word);
        }
    }

    #[test]
    fn a_variable_gives_its_value_or_is_named() {
        let path = std::env::var("PATH").expect("every process has one here");
        assert_eq!(read("env:PATH").as_deref(), Ok(path.as_str()));
        assert_refused("env:SPANLOAD_NO_SUCH_VARIABLE", "SPANLOAD_NO_SUCH_VARIABLE is not set; export it");
        assert_refused("env:", "the name of a variable");
        assert_refused("env:A=B", "the name of a variable");
    }

    #[test]
    fn what_a_shell_would_have_replaced_is_not_sent_in_silence() {
        assert_refused("Bearer ${API_KEY}", "env:API_KEY");
        assert_refused("bearer env:API_KEY", "--bearer env:NAME");
        for sent in ["a$b", "${}", "${not a name}", "$ {X}", "x env:Y", "${9}"] {
            assert_eq!(read(sent).as_deref(), Ok(sent));
        }
    }

    #[test]
    fn nothing_prints_one() {
        let secret = Secret::read("k", "s3cret").expect("a literal");
        assert_eq!(format!("{secret:?} {:?}", secret.after("Bearer ")), "*** ***");
    }
}
