//! Where the time goes so far, drawn: a bar of the mean stage shares.

use crate::model::Stage;
use crate::report::style::{Colour, Style};

/// A share below this is drawn, but not named.
const WORTH_NAMING: f64 = 0.005;

/// A letter for each stage; colour is not always there.
const fn letter(stage: Stage) -> char {
    match stage {
        Stage::Queue => 'q',
        Stage::Retry => 'x',
        Stage::Dns => 'd',
        Stage::Connect => 'c',
        Stage::Tls => 't',
        Stage::Send => 's',
        Stage::Wait => 'w',
        Stage::Receive => 'r',
    }
}

/// `[ccccwwwwww] connect 40 %, wait 60 %`; `None` where no time was spent. The letters always fill the width.
pub(super) fn stage_bar(sums: &[u64; Stage::ALL.len()], width: usize, colour: Colour) -> Option<String> {
    let total: u64 = sums.iter().sum();
    if total == 0 {
        return None;
    }
    let share = |stage: Stage| sums[stage as usize] as f64 / total as f64;
    let (mut bar, mut reached, mut drawn) = (String::new(), 0, 0);
    for stage in Stage::ALL {
        // From the running sum, so that rounding cannot make the bar shorter or longer.
        reached += sums[stage as usize];
        let end = (reached as f64 / total as f64 * width as f64).round() as usize;
        let piece = letter(stage).to_string().repeat(end - drawn);
        bar.push_str(&colour.paint(Style::Of(stage), &piece));
        drawn = end;
    }
    let named = Stage::ALL.into_iter().filter(|stage| share(*stage) >= WORTH_NAMING);
    let named = named.map(|stage| {
        colour.paint(Style::Of(stage), &format!("{} {:.0} %", stage.name(), share(stage) * 100.0))
    });
    Some(format!("[{bar}] {}", named.collect::<Vec<_>>().join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(sums: [u64; 8]) -> Option<String> {
        stage_bar(&sums, 10, Colour(false))
    }

    #[test]
    fn letters_are_to_scale_and_fill_the_width() {
        let shown = "[qqqcccwwww] queue 33 %, connect 22 %, wait 44 %";
        assert_eq!(bar([3, 0, 0, 2, 0, 0, 4, 0]).as_deref(), Some(shown));
        assert_eq!(bar([0, 0, 0, 0, 0, 0, 7, 0]).as_deref(), Some("[wwwwwwwwww] wait 100 %"));
        assert_eq!(bar([0; 8]), None);
    }

    #[test]
    fn what_is_next_to_nothing_is_not_named() {
        let shown = bar([0, 0, 0, 1, 0, 0, 999, 0]).expect("a bar");
        assert_eq!(shown, "[wwwwwwwwww] wait 100 %");
    }
}
