//! From text to syntax tree, with every syntax error as a plain sentence and a place.

use std::ops::Range;

use minijinja::machinery::{Span, Token, ast, parse, tokenize};
use minijinja::syntax::SyntaxConfig;

use super::problem::{Position, TemplateProblem};

/// Most words and signs in one tag. The parser and the compiler of `minijinja` recurse once for each
/// link of a chain such as `a ~ b ~ c` without a limit of their own, and would overflow the stack.
const TAG_TOKENS_LIMIT: usize = 500;
/// Most words and signs in all tags of a text, which bounds the time that compiling takes.
const TEXT_TOKENS_LIMIT: usize = 20_000;
/// Most `elif` in a template, for the same reason.
const ELIF_LIMIT: usize = 100;
/// Deepest nesting of brackets within one tag, and of tags within tags. The limit of `minijinja` is
/// 150, which takes more stack than a thread of a debug build has.
const NESTING_LIMIT: usize = 32;

/// What `minijinja` says at the end of a text of something that began before.
const UNCLOSED: [&str; 3] =
    ["unexpected end of string", "unexpected end of comment", "unexpected end of raw block"];

/// A text of a card together with where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) pointer: &'a str,
    pub(super) text: &'a str,
}

impl<'a> Source<'a> {
    pub(super) fn problem(&self, range: Range<usize>, message: impl Into<String>) -> TemplateProblem {
        Position::of(self.text, range).problem(self.pointer, message)
    }

    /// Parses the text. One problem at most: after the first, the rest of a text has no structure.
    pub(super) fn parse(&self) -> Result<ast::Stmt<'a>, TemplateProblem> {
        self.check_size()?;
        parse(self.text, "", syntax()).map_err(|error| self.syntax_problem(&error))
    }

    /// How many words and signs its tags have. Of a text that cannot be read, those before the error.
    pub(super) fn tokens(&self) -> usize {
        let readable = tokenize(self.text, false, syntax()).map_while(Result::ok);
        readable.filter(|(token, _)| !matches!(token, Token::TemplateData(_))).count()
    }

    fn check_size(&self) -> Result<(), TemplateProblem> {
        let (mut all, mut tokens, mut elifs, mut brackets, mut blocks) = (0, 0, 0, 0_usize, 0_usize);
        let mut tag_start = false;
        for token in tokenize(self.text, false, syntax()) {
            // The parser meets the same error and says more.
            let Ok((token, span)) = token else { return Ok(()) };
            match &token {
                Token::TemplateData(_) => continue,
                Token::VariableStart | Token::BlockStart => (tokens, brackets) = (0, 0),
                Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => brackets += 1,
                Token::ParenClose | Token::BracketClose | Token::BraceClose => {
                    brackets = brackets.saturating_sub(1);
                }
                Token::Ident("elif") if tag_start => elifs += 1,
                Token::Ident(word) if tag_start && word.starts_with("end") => {
                    blocks = blocks.saturating_sub(1);
                }
                Token::Ident("for" | "if" | "with" | "filter" | "macro" | "call") if tag_start => blocks += 1,
                _ => {}
            }
            tag_start = matches!(token, Token::BlockStart);
            tokens += 1;
            all += 1;
            let message = if tokens > TAG_TOKENS_LIMIT {
                format!("This tag has more than {TAG_TOKENS_LIMIT} words and signs. Split it up.")
            } else if all > TEXT_TOKENS_LIMIT {
                format!("The tags have more than {TEXT_TOKENS_LIMIT} words and signs. Split the text up.")
            } else if elifs > ELIF_LIMIT {
                format!("There are more than {ELIF_LIMIT} `elif`. Split the template up.")
            } else if brackets > NESTING_LIMIT || blocks > NESTING_LIMIT {
                format!("This is nested more than {NESTING_LIMIT} deep. Make it flatter.")
            } else {
                continue;
            };
            return Err(self.problem(bytes(span), message));
        }
        Ok(())
    }

    /// Where the text begins that the tokenizer cannot read.
    fn last_token(&self) -> usize {
        let readable = tokenize(self.text, false, syntax()).map_while(Result::ok);
        let end = readable.last().map_or(0, |(_, span)| span.end_offset as usize);
        let rest = self.text.get(end..).unwrap_or_default();
        end + rest.len() - rest.trim_start().len()
    }

    fn syntax_problem(&self, error: &minijinja::Error) -> TemplateProblem {
        let detail = error.detail().unwrap_or_default();
        let message = plain_sentence(detail);
        match error.range() {
            Some(range) if UNCLOSED.contains(&detail) => {
                self.problem(self.last_token().min(range.end)..range.end, message)
            }
            Some(range) => self.problem(range, message),
            None => {
                let line = u32::try_from(error.line().unwrap_or(1)).unwrap_or(1);
                Position { line, column: 1, end_column: None }.problem(self.pointer, message)
            }
        }
    }
}

/// The bytes that a span covers.
pub(super) fn bytes(span: Span) -> Range<usize> {
    span.start_offset as usize..span.end_offset as usize
}

/// Jinja's own signs; a newline at the end of a text is text like any other and stays.
pub(super) fn syntax() -> SyntaxConfig {
    // The default signs are always valid; without them nothing is lost but the last newline.
    SyntaxConfig::builder().keep_trailing_newline(true).build().unwrap_or_default()
}

/// Turns what `minijinja` says of a syntax error into a sentence for somebody who writes prompts.
fn plain_sentence(detail: &str) -> String {
    match detail {
        "unexpected end of string" => "A text in quotes is not closed.".to_owned(),
        "unexpected end of comment" => "The comment is not closed. Write `#}` at its end.".to_owned(),
        "unexpected end of raw block" => "`{% raw %}` is not closed by `{% endraw %}`.".to_owned(),
        "unexpected character" => "This sign has no meaning inside a tag.".to_owned(),
        "unexpected end of input, expected end of variable block" => {
            "`{{` is not closed. Write `}}` at its end.".to_owned()
        }
        "unexpected end of input, expected end of block" | "unexpected end of input, expected keyword" => {
            "A tag is opened and not closed: `%}` or its `{% end… %}` is missing.".to_owned()
        }
        "unexpected end of variable block, expected expression" | "unexpected end of variable block" => {
            "There is nothing between `{{` and `}}`. Write a variable's name.".to_owned()
        }
        "unexpected identifier, expected end of variable block" => {
            "`}}` is expected here. A variable's name has no spaces.".to_owned()
        }
        _ => {
            if let Some(name) = detail.strip_prefix("unknown statement ") {
                return match name.strip_prefix("end").or((name == "else").then_some("if")) {
                    Some(opening) if !opening.is_empty() => {
                        format!("`{{% {name} %}}` has no `{{% {opening} %}}` before it.")
                    }
                    _ => format!(
                        "`{name}` is no tag. Jinja has `if`, `for`, `set`, `with`, `macro`, `include`."
                    ),
                };
            }
            if let Some(name) = detail.strip_prefix("cannot assign to reserved variable name ") {
                return format!("`{name}` has a meaning of its own and cannot be set.");
            }
            if let Some((found, wanted)) =
                detail.strip_prefix("unexpected ").and_then(|rest| rest.split_once(", expected "))
            {
                return format!("{} is expected here, not {}.", capitalized(sign(wanted)), sign(found));
            }
            format!("{}.", capitalized(detail.trim_end_matches('.')))
        }
    }
}

fn sign(token: &str) -> &str {
    match token {
        "end of variable block" => "`}}`",
        "start of variable block" => "`{{`",
        "end of block" => "`%}`",
        "start of block" => "`{%`",
        "end of input" => "the end of the text",
        "identifier" => "a name",
        "expression" => "a value",
        "integer" => "a number",
        "in" => "`in`",
        "block keyword" => "the name of a tag",
        "string" => "a text",
        "assignment operator" => "`=`",
        other => other,
    }
}

fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}
