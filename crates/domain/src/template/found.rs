//! Which variables a card takes, which of them it needs, and what they seem to be.

mod evidence;

use std::collections::{BTreeMap, BTreeSet};

use minijinja::machinery::Span;
use minijinja::machinery::ast::{self, BinOpKind, CallArg, Expr, Stmt, UnaryOpKind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use evidence::{Evidence, Use, facts, input_of, is_number};

use super::environment::FUNCTIONS;
use super::includes::{Includes, literal};
use super::prompt::texts_of;
use super::syntax::{Source, bytes};
use crate::card::CardContent;
use crate::variables::VariableType;

/// A variable that a card's templates use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FoundVariable {
    /// Its name.
    pub name: String,
    /// Whether the card needs it. It does not where each use stands under `default`, a test such as
    /// `is defined`, or an `{% if %}` that asks for it.
    pub required: bool,
    /// What it seems to be, judging by how it is used.
    pub suggested_type: VariableType,
    /// The message of its first use, from 0.
    pub message_index: usize,
    /// The line of its first use, from 1. Of a variable of an included card, that of the include.
    pub line: u32,
    /// The column of its first use in characters, from 1.
    pub column: u32,
}

/// Finds the variables of all messages and of the cards that they include, in the order of their
/// first use. Functions of Jinja and names that a template sets itself are none. A text that does not
/// parse is passed over.
pub fn find_variables(content: &CardContent, includes: &Includes) -> Vec<FoundVariable> {
    let mut finder = Finder {
        includes,
        found: BTreeMap::new(),
        scope: Scope::default(),
        message_index: 0,
        include: None,
        text: Source { pointer: "", text: "" },
        included: 0,
    };
    let texts: Vec<_> = texts_of(content).collect();
    for (message_index, pointer, text) in texts.iter().map(|(index, pointer, text)| (*index, pointer, *text))
    {
        finder.message_index = message_index;
        finder.scope = Scope::default();
        finder.text(Source { pointer, text });
    }
    finder.finish()
}

/// What is known of the names where the walk stands.
#[derive(Debug, Clone, Default)]
struct Scope {
    /// Names that the template has set.
    set: BTreeSet<String>,
    /// Names that need not be given for what stands here: it is only reached when they are, or the
    /// template may have set them.
    spared: BTreeSet<String>,
}

/// Most variables that are told. A card may define a hundred.
const FOUND_LIMIT: usize = 1000;
/// Most included texts that are walked, each as often as it is included.
const INCLUDES_LIMIT: usize = 500;

struct Finder<'a> {
    includes: &'a Includes,
    found: BTreeMap<String, Evidence>,
    scope: Scope,
    message_index: usize,
    /// The place of the include through which the walk got into another card.
    include: Option<(u32, u32)>,
    text: Source<'a>,
    included: usize,
}

impl<'a> Finder<'a> {
    fn text(&mut self, text: Source<'a>) {
        let Ok(tree) = text.parse() else { return };
        let before = std::mem::replace(&mut self.text, text);
        self.statement(&tree);
        self.text = before;
    }

    fn finish(self) -> Vec<FoundVariable> {
        let mut found: Vec<_> = self.found.into_iter().collect();
        found.sort_by_key(|(_, evidence)| evidence.order);
        let variable = |(name, evidence): (String, Evidence)| FoundVariable {
            name,
            required: evidence.required,
            suggested_type: match evidence.strongest {
                Use::Truth => VariableType::Boolean,
                Use::Value => VariableType::Text,
                Use::Number => VariableType::Number,
                Use::List => VariableType::List,
                Use::Object => VariableType::Object,
            },
            message_index: evidence.message_index,
            line: evidence.line,
            column: evidence.column,
        };
        found.into_iter().map(variable).collect()
    }

    /// Walks a part that has names of its own, and answers what it knew at its end.
    fn inside(&mut self, spared: BTreeSet<String>, walk: impl FnOnce(&mut Self)) -> Scope {
        let outside = self.scope.clone();
        self.scope.spared.extend(spared);
        walk(self);
        std::mem::replace(&mut self.scope, outside)
    }

    fn block(&mut self, statements: &[Stmt]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Stmt) {
        match statement {
            Stmt::Template(stmt) => self.block(&stmt.children),
            Stmt::EmitExpr(stmt) => self.expression(&stmt.expr, Use::Value, false),
            Stmt::ForLoop(stmt) => {
                self.expression(&stmt.iter, Use::List, false);
                self.inside(BTreeSet::new(), |finder| {
                    finder.assign(&stmt.target);
                    if let Some(filter) = &stmt.filter_expr {
                        finder.expression(filter, Use::Truth, false);
                        finder.scope.spared.extend(facts(filter, true));
                    }
                    finder.block(&stmt.body);
                });
                self.inside(BTreeSet::new(), |finder| finder.block(&stmt.else_body));
            }
            Stmt::IfCond(stmt) => self.if_condition(stmt),
            Stmt::WithBlock(stmt) => {
                self.inside(BTreeSet::new(), |finder| {
                    for (target, value) in &stmt.assignments {
                        finder.expression(value, Use::Value, false);
                        finder.assign(target);
                    }
                    finder.block(&stmt.body);
                });
            }
            Stmt::Set(stmt) => {
                self.expression(&stmt.expr, Use::Value, false);
                self.assign(&stmt.target);
            }
            Stmt::SetBlock(stmt) => {
                self.inside(BTreeSet::new(), |finder| finder.block(&stmt.body));
                if let Some(filter) = &stmt.filter {
                    self.expression(filter, Use::Value, false);
                }
                self.assign(&stmt.target);
            }
            Stmt::FilterBlock(stmt) => {
                self.expression(&stmt.filter, Use::Value, false);
                self.inside(BTreeSet::new(), |finder| finder.block(&stmt.body));
            }
            Stmt::Include(stmt) => self.included(stmt),
            Stmt::Macro(stmt) => {
                self.scope.set.insert(stmt.name.to_owned());
                self.macro_body(stmt);
            }
            Stmt::CallBlock(stmt) => {
                self.call(&stmt.call);
                self.macro_body(&stmt.macro_decl);
            }
            Stmt::Do(stmt) => self.call(&stmt.call),
            // Text has no variables, and the other tags are refused.
            _ => {}
        }
    }

    fn if_condition(&mut self, stmt: &ast::IfCond) {
        self.expression(&stmt.expr, Use::Truth, false);
        let yes = self.inside(facts(&stmt.expr, true), |finder| finder.block(&stmt.true_body));
        let no = self.inside(facts(&stmt.expr, false), |finder| finder.block(&stmt.false_body));
        self.scope.set.extend(yes.set.intersection(&no.set).cloned());
        self.scope.spared.extend(yes.spared.intersection(&no.spared).cloned());
        // Set on one way only. Who sets a variable where it is missing does not need it; of anything
        // else that is set on one way only, the case may give the rest.
        self.scope.spared.extend(yes.set.symmetric_difference(&no.set).cloned());
    }

    fn macro_body(&mut self, stmt: &ast::Macro) {
        self.inside(BTreeSet::new(), |finder| {
            for default in &stmt.defaults {
                finder.expression(default, Use::Value, false);
            }
            finder.scope.set.insert("caller".to_owned());
            for argument in &stmt.args {
                finder.assign(argument);
            }
            finder.block(&stmt.body);
        });
    }

    fn included(&mut self, stmt: &ast::Include) {
        let includes = self.includes;
        let target = literal(stmt).and_then(|tag| includes.target(self.text.pointer, &tag));
        let Some((pointer, text)) = target else { return };
        self.included += 1;
        if self.included > INCLUDES_LIMIT {
            return;
        }
        let outer = self.include;
        if outer.is_none() {
            let at = self.text.problem(bytes(stmt.name.span()), "");
            self.include = Some((at.line, at.column));
        }
        self.inside(BTreeSet::new(), |finder| finder.text(Source { pointer, text }));
        self.include = outer;
    }

    fn assign(&mut self, target: &Expr) {
        match target {
            Expr::Var(variable) => {
                self.scope.set.insert(variable.id.to_owned());
            }
            Expr::List(list) => list.items.iter().for_each(|item| self.assign(item)),
            Expr::GetAttr(attribute) => self.expression(&attribute.expr, Use::Object, false),
            _ => {}
        }
    }

    /// Walks an expression. `spared` says that the value is not missed where it is undefined.
    fn expression(&mut self, expression: &Expr, used_as: Use, spared: bool) {
        match expression {
            Expr::Const(_) => {}
            Expr::Var(variable) => self.variable(variable.id, variable.span(), used_as, spared),
            Expr::UnaryOp(unary) => match unary.op {
                UnaryOpKind::Not => self.expression(&unary.expr, Use::Truth, false),
                UnaryOpKind::Neg => self.expression(&unary.expr, Use::Number, false),
            },
            Expr::BinOp(binary) => self.binary(binary, used_as),
            Expr::Compare(compare) => {
                let operands =
                    || std::iter::once(&compare.expr).chain(compare.ops.iter().map(|step| &step.expr));
                let used_as = if operands().any(is_number) { Use::Number } else { Use::Value };
                operands().for_each(|operand| self.expression(operand, used_as, false));
            }
            Expr::IfExpr(stmt) => {
                self.expression(&stmt.test_expr, Use::Truth, false);
                self.inside(facts(&stmt.test_expr, true), |finder| {
                    finder.expression(&stmt.true_expr, used_as, spared);
                });
                if let Some(otherwise) = &stmt.false_expr {
                    self.inside(facts(&stmt.test_expr, false), |finder| {
                        finder.expression(otherwise, used_as, spared);
                    });
                }
            }
            Expr::Filter(filter) => {
                if let Some(input) = &filter.expr {
                    let default = matches!(filter.name, "default" | "d");
                    let seen_as = if default { used_as } else { input_of(filter.name) };
                    self.expression(input, seen_as, default);
                }
                self.arguments(&filter.args);
            }
            Expr::Test(test) => {
                let asked = matches!(test.name, "defined" | "undefined");
                self.expression(&test.expr, if asked { Use::Truth } else { Use::Value }, asked);
                self.arguments(&test.args);
            }
            Expr::GetAttr(attribute) => self.expression(&attribute.expr, Use::Object, false),
            Expr::GetItem(item) => {
                let used_as = match &item.subscript_expr {
                    Expr::Const(key) if key.value.is_integer() => Use::List,
                    Expr::Const(_) => Use::Object,
                    _ => Use::Value,
                };
                self.expression(&item.expr, used_as, false);
                self.expression(&item.subscript_expr, Use::Value, false);
            }
            Expr::Slice(slice) => {
                self.expression(&slice.expr, Use::Value, false);
                for bound in [&slice.start, &slice.stop, &slice.step].into_iter().flatten() {
                    self.expression(bound, Use::Number, false);
                }
            }
            Expr::Call(call) => self.call(call),
            Expr::List(list) => list.items.iter().for_each(|item| self.expression(item, Use::Value, false)),
            Expr::Tuple(tuple) => {
                tuple.items.iter().for_each(|item| self.expression(item, Use::Value, false));
            }
            Expr::Map(map) => {
                map.keys.iter().chain(&map.values).for_each(|item| self.expression(item, Use::Value, false));
            }
        }
    }

    fn binary(&mut self, binary: &ast::BinOp, used_as: Use) {
        let (left, right) = (&binary.left, &binary.right);
        match binary.op {
            BinOpKind::ScAnd => {
                // `a and b` is `a` where that is false, so it needs it unless it is only asked.
                self.expression(left, used_as, false);
                self.inside(facts(left, true), |finder| finder.expression(right, used_as, false));
            }
            BinOpKind::ScOr => {
                self.expression(left, used_as, true);
                self.inside(facts(left, false), |finder| finder.expression(right, used_as, false));
            }
            operator => {
                let used_as = match operator {
                    BinOpKind::Sub
                    | BinOpKind::Div
                    | BinOpKind::FloorDiv
                    | BinOpKind::Rem
                    | BinOpKind::Pow => Use::Number,
                    BinOpKind::Concat | BinOpKind::In => Use::Value,
                    _ if is_number(left) || is_number(right) => Use::Number,
                    _ => Use::Value,
                };
                self.expression(left, used_as, false);
                self.expression(right, used_as, false);
            }
        }
    }

    fn call(&mut self, call: &ast::Call) {
        match &call.expr {
            // A function of Jinja or a macro: no variable is ever one.
            Expr::Var(_) => {}
            Expr::GetAttr(attribute) => self.expression(&attribute.expr, Use::Object, false),
            other => self.expression(other, Use::Value, false),
        }
        self.arguments(&call.args);
    }

    fn arguments(&mut self, arguments: &[CallArg]) {
        for argument in arguments {
            let (CallArg::Pos(value)
            | CallArg::Kwarg(_, value)
            | CallArg::PosSplat(value)
            | CallArg::KwargSplat(value)) = argument;
            self.expression(value, Use::Value, false);
        }
    }

    fn variable(&mut self, name: &str, span: Span, used_as: Use, spared: bool) {
        if name == "loop" || self.scope.set.contains(name) || FUNCTIONS.contains(&name) {
            return;
        }
        let required = !(spared || used_as == Use::Truth || self.scope.spared.contains(name));
        if let Some(evidence) = self.found.get_mut(name) {
            evidence.required |= required;
            evidence.strongest = evidence.strongest.max(used_as);
            return;
        }
        if self.found.len() >= FOUND_LIMIT {
            return;
        }
        let (line, column) = self.include.unwrap_or_else(|| {
            let at = self.text.problem(bytes(span), "");
            (at.line, at.column)
        });
        let order = self.found.len();
        let message_index = self.message_index;
        let evidence = Evidence { order, message_index, line, column, required, strongest: used_as };
        self.found.insert(name.to_owned(), evidence);
    }
}
