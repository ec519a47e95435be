//! What the server's own log has to say of the script's run.

use std::collections::HashMap;
use std::io::Read;

use serde::Deserialize;

use crate::model::{Digest, TraceId};

/// What the mock's own log has to say of the script's run.
#[derive(Clone, Debug, Default)]
pub struct Truth {
    /// What it served to the script.
    pub served: Vec<TruthRow>,
    /// Digest of the payload by request number, where it is known.
    pub payloads: HashMap<u64, Digest>,
}

/// What the server noted of one item. Instants are microseconds since its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TruthRow {
    /// Of the exchange, where the client sent one.
    pub trace: Option<TraceId>,
    /// Of the payload.
    pub payload: Digest,
    /// Items in the exchange.
    pub batch_size: u32,
    /// The request's head was there.
    pub received_us: u64,
    /// A replica took it; `None` if none did.
    pub dequeued_us: Option<u64>,
    /// The answer was handed over.
    pub done_us: u64,
}

#[derive(Deserialize)]
struct TruthColumns {
    trace_id: String,
    payload_digest: String,
    batch_size: u32,
    received_us: u64,
    dequeued_us: Option<u64>,
    done_us: u64,
}

/// Reads a truth log. A last row that a kill cut off is an error, as is anything that is no truth log.
pub fn truth_rows(source: impl Read) -> Result<Vec<TruthRow>, String> {
    let rows = csv::Reader::from_reader(source).into_deserialize();
    rows.map(|row| row.map_err(|error| error.to_string()).and_then(|row: TruthColumns| row.row())).collect()
}

impl TruthColumns {
    fn row(&self) -> Result<TruthRow, String> {
        let payload = self.payload_digest.parse();
        Ok(TruthRow {
            trace: self.trace_id.parse().ok(),
            payload: payload.map_err(|_| format!("`{}` is no digest", self.payload_digest))?,
            batch_size: self.batch_size,
            received_us: self.received_us,
            dequeued_us: self.dequeued_us,
            done_us: self.done_us,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_truth_log_is_read_as_the_mock_writes_it() {
        let log = "trace_id,exchange_id,payload_digest,item_ms,batch_size,status,received_us,dequeued_us,done_us\n\
            ,1,a6f00875839642d9a416d485740e561b,10.870,1,200,161394,161802,283537\n\
            d746e2cad84e84839d3bd53089a82685,2,ee2f7ce956d1e8bf99d7efe2e673c827,16.877,1,503,5,,9\n";
        let rows = truth_rows(log.as_bytes()).expect("a good log");
        assert_eq!((rows[0].trace, rows[0].dequeued_us), (None, Some(161_802)));
        assert_eq!((rows[1].trace.is_some(), rows[1].dequeued_us, rows[1].done_us), (true, None, 9));
        assert!(truth_rows("a,b\n1,2\n".as_bytes()).is_err());
    }
}
