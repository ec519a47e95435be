//! The mock inference server.
