//! Classification: a prompt that names its options gets one of them.

use super::Skill;
use super::draw::Draw;
use super::prompt::Prompt;

/// Words after which a prompt lists its options.
const MARKERS: [&str; 12] = [
    "one of",
    "either",
    "labels:",
    "categories:",
    "options:",
    "choose from",
    "exactly one word:",
    "one word:",
    " as ",
    " into ",
    "answer with",
    "reply with",
];

/// Words that speak for an option, by what its name holds.
const SIGNS: [(&[&str], &[&str]); 10] = [
    (
        &["positive", "good", "happy"],
        &[
            "love",
            "great",
            "excellent",
            "perfect",
            "happy",
            "amazing",
            "wonderful",
            "best",
            "fast",
            "recommend",
        ],
    ),
    (
        &["negative", "bad", "angry"],
        &[
            "terrible",
            "broke",
            "awful",
            "worst",
            "hate",
            "disappoint",
            "waste",
            "slow",
            "refund",
            "never again",
            "useless",
        ],
    ),
    (&["neutral", "mixed"], &["okay", "average", "nothing special", "as described", "neither", "arrived on"]),
    (
        &["billing", "payment", "invoice"],
        &["invoice", "charge", "payment", "credit card", "twice", "price", "bill"],
    ),
    (
        &["technical", "bug", "login", "account"],
        &["error", "crash", "log in", "login", "password", "cannot", "not work", "fails", "button"],
    ),
    (
        &["shipping", "delivery", "order"],
        &["parcel", "package", "deliver", "arrive", "tracking", "shipped", "courier"],
    ),
    (&["cancel", "refund", "return"], &["cancel", "refund", "money back", "return", "send it back"]),
    (&["spam"], &["winner", "prize", "free", "click", "lottery", "urgent offer", "$$$"]),
    (
        &["urgent", "high", "critical"],
        &["immediately", "down", "outage", "asap", "cannot work", "all users", "emergency"],
    ),
    (
        &["low", "feature", "question"],
        &["would be nice", "some day", "wonder", "could you add", "how do i", "when you have time"],
    ),
];

/// The option that fits best. None: the prompt names no options.
pub(super) fn answer(prompt: &Prompt, draw: &mut Draw, skill: Skill) -> Option<String> {
    let asked = prompt.mentions(&[
        "classif",
        "categor",
        "label",
        "sentiment",
        "one word",
        "single word",
        "one of",
        "which of",
        "yes or no",
        "true or false",
        "intent",
        "priority",
        "answer with",
        "reply with",
    ]);
    if !asked {
        return None;
    }
    options(&prompt.text).map(|options| pick(&options, prompt, draw, skill).to_owned())
}

/// The option of a non-empty list that the prompt's words speak for, another one where a weak model errs.
pub(super) fn pick<'a>(options: &[&'a str], prompt: &Prompt, draw: &mut Draw, skill: Skill) -> &'a str {
    let scores: Vec<usize> = options.iter().map(|option| score(option, &prompt.lower)).collect();
    let best = scores.iter().max().copied().unwrap_or(0);
    let leaders: Vec<&'a str> =
        options.iter().zip(&scores).filter(|(_, score)| **score == best).map(|(option, _)| *option).collect();
    let others: Vec<&'a str> =
        options.iter().zip(&scores).filter(|(_, score)| **score < best).map(|(option, _)| *option).collect();
    // Nothing speaks for any of them: the one in the middle of the scale, if there is one.
    let undecided = leaders.iter().find(|option| best == 0 && is_middle(option));
    let errs = draw.happens(skill.errs_per_hundred / 2);
    match undecided {
        _ if errs && !others.is_empty() => draw.one_of::<&str>(&others),
        Some(middle) => middle,
        None => draw.one_of::<&str>(&leaders),
    }
}

fn is_middle(option: &str) -> bool {
    ["neutral", "mixed", "other", "medium", "normal"].contains(&option.to_lowercase().as_str())
}

fn score(option: &str, text: &str) -> usize {
    let option = option.to_lowercase();
    SIGNS
        .iter()
        .filter(|(names, _)| names.iter().any(|name| option.contains(name)))
        .flat_map(|(_, signs)| signs.iter())
        .filter(|sign| text.contains(**sign))
        .count()
}

/// The first list of two to twelve short options that follows a marker.
fn options(text: &str) -> Option<Vec<&str>> {
    let lower = text.to_ascii_lowercase();
    MARKERS.iter().find_map(|marker| {
        lower.match_indices(marker).find_map(|(start, _)| list(&text[start + marker.len()..]))
    })
}

fn list(text: &str) -> Option<Vec<&str>> {
    let end = text.find(['.', '\n', ';', '?', ')', '!']).unwrap_or(text.len());
    let sentence = &text[..end];
    // "one of these categories: a, b": the list is what follows the colon.
    let sentence = sentence.rsplit_once(':').map_or(sentence, |(_, after)| after);
    let options: Vec<&str> = sentence
        .split([',', '|', '/'])
        .flat_map(|part| part.split(" or "))
        .flat_map(|part| part.split(" and "))
        .map(|option| option.trim().trim_start_matches("or ").trim_start_matches("and "))
        .map(|option| option.trim_matches(|letter: char| !letter.is_alphanumeric()))
        .filter(|option| !option.is_empty())
        .collect();
    let is_phrase = |option: &str| ["a ", "an ", "the "].iter().any(|article| option.starts_with(article));
    let fits =
        |option: &&str| option.len() <= 30 && option.split_whitespace().count() <= 3 && !is_phrase(option);
    ((2..=12).contains(&options.len()) && options.iter().all(fits)).then_some(options)
}

#[cfg(test)]
mod tests {
    use domain::card::{Message, Role};

    use super::*;

    const SURE: Skill = Skill { errs_per_hundred: 0 };

    fn answered(text: &str) -> Option<String> {
        let messages = [Message::text(Role::User, text)];
        answer(&Prompt::new(&messages), &mut Draw::new("m", &messages, 1), SURE)
    }

    #[test]
    fn options_are_found_as_people_write_them() {
        for (text, expected) in [
            (
                "Classify it as positive, negative or neutral. Text: x",
                vec!["positive", "negative", "neutral"],
            ),
            ("Reply with one of: `bug`, `feature`, `question`\n", vec!["bug", "feature", "question"]),
            ("Choose from spam|ham", vec!["spam", "ham"]),
            ("Answer with yes or no.", vec!["yes", "no"]),
            (
                "Use one of these categories: Billing, Technical support, and Other.",
                vec!["Billing", "Technical support", "Other"],
            ),
        ] {
            assert_eq!(options(text), Some(expected), "{text}");
        }
        assert_eq!(options("Reply with a short poem or the first line of one."), None);
        assert_eq!(options("Write as if you were there, on a ship that sails to the end of the world"), None);
    }

    #[test]
    fn the_words_of_a_text_speak_for_an_option() {
        let sentiment = |review: &str| {
            answered(&format!("Classify the sentiment as positive, negative or neutral.\n\n{review}"))
        };
        assert_eq!(sentiment("I love it, simply great.").as_deref(), Some("positive"));
        assert_eq!(sentiment("It broke. Terrible.").as_deref(), Some("negative"));
        assert_eq!(sentiment("It is a chair.").as_deref(), Some("neutral"));
        let ticket =
            "Label the ticket with one of: billing, technical, shipping.\n\nMy parcel did not arrive.";
        assert_eq!(answered(ticket).as_deref(), Some("shipping"));
        assert_eq!(answered("Tell me a story."), None);
    }
}
