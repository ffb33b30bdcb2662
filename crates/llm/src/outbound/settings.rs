//! The section `outbound` of the configuration: what this server may call.

use serde::{Deserialize, Serialize};

use super::Endpoint;

/// What this server may call, beside the model servers that the configuration names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OutboundSettings {
    /// Scheme, host or network, and port. Admins add others on the page.
    pub endpoints: Vec<Endpoint>,
}

impl Default for OutboundSettings {
    fn default() -> Self {
        let host = super::endpoint::Host::Network(std::net::IpAddr::from([127, 0, 0, 1]).into());
        Self { endpoints: vec![Endpoint { https: false, host, port: 11_434 }] }
    }
}
