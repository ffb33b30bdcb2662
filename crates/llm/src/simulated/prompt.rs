//! What a prompt asks for, as far as words on its surface tell.

use domain::card::{Message, Role};

/// A prompt, read.
#[derive(Debug)]
pub(super) struct Prompt {
    /// All of it.
    pub(super) text: String,
    /// All of it in lower case.
    pub(super) lower: String,
    /// The last message of the user.
    pub(super) question: String,
}

/// A limit such as "at most 50 words".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    Words(usize),
    Sentences(usize),
    Characters(usize),
}

impl Prompt {
    pub(super) fn new(messages: &[Message]) -> Self {
        let text = messages.iter().map(Message::joined_text).collect::<Vec<_>>().join("\n");
        let question = messages
            .iter()
            .rfind(|message| message.role == Role::User)
            .or(messages.last())
            .map(Message::joined_text)
            .unwrap_or_default();
        Self { lower: text.to_lowercase(), text, question }
    }

    /// Whether one of `words` stands in it.
    pub(super) fn mentions(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.lower.contains(word))
    }

    pub(super) fn asks_for_json(&self) -> bool {
        self.mentions(&[
            "as json",
            "in json",
            "json object",
            "valid json",
            "json only",
            "only json",
            "json with",
        ])
    }

    /// What it is about: what follows "about", or stands in quotation marks, or else its last line.
    pub(super) fn subject(&self) -> String {
        let question = self.question.trim();
        let about = ["Topic:", "topic:", "Subject:", " about ", " on the topic of ", " called ", " named "]
            .iter()
            .find_map(|marker| question.split_once(marker))
            .map(|(_, after)| after.trim_start());
        let quoted = || question.split_once('"').and_then(|(_, after)| after.split('"').next());
        let last_line = || question.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("this");
        let found = about.or_else(quoted).unwrap_or_else(last_line);
        let end = found.find(['.', '\n', '?', '!', ';', '"']).unwrap_or(found.len());
        let words: Vec<&str> = found[..end].split_whitespace().take(8).collect();
        if words.is_empty() { "this".to_owned() } else { words.join(" ").trim_matches([',', ':']).to_owned() }
    }

    /// Texts in quotation marks that the answer is told to include.
    pub(super) fn required(&self) -> Vec<&str> {
        let marker = ["include", "mention", "contain"];
        let Some(start) = marker.iter().filter_map(|word| self.question.find(word)).min() else {
            return Vec::new();
        };
        let sentence = self.question[start..].split('\n').next().unwrap_or_default();
        sentence.split('"').skip(1).step_by(2).filter(|text| !text.is_empty()).collect()
    }

    /// The limit on the length of the answer, where there is one.
    pub(super) fn limit(&self) -> Option<Limit> {
        let words: Vec<&str> = self.lower.split(|letter: char| !letter.is_alphanumeric()).collect();
        words.windows(2).find_map(|pair| {
            let number = match pair[0] {
                "one" => 1,
                "two" => 2,
                "three" => 3,
                other => other.parse::<usize>().ok().filter(|number| *number > 0)?,
            };
            match pair[1] {
                "words" => Some(Limit::Words(number)),
                "sentence" | "sentences" => Some(Limit::Sentences(number)),
                "characters" => Some(Limit::Characters(number)),
                _ => None,
            }
        })
    }

    /// `answer` with what it must include, cut to the limit that the prompt names.
    pub(super) fn fit(&self, answer: String) -> String {
        let absent: Vec<&str> =
            self.required().into_iter().filter(|required| !answer.contains(required)).collect();
        let answer = if absent.is_empty() { answer } else { format!("{}: {answer}", absent.join(", ")) };
        match self.limit() {
            Some(Limit::Words(most)) if answer.split_whitespace().count() > most => {
                let kept: Vec<&str> = answer.split_whitespace().take(most).collect();
                format!("{}.", kept.join(" ").trim_end_matches(['.', ',', ';', ':']))
            }
            Some(Limit::Sentences(most)) => {
                answer.split_inclusive(". ").take(most).collect::<String>().trim_end().to_owned()
            }
            Some(Limit::Characters(most)) => answer.chars().take(most).collect(),
            _ => answer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt(text: &str) -> Prompt {
        Prompt::new(&[Message::text(Role::System, "Be brief."), Message::text(Role::User, text)])
    }

    #[test]
    fn the_subject_is_what_the_question_is_about() {
        for (text, subject) in [
            ("Write a story about a lighthouse keeper. Keep it short.", "a lighthouse keeper"),
            ("Explain this.\nTopic: photosynthesis", "photosynthesis"),
            ("Summarise \"The sea is wide\" now", "The sea is wide"),
            ("Hello\n\nthe last line\n", "the last line"),
            ("", "this"),
        ] {
            assert_eq!(prompt(text).subject(), subject, "{text}");
        }
    }

    #[test]
    fn limits_are_kept() {
        let four = prompt("Say it in at most 4 words.").fit("one two three, four five six".into());
        assert_eq!(four, "one two three, four.");
        let two = prompt("Answer in two sentences.").fit("One. Two. Three.".into());
        assert_eq!(two, "One. Two.");
        assert_eq!(prompt("Under 5 characters.").fit("äöüßéx".into()), "äöüßé");
        assert_eq!(prompt("Just say it.").fit("All of it.".into()), "All of it.");
    }

    #[test]
    fn what_must_be_included_is() {
        let fitted =
            prompt("Write a post. Include \"#rust\" and \"#fast\".").fit("A post about #rust.".into());
        assert_eq!(fitted, "A post about #rust.".to_owned());
        let fitted = prompt("Write a post and include \"#rust\" and \"#fast\".").fit("On #rust.".into());
        assert_eq!(fitted, "#fast: On #rust.");
    }
}
