//! `promptcards config explain`: what one setting means, what it is, and who says so.

use std::process::ExitCode;

use anyhow::bail;
use toml::{Table, Value};

use super::EXAMPLE;
use crate::config::{Config, Environment, Flags, Origin};

#[expect(clippy::print_stdout, reason = "the explanation is what was asked for")]
pub(super) fn explain(key: &str, flags: &Flags, environment: &Environment) -> anyhow::Result<ExitCode> {
    let known = Known::all();
    let Some(found) = known.iter().find(|known| known.is_called(key)) else {
        let (section, _) = key.split_once('.').unwrap_or((key, ""));
        let near: Vec<String> =
            known.iter().filter(|known| known.section == section).map(Known::name).collect();
        if near.is_empty() {
            let mut sections: Vec<&str> = known.iter().map(|known| known.section).collect();
            sections.dedup();
            bail!("there is no setting {key}; the sections are {}", sections.join(", "));
        }
        bail!("there is no setting {key}; here are {}", near.join(", "));
    };
    let config = Config::load(flags, environment)?;
    let (section, key) = (found.section, found.key);
    println!("{section}.{key}\n");
    for line in &found.meaning {
        println!("  {line}");
    }
    println!();
    println!("  in force   {}", value(&config, section, key));
    println!("  default    {}", value(&Config::default(), section, key));
    println!("  said by    {}", Config::origin(flags, environment, section, key)?);
    println!("  variable   {}", Origin::variable(section, key));
    Ok(ExitCode::SUCCESS)
}

/// A setting as the file has it. What is secret in it is not shown there either.
fn value(config: &Config, section: &str, key: &str) -> String {
    let table = Table::try_from(config).unwrap_or_default();
    let found = table.get(section).and_then(|section| section.get(key));
    found.map_or_else(|| "not given".to_owned(), Value::to_string)
}

/// A setting that the example file explains.
struct Known {
    section: &'static str,
    key: &'static str,
    meaning: Vec<&'static str>,
}

impl Known {
    /// Every setting of a section. Model servers are a list, whose entries are not called by a name.
    fn all() -> Vec<Self> {
        let mut known: Vec<Self> = Vec::new();
        let (mut section, mut comment, mut in_comment) = ("", Vec::new(), false);
        for line in EXAMPLE.lines() {
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                (section, in_comment) = (name, false);
                continue;
            }
            if line.contains("[[providers]]") {
                break;
            }
            if let Some(key) = key_of(line) {
                // Keys that follow each other share what stands above the first.
                known.push(Self { section, key, meaning: comment.clone() });
                in_comment = false;
            } else if let Some(text) = line.strip_prefix("# ") {
                if !in_comment {
                    comment.clear();
                }
                comment.push(text);
                in_comment = true;
            }
        }
        known
    }

    fn name(&self) -> String {
        format!("{}.{}", self.section, self.key)
    }

    /// Whether somebody means it: by its name, or by the variable of the environment.
    fn is_called(&self, name: &str) -> bool {
        name == self.name() || name == Origin::variable(self.section, self.key)
    }
}

/// The key of a line that sets one, or would if its sign were taken away.
fn key_of(line: &str) -> Option<&str> {
    let line = line.strip_prefix("#= ").or_else(|| line.strip_prefix("# ")).unwrap_or(line);
    let (key, _) = line.split_once(" = ")?;
    let of_key = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    (!key.is_empty() && key.bytes().all(of_key)).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_of_a_section_has_a_meaning() {
        let known = Known::all();
        let table = Table::try_from(Config::default()).unwrap();
        for (section, keys) in &table {
            for key in keys.as_table().into_iter().flat_map(Table::keys) {
                let name = format!("{section}.{key}");
                let found = known.iter().find(|known| known.name() == name);
                assert!(found.is_some_and(|found| !found.meaning.is_empty()), "{name} is not explained");
            }
        }
        assert!(known.iter().any(|known| known.name() == "server.tls_key_file"), "nor what has no default");
    }
}
