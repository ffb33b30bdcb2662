//! Results between their coming, in any order, and their writing, in the order of rows and columns.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};

use formats::results::CellResult;

/// Where a result stands in the file.
#[derive(Clone, Copy)]
struct Place {
    row: usize,
    column: usize,
    offset: u64,
    length: usize,
}

/// A file without a name: nothing of it is left behind, however the process ends.
pub(super) struct Spool {
    file: BufWriter<File>,
    places: Vec<Place>,
    end: u64,
    line: Vec<u8>,
}

impl Spool {
    pub(super) fn new() -> io::Result<Self> {
        let file = tempfile::tempfile().map_err(|error| {
            let folder = std::env::temp_dir();
            io::Error::new(error.kind(), format!("results cannot be kept in {}: {error}", folder.display()))
        })?;
        Ok(Self { file: BufWriter::new(file), places: Vec::new(), end: 0, line: Vec::new() })
    }

    pub(super) fn add(&mut self, result: &CellResult) -> io::Result<()> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, result)?;
        self.file.write_all(&self.line)?;
        let length = self.line.len();
        self.places.push(Place { row: result.row, column: result.column, offset: self.end, length });
        self.end += length as u64;
        Ok(())
    }

    /// Ends the coming.
    pub(super) fn read(mut self) -> io::Result<Results> {
        self.places.sort_by_key(|place| (place.row, place.column));
        let file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok(Results { file, places: self.places, bytes: Vec::new() })
    }
}

/// All results, which may be gone through more than once.
pub(super) struct Results {
    file: File,
    places: Vec<Place>,
    bytes: Vec<u8>,
}

impl Results {
    /// Gives each result, in the order of rows and columns.
    pub(super) fn each(&mut self, mut take: impl FnMut(CellResult) -> io::Result<()>) -> io::Result<()> {
        for place in &self.places {
            self.bytes.resize(place.length, 0);
            self.file.seek(SeekFrom::Start(place.offset))?;
            self.file.read_exact(&mut self.bytes)?;
            take(serde_json::from_slice(&self.bytes)?)?;
        }
        Ok(())
    }
}
