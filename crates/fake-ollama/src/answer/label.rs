//! Classification: a prompt that offers labels gets one of them.

/// Words that speak for a label whose name they do not contain.
const SIGNS: [(&str, &[&str]); 9] = [
    ("positive", &["love", "great", "excellent", "wonderful", "happy", "perfect", "amazing", "thank"]),
    ("negative", &["hate", "terrible", "awful", "broken", "worst", "disappoint", "angry", "slow", "late"]),
    ("billing", &["invoice", "charge", "refund", "payment", "card", "price"]),
    ("technical", &["error", "crash", "bug", "password", "log in", "login", "install"]),
    ("bug", &["error", "crash", "broken", "fails"]),
    ("shipping", &["deliver", "package", "parcel", "tracking"]),
    ("feature", &["would be nice", "please add", "i wish", "could you add"]),
    ("spam", &["winner", "free money", "click here", "prize", "lottery"]),
    ("urgent", &["immediately", "asap", "right now", "outage"]),
];

/// One of the labels that stand behind `one of`, or, where sentiment is asked for, of the three usual ones.
pub(super) fn choose(prompt: &str) -> Option<String> {
    let lower = prompt.to_lowercase();
    if !["classify", "sentiment", "category", "categorise", "categorize", "label"]
        .iter()
        .any(|word| lower.contains(word))
    {
        return None;
    }
    let (labels, text) = match lower.find("one of") {
        Some(at) => {
            let offer = &lower[at + "one of".len()..];
            let end = offer.find(['\n', '.']).unwrap_or(offer.len());
            (labels(&offer[..end]), format!("{} {}", &lower[..at], &offer[end..]))
        }
        None if lower.contains("sentiment") => {
            (["positive", "negative", "neutral"].map(str::to_owned).to_vec(), lower)
        }
        None => return None,
    };
    let speaks_for = |label: &&String| {
        let signs = SIGNS.iter().filter(|(name, _)| label.contains(name)).flat_map(|(_, words)| *words);
        text.contains(label.as_str()) || signs.into_iter().any(|word| text.contains(word))
    };
    // Without a sign the last label, which is mostly the one for all the rest.
    labels.iter().find(speaks_for).or(labels.last()).cloned()
}

fn labels(offer: &str) -> Vec<String> {
    let offer = offer.replace(" or ", ",").replace(['|', ';', '/'], ",");
    let trim = |label: &str| label.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
    offer.split([',', ':']).map(trim).filter(|label| !label.is_empty() && label.len() < 40).collect()
}

#[cfg(test)]
mod tests {
    use super::choose;

    #[test]
    fn a_label_is_chosen_by_the_text() {
        let ticket = |text: &str| {
            choose(&format!("Classify the ticket as one of: billing, technical, other.\n{text}"))
        };
        assert_eq!(ticket("I was charged twice on my invoice").as_deref(), Some("billing"));
        assert_eq!(ticket("The app shows an error").as_deref(), Some("technical"));
        assert_eq!(ticket("Where are you based?").as_deref(), Some("other"));
        assert_eq!(choose("What is the sentiment of: I love it").as_deref(), Some("positive"));
        assert_eq!(choose("Tell me a story"), None);
    }
}
