//! What a template shows of a variable: how a value is used, and where it is known to be there.

use std::collections::BTreeSet;

use minijinja::machinery::ast::{BinOpKind, Expr, UnaryOpKind};

/// What a use of a value shows of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Use {
    /// It is asked whether it is there and not empty, which needs none.
    Truth,
    Value,
    Number,
    List,
    Object,
}

#[derive(Debug)]
pub(super) struct Evidence {
    pub order: usize,
    pub message_index: usize,
    pub line: u32,
    pub column: u32,
    pub required: bool,
    /// The use that says most.
    pub strongest: Use,
}

/// What a filter takes.
pub(super) fn input_of(filter: &str) -> Use {
    match filter {
        "abs" | "round" => Use::Number,
        "dictsort" | "items" => Use::Object,
        "batch" | "groupby" | "join" | "map" | "max" | "min" | "reject" | "rejectattr" | "select"
        | "selectattr" | "slice" | "sort" | "sum" | "unique" => Use::List,
        _ => Use::Value,
    }
}

pub(super) fn is_number(expression: &Expr) -> bool {
    matches!(expression, Expr::Const(constant) if constant.value.is_number())
}

/// Names that have a value where an expression turned out to be true, or false.
pub(super) fn facts(expression: &Expr, outcome: bool) -> BTreeSet<String> {
    let of = |expression: &Expr| match expression {
        Expr::Var(variable) => BTreeSet::from([variable.id.to_owned()]),
        _ => BTreeSet::new(),
    };
    match expression {
        Expr::Var(_) if outcome => of(expression),
        Expr::Test(test) if test.name == "undefined" && !outcome => of(&test.expr),
        Expr::Test(test) if outcome => match test.name {
            "defined" | "string" | "number" | "boolean" | "mapping" | "sequence" | "iterable" | "true" => {
                of(&test.expr)
            }
            _ => BTreeSet::new(),
        },
        Expr::UnaryOp(unary) if matches!(unary.op, UnaryOpKind::Not) => facts(&unary.expr, !outcome),
        Expr::BinOp(binary) => {
            let sides = || (facts(&binary.left, outcome), facts(&binary.right, outcome));
            match (&binary.op, outcome) {
                (BinOpKind::ScAnd, true) | (BinOpKind::ScOr, false) => {
                    let (left, right) = sides();
                    left.union(&right).cloned().collect()
                }
                (BinOpKind::ScAnd, false) | (BinOpKind::ScOr, true) => {
                    let (left, right) = sides();
                    left.intersection(&right).cloned().collect()
                }
                _ => BTreeSet::new(),
            }
        }
        _ => BTreeSet::new(),
    }
}
