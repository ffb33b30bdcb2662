//! Sums in a prompt: `What is 12 + 30?`

/// Phrases that ask for a number.
const ASKS: [&str; 5] = ["what is ", "what's ", "calculate", "compute", "how much is"];

/// The value of the first sum behind a phrase that asks for one. Whole numbers; `* /` before `+ -`.
pub(super) fn solve(prompt: &str) -> Option<String> {
    let start = ASKS.iter().find_map(|ask| super::after(prompt, ask))?;
    let text = &prompt[start..];
    let digit = text.find(|c: char| c.is_ascii_digit())?;
    let negative = text[..digit].ends_with('-');
    value(&text[if negative { digit - 1 } else { digit }..]).map(|value| value.to_string())
}

fn value(text: &str) -> Option<i64> {
    let (mut total, mut rest) = (0_i64, text);
    let (mut term, tail) = number(rest)?;
    rest = tail;
    let mut operators = 0;
    while let Some((operator, operand, tail)) = operation(rest) {
        match operator {
            '+' | '-' => {
                total = total.checked_add(term)?;
                term = if operator == '+' { operand } else { operand.checked_neg()? };
            }
            '/' | '÷' => {
                let exact = operand != 0 && term % operand == 0;
                term = exact.then(|| term / operand)?;
            }
            _ => term = term.checked_mul(operand)?,
        }
        operators += 1;
        rest = tail;
    }
    (operators > 0).then(|| total.checked_add(term))?
}

fn operation(text: &str) -> Option<(char, i64, &str)> {
    let text = text.trim_start();
    let operator = text.chars().next().filter(|c| "+-*/x×÷".contains(*c))?;
    let (operand, tail) = number(&text[operator.len_utf8()..])?;
    Some((operator, operand, tail))
}

/// A number, with commas between thousands.
fn number(text: &str) -> Option<(i64, &str)> {
    let text = text.trim_start();
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let end = digits.find(|c: char| c != ',' && !c.is_ascii_digit()).unwrap_or(digits.len());
    let number: i64 = digits[..end].replace(',', "").parse().ok()?;
    Some((sign * number, &digits[end..]))
}

#[cfg(test)]
mod tests {
    use super::solve;

    #[test]
    fn sums_are_right() {
        for (prompt, answer) in [
            ("What is 12 + 30?", "42"),
            ("Calculate 2 + 3 * 4 - 6 / 2.", "11"),
            ("How much is 1,200 × 3", "3600"),
            ("what is -5 - -7", "2"),
        ] {
            assert_eq!(solve(prompt).as_deref(), Some(answer), "{prompt}");
        }
        for prompt in ["What is 7?", "What is 1 / 0?", "What is love?", "I have 2 + 3 apples"] {
            assert_eq!(solve(prompt), None, "{prompt}");
        }
    }
}
