//! The environment that user templates run in: which filters and functions there are, and the limits.

use minijinja::{AutoEscape, Environment, UndefinedBehavior};

use super::{bounded, nunjucks, syntax};

/// Fuel of one rendering: about one a step of the template, and one for 64 bytes that it writes.
pub(super) const FUEL: u64 = 50_000;
/// Deepest nesting of scopes and calls. A call of a macro counts four, an include ten.
const RECURSION_LIMIT: usize = 64;
/// What one level of includes counts against the recursion limit.
const RECURSION_OF_AN_INCLUDE: usize = 10;

/// Whose meaning a template has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Jinja, in which a variable without a value is an error: the texts of a card.
    Card,
    /// Nunjucks, in which it is nothing and values behave as in JavaScript: the texts of a promptfoo file.
    Nunjucks,
}

impl Dialect {
    /// Filters that a template may apply.
    pub(super) fn filters(self) -> &'static [&'static str] {
        match self {
            Self::Card => &FILTERS,
            Self::Nunjucks => &NUNJUCKS_FILTERS,
        }
    }
}

/// Functions that a template may call.
pub(super) const FUNCTIONS: [&str; 3] = ["dict", "namespace", "range"];

/// Filters that a template may apply.
pub(super) const FILTERS: [&str; 45] = [
    "abs",
    "attr",
    "batch",
    "bool",
    "capitalize",
    "count",
    "d",
    "default",
    "dictsort",
    "e",
    "escape",
    "first",
    "float",
    "format",
    "groupby",
    "indent",
    "int",
    "items",
    "join",
    "last",
    "length",
    "lines",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "safe",
    "select",
    "selectattr",
    "slice",
    "sort",
    "split",
    "string",
    "sum",
    "title",
    "tojson",
    "trim",
    "unique",
    "upper",
];

/// Those of them in a promptfoo file: Nunjucks has `dump` and `wordcount`, promptfoo adds `load`.
pub(super) const NUNJUCKS_FILTERS: [&str; 48] = [
    "abs",
    "attr",
    "batch",
    "bool",
    "capitalize",
    "count",
    "d",
    "default",
    "dictsort",
    "dump",
    "e",
    "escape",
    "first",
    "float",
    "format",
    "groupby",
    "indent",
    "int",
    "items",
    "join",
    "last",
    "length",
    "lines",
    "list",
    "load",
    "lower",
    "map",
    "max",
    "min",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "safe",
    "select",
    "selectattr",
    "slice",
    "sort",
    "split",
    "string",
    "sum",
    "title",
    "tojson",
    "trim",
    "unique",
    "upper",
    "wordcount",
];

/// Filters that in Nunjucks take a missing value for the empty text.
pub(super) const TEXT_FILTERS: [&str; 8] =
    ["capitalize", "lower", "replace", "split", "string", "title", "upper", "wordcount"];

/// Tests that may stand after `is`.
pub(super) const TESTS: [&str; 35] = [
    "boolean",
    "defined",
    "divisibleby",
    "endingwith",
    "eq",
    "equalto",
    "escaped",
    "even",
    "false",
    "filter",
    "float",
    "ge",
    "greaterthan",
    "gt",
    "in",
    "int",
    "integer",
    "iterable",
    "le",
    "lessthan",
    "lower",
    "lt",
    "mapping",
    "ne",
    "none",
    "number",
    "odd",
    "safe",
    "sameas",
    "sequence",
    "startingwith",
    "string",
    "true",
    "undefined",
    "upper",
];

/// An environment without templates, for a template whose includes stand in one another at most
/// `include_depth` deep.
pub(super) fn environment(include_depth: usize, dialect: Dialect) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_syntax(syntax::syntax());
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(RECURSION_LIMIT + RECURSION_OF_AN_INCLUDE * include_depth);
    // By this `minijinja` remembers which expression an undefined value came from.
    environment.set_debug(true);
    environment.set_formatter(bounded::print);
    environment.add_function("range", bounded::range);
    environment.remove_global("debug");
    // Not in Jinja: the first two give lists that are worked out anew at each reading, the third
    // prints what `minijinja` looks like inside.
    for name in ["chain", "zip", "pprint"] {
        environment.remove_filter(name);
    }
    environment.add_filter("string", bounded::string);
    environment.add_filter("sum", bounded::sum);
    environment.add_filter("tojson", bounded::to_json);
    environment.add_filter("trim", bounded::trim);
    environment.add_filter("__hold", bounded::hold);
    environment.add_filter("__weigh", bounded::weigh);
    environment.add_filter("__given", bounded::given);
    environment.add_filter("__charge", bounded::charge);
    environment.add_filter("__store", bounded::store);
    environment.add_filter("__concat", bounded::concat);
    if dialect == Dialect::Nunjucks {
        nunjucks::add_to(&mut environment);
    }
    environment
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_listed_is_there_and_nothing_else() {
        let environment = environment(0, Dialect::Card);
        let render = |template: String| environment.render_str(&template, ()).unwrap();
        for name in FILTERS {
            assert_eq!(render(format!("{{{{ '{name}' is filter }}}}")), "true", "{name}");
        }
        for name in TESTS {
            assert_eq!(render(format!("{{{{ '{name}' is test }}}}")), "true", "{name}");
        }
        for name in ["chain", "zip", "pprint"] {
            assert_eq!(render(format!("{{{{ '{name}' is filter }}}}")), "false", "{name}");
        }
        let nunjucks = super::environment(0, Dialect::Nunjucks);
        for name in NUNJUCKS_FILTERS {
            let template = format!("{{{{ '{name}' is filter }}}}");
            assert_eq!(nunjucks.render_str(&template, ()).unwrap(), "true", "{name}");
        }
        assert!(TEXT_FILTERS.iter().all(|name| NUNJUCKS_FILTERS.contains(name)));
        let functions: Vec<_> = environment.globals().map(|(name, _)| name.to_owned()).collect();
        assert_eq!(functions, FUNCTIONS);
    }
}
