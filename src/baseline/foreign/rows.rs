//! The rows of a log as they come, and the order in which they belong.

use super::draft::{Draft, span};
use super::problem::Flaw;
use super::row::ForeignRow;
use crate::model::Micros;

/// No run lasts longer.
const LONGEST_RUN_DAYS: u64 = 31;
const DAY: u64 = 86_400_000_000;

/// Takes the rows of a log.
#[derive(Debug, Default)]
pub(super) struct ForeignRows {
    rows: Vec<ForeignRow>,
    /// To what the tool rounds.
    grain: Micros,
    /// When the first one started.
    first: Option<i64>,
    numbered: bool,
}

impl ForeignRows {
    pub(super) fn new(grain: Micros) -> Self {
        ForeignRows { grain, ..ForeignRows::default() }
    }

    pub(super) fn take(&mut self, draft: Draft) -> Result<(), Flaw> {
        self.numbered |= draft.number.is_some();
        let row = draft.row(self.rows.len() as u64, self.grain)?;
        if let Some(start) = row.start() {
            let first = *self.first.get_or_insert(start);
            let apart = first.abs_diff(start) / DAY;
            if apart > LONGEST_RUN_DAYS {
                return Err(Flaw::new(
                    format!("it starts {apart} days away from the first row"),
                    "check the unit of the stamp; if the file has the logs of several runs, import each by itself",
                ));
            }
        }
        self.rows.push(row);
        Ok(())
    }

    /// In the order of the tool's own numbers, or else of their starts.
    pub(super) fn finish(mut self) -> Result<Vec<ForeignRow>, Flaw> {
        if self.rows.is_empty() {
            return Err(Flaw::new("there is no request in it", "let the run end before its log is imported"));
        }
        if !self.numbered {
            self.rows.sort_unstable_by_key(|row| (row.start().is_none(), row.start(), row.number));
            return Ok(self.rows);
        }
        self.rows.sort_unstable_by_key(|row| row.number);
        for pair in self.rows.windows(2) {
            if pair[0].number == pair[1].number {
                return Err(Flaw::new(
                    format!("request {} is there twice", pair[0].number),
                    "the file has the logs of several runs; import each by itself",
                ));
            }
        }
        Ok(self.rows)
    }

    /// Whether requests that the tool counted one after the other also started so.
    pub(super) fn check_order(rows: &[ForeignRow]) -> Result<(), Flaw> {
        for pair in rows.windows(2) {
            if let (Some(before), Some(after)) = (pair[0].start(), pair[1].start()) {
                span(before, after).map_err(|_| {
                    Flaw::new(
                        format!("request {} has an earlier time than request {}", pair[1].number, pair[0].number),
                        "the tool stamps them in this order, so the clock was set or rows of several runs are mixed; \
                         run again",
                    )
                })?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(number: Option<u64>, start: i64) -> Draft {
        Draft { number, start: Some(start), latency: Some(Micros(5)), ..Draft::default() }
    }

    fn all(drafts: impl IntoIterator<Item = Draft>) -> Result<Vec<ForeignRow>, Flaw> {
        let mut rows = ForeignRows::new(Micros(1));
        drafts.into_iter().try_for_each(|draft| rows.take(draft))?;
        rows.finish()
    }

    #[test]
    fn rows_stand_in_the_order_in_which_they_started() {
        let starts = |rows: Vec<ForeignRow>| rows.iter().filter_map(ForeignRow::start).collect::<Vec<_>>();
        assert_eq!(all([7, 3, 5].map(|start| draft(None, start))).map(starts), Ok(vec![3, 5, 7]));
        let own = [(1, 7), (0, 9), (2, 5)].map(|(number, start)| draft(Some(number), start));
        let rows = all(own).expect("good rows");
        assert!(ForeignRows::check_order(&rows).is_err());
        assert_eq!(starts(rows), [9, 7, 5], "by the tool's own numbers");
    }

    #[test]
    fn what_is_no_single_run_is_an_error() {
        assert!(all([draft(Some(1), 0), draft(Some(1), 3)]).is_err());
        assert!(all([draft(None, 0), draft(None, 32 * DAY as i64)]).is_err());
        assert!(all([draft(None, i64::MIN + 1), draft(None, i64::MAX)]).is_err());
        assert!(all([]).is_err());
    }
}
