//! Several endpoints as a small table of the closing summary, the same numbers as `analysis.json`.

use super::columns::{Alignment, Column, aligned};
use crate::analyze::{AnalysisPhases, EndpointFigures};
use crate::model::printable;

const COLUMNS: [Column; 6] = [
    (Alignment::Left, 22),
    (Alignment::Right, 0),
    (Alignment::Right, 0),
    (Alignment::Right, 0),
    (Alignment::Right, 0),
    (Alignment::Right, 0),
];

/// A line an endpoint with a head above; none where there is but one.
pub fn endpoints(phases: &AnalysisPhases) -> Vec<String> {
    let pairs = pairs(phases);
    if pairs.is_empty() {
        return Vec::new();
    }
    let head = ["endpoint, ms", "requests", "P50 before", "after", "P95 before", "after"].map(String::from);
    let rows: Vec<_> = std::iter::once(head).chain(pairs.into_iter().map(row)).collect();
    aligned(COLUMNS, &rows)
}

/// The figures of each endpoint in both phases; absent where a phase has no row of it.
pub(super) fn pairs(phases: &AnalysisPhases) -> Vec<[Option<(usize, &EndpointFigures)>; 2]> {
    let of = |all: &'_ [EndpointFigures], path: &str| all.iter().position(|one| one.path == path);
    let [before, after] = [&phases.before.endpoints, &phases.after.endpoints];
    let mut paths: Vec<&str> = before.iter().chain(after).map(|one| one.path.as_str()).collect();
    paths.sort_unstable();
    paths.dedup();
    let pair = |path| [before, after].map(|all| of(all, path).map(|at| (at, &all[at])));
    paths.into_iter().map(pair).collect()
}

fn row(pair: [Option<(usize, &EndpointFigures)>; 2]) -> [String; 6] {
    let number = |value: Option<f64>| value.map_or("none".into(), |value| format!("{value:.1}"));
    let [before, after] = pair.map(|one| one.map(|(_, figures)| figures));
    let of =
        |value: fn(&EndpointFigures) -> Option<f64>| [before, after].map(|one| number(one.and_then(value)));
    let ([p50_before, p50_after], [p95_before, p95_after]) = (of(|one| one.p50_ms), of(|one| one.p95_ms));
    let planned = [before, after].into_iter().flatten().map(|one| one.planned).max().unwrap_or_default();
    let path = before.or(after).map_or("", |one| &one.path);
    [printable::line(path).into_owned(), planned.to_string(), p50_before, p50_after, p95_before, p95_after]
}
