//! `deploy/compose.yaml` and `deploy/stack.yaml`: what is confined, who sees whom, and whether each path, port, setting
//! and secret in them is one that the programs know. `scripts/check-deploy` holds them against their schemas.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::{Map, Value};

use super::{project, read, settings_in_force};

pub(super) const COMPOSE: &str = FILES[0];
const FILES: [&str; 2] = ["deploy/compose.yaml", "deploy/stack.yaml"];

pub(super) fn parse(file: &str) -> Value {
    let whole: Value = serde_saphyr::from_str(&read(file)).unwrap();
    assert!(whole["services"]["nginx"]["read_only"].is_boolean(), "merge keys are resolved: {whole:#}");
    whole
}

fn services(file: &Value) -> &Map<String, Value> {
    file["services"].as_object().unwrap()
}

pub(super) fn texts(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Every text in a value.
fn all_texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(all_texts).collect(),
        Value::Object(fields) => fields.values().flat_map(all_texts).collect(),
        _ => Vec::new(),
    }
}

fn members<'a>(file: &'a Value, network: &str) -> BTreeSet<&'a str> {
    let on = |service: &Value| texts(&service["networks"]).contains(&network);
    services(file).iter().filter(|(_, service)| on(service)).map(|(name, _)| name.as_str()).collect()
}

/// The folder `deploy` with secrets that `make-secrets` has made. None: openssl is not installed, which is said for `test`.
pub(super) fn with_secrets(test: &str) -> Option<tempfile::TempDir> {
    if Command::new("openssl").arg("version").output().is_err() {
        testkit::not_run(test, "openssl is not installed");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(project().join("deploy/make-secrets"), folder.path().join("make-secrets")).unwrap();
    let made = Command::new(folder.path().join("make-secrets")).arg("cards.example.org").output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    Some(folder)
}

/// The variables of the server as a container gets them.
pub(super) fn environment(service: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    service["environment"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.clone(), text(value)))
        .collect()
}

#[test]
fn every_service_is_confined_and_has_limits_and_a_health_check() {
    for file in FILES {
        let whole = parse(file);
        for (name, service) in services(&whole) {
            assert_eq!(service["read_only"], true, "{file}: {name}");
            assert_eq!(texts(&service["cap_drop"]), ["ALL"], "{file}: {name}");
            assert!(service["cap_add"].is_null() && service["privileged"].is_null(), "{file}: {name}");
            assert!(!all_texts(service).iter().any(|text| text.contains("docker.sock")), "{file}: {name}");
            let version = service["image"].as_str().unwrap().rsplit_once(':').unwrap().1;
            let version = version.trim_start_matches('v').split('-').next().unwrap();
            assert!(version.split('.').count() >= 2, "{file}: {name} has no exact version");
            let limits = &service["deploy"]["resources"]["limits"];
            for limit in ["cpus", "memory", "pids"] {
                assert!(!limits[limit].is_null(), "{file}: {name} has no limit of {limit}");
            }
            assert!(!texts(&service["healthcheck"]["test"]).is_empty(), "{file}: {name}");
            // Swarm takes it from the settings of the engine.
            if file.ends_with("compose.yaml") {
                assert_eq!(texts(&service["security_opt"]), ["no-new-privileges:true"], "{name}");
            }
        }
    }
}

#[test]
fn only_nginx_is_reached_from_elsewhere_and_who_sees_whom_is_little() {
    for file in FILES {
        let whole = parse(file);
        let published: Vec<&str> = services(&whole)
            .iter()
            .filter(|(_, one)| !one["ports"].is_null())
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(published, ["nginx"], "{file}");
        assert!(services(&whole).values().all(|one| one["network_mode"].is_null()), "{file}");
        let networks = whole["networks"].as_object().unwrap();
        for (name, service) in services(&whole) {
            let on = texts(&service["networks"]);
            assert!(
                !on.is_empty() && on.iter().all(|network| networks.contains_key(*network)),
                "{file}: {name}"
            );
        }
        assert_eq!(members(&whole, "public"), BTreeSet::from(["nginx"]), "{file}");
        // Who is on this network is believed when it says for whom it asks.
        assert_eq!(members(&whole, "edge"), BTreeSet::from(["nginx", "promptcards"]), "{file}");
        assert_eq!(members(&whole, "models"), BTreeSet::from(["ollama", "promptcards"]), "{file}");
        let shared = if file.ends_with("stack.yaml") {
            vec!["postgres", "promptcards", "redis"]
        } else {
            vec!["promptcards", "redis"]
        };
        assert_eq!(members(&whole, "shared"), shared.into_iter().collect(), "{file}");
        let ways_out: Vec<&str> = networks
            .iter()
            .filter(|(_, one)| one["internal"] != true)
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(
            ways_out.into_iter().collect::<BTreeSet<_>>(),
            BTreeSet::from(["alerts", "models", "public"]),
            "{file}"
        );
    }
}

#[test]
fn the_server_takes_every_setting_and_they_fit_together() {
    let Some(folder) = with_secrets("the settings of the containers") else { return };
    for (file, settings) in FILES.into_iter().zip(["compose.toml", "stack.toml"]) {
        let whole = parse(file);
        let server = &whole["services"]["promptcards"];
        assert_eq!(texts(&server["command"]), ["serve", "--config", "/run/secrets/promptcards.toml"]);
        let path = folder.path().join("secrets").join(settings);
        assert!(whole["secrets"]["settings"]["file"].as_str().unwrap().ends_with(settings));
        let variables = environment(server);
        let variables: Vec<_> =
            variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let config = settings_in_force(&variables, &["--config", path.to_str().unwrap()]);
        let subnet = whole["networks"]["edge"]["ipam"]["config"][0]["subnet"].as_str().unwrap();
        assert_eq!(config["server"]["trusted_proxies"][0].as_str(), Some(subnet), "{file}");
        assert_eq!(config["server"]["public_origin"].as_str(), Some("https://cards.example.org"));
        assert_eq!(config["store"].get("database_url").is_some(), file.ends_with("stack.yaml"), "{file}");
        assert!(config["cache"]["redis_url"].as_str().unwrap().ends_with("redis:6379/0"));
        assert_eq!(config["providers"][0]["base_url"].as_str(), Some("http://ollama:11434"));
        assert_eq!(whole["services"]["ollama"]["environment"]["OLLAMA_HOST"], "0.0.0.0:11434");
        // As many as the server's own limit of connections needs, and as long as it may take to stop.
        assert_eq!(
            (&server["ulimits"]["nofile"], &server["stop_grace_period"]),
            (&16_384.into(), &"30s".into())
        );
        let listen = config["server"]["listen"].as_str().unwrap();
        assert!(
            read("deploy/nginx/container/upstreams.conf")
                .contains(&listen.replace("0.0.0.0", "server promptcards"))
        );
        let check = texts(&server["healthcheck"]["test"]);
        assert_eq!(check[..3], ["CMD", "promptcards", "healthcheck"]);
        assert_eq!(check[3..], texts(&server["command"])[1..], "{file}: it asks another server");
    }
}

#[test]
fn each_file_and_secret_is_there_and_reaches_where_it_is_read() {
    let Some(secrets) = with_secrets("the secrets of the containers") else { return };
    for file in FILES {
        let whole = parse(file);
        let exists = |path: &str| match path.strip_prefix("./secrets/") {
            Some(name) => secrets.path().join("secrets").join(name).exists(),
            None => project().join("deploy").join(path).exists(),
        };
        let declared =
            |kind: &str, name: &str| whole[kind].as_object().is_some_and(|all| all.contains_key(name));
        for kind in ["secrets", "configs"] {
            for (name, one) in whole[kind].as_object().into_iter().flatten() {
                let path = one["file"].as_str().unwrap();
                assert!(exists(path), "{file}: {path} of {name} is not there");
            }
        }
        for (name, service) in services(&whole) {
            let mut given = BTreeSet::new();
            for kind in ["secrets", "configs"] {
                for one in service[kind].as_array().into_iter().flatten() {
                    let source = one["source"].as_str().or(one.as_str()).unwrap();
                    assert!(declared(kind, source), "{file}: {name} has {source}, which is not declared");
                    let target = one["target"].as_str().unwrap_or(source);
                    given.insert(if target.starts_with('/') {
                        target.to_owned()
                    } else {
                        format!("/run/secrets/{target}")
                    });
                }
            }
            let mut mounted = BTreeSet::new();
            for volume in service["volumes"].as_array().into_iter().flatten() {
                if let Some((".", _)) = volume.as_str().and_then(|text| text.split_once('/')) {
                    let parts: Vec<&str> = volume.as_str().unwrap().split(':').collect();
                    assert!(parts[2] == "ro" && exists(parts[0]), "{file}: {volume}");
                    mounted.insert(parts[1].to_owned());
                } else {
                    let source =
                        volume["source"].as_str().or(volume.as_str().and_then(|text| text.split(':').next()));
                    assert!(source.is_none_or(|source| declared("volumes", source)), "{file}: {volume}");
                }
            }
            // Every path that a command, a variable or the file of settings names is one that is given.
            let named = [&service["command"], &service["environment"], &service["healthcheck"]];
            let settings = whole["secrets"]["settings"]["file"].as_str().filter(|_| name == "promptcards");
            let settings = settings
                .map(|path| std::fs::read_to_string(secrets.path().join(path)).unwrap())
                .unwrap_or_default();
            for text in named.into_iter().flat_map(all_texts).chain([settings.as_str()]) {
                for begin in ["/run/secrets/", "/etc/nginx/", "/etc/prometheus/", "/etc/alertmanager/"] {
                    for (at, _) in text.match_indices(begin) {
                        let path = text[at..].split([' ', ')', '"', ',']).next().unwrap();
                        let below = |folder: &String| Path::new(path).starts_with(folder);
                        assert!(
                            given.contains(path) || mounted.iter().any(below),
                            "{file}: {name} lacks {path}"
                        );
                    }
                }
            }
        }
    }
}

/// What the programs in the containers read of each other's addresses.
#[test]
fn ports_and_names_are_those_that_the_others_ask() {
    for file in FILES {
        let whole = parse(file);
        let metrics = &whole["services"]["promptcards"]["environment"]["PROMPTCARDS_SERVER__METRICS_LISTEN"];
        let port = metrics.as_str().unwrap().rsplit_once(':').unwrap().1;
        let scraped: Value = serde_saphyr::from_str(&read("deploy/prometheus/prometheus.yml")).unwrap();
        let jobs = scraped["scrape_configs"].as_array().unwrap();
        let job = jobs.iter().find(|job| job["job_name"] == "promptcards").unwrap();
        let dns = &job["dns_sd_configs"][0];
        assert_eq!(
            (dns["names"][0].as_str(), dns["port"].to_string()),
            (Some("promptcards"), port.to_owned())
        );
        let both = |network: &str, names: [&str; 2]| {
            names.iter().all(|name| members(&whole, network).contains(name))
        };
        assert!(
            both("monitoring", ["prometheus", "promptcards"])
                && both("monitoring", ["prometheus", "alertmanager"])
        );
        assert!(both("monitoring", ["grafana", "prometheus"]) && both("dashboards", ["grafana", "nginx"]));
        let alerting = scraped["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"][0].as_str();
        assert_eq!(alerting, Some("alertmanager:9093"));
        let sources: Value =
            serde_saphyr::from_str(&read("deploy/grafana/provisioning/datasources/promptcards.yaml"))
                .unwrap();
        assert_eq!(sources["datasources"][0]["url"], "http://prometheus:9090");
        assert!(read("deploy/nginx/container/monitor.conf").contains("set $grafana grafana:3000;"));
    }
}
