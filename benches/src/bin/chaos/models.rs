//! A model server in a process of its own: `promptcards fake-ollama`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Actor, Program};

/// How long it takes until a model says its first word.
const LATENCY_MS: u64 = 20;

pub(crate) struct ModelServer {
    binary: PathBuf,
    program: Option<Program>,
    address: SocketAddr,
    /// Calls that were counted before it was killed.
    before: u64,
}

impl ModelServer {
    pub(crate) fn start(binary: PathBuf) -> Result<Self> {
        let free = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut server = Self { binary, program: None, address: free, before: 0 };
        server.start_again()?;
        Ok(server)
    }

    /// Starts it where it was before.
    pub(crate) fn start_again(&mut self) -> Result<()> {
        let (listen, latency) = (self.address.to_string(), LATENCY_MS.to_string());
        let mut command = Command::new(&self.binary);
        command.args(["fake-ollama", "--listen", &listen, "--latency-ms", &latency]);
        let program = Program::start(&mut command).map_err(anyhow::Error::msg);
        let program = program.context("the model server does not start")?;
        self.address = program.address();
        self.program = Some(program);
        Ok(())
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Kills it. The calls that come between the last look and its end are not counted.
    pub(crate) async fn kill(&mut self) -> Result<()> {
        self.before = self.calls().await?;
        if let Some(program) = self.program.take() {
            program.kill();
        }
        Ok(())
    }

    pub(crate) fn signal(&self, signal: &str) {
        if let Some(program) = &self.program {
            program.signal(signal);
        }
    }

    /// Changes how it behaves; returns its settings and counters.
    pub(crate) async fn change(&self, change: &Value) -> Result<Value> {
        let answer = Actor::at(self.address).try_send(Method::PATCH, "/control", &[], Some(change)).await;
        let answer = answer.context("the model server does not answer")?;
        anyhow::ensure!(answer.status == 200, "the model server refuses {change}: {}", answer.body);
        Ok(answer.body)
    }

    /// How often it was called in all.
    pub(crate) async fn calls(&self) -> Result<u64> {
        let state = self.change(&json!({})).await?;
        Ok(self.before + state["counters"]["calls"].as_u64().context("no counters")?)
    }
}
