//! How two answers differ: in numbers alone, and by how much, or in more; and whether the scenario takes them for equal.

use serde_json::{Map, Value};

use crate::model::QualityRules;

/// Two answers that are not the same.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AnswerDifference {
    /// Whether the rules take them for equal.
    pub tolerated: bool,
    /// How far numbers lie apart, where nothing else differs.
    pub numeric: Option<NumbersApart>,
}

/// How far numbers lie apart.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct NumbersApart {
    /// The largest difference, relative to the larger number, in an array to its largest.
    pub largest: f64,
    /// The least cosine of two arrays.
    pub cosine: Option<f64>,
}

impl AnswerDifference {
    /// Holds two answers against each other.
    pub fn between(one: &Value, other: &Value, rules: &QualityRules) -> Self {
        let known = rules.is_auto() && is_embeddings(one) && is_embeddings(other);
        let cosine = rules.cosine.or(known.then_some(QualityRules::COSINE));
        let mut walk = AnswerWalk {
            rules,
            cosine,
            tolerated: true,
            numbers_alone: true,
            apart: NumbersApart::default(),
        };
        walk.values(one, other);
        // Two digests and nothing that differs: numbers whose difference a float cannot hold.
        let beyond_floats = walk.numbers_alone && walk.apart.largest == 0.0;
        walk.tolerated &= !beyond_floats || rules.tolerance.is_some();
        AnswerDifference { tolerated: walk.tolerated, numeric: walk.numbers_alone.then_some(walk.apart) }
    }
}

/// An answer of the OpenAI API for embeddings.
pub(super) fn is_embeddings(answer: &Value) -> bool {
    let first = answer.pointer("/data/0/embedding");
    answer.get("object").is_some_and(|object| object == "list") && first.is_some_and(Value::is_array)
}

/// A walk through two answers at the same time; as deep as they are, which is bounded where they are read.
struct AnswerWalk<'r> {
    rules: &'r QualityRules,
    cosine: Option<f64>,
    tolerated: bool,
    numbers_alone: bool,
    apart: NumbersApart,
}

impl AnswerWalk<'_> {
    fn values(&mut self, one: &Value, other: &Value) {
        match (one, other) {
            (Value::Number(_), Value::Number(_)) => {
                if let [Some(one), Some(other)] = [one, other].map(|number| numbers(&[number])) {
                    self.arrays(&one, &other);
                }
            }
            (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
                let all: [Vec<_>; 2] = [one, other].map(|list| list.iter().collect());
                match all.map(|list| numbers(&list)) {
                    [Some(one), Some(other)] => self.arrays(&one, &other),
                    _ => one.iter().zip(other).for_each(|(one, other)| self.values(one, other)),
                }
            }
            (Value::Object(one), Value::Object(other)) if same_keys(one, other) => {
                one.values().zip(other.values()).for_each(|(one, other)| self.values(one, other));
            }
            (Value::String(one), Value::String(other)) if one != other => self.texts(one, other),
            (one, other) if one != other => (self.tolerated, self.numbers_alone) = (false, false),
            _ => {}
        }
    }

    fn texts(&mut self, one: &str, other: &str) {
        self.numbers_alone = false;
        let [one, other] = [one, other].map(|text| text.chars().count() as f64);
        let ratio = one.min(other) / one.max(other);
        self.tolerated &= self.rules.length_ratio.is_some_and(|least| ratio >= least);
    }

    /// Numbers that belong together: an array, or one alone.
    fn arrays(&mut self, one: &[f64], other: &[f64]) {
        let scale = one.iter().chain(other).fold(0.0_f64, |most, number| most.max(number.abs()));
        let gap = one.iter().zip(other).fold(0.0_f64, |most, (one, other)| most.max((one - other).abs()));
        if gap == 0.0 {
            return;
        }
        let largest = gap / scale;
        self.apart.largest = self.apart.largest.max(largest);
        let cosine = (one.len() > 1).then(|| cosine(one, other));
        if let Some(cosine) = cosine {
            self.apart.cosine = Some(self.apart.cosine.map_or(cosine, |least| least.min(cosine)));
        }
        let near = self.rules.tolerance.is_some_and(|most| largest <= most);
        let alike = self.cosine.zip(cosine).is_some_and(|(least, cosine)| cosine >= least);
        self.tolerated &= near || alike;
    }
}

/// All of a list; `None` if something else is among them, or nothing in it.
fn numbers(list: &[&Value]) -> Option<Vec<f64>> {
    let numbers = list.iter().map(|value| value.as_f64()).collect::<Option<Vec<_>>>();
    numbers.filter(|numbers| !numbers.is_empty())
}

fn same_keys(one: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    one.len() == other.len() && one.keys().eq(other.keys())
}

/// 1 where both point the same way; 0 where one of them is nothing but zeros.
fn cosine(one: &[f64], other: &[f64]) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let lengths = (dot(one, one) * dot(other, other)).sqrt();
    if lengths > 0.0 { (dot(one, other) / lengths).clamp(-1.0, 1.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn between(one: Value, other: Value, rules: &QualityRules) -> (bool, Option<(f64, Option<f64>)>) {
        let found = AnswerDifference::between(&one, &other, rules);
        (found.tolerated, found.numeric.map(|apart| (apart.largest, apart.cosine)))
    }

    #[test]
    fn rounding_is_a_difference_in_numbers_with_its_size() {
        let strict = QualityRules::default();
        let near = QualityRules { tolerance: Some(0.01), ..QualityRules::default() };
        let (one, other) = (json!({"a": [{"x": 100, "y": "t"}]}), json!({"a": [{"x": 101, "y": "t"}]}));
        assert_eq!(between(one.clone(), other.clone(), &strict), (false, Some((1.0 / 101.0, None))));
        assert_eq!(between(one, other, &near), (true, Some((1.0 / 101.0, None))));
        // In an array by its largest number: what is nearly nothing beside it may be off by all of itself.
        let (one, other) = (json!([[100.0, 1e-9]]), json!([[100.0, 2e-9]]));
        assert!(matches!(between(one, other, &near), (true, Some((largest, Some(_)))) if largest < 1.1e-11));
        assert_eq!(between(json!([1, "a"]), json!([2, "b"]), &near), (false, None), "a text differs too");
        assert_eq!(between(json!([1, 2]), json!([1, 2, 3]), &near), (false, None));
        assert_eq!(between(json!({"a": 1}), json!({"b": 1}), &near), (false, None));
        assert_eq!(between(json!([1, null]), json!([1, 0]), &near), (false, None));
        let beyond_floats = || [json!(18_446_744_073_709_551_615_u64), json!(18_446_744_073_709_551_614_u64)];
        let [one, other] = beyond_floats();
        assert_eq!(between(one.clone(), other.clone(), &strict), (false, Some((0.0, None))));
        assert_eq!(between(one, other, &near), (true, Some((0.0, None))));
    }

    #[test]
    fn arrays_may_be_held_against_each_other_by_their_cosine() {
        let rules = QualityRules { cosine: Some(0.9), ..QualityRules::default() };
        assert_eq!(between(json!([3, 4]), json!([4, 3]), &rules), (true, Some((0.25, Some(0.96)))));
        assert!(!between(json!([3, 4]), json!([-4, 3]), &rules).0);
        assert_eq!(between(json!([0, 0]), json!([0, 1]), &rules), (false, Some((1.0, Some(0.0)))));
        assert!(!between(json!(3), json!(4), &rules).0, "a number has no direction");
    }

    #[test]
    fn embeddings_of_a_known_api_need_no_rule() {
        let list = |last: f64| json!({"object": "list", "data": [{"embedding": [0.5, last]}]});
        let auto = QualityRules { ignore: vec!["auto".into()], ..QualityRules::default() };
        assert!(between(list(0.5), list(0.500_01), &auto).0);
        assert!(!between(list(0.5), list(0.6), &auto).0, "cosine 0.996");
        assert!(!between(list(0.5), list(0.500_01), &QualityRules::default()).0);
        assert!(!between(json!([0.5, 0.5]), json!([0.5, 0.500_01]), &auto).0, "somebody else's array");
    }

    #[test]
    fn texts_may_be_of_about_the_same_length() {
        let rules = QualityRules { length_ratio: Some(0.8), ..QualityRules::default() };
        assert_eq!(between(json!({"t": "ééééé"}), json!({"t": "xxxx"}), &rules), (true, None));
        assert_eq!(between(json!({"t": "ééééé"}), json!({"t": "xxx"}), &rules), (false, None));
        assert_eq!(between(json!("a"), json!(""), &rules), (false, None));
        assert_eq!(between(json!(["a", 1]), json!(["b", 2]), &rules), (false, None), "the number is no text");
    }
}
