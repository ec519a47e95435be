//! The causes of single requests: the same split as in all sums, for one who looks at one request.

use super::client_health::ClientHealth;
use super::context::Context;
use crate::analyze::document::Cause;
use crate::analyze::observed::PhaseData;
use crate::model::Micros;

/// The causes of the requests at these places among the phase's rows, in the order of [`Cause::ALL`], each list
/// without its empty parts: they sum to the request's latency. Empty for a place that is not there.
pub fn causes_of(phase: &PhaseData, health: &ClientHealth, places: &[usize]) -> Vec<Vec<(Cause, Micros)>> {
    let context = Context::new(phase, health);
    let causes = |place: &usize| {
        if *place >= context.rows().len() {
            return Vec::new();
        }
        context.split(*place).parts().filter(|(_, length)| *length > Micros(0)).collect()
    };
    places.iter().map(causes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::attribution::testing::{Row, phase};
    use crate::model::Stage;

    #[test]
    fn the_causes_of_a_request_sum_to_its_latency() {
        let slow =
            Row::new().stage(Stage::Queue, 3).stage(Stage::Connect, 1_010).syn(1).stage(Stage::Wait, 160);
        let data = phase(&[Row::new().stage(Stage::Connect, 1).stage(Stage::Wait, 9), slow.server(100, 50)]);
        let causes = causes_of(&data, &ClientHealth::default(), &[1, 7]);
        let sum: Micros = causes[0].iter().map(|(_, length)| *length).sum();
        assert_eq!(sum, data.rows()[1].latency());
        assert!(causes[0].contains(&(Cause::SynRetransmission, Micros(1_009_000))), "{causes:?}");
        assert_eq!(causes[1], [], "there is no such row");
    }
}
