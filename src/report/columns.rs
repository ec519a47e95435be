//! Columns of text as wide as their widest cell, so that no name and no number breaks them.

/// On which side of its column a cell stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alignment {
    Left,
    Right,
}

/// A column: its side, and how many characters wide it is at least.
pub(super) type Column = (Alignment, usize);

/// A line a row, with one space between columns and none at the end of a line.
pub(super) fn aligned<const N: usize>(columns: [Column; N], rows: &[[String; N]]) -> Vec<String> {
    let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).fold(columns[at].1, usize::max);
    let widths: [usize; N] = std::array::from_fn(width);
    let line = |row: &[String; N]| {
        let cells: Vec<String> = row
            .iter()
            .zip(columns.iter().zip(widths))
            .map(|(cell, ((side, _), width))| match side {
                Alignment::Left => format!("{cell:<width$}"),
                Alignment::Right => format!("{cell:>width$}"),
            })
            .collect();
        cells.join(" ").trim_end().to_string()
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_as_wide_as_its_widest_cell_and_no_narrower_than_it_must_be() {
        let rows = [["name", "ms", ""], ["ü", "1234567.8", "met"]].map(|row| row.map(String::from));
        let columns = [(Alignment::Left, 6), (Alignment::Right, 3), (Alignment::Left, 0)];
        assert_eq!(aligned(columns, &rows), ["name          ms", "ü      1234567.8 met"]);
        assert_eq!(aligned(columns, &[]), [""; 0]);
    }
}
