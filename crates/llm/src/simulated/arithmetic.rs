//! Sums: what is written as one, and word problems by their words.

use super::Skill;
use super::draw::Draw;
use super::prompt::Prompt;

/// The answer to a prompt that asks for a number. None: it does not.
pub(super) fn answer(prompt: &Prompt, draw: &mut Draw, skill: Skill) -> Option<String> {
    let value = value(prompt, draw, skill)?;
    let shown = shown(value);
    Some(if prompt.mentions(&["####"]) {
        format!("Taking the numbers one after the other gives {shown}.\n#### {shown}")
    } else if prompt.mentions(&[
        "only the number",
        "number only",
        "just the number",
        "only a number",
        "only the result",
    ]) {
        shown
    } else {
        format!("Step by step, the result is {shown}.")
    })
}

/// The number that a prompt asks for, wrong now and then where the model is a weak one.
pub(super) fn value(prompt: &Prompt, draw: &mut Draw, skill: Skill) -> Option<f64> {
    let right = expression(&prompt.question).or_else(|| word_problem(prompt))?;
    let slip = draw.happens(skill.errs_per_hundred);
    let by = f64::from(u32::try_from(draw.between(1, 9)).unwrap_or(1));
    Some(if slip { right + by } else { right })
}

/// A number without needless decimals.
pub(super) fn shown(value: f64) -> String {
    let rounded = (value * 100.0).round() / 100.0;
    format!("{rounded}")
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Token {
    Number(f64),
    Sign(char),
}

/// The longest run of `number sign number …` in a text, multiplication before addition.
fn expression(text: &str) -> Option<f64> {
    let tokens = tokens(text);
    let mut best: &[Option<Token>] = &[];
    let mut start = 0;
    while start < tokens.len() {
        let mut end = start;
        while end < tokens.len() {
            let fits = match tokens[end] {
                Some(Token::Number(_)) => (end - start) % 2 == 0,
                Some(Token::Sign(_)) => (end - start) % 2 == 1,
                None => false,
            };
            if !fits {
                break;
            }
            end += 1;
        }
        // A sign at the end belongs to no number.
        let length = (end - start).saturating_sub(usize::from((end - start) % 2 == 0));
        if length > best.len() {
            best = &tokens[start..start + length];
        }
        start = end.max(start + 1);
    }
    (best.len() >= 3).then(|| evaluate(best)).filter(|value| value.is_finite())
}

fn evaluate(tokens: &[Option<Token>]) -> f64 {
    let mut sum = 0.0;
    let mut product = f64::NAN;
    let mut sign = '+';
    for token in tokens.iter().flatten() {
        match *token {
            Token::Sign(next) => sign = next,
            Token::Number(number) => match sign {
                '*' => product *= number,
                '/' => product /= number,
                _ => {
                    if !product.is_nan() {
                        sum += product;
                    }
                    product = if sign == '-' { -number } else { number };
                }
            },
        }
    }
    sum + product
}

/// Numbers and signs in order; None stands for anything else.
fn tokens(text: &str) -> Vec<Option<Token>> {
    let mut found = Vec::new();
    for word in text.replace(['(', ')', '=', '?'], " ").split_whitespace() {
        let mut rest = word.trim_end_matches(['.', ',', ';', ':', '!']);
        while let Some(first) = rest.chars().next() {
            let digits =
                rest.find(|letter: char| !(letter.is_ascii_digit() || letter == '.' || letter == ','));
            let (number, after) = rest.split_at(digits.unwrap_or(rest.len()));
            if let Ok(number) = number.replace(',', "").parse() {
                found.push(Some(Token::Number(number)));
                rest = after;
                continue;
            }
            found.push(match first {
                '+' | '*' | '/' | '-' => Some(Token::Sign(first)),
                '×' | 'x' | 'X'
                    if rest.chars().count() == 1
                        || rest[first.len_utf8()..].starts_with(|next: char| next.is_ascii_digit()) =>
                {
                    Some(Token::Sign('*'))
                }
                '÷' => Some(Token::Sign('/')),
                '−' | '–' => Some(Token::Sign('-')),
                '$' | '€' | '£' => {
                    rest = &rest[first.len_utf8()..];
                    continue;
                }
                _ => {
                    found.push(None);
                    break;
                }
            });
            rest = &rest[first.len_utf8()..];
        }
    }
    found
}

fn word_problem(prompt: &Prompt) -> Option<f64> {
    if !prompt.mentions(&["how many", "how much", "what is the total", "calculate", "solve"]) {
        return None;
    }
    let numbers: Vec<f64> = tokens(&prompt.question)
        .into_iter()
        .flatten()
        .filter_map(|token| match token {
            Token::Number(number) => Some(number),
            Token::Sign(_) => None,
        })
        .collect();
    let (first, rest) = numbers.split_first()?;
    let combine = if prompt.mentions(&[" share", "split", "divided", "equally"]) {
        |sum: f64, number: f64| sum / number
    } else if prompt.mentions(&[" each", " per ", "every", "times"]) {
        |sum: f64, number: f64| sum * number
    } else if prompt.mentions(&["left", "remain", "gives", "gave", "fewer", "lost", "spent", "ate "]) {
        |sum: f64, number: f64| sum - number
    } else {
        |sum: f64, number: f64| sum + number
    };
    Some(rest.iter().copied().fold(*first, combine)).filter(|value| value.is_finite())
}

#[cfg(test)]
mod tests {
    use domain::card::{Message, Role};

    use super::*;

    #[test]
    fn sums_are_found_and_done_in_order() {
        for (text, value) in [
            ("What is 17 + 25?", Some(42.0)),
            ("Compute 2+3*4", Some(14.0)),
            ("Compute 20 / 4 - 1.", Some(4.0)),
            ("6 × 7", Some(42.0)),
            ("6 x 7 =", Some(42.0)),
            ("1,000 - 1", Some(999.0)),
            ("There are 3 boxes in 2 rooms.", None),
            ("A well-known fact", None),
            ("1 / 0", None),
        ] {
            assert_eq!(expression(text), value, "{text}");
        }
    }

    #[test]
    fn word_problems_follow_their_words() {
        let solved = |text: &str| {
            let prompt = Prompt::new(&[Message::text(Role::User, text)]);
            word_problem(&prompt).map(shown)
        };
        assert_eq!(solved("Ann has 12 apples and buys 5. How many has she?").as_deref(), Some("17"));
        assert_eq!(solved("Ann has 12 apples and gives 5 away. How many are left?").as_deref(), Some("7"));
        assert_eq!(solved("7 boxes hold 6 eggs each. How many eggs?").as_deref(), Some("42"));
        assert_eq!(solved("Tell me of 12 apples").as_deref(), None);
    }
}
