//! A load whose arrivals do not wait: whether the server kept up with it.

mod growth;
