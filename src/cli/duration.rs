//! Lengths of time on the command line.

/// `500ms`, `30s`, `2m` or a bare number of milliseconds, as whole milliseconds.
pub(super) fn milliseconds(text: &str) -> Result<u64, String> {
    let problem =
        || format!("`{text}` is no length of time; write a number with its unit, such as 500ms, 30s or 2m");
    let digits = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let scale = match unit.trim() {
        "ms" | "" => 1.0,
        "s" => 1e3,
        "m" | "min" => 60e3,
        _ => return Err(problem()),
    };
    let length = number.parse::<f64>().map_err(|_| problem())? * scale;
    if length.fract() != 0.0 {
        return Err(format!("`{text}` is no whole number of milliseconds; use 1ms or a multiple of it"));
    }
    if length > i64::MAX as f64 {
        return Err(format!("`{text}` is out of range; use a shorter time"));
    }
    Ok(length as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_has_a_unit_or_is_in_milliseconds() {
        for (text, expected) in
            [("5000", 5_000), ("500ms", 500), ("30s", 30_000), ("1.5s", 1_500), ("2m", 120_000), ("0", 0)]
        {
            assert_eq!(milliseconds(text), Ok(expected), "{text}");
        }
        for bad in ["", "s", "-1s", "1h", "fast", "1.5", "0.5ms", "1e3", "1..5s", "99999999999999999999999s"]
        {
            assert!(milliseconds(bad).is_err(), "{bad}");
        }
    }
}
