//! The cells of an evaluation, in promptfoo's order: test, repeat, values, provider, prompt.

use domain::run::CELLS_LIMIT;
use serde_json::{Map, Value};

use super::model::{Evaluation, Provider, Test};
use super::names::{fits_prompt, fits_provider, is_allowed};
use crate::problem::Problem;
use crate::results;

/// One prompt for one provider with the values of one test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// Index of the test.
    pub test: usize,
    /// The row of the table, from 0: one for each test, repeat and set of values. `testIdx` of promptfoo.
    pub row: usize,
    /// The column of the table, from 0: one for each provider and prompt. `promptIdx` of promptfoo.
    pub column: usize,
    /// Which repeat it is, from 0.
    pub repeat: u32,
    /// Which set of values it is, from 0.
    pub combination: usize,
    /// Index of the provider.
    pub provider: usize,
    /// Index of the prompt.
    pub prompt: usize,
}

/// A column of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Index of the provider.
    pub provider: usize,
    /// Index of the prompt.
    pub prompt: usize,
}

impl Cell {
    /// The values of the variables, before they are put into one another.
    pub(super) fn values(&self, test: &Test) -> Map<String, Value> {
        let mut rest = self.combination;
        // The last variable turns fastest.
        let indices: Vec<usize> = test
            .variables
            .iter()
            .rev()
            .map(|variable| {
                let count = variable.values.len().max(1);
                let index = rest % count;
                rest /= count;
                index
            })
            .collect();
        let values = test.variables.iter().zip(indices.into_iter().rev());
        values
            .filter_map(|(variable, index)| {
                Some((variable.name.to_string(), variable.values.get(index)?.clone()))
            })
            .collect()
    }
}

impl Evaluation {
    /// The columns of the table.
    pub fn columns(&self) -> Vec<Column> {
        let providers = self.providers.iter().enumerate();
        let of_provider = |(provider, it): (usize, &Provider)| {
            let allowed = it.prompts.clone();
            let prompts = self.prompts.iter().enumerate();
            let prompts = prompts
                .filter(move |(_, prompt)| is_allowed(allowed.as_deref(), |name| fits_prompt(name, prompt)));
            prompts.map(move |(prompt, _)| Column { provider, prompt }).collect::<Vec<_>>()
        };
        providers.flat_map(of_provider).collect()
    }

    /// The columns of the table, as files of results name them.
    pub fn result_columns(&self) -> Vec<results::Column> {
        let column = |column: Column| {
            let (provider, prompt) = (&self.providers[column.provider], &self.prompts[column.prompt]);
            results::Column {
                provider: provider.id.clone(),
                provider_label: provider.label.clone(),
                prompt_id: prompt.id(),
                prompt_label: prompt.label.clone(),
                prompt_raw: prompt.raw.clone(),
            }
        };
        self.columns().into_iter().map(column).collect()
    }

    /// All cells, or why there are too many.
    pub fn cells(&self) -> Result<Vec<Cell>, Problem> {
        let columns = self.columns();
        let mut cells = Vec::new();
        let mut row = 0;
        for (index, test) in self.tests.iter().enumerate() {
            let counts = test.variables.iter().map(|variable| variable.values.len());
            let combinations = counts.fold(1_usize, usize::saturating_mul);
            let repeats = test.repeat.or(self.options.repeat).unwrap_or(1).max(1);
            let allowed = |column: &Column| {
                is_allowed(test.providers.as_deref(), |name| {
                    fits_provider(name, &self.providers[column.provider])
                }) && is_allowed(test.prompts.as_deref(), |name| {
                    fits_prompt(name, &self.prompts[column.prompt])
                })
            };
            let columns: Vec<(usize, &Column)> =
                columns.iter().enumerate().filter(|(_, column)| allowed(column)).collect();
            let rows = (combinations as u64).saturating_mul(u64::from(repeats));
            let more = rows.saturating_mul(columns.len().max(1) as u64);
            if (cells.len() as u64).saturating_add(more) > CELLS_LIMIT {
                return Err(Problem::new(
                    format!("tests[{index}]"),
                    format!("makes more than {CELLS_LIMIT} cells of prompts, providers and values together"),
                ));
            }
            for repeat in 0..repeats {
                for combination in 0..combinations {
                    cells.extend(columns.iter().map(|(column, at)| Cell {
                        test: index,
                        row,
                        column: *column,
                        repeat,
                        combination,
                        provider: at.provider,
                        prompt: at.prompt,
                    }));
                    row += 1;
                }
            }
        }
        Ok(cells)
    }
}
