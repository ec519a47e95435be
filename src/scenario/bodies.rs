//! `load.payloads`, `load.template`, `load.columns` and `load.order`: which of them go together.

use super::error::ScenarioError;
use super::raw::RawLoad;
use crate::model::RowOrder;

/// The order of the rows, once it is clear that there are rows; endpoints may have files of their own.
pub(super) fn order(load: &RawLoad, others_have_files: bool) -> Result<RowOrder, ScenarioError> {
    let RawLoad { payloads, template, columns, order, .. } = load;
    if payloads.is_some() && template.is_some() {
        let problem = "both this and load.payloads say what is sent; remove one of them";
        return Err(ScenarioError::value("load.template", problem));
    }
    if columns.is_some() && template.is_none() {
        let problem = "nothing takes columns but a template; give load.template too, or load.payloads alone";
        return Err(ScenarioError::value("load.columns", problem));
    }
    match order.as_str() {
        "sequential" => Ok(RowOrder::Sequential),
        "random" if payloads.is_none() && columns.is_none() && !others_have_files => {
            let problem =
                "only rows of a file have an order; give load.payloads or load.columns, or remove the key";
            Err(ScenarioError::value("load.order", problem))
        }
        "random" => Ok(RowOrder::Random),
        other => {
            let problem = format!("unknown order `{other}`; use \"sequential\" or \"random\"");
            Err(ScenarioError::value("load.order", problem))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(files: [bool; 3], order: &str) -> Result<RowOrder, String> {
        let [payloads, template, columns] = files.map(|given| given.then(|| "file".into()));
        let load = RawLoad { payloads, template, columns, order: order.into(), ..RawLoad::default() };
        super::order(&load, false).map_err(|error| error.to_string())
    }

    #[test]
    fn what_does_not_go_together_is_named_with_its_remedy() {
        let refused = [
            ([true, true, false], "sequential", ["load.template", "load.payloads"]),
            ([false, false, true], "sequential", ["load.columns", "load.template"]),
            ([true, false, true], "sequential", ["load.columns", "load.payloads"]),
            ([false, true, false], "random", ["load.order", "load.columns"]),
            ([false, false, false], "random", ["load.order", "load.payloads"]),
            ([true, false, false], "shuffled", ["load.order", "`shuffled`"]),
        ];
        for (files, order, words) in refused {
            let error = said(files, order).expect_err(order);
            assert!(words.iter().all(|word| error.contains(word)), "{files:?} {order}: {error}");
        }
        for files in [[true, false, false], [false, true, true]] {
            assert_eq!(said(files, "random"), Ok(RowOrder::Random));
            assert_eq!(said(files, "sequential"), Ok(RowOrder::Sequential));
        }
    }
}
