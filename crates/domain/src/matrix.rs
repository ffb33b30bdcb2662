//! The matrix of a run: how versions, models, cases and repeats number its cells.

/// The size of a run: every combination of the four is one cell.
///
/// Cells are numbered model by model, so that working them off in order loads each model once:
/// `position = ((model × versions + version) × cases + case) × repeats + repeat`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Matrix {
    /// Versions of cards.
    pub versions: u32,
    /// Models.
    pub models: u32,
    /// Test cases.
    pub cases: u32,
    /// How often each case is asked.
    pub repeats: u32,
}

/// Where a cell stands in its matrix, all counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Coordinates {
    /// Index of the model.
    pub model: u32,
    /// Index of the card version.
    pub version: u32,
    /// Index of the case.
    pub case: u32,
    /// Index of the repeat.
    pub repeat: u32,
}

impl Matrix {
    /// How many cells there are.
    pub fn cells(self) -> u64 {
        u64::from(self.columns()) * u64::from(self.rows())
    }

    /// How many columns the page shows: one a model and version.
    pub fn columns(self) -> u32 {
        self.versions.saturating_mul(self.models)
    }

    /// How many rows the page shows: one a case and repeat.
    pub fn rows(self) -> u32 {
        self.cases.saturating_mul(self.repeats)
    }

    /// Where the cell of this number stands. None if there are fewer cells.
    pub fn coordinates(self, position: u64) -> Option<Coordinates> {
        if position >= self.cells() {
            return None;
        }
        let take = |rest: &mut u64, size: u32| {
            let index = *rest % u64::from(size);
            *rest /= u64::from(size);
            u32::try_from(index).unwrap_or(u32::MAX)
        };
        let mut rest = position;
        let repeat = take(&mut rest, self.repeats);
        let case = take(&mut rest, self.cases);
        let version = take(&mut rest, self.versions);
        let model = take(&mut rest, self.models);
        Some(Coordinates { model, version, case, repeat })
    }

    /// The number of the cell at these coordinates.
    pub fn position(self, at: Coordinates) -> u64 {
        let column = u64::from(at.model) * u64::from(self.versions) + u64::from(at.version);
        (column * u64::from(self.cases) + u64::from(at.case)) * u64::from(self.repeats) + u64::from(at.repeat)
    }

    /// The column of a cell: models outside, versions inside.
    pub fn column(self, at: Coordinates) -> u32 {
        at.model * self.versions + at.version
    }

    /// The row of a cell: cases outside, repeats inside.
    pub fn row(self, at: Coordinates) -> u32 {
        at.case * self.repeats + at.repeat
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_position_has_coordinates_of_its_own(
            versions in 1_u32..4, models in 1_u32..4, cases in 1_u32..6, repeats in 1_u32..4,
        ) {
            let matrix = Matrix { versions, models, cases, repeats };
            let mut seen = std::collections::HashSet::new();
            for position in 0..matrix.cells() {
                let at = matrix.coordinates(position).unwrap();
                prop_assert_eq!(matrix.position(at), position);
                prop_assert!(matrix.column(at) < matrix.columns() && matrix.row(at) < matrix.rows());
                prop_assert!(seen.insert(at));
            }
            prop_assert_eq!(matrix.coordinates(matrix.cells()), None);
        }
    }

    #[test]
    fn all_cells_of_a_model_stand_together() {
        let matrix = Matrix { versions: 2, models: 3, cases: 5, repeats: 2 };
        let models: Vec<u32> =
            (0..matrix.cells()).map(|position| matrix.coordinates(position).unwrap().model).collect();
        assert!(models.is_sorted());
    }

    #[test]
    fn an_empty_matrix_has_no_cell() {
        let matrix = Matrix { versions: 1, models: 1, cases: 0, repeats: 1 };
        assert_eq!((matrix.cells(), matrix.coordinates(0)), (0, None));
    }
}
