//! The mock inference server.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MockSettings {
    pub backlog: u32, pub max_connections: usize, pub replicas: usize, pub fixed_ms: f64, pub item_ms: f64, pub item_sigma: f64,
}
impl MockSettings { pub fn validate(&self) -> Result<(), String> { Ok(()) } }
