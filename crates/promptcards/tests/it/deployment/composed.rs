//! The Redis and the server of `deploy/compose.yaml` on this machine, without containers: with the secrets that
//! `make-secrets` makes, and the settings, commands and health check of the file.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::containers::{COMPOSE, environment, parse, texts, with_secrets};
use super::{Ended, free_port, replaced};

const BINARY: &str = env!("CARGO_BIN_EXE_promptcards");

/// What stands for the container of the server.
struct Here {
    settings: PathBuf,
    variables: Vec<(String, String)>,
    folder: PathBuf,
}

impl Here {
    /// With the ports of this machine in place of those of the containers, and Redis at another.
    fn new(folder: &Path, port: u16, redis_port: u16) -> Self {
        let secrets = folder.join("secrets");
        let written = std::fs::read_to_string(secrets.join("compose.toml")).unwrap();
        let settings = folder.join("promptcards.toml");
        let here = replaced(&written, &[("@redis:6379", format!("@127.0.0.1:{redis_port}"))]);
        std::fs::write(&settings, here).unwrap();
        let server = &parse(COMPOSE)["services"]["promptcards"];
        let here = |value: String| {
            let value = value.replace("0.0.0.0:3000", &format!("0.0.0.0:{port}"));
            value.replace("0.0.0.0:9464", "127.0.0.1:0").replace("/run/secrets", secrets.to_str().unwrap())
        };
        let variables = environment(server).into_iter().map(|(name, value)| (name, here(value))).collect();
        Self { settings, variables, folder: folder.to_owned() }
    }

    /// One of the commands of the file.
    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        let settings = self.settings.to_str().unwrap();
        command.args(words.iter().map(|word| word.replace("/run/secrets/promptcards.toml", settings)));
        command.envs(self.variables.clone()).env("PROMPTCARDS_SERVER__DATA_DIR", self.folder.join("data"));
        command.current_dir(&self.folder).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }
}

#[test]
fn the_server_starts_with_these_settings_and_counts_in_this_redis() {
    let test = "the server and the Redis of compose.yaml";
    if Command::new("redis-server").arg("--version").output().is_err() {
        testkit::not_run(test, "redis-server is not installed");
        return;
    }
    let Some(folder) = with_secrets(test) else { return };
    let folder = folder.path();
    let (port, redis_port) = (free_port(), free_port());
    let mut redis = Command::new("redis-server");
    redis.arg(folder.join("secrets/redis.conf")).args([
        "--bind",
        "127.0.0.1",
        "--port",
        &redis_port.to_string(),
    ]);
    let _redis = Ended(redis.current_dir(folder).stdout(Stdio::null()).spawn().unwrap());
    let here = Here::new(folder, port, redis_port);
    let server = &parse(COMPOSE)["services"]["promptcards"];
    let mut running = Ended(here.command(&texts(&server["command"])).spawn().unwrap());
    let check = texts(&server["healthcheck"]["test"]);
    while !here.command(&check[2..]).status().unwrap().success() {
        assert!(running.0.try_wait().unwrap().is_none(), "the server has ended");
    }
    assert!(!testkit::sign_in_at(([127, 0, 0, 1], port).into(), &folder.join("data")).is_empty());
    let password = std::fs::read_to_string(folder.join("secrets/redis-password")).unwrap();
    let keys = |password: &str| {
        let mut client = Command::new("redis-cli");
        client.args(["-p", &redis_port.to_string(), "--raw", "KEYS", "promptcards:window:*"]);
        let said = client.env("REDISCLI_AUTH", password).output().unwrap().stdout;
        String::from_utf8(said).unwrap().trim().to_owned()
    };
    while keys(password.trim()).is_empty() {}
    assert!(keys("guessed").contains("NOAUTH"), "{}", keys("guessed"));
}
