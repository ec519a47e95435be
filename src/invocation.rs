//! How this process was called, for the manifest.

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

fn mask(arg: &str, secrets: &[&str]) -> String {
    let secrets = secrets.iter().filter(|secret| !secret.is_empty());
    secrets.fold(arg.to_string(), |arg, secret| arg.replace(secret, "***"))
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
}
