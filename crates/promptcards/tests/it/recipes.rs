//! The recipes for pipelines: their steps run here as a runner would run them, against a fake Ollama.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use fake_ollama::{FakeOllama, Options};
use serde_json::Value;
use sha2::{Digest, Sha256};

const GITHUB: &str = include_str!("../../../../docs/recipes/github-actions.yml");
const GITLAB: &str = include_str!("../../../../docs/recipes/gitlab-ci.yml");

/// A repository with a config, and what the variables of a project say.
struct Project {
    _folder: tempfile::TempDir,
    root: PathBuf,
    variables: BTreeMap<String, String>,
    _ollama: FakeOllama,
}

impl Project {
    fn new(expected: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("repository");
        std::fs::create_dir(&root).unwrap();
        let config = format!(
            "prompts: ['Say {{{{word}}}}']\nproviders: ['ollama:chat:llama3.2']\n\
             tests: [{{vars: {{word: hello}}, assert: [{{type: word-count, value: {{min: {expected}}}}}]}}]\n"
        );
        std::fs::write(root.join("promptfooconfig.yaml"), config).unwrap();
        let ollama = FakeOllama::start(Options::default()).unwrap();
        let program = Path::new(env!("CARGO_BIN_EXE_promptcards"));
        let sum = hex::encode(Sha256::digest(std::fs::read(program).unwrap()));
        let variables = [
            ("DOWNLOAD_URL", format!("file://{}", program.display())),
            ("DOWNLOAD_SHA256", sum),
            ("OLLAMA_BASE_URL", ollama.url()),
            ("RUNNER_TEMP", folder.path().join("temp").display().to_string()),
            ("GITHUB_PATH", folder.path().join("path").display().to_string()),
            ("XDG_CACHE_HOME", folder.path().join("cache").display().to_string()),
        ];
        let variables = variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { _folder: folder, root, variables, _ollama: ollama }
    }

    /// Runs a script with these variables, as both runners do, and answers with its exit code.
    fn run(&self, script: &str, variables: &BTreeMap<String, String>) -> Option<i32> {
        // What earlier steps put before PATH.
        let added = std::fs::read_to_string(&self.variables["GITHUB_PATH"]).unwrap_or_default();
        let path = format!("{}:{}", added.trim(), std::env::var("PATH").unwrap());
        let mut bash = Command::new("bash");
        bash.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script]).current_dir(&self.root);
        bash.env_clear().env("PATH", path).envs(variables);
        bash.output().unwrap().status.code()
    }

    fn junit(&self) -> String {
        std::fs::read_to_string(self.root.join("results/prompts.junit.xml")).unwrap()
    }
}

fn read(recipe: &str) -> Value {
    serde_saphyr::from_str(recipe).unwrap()
}

fn has_curl() -> bool {
    let there = Command::new("curl").arg("--version").output().is_ok();
    if !there {
        testkit::not_run("the recipes for pipelines", "curl is not installed");
    }
    there
}

/// The scripts of a GitHub job until one fails, and its exit code.
fn github(project: &Project) -> Option<i32> {
    let workflow = read(GITHUB);
    let mut code = Some(0);
    for step in workflow["jobs"]["prompts"]["steps"].as_array().unwrap() {
        let Some(script) = step["run"].as_str() else { continue };
        let mut variables: BTreeMap<_, _> = ["RUNNER_TEMP", "GITHUB_PATH", "XDG_CACHE_HOME"]
            .into_iter()
            .map(|name| (name.to_owned(), project.variables[name].clone()))
            .collect();
        for (name, value) in step["env"].as_object().into_iter().flatten() {
            let of = value.as_str().unwrap().trim_start_matches("${{ vars.").trim_end_matches(" }}");
            variables.insert(name.clone(), project.variables[of].clone());
        }
        code = project.run(script, &variables);
        if code != Some(0) {
            break;
        }
    }
    code
}

fn gitlab(project: &Project) -> Option<i32> {
    let pipeline = read(GITLAB);
    let lines = ["before_script", "script"].map(|part| pipeline["prompts"][part].as_array().unwrap().clone());
    let script: Vec<String> = lines.concat().iter().map(|line| line.as_str().unwrap().to_owned()).collect();
    project.run(&script.join("\n"), &project.variables)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipeline_passes_where_the_tests_do_and_keeps_the_results_where_they_do_not() {
    if !has_curl() {
        return;
    }
    for pipeline in [github, gitlab] {
        let project = Project::new("1");
        assert_eq!(pipeline(&project), Some(0));
        assert!(project.junit().contains("tests=\"1\" failures=\"0\" errors=\"0\""), "{}", project.junit());

        let project = Project::new("100000");
        assert_eq!(pipeline(&project), Some(100));
        assert!(project.junit().contains("tests=\"1\" failures=\"1\" errors=\"0\""), "{}", project.junit());
        assert!(project.root.join("results/prompts.html").exists());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_that_is_not_what_was_meant_is_not_run() {
    if !has_curl() {
        return;
    }
    for pipeline in [github, gitlab] {
        let mut project = Project::new("1");
        project.variables.insert("DOWNLOAD_SHA256".to_owned(), "0".repeat(64));
        assert_eq!(pipeline(&project), Some(1));
        assert!(!project.root.join("results").exists());
    }
}

#[test]
fn actions_are_pinned_and_what_is_kept_is_what_was_written() {
    let workflow = read(GITHUB);
    let steps = workflow["jobs"]["prompts"]["steps"].as_array().unwrap();
    let actions: Vec<&str> = steps.iter().filter_map(|step| step["uses"].as_str()).collect();
    assert_eq!(actions.len(), 2);
    for action in actions {
        let (_, hash) = action.split_once('@').unwrap();
        assert!(hash.len() == 40 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()), "{action}");
    }
    let upload = steps.iter().find(|step| step["with"]["path"].is_string()).unwrap();
    assert_eq!((&upload["if"], &upload["with"]["path"]), (&"always()".into(), &"results/".into()));
    let artifacts = &read(GITLAB)["prompts"]["artifacts"];
    assert_eq!(
        (&artifacts["when"], &artifacts["reports"]["junit"]),
        (&"always".into(), &"results/prompts.junit.xml".into())
    );
}
