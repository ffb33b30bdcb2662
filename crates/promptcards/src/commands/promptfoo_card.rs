//! A config of promptfoo on its way into a server: as a file of cards.

use std::collections::BTreeMap;

use anyhow::{anyhow, bail};
use formats::native::{self, Converted};
use formats::promptfoo::{self, Flags, Input};
use formats::results::for_terminal;
use formats::{Files, InMemoryFiles, Problem};

use crate::eval::DiskFiles;
use crate::report::terminal::say;

/// Most problems and notes that are told of one file.
const TOLD: usize = 50;

/// The file of cards that a config is. What does not map is said.
pub(super) fn of(name: &str, text: String, slug: Option<&str>) -> anyhow::Result<String> {
    // Nothing is asked of the environment: what is in it here is not in it where the card is run.
    let environment = BTreeMap::new();
    let in_memory;
    let on_disk;
    let (files, config): (&dyn Files, &str) = if name == "-" {
        in_memory = [("promptfooconfig.yaml", text)].into_iter().collect::<InMemoryFiles>();
        (&in_memory, "promptfooconfig.yaml")
    } else {
        on_disk = DiskFiles::new(Some(name), &[])?;
        (&on_disk, name)
    };
    let input = Input { files, config: Some(config), environment: &environment, flags: Flags::default() };
    let evaluation = promptfoo::read(input).map_err(|problems| refused(name, &problems))?;
    let slug = match slug {
        Some(slug) => slug.to_owned(),
        None => slug_of(name, evaluation.description.as_deref())?,
    };
    let Converted { document, notes } =
        native::from_promptfoo(&evaluation, &slug).map_err(|problems| refused(name, &problems))?;
    for note in notes.iter().take(TOLD) {
        say(&for_terminal(&format!("{name}: {note}")));
    }
    if let Some(more) = notes.len().checked_sub(TOLD).filter(|more| *more > 0) {
        say(&format!("{name}: and {more} more like these"));
    }
    native::write(&document).map_err(anyhow::Error::msg)
}

fn refused(name: &str, problems: &[Problem]) -> anyhow::Error {
    let mut lines: Vec<String> =
        problems.iter().take(TOLD).map(|problem| format!("{name}: {problem}")).collect();
    if let Some(more) = problems.len().checked_sub(TOLD).filter(|more| *more > 0) {
        lines.push(format!("and {more} more like these"));
    }
    anyhow!("{}", for_terminal(&lines.join("\n  "))).context("nothing was imported")
}

/// What the card is called: after its description, or else after its file or folder.
fn slug_of(name: &str, description: Option<&str>) -> anyhow::Result<String> {
    let path = std::path::absolute(name)?;
    let stem = path.file_stem().and_then(|stem| stem.to_str()).filter(|stem| *stem != "promptfooconfig");
    let folder = path.parent().and_then(|folder| folder.file_name()).and_then(|folder| folder.to_str());
    let names = [description, stem.filter(|_| name != "-"), folder.filter(|_| name != "-")];
    match names.into_iter().flatten().map(as_slug).find(|slug| !slug.is_empty()) {
        Some(slug) => Ok(slug),
        None => bail!("what is the card of {name} to be called? Give it a name with --slug"),
    }
}

/// Lower case, digits, and hyphens for what is neither.
fn as_slug(text: &str) -> String {
    let words = text.split(|sign: char| !sign.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let slug = words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-");
    slug.chars().take(80).collect::<String>().trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_is_called_after_its_config() {
        for (name, description, slug) in [
            ("evals/greet/promptfooconfig.yaml", Some("Greet: the World!"), "greet-the-world"),
            ("evals/greet/promptfooconfig.yaml", None, "greet"),
            ("evals/greet/other_one.yaml", Some("日本"), "other-one"),
        ] {
            assert_eq!(slug_of(name, description).unwrap(), slug);
        }
        assert!(slug_of("-", None).is_err());
    }
}
