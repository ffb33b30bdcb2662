//! What the machine that this program runs on has to do with where a model server can be reached.

use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;

/// Names by which container engines know the machine that they run on: Docker's, Podman's.
pub(super) const HOST_NAMES: [&str; 2] = ["host.docker.internal", "host.containers.internal"];
const PROXY_VARIABLES: [&str; 3] = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];

/// Where the doctor stands, and how long it waits.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// In a container: the names and addresses by which the machine around it may be reached. None: not in one.
    pub around_container: Option<Vec<String>>,
    /// The variables of the environment that name a proxy. Their values may hold a password.
    pub proxy_variables: Vec<String>,
    /// How long a connection may take.
    pub connect: Duration,
    /// How long an answer may take.
    pub answer: Duration,
}

impl Surroundings {
    /// Those of this process.
    pub fn here() -> Self {
        let is_set = |name: &String| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let names = PROXY_VARIABLES.iter().flat_map(|name| [(*name).to_owned(), name.to_lowercase()]);
        Self {
            around_container: in_container().then(machine_around),
            proxy_variables: names.filter(is_set).collect(),
            connect: Duration::from_secs(2),
            answer: Duration::from_secs(4),
        }
    }
}

fn in_container() -> bool {
    ["/.dockerenv", "/run/.containerenv"].iter().any(|mark| Path::new(mark).exists())
        || std::env::var_os("KUBERNETES_SERVICE_HOST").is_some()
}

fn machine_around() -> Vec<String> {
    let routes = std::fs::read_to_string("/proc/net/route").unwrap_or_default();
    HOST_NAMES.map(str::to_owned).into_iter().chain(gateway(&routes).map(|ip| ip.to_string())).collect()
}

/// The default gateway of Linux's table of routes, whose numbers are hexadecimal and begin with the last byte.
fn gateway(routes: &str) -> Option<Ipv4Addr> {
    routes.lines().skip(1).find_map(|route| {
        let mut columns = route.split_whitespace().skip(1);
        let (destination, gateway) = (columns.next()?, columns.next()?);
        let gateway = u32::from_str_radix(gateway, 16).ok().filter(|gateway| *gateway != 0)?;
        (destination == "00000000").then(|| Ipv4Addr::from(gateway.swap_bytes()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gateway_is_read_from_the_table_of_routes() {
        let routes = "Iface\tDestination\tGateway \tFlags\n\
                      eth0\t000011AC\t00000000\t0001\n\
                      eth0\t00000000\t010011AC\t0003\n";
        assert_eq!(gateway(routes), Some(Ipv4Addr::new(172, 17, 0, 1)));
        assert_eq!(gateway("Iface\tDestination\tGateway\n"), None);
        assert_eq!(gateway(""), None);
    }
}
