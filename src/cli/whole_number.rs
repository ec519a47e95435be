//! Whole numbers on the command line.

/// A whole number, 0 or more, that fits what is counted.
pub(super) fn whole_number<N: TryFrom<u64>>(text: &str) -> Result<N, String> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits {
        return Err("it is no whole number, 0 or more".into());
    }
    text.parse::<u64>()
        .ok()
        .and_then(|number| N::try_from(number).ok())
        .ok_or_else(|| "it is too large".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_whole_and_fits() {
        assert_eq!(whole_number::<u16>("65535"), Ok(65_535));
        for bad in ["", "-5", "+5", "1.5", "1e3", "many", "5 "] {
            assert!(whole_number::<u64>(bad).is_err_and(|problem| problem.contains("whole number")), "{bad}");
        }
        assert!(whole_number::<u16>("65536").is_err_and(|problem| problem.contains("too large")));
        assert!(whole_number::<u64>(&"9".repeat(30)).is_err_and(|problem| problem.contains("too large")));
    }
}
