//! Writes a template out again so that everything that builds or walks a value counts.
//!
//! `minijinja` has no hook at its operators and literals, so a template is parsed, checked, and
//! written anew with the functions of [`bounded`](super::bounded) around them: `[a] * n` becomes
//! `(((([a])|__hold) * n)|__hold)`. Everything stands in brackets, so no precedence can change. An
//! error's place is translated back by a list of which byte was written for which.

mod expressions;

use std::ops::Range;

use minijinja::machinery::ast::{self, Expr, Stmt};

use super::environment::Dialect;
use super::includes::{Includes, literal, parse_tag};
use super::problem::{TemplateProblem, suggestion};
use super::syntax::{Source, bytes};

/// A template in its bounded form.
#[derive(Debug, Default)]
pub(super) struct Lowered {
    pub(super) text: String,
    /// Where what was written begins, and the bytes it was written for; in the order written.
    places: Vec<(usize, Range<usize>)>,
}

impl Lowered {
    /// The bytes of the original that a range of the lowered text was written for.
    pub(super) fn original(&self, range: &Range<usize>) -> Range<usize> {
        let first = self.places.partition_point(|(written, _)| *written < range.start);
        match self.places.get(first) {
            Some((written, original)) if *written < range.end.max(range.start + 1) => original.clone(),
            // Nothing begins inside the range: what began last before it holds it.
            _ => first
                .checked_sub(1)
                .and_then(|last| self.places.get(last))
                .map_or(0..0, |(_, original)| original.clone()),
        }
    }
}

/// Lowers a parsed template, or says what of Jinja it uses that cannot be used here.
pub(super) fn lower(
    source: Source,
    tree: &Stmt,
    includes: &Includes,
    dialect: Dialect,
) -> Result<Lowered, Vec<TemplateProblem>> {
    let mut writer = Writer { source, includes, dialect, lowered: Lowered::default(), problems: Vec::new() };
    writer.statement(tree);
    if writer.problems.is_empty() { Ok(writer.lowered) } else { Err(writer.problems) }
}

struct Writer<'a> {
    source: Source<'a>,
    includes: &'a Includes,
    dialect: Dialect,
    lowered: Lowered,
    problems: Vec<TemplateProblem>,
}

/// Most problems that are told of one text: each counts lines from its start, and nobody reads more.
const PROBLEMS_LIMIT: usize = 50;
impl Writer<'_> {
    fn put(&mut self, text: &str) {
        self.lowered.text.push_str(text);
    }

    fn mark(&mut self, range: Range<usize>) {
        self.lowered.places.push((self.lowered.text.len(), range));
    }

    fn refuse(&mut self, range: Range<usize>, message: impl Into<String>) {
        if self.problems.len() < PROBLEMS_LIMIT {
            self.problems.push(self.source.problem(range, message));
        }
    }

    fn known_name(&mut self, range: &Range<usize>, kind: &str, name: &str, known: &[&str]) {
        if known.contains(&name) || self.problems.len() >= PROBLEMS_LIMIT {
            return;
        }
        let hint = suggestion(name, known.iter().copied());
        self.refuse(range.start..range.start + name.len(), format!("There is no {kind}{name}`.{hint}"));
    }

    fn block(&mut self, statements: &[Stmt]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Stmt) {
        match statement {
            Stmt::Template(template) => self.block(&template.children),
            Stmt::EmitRaw(raw) => self.raw(raw.raw),
            Stmt::EmitExpr(emit) => {
                self.put("{{ ");
                self.mark(bytes(emit.span()));
                self.expression(&emit.expr);
                self.put(" }}");
            }
            Stmt::ForLoop(stmt) => self.for_loop(stmt),
            Stmt::IfCond(stmt) => self.if_condition(stmt),
            Stmt::WithBlock(stmt) => {
                self.put("{% with ");
                for (index, (target, value)) in stmt.assignments.iter().enumerate() {
                    self.put(if index == 0 { "" } else { ", " });
                    self.target(target, true);
                    self.put(" = ");
                    self.expression(value);
                }
                self.put(" %}");
                self.block(&stmt.body);
                self.put("{% endwith %}");
            }
            Stmt::Set(stmt) => {
                self.put("{% set ");
                self.target(&stmt.target, false);
                self.put(" = (");
                self.expression(&stmt.expr);
                self.put(if matches!(stmt.target, Expr::GetAttr(_)) { ")|__store %}" } else { ") %}" });
            }
            Stmt::SetBlock(stmt) => {
                self.put("{% set ");
                self.target(&stmt.target, false);
                if let Some(filter) = &stmt.filter {
                    self.put(" | ");
                    self.filter_chain(filter);
                }
                self.put(" %}");
                self.block(&stmt.body);
                self.put("{% endset %}");
            }
            Stmt::FilterBlock(stmt) => {
                self.put("{% filter ");
                self.mark(bytes(stmt.filter_span));
                self.filter_chain(&stmt.filter);
                self.put(" %}");
                self.block(&stmt.body);
                self.put("{% endfilter %}");
            }
            Stmt::Include(stmt) => self.include(stmt),
            Stmt::Macro(stmt) => {
                self.put("{% macro ");
                self.put(stmt.name);
                self.parameters(stmt);
                self.put(" %}");
                self.block(&stmt.body);
                self.put("{% endmacro %}");
            }
            Stmt::CallBlock(stmt) => {
                self.put("{% call");
                self.parameters(&stmt.macro_decl);
                self.put(" ");
                self.mark(bytes(stmt.call_expr_span));
                self.call(&stmt.call);
                self.put(" %}");
                self.block(&stmt.macro_decl.body);
                self.put("{% endcall %}");
            }
            Stmt::Do(stmt) => {
                self.put("{% do ");
                self.mark(bytes(stmt.call.span()));
                self.call(&stmt.call);
                self.put(" %}");
            }
            Stmt::AutoEscape(stmt) => self.unknown_tag("autoescape", bytes(stmt.span())),
            Stmt::Block(stmt) => self.unknown_tag("block", bytes(stmt.span())),
            Stmt::Extends(stmt) => self.unknown_tag("extends", bytes(stmt.span())),
            Stmt::Import(stmt) => self.unknown_tag("import", bytes(stmt.span())),
            Stmt::FromImport(stmt) => self.unknown_tag("from", bytes(stmt.span())),
        }
    }

    fn unknown_tag(&mut self, name: &str, range: Range<usize>) {
        let range = range.start..(range.start + name.len());
        let message = match self.dialect {
            Dialect::Card => format!(
                "A card cannot use `{name}`. Another card's text is taken in by `{{% include \"card:slug@label\" %}}`."
            ),
            Dialect::Nunjucks => format!("`{name}` is not supported in the templates of a promptfoo file."),
        };
        self.refuse(range, message);
    }

    fn include(&mut self, stmt: &ast::Include) {
        if self.dialect == Dialect::Nunjucks {
            return self.unknown_tag("include", bytes(stmt.name.span()));
        }
        let range = bytes(stmt.name.span());
        let name = literal(stmt).unwrap_or_default();
        let Some((slug, label)) = parse_tag(&name) else {
            let message = "An include names a card and its label, as in `{% include \"card:slug@label\" %}`.";
            return self.refuse(range, message);
        };
        if stmt.ignore_missing {
            let message = "`ignore missing` has no use here: an include is pinned when the card is saved.";
            return self.refuse(range, message);
        }
        if self.includes.target(self.source.pointer, &name).is_none() {
            let message = format!("The text of the card `{slug}` with the label `{label}` is not there.");
            return self.refuse(range, message);
        }
        self.put("{% include ");
        self.expression(&stmt.name);
        self.put(" %}");
    }

    fn raw(&mut self, text: &str) {
        if !text.contains('{') {
            return self.put(text);
        }
        self.put("{{ \"");
        for character in text.chars() {
            match character {
                '"' => self.put("\\\""),
                '\\' => self.put("\\\\"),
                _ => self.lowered.text.push(character),
            }
        }
        self.put("\" }}");
    }

    fn for_loop(&mut self, stmt: &ast::ForLoop) {
        self.put("{% for ");
        self.target(&stmt.target, false);
        self.put(" in ");
        match self.dialect {
            Dialect::Card => self.expression(&stmt.iter),
            Dialect::Nunjucks => {
                self.put("((");
                self.expression(&stmt.iter);
                let pairs = matches!(stmt.target, Expr::List(_) | Expr::Tuple(_));
                self.put(if pairs { ")|__each(true))" } else { ")|__each(false))" });
            }
        }
        if let Some(filter) = &stmt.filter_expr {
            self.put(" if ");
            self.condition(filter);
        }
        self.put(if stmt.recursive { " recursive %}" } else { " %}" });
        self.block(&stmt.body);
        if !stmt.else_body.is_empty() {
            self.put("{% else %}");
            self.block(&stmt.else_body);
        }
        self.put("{% endfor %}");
    }

    fn if_condition(&mut self, stmt: &ast::IfCond) {
        self.put("{% if ");
        self.condition(&stmt.expr);
        self.put(" %}");
        self.block(&stmt.true_body);
        let mut rest = &stmt.false_body;
        while let [Stmt::IfCond(next)] = rest.as_slice() {
            self.put("{% elif ");
            self.condition(&next.expr);
            self.put(" %}");
            self.block(&next.true_body);
            rest = &next.false_body;
        }
        if !rest.is_empty() {
            self.put("{% else %}");
            self.block(rest);
        }
        self.put("{% endif %}");
    }

    fn parameters(&mut self, stmt: &ast::Macro) {
        self.put("(");
        let without_default = stmt.args.len().saturating_sub(stmt.defaults.len());
        for (index, argument) in stmt.args.iter().enumerate() {
            self.put(if index == 0 { "" } else { ", " });
            self.target(argument, true);
            if let Some(default) = index.checked_sub(without_default).and_then(|at| stmt.defaults.get(at)) {
                self.put(" = ");
                self.expression(default);
            }
        }
        self.put(")");
    }

    /// What is assigned to: a name, an attribute of a namespace, or a list of them.
    fn target(&mut self, target: &Expr, brackets: bool) {
        match target {
            Expr::Var(variable) => self.put(variable.id),
            Expr::GetAttr(attribute) => {
                self.target(&attribute.expr, true);
                self.put(".");
                self.put(attribute.name);
            }
            Expr::List(list) => {
                self.put(if brackets { "(" } else { "" });
                for (index, item) in list.items.iter().enumerate() {
                    self.put(if index == 0 { "" } else { ", " });
                    self.target(item, true);
                }
                self.put(if list.items.len() == 1 { "," } else { "" });
                self.put(if brackets { ")" } else { "" });
            }
            other => self.refuse(bytes(other.span()), "Only a name can be set."),
        }
    }
}
