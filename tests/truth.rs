//! What the client says of its requests, and what the server said to it, against the mock's truth log: equal where they tell the
//! same thing twice, and never shorter outside than inside.
use crate::common::load::Load;
use crate::common::truth::Truth;
use crate::common::{Mock, run};
use spanload::plan::Plan;

#[test]
fn no_row_is_shorter_than_its_request_s_stay_in_the_server() {
    let log = run::fresh_folder("truth_rows").join("truth.csv");
    let flag = format!("--truth-log={}", log.display());
    let mut mock =
        Mock::start(&["--fixed-ms=10", "--item-ms=5", "--replicas=2", "--max-connections=64", &flag]);
    for load in [Load::new(100, 6).pool(6), Load::new(100, 6)] {
        let mut load = load;
        load.plan = Plan::of_prompts(100, 1);
        let samples = load.run(&mock.hello.infer);
        mock.signal(libc::SIGTERM);
        assert!(mock.wait().success());
        let truth = Truth::read(&log);
        assert_eq!(truth.len(), samples.len(), "a row for each request");
        samples.iter().for_each(|sample| {
            truth[&sample.trace_id.to_string()].excess_ms(sample);
        });
        mock = Mock::start(&["--fixed-ms=10", "--item-ms=5", "--replicas=2", "--max-connections=64", &flag]);
    }
}
