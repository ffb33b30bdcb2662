//! The variables of a card, as far as the values of tests say what they are.

use std::collections::BTreeMap;

use domain::card::CardContent;
use domain::template::{Includes, find_variables};
use domain::test_case::CaseContent;
use domain::variables::{VariableDefinition, VariableType, check_definitions};
use serde_json::Value;

use crate::problem::{Findings, Path};

/// The variables that the content uses. One that a case does not give is nothing, as in promptfoo.
pub(super) fn of(
    content: &CardContent,
    cases: &[CaseContent],
    path: &Path,
    findings: &mut Findings,
) -> Vec<VariableDefinition> {
    let mut values: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for (name, value) in cases.iter().flat_map(|case| &case.variables).filter(|(_, value)| !value.is_null()) {
        values.entry(name).or_default().push(value);
    }
    let mut definitions = Vec::new();
    for variable in find_variables(content, &Includes::default()) {
        let name = variable.name;
        let given = values.get(name.as_str()).map(Vec::as_slice).unwrap_or_default();
        if name == "env" && given.is_empty() {
            findings
                .refuse(path, "uses `env`: a card sees no variables of the environment. Make it a variable");
            continue;
        }
        let Some(variable_type) = type_of(given) else { continue };
        let required = !cases.is_empty() && given.len() == cases.len();
        let is_text = variable_type == VariableType::Text;
        definitions.push(VariableDefinition {
            name,
            variable_type,
            required,
            default: (is_text && !required).then(|| "".into()),
            description: String::new(),
            allowed_values: Vec::new(),
        });
    }
    for problem in check_definitions(&definitions) {
        findings.refuse(path, problem.message);
    }
    definitions
}

/// What all values are. None: they have nothing in common, and a card leaves them as they are.
fn type_of(values: &[&Value]) -> Option<VariableType> {
    let all = |fits: fn(&Value) -> bool| !values.is_empty() && values.iter().all(|value| fits(value));
    if all(Value::is_number) {
        Some(VariableType::Number)
    } else if all(Value::is_boolean) {
        Some(VariableType::Boolean)
    } else if all(Value::is_array) {
        Some(VariableType::List)
    } else if all(Value::is_object) {
        Some(VariableType::Object)
    } else {
        let is_plain = |value: &&Value| !value.is_array() && !value.is_object();
        values.iter().all(is_plain).then_some(VariableType::Text)
    }
}
