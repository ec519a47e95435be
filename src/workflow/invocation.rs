//! How this process was called, for the manifest.

/// What the person at the keyboard can mend: the flag, and the remedy.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(pub String);

/// A secret of fewer characters is short.
const SHORT: usize = 4;

/// The command line for the manifest, without what `secrets` holds. Where the program and the
/// working directory lie is nobody's business either, and differs from machine to machine.
pub fn masked_command(secrets: &[&str]) -> Vec<String> {
    let here = std::env::current_dir().map(|folder| format!("{}/", folder.display())).unwrap_or_default();
    let args = std::env::args_os().skip(1).map(|arg| {
        let arg = arg.to_string_lossy().into_owned();
        match arg.strip_prefix(&here) {
            Some(rest) if !here.is_empty() => rest.to_string(),
            _ => arg,
        }
    });
    std::iter::once("spanload".to_string()).chain(args.map(|arg| mask(&arg, secrets))).collect()
}

/// `text` without the secrets. One of a few characters is only taken for one where it stands as a word of its own:
/// a value of `1` must not turn every number of a command line into stars.
pub fn mask(text: &str, secrets: &[&str]) -> String {
    let secrets = secrets.iter().filter(|secret| !secret.is_empty());
    secrets.fold(text.to_string(), |text, secret| match secret.chars().count() {
        0..SHORT => mask_words(&text, secret),
        _ => text.replace(secret, "***"),
    })
}

fn mask_words(text: &str, secret: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut taken = 0;
    for (start, found) in text.match_indices(secret) {
        let (before, after) = (&text[..start], &text[start + found.len()..]);
        let within = before.ends_with(char::is_alphanumeric) || after.starts_with(char::is_alphanumeric);
        masked.push_str(&text[taken..start]);
        masked.push_str(if within { found } else { "***" });
        taken = start + found.len();
    }
    masked + &text[taken..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_reach_the_manifest() {
        let given = ["-H", "authorization: Bearer s3cret", "-qHx:s3cret", "http://a/?key=s3cret", "-n", "5"];
        let masked: Vec<_> = given.iter().map(|arg| mask(arg, &["Bearer s3cret", "s3cret", ""])).collect();
        assert_eq!(masked, ["-H", "authorization: ***", "-qHx:***", "http://a/?key=***", "-n", "5"]);
    }

    #[test]
    fn a_short_secret_does_not_mask_the_numbers_of_a_command() {
        let given = ["-H", "x-tenant: 1", "-n", "100", "--sla", "p95=1ms", "http://a/?1"];
        let masked: Vec<_> = given.iter().map(|arg| mask(arg, &["1"])).collect();
        assert_eq!(masked, ["-H", "x-tenant: ***", "-n", "100", "--sla", "p95=1ms", "http://a/?***"]);
    }
}
