//! `promptcards eval`: the real binary, in a folder with a config, beside a fake model server.

mod bad_input;
mod cached;
mod ends;
mod env_file;
mod flags;
mod foreign;
mod outputs;
mod providers;
mod pulling;
mod shapes;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use fake_ollama::{FakeOllama, Options};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

const BINARY: &str = env!("CARGO_BIN_EXE_promptcards");

/// A folder with a config, and a model server.
struct Place {
    folder: TempDir,
    models: FakeOllama,
    runtime: Runtime,
}

/// A command that has ended.
struct Ended {
    code: Option<i32>,
    /// What it wrote to standard output.
    out: String,
    /// What it wrote to standard error.
    said: String,
}

impl Place {
    /// A folder with this `promptfooconfig.yaml`.
    fn with(config: &str) -> Self {
        Self::beside(Options::default(), config)
    }

    /// The same, beside a model server of these options.
    fn beside(options: Options, config: &str) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let models = {
            let _inside = runtime.enter();
            FakeOllama::start(options).unwrap()
        };
        let place = Self { folder: tempfile::tempdir().unwrap(), models, runtime };
        place.write("promptfooconfig.yaml", config);
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.read(name)).unwrap()
    }

    /// `promptcards eval` in the folder, with nothing of the environment of the tests but where coverage is written.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command.arg("eval").args(arguments).current_dir(self.folder.path()).env_clear();
        command.envs(std::env::var_os("LLVM_PROFILE_FILE").map(|file| ("LLVM_PROFILE_FILE", file)));
        command.env("XDG_CACHE_HOME", self.path("cache")).env("OLLAMA_BASE_URL", self.models.url());
        command.env("OPENAI_BASE_URL", format!("{}/v1", self.models.url()));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn eval(&self, arguments: &[&str]) -> Ended {
        self.command(arguments).output().unwrap().into()
    }

    /// The results in `out.json` of an evaluation with this exit code.
    #[track_caller]
    fn results(&self, arguments: &[&str], code: i32) -> Vec<Value> {
        let ended = self.eval(&[&["-o", "out.json"], arguments].concat());
        ended.expect(code);
        self.json("out.json")["results"]["results"].as_array().unwrap().clone()
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), said: text(output.stderr) }
    }
}

impl Ended {
    /// The exit code must be this.
    #[track_caller]
    fn expect(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "{}{}", self.out, self.said);
        self
    }

    /// The last line of standard output: files, tokens or how many passed.
    fn passed(&self) -> &str {
        self.out.lines().find(|line| line.contains(" passed (")).unwrap()
    }
}

/// The texts of a field in all results.
fn all<'a>(results: &'a [Value], pointer: &str) -> Vec<&'a str> {
    let text = |result: &'a Value| result.pointer(pointer).and_then(Value::as_str).unwrap_or("–");
    results.iter().map(text).collect()
}

/// Names of what lies in a folder.
fn listed(folder: &Path) -> Vec<String> {
    let names =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}
