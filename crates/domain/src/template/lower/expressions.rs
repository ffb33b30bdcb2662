//! The expressions of a lowered template.

use minijinja::machinery::ast::{self, BinOpKind, CallArg, CompareOpKind, Expr, UnaryOpKind};

use super::Writer;
use crate::template::environment::{Dialect, TESTS, TEXT_FILTERS};
use crate::template::nunjucks::STRICT;
use crate::template::syntax::bytes;

/// Filters that neither walk a value nor need it to be there.
const LIGHT_FILTERS: [&str; 7] = ["attr", "count", "d", "default", "first", "length", "safe"];
/// Tests that look at no more than the kind of a value.
const LIGHT_TESTS: [&str; 15] = [
    "boolean",
    "defined",
    "escaped",
    "even",
    "false",
    "float",
    "int",
    "integer",
    "mapping",
    "none",
    "number",
    "odd",
    "string",
    "true",
    "undefined",
];

impl Writer<'_> {
    /// Writes an expression so that it stands for one value wherever it is put.
    pub(super) fn expression(&mut self, expression: &Expr) {
        self.mark(bytes(expression.span()));
        match expression {
            Expr::Var(variable) => self.put(variable.id),
            Expr::Const(constant) => {
                let text = self.source.text.get(bytes(constant.span())).unwrap_or("none");
                self.put(text);
            }
            Expr::UnaryOp(unary) => {
                match unary.op {
                    UnaryOpKind::Not => {
                        self.put("(not ");
                        self.condition(&unary.expr);
                    }
                    UnaryOpKind::Neg => {
                        self.put("(-");
                        self.expression(&unary.expr);
                    }
                }
                self.put(")");
            }
            Expr::BinOp(binary) => self.binary(binary),
            Expr::Compare(compare) if self.dialect == Dialect::Nunjucks => self.loose_comparison(compare),
            Expr::Compare(compare) => {
                self.put("(");
                self.weighed(&compare.expr);
                for step in &compare.ops {
                    self.put(comparison(step.op));
                    self.weighed(&step.expr);
                }
                self.put(")");
            }
            Expr::IfExpr(stmt) => {
                self.put("(");
                self.expression(&stmt.true_expr);
                self.put(" if ");
                self.condition(&stmt.test_expr);
                if let Some(otherwise) = &stmt.false_expr {
                    self.put(" else ");
                    self.expression(otherwise);
                }
                self.put(")");
            }
            Expr::Slice(slice) => self.held(|writer| {
                writer.put("((");
                writer.expression(&slice.expr);
                writer.put(")|__given)[");
                for (index, bound) in [&slice.start, &slice.stop, &slice.step].into_iter().enumerate() {
                    writer.put(if index == 0 { "" } else { ":" });
                    if let Some(bound) = bound {
                        writer.expression(bound);
                    }
                }
                writer.put("]");
            }),
            Expr::Filter(filter) => self.held(|writer| writer.filter(filter)),
            Expr::Test(test) => self.test(test),
            Expr::GetAttr(attribute) if self.dialect == Dialect::Nunjucks && attribute.name == "length" => {
                self.put("((");
                self.expression(&attribute.expr);
                self.put(")|__length)");
            }
            Expr::GetAttr(attribute) => {
                self.expression(&attribute.expr);
                self.put(".");
                self.put(attribute.name);
            }
            Expr::GetItem(item) => {
                self.put("((");
                self.expression(&item.expr);
                self.put(")|__charge)[");
                self.weighed(&item.subscript_expr);
                self.put("]");
            }
            Expr::Call(call) => self.held(|writer| writer.call(call)),
            Expr::List(list) => self.held(|writer| {
                writer.put("[");
                writer.items(&list.items);
                writer.put("]");
            }),
            Expr::Tuple(tuple) => self.held(|writer| {
                writer.put("(");
                writer.items(&tuple.items);
                writer.put(")");
            }),
            Expr::Map(map) => self.held(|writer| {
                writer.put("{");
                for (key, value) in map.keys.iter().zip(&map.values) {
                    writer.weighed(key);
                    writer.put(": ");
                    writer.expression(value);
                    writer.put(", ");
                }
                writer.put("}");
            }),
        }
    }

    fn items(&mut self, items: &[Expr]) {
        for item in items {
            self.expression(item);
            self.put(", ");
        }
    }

    fn held(&mut self, write: impl FnOnce(&mut Self)) {
        self.put("((");
        write(self);
        self.put(")|__hold)");
    }

    /// An operand that the operation walks.
    fn weighed(&mut self, expression: &Expr) {
        if matches!(expression, Expr::Const(_)) {
            return self.expression(expression);
        }
        self.put("((");
        self.expression(expression);
        self.put(")|__weigh)");
    }

    fn operand(&mut self, expression: &Expr, walked: bool) {
        if walked {
            self.weighed(expression);
        } else {
            self.expression(expression);
        }
    }

    /// What decides between two ways: JavaScript takes empty lists and objects for true.
    pub(super) fn condition(&mut self, expression: &Expr) {
        match (self.dialect, expression) {
            (Dialect::Card, _) => self.expression(expression),
            (_, Expr::BinOp(binary)) if matches!(binary.op, BinOpKind::ScAnd | BinOpKind::ScOr) => {
                self.put("(");
                self.condition(&binary.left);
                self.put(if matches!(binary.op, BinOpKind::ScAnd) { " and " } else { " or " });
                self.condition(&binary.right);
                self.put(")");
            }
            (_, expression) => {
                self.put("((");
                self.expression(expression);
                self.put(")|__truthy)");
            }
        }
    }

    /// Whether `===` or `!==` stands between two operands.
    fn is_strict(&self, left: &Expr, right: &Expr) -> bool {
        let between = bytes(left.span()).end..bytes(right.span()).start;
        self.source.text.get(between).is_some_and(|text| text.contains(STRICT))
    }

    /// A chain of comparisons as JavaScript works it off: from the left, each result compared on.
    fn loose_comparison(&mut self, compare: &ast::Compare) {
        for _ in &compare.ops {
            self.put("(");
        }
        self.weighed(&compare.expr);
        let mut before = &compare.expr;
        for step in &compare.ops {
            let strict = self.is_strict(before, &step.expr);
            before = &step.expr;
            match step.op {
                CompareOpKind::In | CompareOpKind::NotIn => {
                    self.put(comparison(step.op));
                    self.weighed(&step.expr);
                    self.put(")");
                }
                operator => {
                    self.put("|__compare(\"");
                    self.put(comparison(operator).trim());
                    self.put(if strict { "=\", " } else { "\", " });
                    self.weighed(&step.expr);
                    self.put("))");
                }
            }
        }
    }

    fn binary(&mut self, binary: &ast::BinOp) {
        if self.dialect == Dialect::Nunjucks {
            let operator = match binary.op {
                BinOpKind::Eq => "==",
                BinOpKind::Ne => "!=",
                BinOpKind::Lt => "<",
                BinOpKind::Lte => "<=",
                BinOpKind::Gt => ">",
                BinOpKind::Gte => ">=",
                _ => "",
            };
            if !operator.is_empty() {
                self.put("(");
                self.weighed(&binary.left);
                self.put("|__compare(\"");
                self.put(operator);
                self.put(if self.is_strict(&binary.left, &binary.right) { "=\", " } else { "\", " });
                self.weighed(&binary.right);
                self.put("))");
                return;
            }
        }
        let (sign, walks, builds) = match binary.op {
            BinOpKind::Eq => (" == ", true, false),
            BinOpKind::Ne => (" != ", true, false),
            BinOpKind::Lt => (" < ", true, false),
            BinOpKind::Lte => (" <= ", true, false),
            BinOpKind::Gt => (" > ", true, false),
            BinOpKind::Gte => (" >= ", true, false),
            BinOpKind::In => (" in ", true, false),
            BinOpKind::ScAnd => (" and ", false, false),
            BinOpKind::ScOr => (" or ", false, false),
            BinOpKind::Add => (" + ", false, true),
            BinOpKind::Mul => (" * ", false, true),
            BinOpKind::Sub => (" - ", false, false),
            BinOpKind::Div => (" / ", false, false),
            BinOpKind::FloorDiv => (" // ", false, false),
            BinOpKind::Rem => (" % ", false, false),
            BinOpKind::Pow => (" ** ", false, false),
            BinOpKind::Concat => {
                self.put("((");
                self.expression(&binary.left);
                self.put(")|__concat(");
                self.expression(&binary.right);
                self.put("))");
                return;
            }
        };
        self.put(if builds { "((" } else { "(" });
        self.operand(&binary.left, walks);
        self.put(sign);
        self.operand(&binary.right, walks);
        self.put(if builds { ")|__hold)" } else { ")" });
    }

    fn filter(&mut self, filter: &ast::Spanned<ast::Filter>) {
        if let Some(input) = &filter.expr {
            let text = self.dialect == Dialect::Nunjucks && TEXT_FILTERS.contains(&filter.name);
            if text || LIGHT_FILTERS.contains(&filter.name) {
                self.put("(");
                self.expression(input);
                self.put(if text { ")|__text" } else { ")" });
            } else {
                self.weighed(input);
            }
            self.put("|");
        }
        self.filter_name(filter);
    }

    fn filter_name(&mut self, filter: &ast::Spanned<ast::Filter>) {
        let range = bytes(filter.span());
        self.known_name(&range, "filter `", filter.name, self.dialect.filters());
        self.mark(range);
        self.put(filter.name);
        self.arguments(&filter.args, true);
    }

    /// The filters of a block, applied to its text one after the other.
    pub(super) fn filter_chain(&mut self, filter: &Expr) {
        let Expr::Filter(filter) = filter else { return };
        if let Some(before) = &filter.expr {
            self.filter_chain(before);
            self.put("|");
        }
        self.filter_name(filter);
        self.put("|__hold");
    }

    fn test(&mut self, test: &ast::Spanned<ast::Test>) {
        let range = bytes(test.span());
        self.known_name(&range, "test `is ", test.name, &TESTS);
        self.put("(");
        if LIGHT_TESTS.contains(&test.name) {
            self.expression(&test.expr);
        } else {
            self.weighed(&test.expr);
        }
        self.put(" is ");
        self.mark(range);
        self.put(test.name);
        if !test.args.is_empty() {
            self.arguments(&test.args, true);
        }
        self.put(")");
    }

    pub(super) fn call(&mut self, call: &ast::Call) {
        let by_name = match &call.expr {
            Expr::Var(variable) => {
                self.put(variable.id);
                !matches!(variable.id, "dict" | "namespace")
            }
            Expr::GetAttr(attribute) => {
                self.expression(&attribute.expr);
                self.put(".");
                self.put(attribute.name);
                false
            }
            other => {
                self.put("(");
                self.expression(other);
                self.put(")");
                false
            }
        };
        self.arguments(&call.args, !by_name);
        if call.args.is_empty() {
            self.put("()");
        }
    }

    fn arguments(&mut self, arguments: &[CallArg], weighed: bool) {
        if arguments.is_empty() {
            return;
        }
        self.put("(");
        for (index, argument) in arguments.iter().enumerate() {
            self.put(if index == 0 { "" } else { ", " });
            let value = match argument {
                CallArg::Pos(value) => value,
                CallArg::Kwarg(name, value) => {
                    self.put(name);
                    self.put("=");
                    value
                }
                CallArg::PosSplat(value) => {
                    self.put("*");
                    value
                }
                CallArg::KwargSplat(value) => {
                    self.put("**");
                    value
                }
            };
            self.operand(value, weighed);
        }
        self.put(")");
    }
}

fn comparison(operator: CompareOpKind) -> &'static str {
    match operator {
        CompareOpKind::Eq => " == ",
        CompareOpKind::Ne => " != ",
        CompareOpKind::Lt => " < ",
        CompareOpKind::Lte => " <= ",
        CompareOpKind::Gt => " > ",
        CompareOpKind::Gte => " >= ",
        CompareOpKind::In => " in ",
        CompareOpKind::NotIn => " not in ",
    }
}
