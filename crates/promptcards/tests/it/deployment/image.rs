//! `deploy/Dockerfile`, held against what the build really reads and writes. No test of ours builds the image.

use std::path::{Path, PathBuf};

use super::{project, read};

/// Its instructions, each on one line.
fn instructions() -> Vec<String> {
    let text = read("deploy/Dockerfile");
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let whole = lines.join("\n").replace("\\\n", " ");
    whole.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// Whether `.dockerignore` lets a path of the project through: the last line that fits it decides.
fn is_sent(path: &Path) -> bool {
    let rules = read(".dockerignore");
    let fits = |rule: &str| match rule.strip_prefix("**/") {
        Some(name) => path.components().any(|part| part.as_os_str() == name),
        None => rule == "*" || path.starts_with(rule),
    };
    let rules = rules.lines().filter(|line| !line.starts_with('#'));
    rules.fold(true, |sent, line| match line.strip_prefix('!') {
        Some(rule) => sent || fits(rule),
        None => sent && !fits(line),
    })
}

/// What the stages that build copy out of the project, and into what folder below their own.
fn copied(stage: &str) -> Vec<(PathBuf, String)> {
    let instructions = instructions();
    let begins = |line: &&String| line.starts_with("FROM ") && line.ends_with(&format!(" AS {stage}"));
    let from = instructions.iter().position(|line| begins(&line)).unwrap();
    let lines = instructions[from + 1..].iter().take_while(|line| !line.starts_with("FROM "));
    let copies =
        lines.filter_map(|line| line.strip_prefix("COPY ")).filter(|line| !line.starts_with("--from"));
    copies
        .flat_map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let (to, sources) = words.split_last().unwrap();
            sources.iter().map(|source| (PathBuf::from(source), (*to).to_owned())).collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn what_is_copied_is_there_and_sent() {
    for stage in ["page", "server"] {
        let copied = copied(stage);
        assert!(!copied.is_empty(), "{stage}");
        for (path, to) in copied {
            assert!(project().join(&path).exists(), "{} is not there", path.display());
            assert!(is_sent(&path), "{} is held back by .dockerignore", path.display());
            // Each goes where it lay, or a path of the code would lead elsewhere.
            let folder = path.parent().unwrap();
            let goes_there = match to.as_str() {
                "./" => folder == Path::new(""),
                to if to.ends_with('/') => folder == Path::new(to),
                to => Path::new(to) == path,
            };
            assert!(goes_there, "{} goes to {to}", path.display());
        }
    }
    for secret in
        ["deploy/secrets", "data", "data.key", "target", ".git", "web/node_modules", "crates/x/node_modules"]
    {
        assert!(!is_sent(Path::new(secret)), "{secret} would be sent to who builds");
    }
}

/// Every file of Rust below a folder.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("tests") {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn every_file_that_the_server_is_made_of_is_copied() {
    let (root, copied) = (project(), copied("server"));
    let mut files = Vec::new();
    sources(&root.join("crates"), &mut files);
    let mut needed: Vec<PathBuf> =
        ["Cargo.toml", "Cargo.lock", "benches/Cargo.toml"].map(|file| root.join(file)).into();
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        for word in ["include_str!(\"", "include_bytes!(\""] {
            let included = text.split(word).skip(1).map(|rest| rest.split_once('"').unwrap().0);
            needed.extend(included.map(|path| file.parent().unwrap().join(path).canonicalize().unwrap()));
        }
    }
    let outside = needed.iter().filter(|path| !path.starts_with(root.join("crates"))).count();
    assert!(outside > 3, "the recipes, which `init` writes, are found: {needed:?}");
    for path in files.iter().chain(&needed).map(|path| path.strip_prefix(&root).unwrap()) {
        assert!(copied.iter().any(|(from, _)| path.starts_with(from)), "{} is not copied", path.display());
        assert!(is_sent(path), "{} is held back by .dockerignore", path.display());
    }
}

#[test]
fn what_one_stage_makes_is_what_the_next_takes() {
    let all = instructions().join("\n");
    let npm: serde_json::Value = serde_json::from_str(&read("web/package.json")).unwrap();
    assert_eq!(npm["scripts"]["build"], "vite build");
    // Vite writes into `dist` unless it is told otherwise, packs it beside that, and the crate embeds it from there.
    assert!(!read("web/vite.config.ts").contains("outDir") && all.contains("RUN npm --prefix web run build"));
    assert!(read("web/pack.ts").contains("`${dist}-packed`"));
    assert!(
        read("scripts/book/build.mjs").contains("\"target/docs\"")
            && all.contains("RUN scripts/book/build.mjs")
    );
    for folder in ["web/dist-packed", "target/docs-packed"] {
        assert!(read("crates/api/build.rs").contains(&format!("\"../../{folder}\"")), "{folder}");
        assert!(all.contains(&format!("COPY --from=page /src/{folder} {folder}")), "{folder}");
    }
    assert!(all.contains("cargo build --release --locked --target-dir /built -p promptcards"));
    assert!(all.contains("install -D /built/release/promptcards /out/promptcards"));
    // A cache that lay over it would hide the documentation.
    assert!(!all.contains("target=/src/target"));
    assert!(all.contains("COPY --from=server /out/promptcards /usr/local/bin/promptcards"));
    let rust = read("Cargo.toml");
    let needed = rust.split_once("rust-version = \"").unwrap().1.split_once('"').unwrap().0;
    assert!(all.contains(&format!("FROM rust:{needed}.")), "the compiler of the image is not Rust {needed}");
    for from in instructions().iter().filter_map(|line| line.strip_prefix("FROM ")) {
        let (_, version) = from.split_whitespace().next().unwrap().split_once(':').unwrap();
        let exact =
            version.split('-').any(|part| part.split('.').count() == 3 || part.len() == "20260824".len());
        assert!(exact, "{from} is no exact version");
    }
}

#[test]
fn it_is_nobody_of_importance_and_says_whether_it_is_well() {
    let lines = instructions();
    let last = |word: &str| {
        let found = lines.iter().rfind(|line| line.starts_with(word));
        found.unwrap_or_else(|| panic!("no {word}")).as_str()
    };
    assert_eq!(last("USER"), "USER 10001:10001");
    assert!(last("HEALTHCHECK").ends_with("CMD [\"promptcards\", \"healthcheck\"]"));
    assert_eq!((last("ENTRYPOINT"), last("CMD")), ("ENTRYPOINT [\"promptcards\"]", "CMD [\"serve\"]"));
    let settings = last("ENV").trim_start_matches("ENV ").split_whitespace();
    let settings: Vec<(&str, &str)> = settings.map(|pair| pair.split_once('=').unwrap()).collect();
    let config = super::settings_in_force(&settings, &[]);
    assert_eq!(config["server"]["data_dir"].as_str(), Some("/var/lib/promptcards"));
    // A key beside its data would be kept, and stolen, with it.
    assert_eq!(config["secrets"]["master_key_file"].as_str(), Some("/var/lib/promptcards-key/master.key"));
    for folder in ["/var/lib/promptcards", "/var/lib/promptcards-key"] {
        assert!(last("VOLUME").contains(&format!("\"{folder}\"")));
        assert!(lines.iter().any(|line| line.contains("--owner 10001") && line.contains(folder)));
    }
}
