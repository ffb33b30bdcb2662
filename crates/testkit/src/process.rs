//! A server in a process of its own, which may be killed at any time.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, ExitStatus};

use crate::accounts;
use crate::actor::Actor;
use crate::limits::plenty_as_variables;
use crate::program::Program;

/// The real binary, serving. It is killed when this is dropped.
pub struct ServerProcess {
    /// The admin at it, who owns the workspace `default`.
    pub actor: Actor,
    program: Program,
}

impl ServerProcess {
    /// Starts `binary serve` on a free port, with the database in `folder` and `environment` added, and waits
    /// until it is ready.
    pub fn start(binary: &Path, folder: &Path, environment: &[(&str, &str)]) -> Self {
        Self::start_with(binary, folder, environment, &[])
    }

    /// The same with more arguments.
    pub fn start_with(
        binary: &Path,
        folder: &Path,
        environment: &[(&str, &str)],
        arguments: &[&str],
    ) -> Self {
        let mut command = Self::command(binary, folder);
        command.envs(environment.iter().copied()).args(arguments);
        let program =
            Program::start(&mut command).unwrap_or_else(|log| panic!("the server did not start: {log}"));
        let address = program.address();
        let actor = Actor::at(address).with(accounts::sign_in_at(address, folder));
        Self { actor, program }
    }

    /// `binary serve` on a free port, with the database and the configuration in `folder`.
    pub fn command(binary: &Path, folder: &Path) -> Command {
        let mut command = Command::new(binary);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(folder)
            .current_dir(folder)
            .env("PROMPTCARDS_SECRETS__MASTER_KEY_FILE", folder.join("master.key"))
            .envs(plenty_as_variables());
        command
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.program.address()
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.program.id()
    }

    /// What it has logged by now.
    pub fn log(&self) -> String {
        self.program.log()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: &str) {
        self.program.signal(signal);
    }

    /// Ends it in good order and waits until it has ended.
    pub fn stop(self) -> ExitStatus {
        self.program.stop()
    }

    /// Waits until it has ended by itself.
    pub fn wait(self) -> ExitStatus {
        self.program.wait()
    }

    /// Ends it without a chance to clean up, as a power cut would the process: `kill -9`.
    pub fn kill(self) {
        self.program.kill();
    }
}
