//! `promptcards healthcheck`: whether a server takes requests, for containers, units and balancers.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use reqwest::header::HOST;
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, RequestBuilder, Url};
use serde_json::Value;

use crate::config::{Config, ServerSettings};

/// What a container's engine gives a check is three seconds and more.
const LIMIT: Duration = Duration::from_millis(2_500);
const PATH: &str = "/readyz";

/// Asks a server whether it is ready.
pub(super) fn run(settings: super::Settings, url: Option<&str>) -> anyhow::Result<ExitCode> {
    crate::install_cryptography();
    let (url, request) = match url {
        Some(url) => elsewhere(url)?,
        None => here(&settings.load()?)?,
    };
    super::runtime()?.block_on(ask(request, &url))?;
    writeln!(std::io::stdout(), "{url} is ready")?;
    Ok(ExitCode::SUCCESS)
}

async fn ask(request: RequestBuilder, url: &Url) -> anyhow::Result<()> {
    let response = request.send().await.with_context(|| format!("{url} does not answer"))?;
    let status = response.status();
    if status.is_success() {
        return Ok(());
    }
    let problem: Value = response.json().await.unwrap_or_default();
    let detail = problem["detail"].as_str().unwrap_or("it does not say why");
    anyhow::bail!("{url} is not ready: {}: {detail}", status.as_u16());
}

fn elsewhere(url: &str) -> anyhow::Result<(Url, RequestBuilder)> {
    let given = Url::parse(url).ok().filter(|url| ["http", "https"].contains(&url.scheme()));
    let given = given.with_context(|| format!("`{url}` is no address such as http://127.0.0.1:3000"))?;
    let url = if given.path() == "/" { given.join(PATH)? } else { given };
    let builder = if url.scheme() == "http" {
        client().tls_backend_preconfigured(crate::remote::no_certificates()?)
    } else {
        client()
    };
    let request = builder.build()?.get(url.clone());
    Ok((url, request))
}

/// The server of these settings, on this machine.
fn here(config: &Config) -> anyhow::Result<(Url, RequestBuilder)> {
    let server = &config.server;
    anyhow::ensure!(
        server.listen.port() != 0,
        "server.listen names no port: say with --url where the server is"
    );
    let tls = server.tls_certificate_file.is_some();
    let address = reachable(server.listen);
    let scheme = if tls { "https" } else { "http" };
    let url = Url::parse(&format!("{scheme}://{address}{PATH}"))?;
    let builder = client().no_proxy();
    let builder = if tls {
        // The certificate is for the name that people type, and this asks the machine's own address. Nothing secret is
        // sent, and what is heard is whether the process is there.
        builder.tls_danger_accept_invalid_certs(true)
    } else {
        builder.tls_backend_preconfigured(crate::remote::no_certificates()?)
    };
    let request = builder.build()?.get(url.clone());
    Ok((url, name_it(request, server, address)))
}

/// On loopback a server answers to its address; on others to its name alone.
fn name_it(request: RequestBuilder, server: &ServerSettings, address: SocketAddr) -> RequestBuilder {
    let origin =
        server.public_origin.as_ref().filter(|_| !address.ip().is_loopback()).map(ToString::to_string);
    match origin.as_deref().and_then(|origin| origin.split_once("://")) {
        Some((_, name)) => request.header(HOST, name),
        None => request,
    }
}

/// Where a server is reached on its machine that listens there.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

fn client() -> ClientBuilder {
    // HTTP/1.1, where the name that is asked for may be another than the address.
    Client::builder().redirect(Policy::none()).timeout(LIMIT).http1_only()
}
