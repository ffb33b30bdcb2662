//! The files that results are written to.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use formats::results::{Format, Run, Totals, Writer};
use tempfile::NamedTempFile;

use super::spool::Results;

/// A file that is to be written.
pub(super) struct Output {
    /// As it was given.
    name: String,
    format: Format,
    target: Target,
}

enum Target {
    /// A plain file at this path: it is written beside it and then put in its place, so that a disk that is full
    /// leaves the old one.
    File(PathBuf),
    /// Something else that can be written to, such as a device.
    Other(File),
}

/// A file that could not be written, and why.
pub(crate) struct Unwritten {
    /// As it was given.
    pub(crate) name: String,
    /// What the system said.
    pub(crate) error: io::Error,
}

impl Output {
    /// Sees to it that the file can be written, without a change to it.
    pub(super) fn look_at(name: &str) -> anyhow::Result<Self> {
        let format = Format::of(name).map_err(anyhow::Error::msg)?;
        let path = Path::new(name);
        let cannot = || format!("`{name}` cannot be written");
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder {
            fs::create_dir_all(folder).with_context(cannot)?;
        }
        let target = match fs::metadata(path) {
            Ok(found) if found.is_dir() => bail!("`{name}` cannot be written: it is a folder"),
            Ok(found) => {
                let file = OpenOptions::new().write(true).open(path).with_context(cannot)?;
                if found.is_file() {
                    Target::File(path.canonicalize().with_context(cannot)?)
                } else {
                    Target::Other(file)
                }
            }
            Err(_) => Target::File(path.to_owned()),
        };
        if let Target::File(path) = &target {
            tempfile::tempfile_in(folder_of(path)).with_context(cannot)?;
        }
        Ok(Self { name: name.to_owned(), format, target })
    }

    fn open(self) -> Result<Open, Unwritten> {
        let Self { name, format, target } = self;
        let opened = match target {
            Target::Other(file) => Ok((Sink::Other(file), None)),
            Target::File(path) => beside(&path).map(|file| (Sink::Beside(file), Some(path))),
        };
        match opened {
            Ok((sink, path)) => Ok(Open { name, format, sink: BufWriter::new(sink), path }),
            Err(error) => Err(Unwritten { name, error }),
        }
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A new file beside another, readable by whom the user lets read new files.
fn beside(path: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".promptcards-");
    #[cfg(unix)]
    builder.permissions(<Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o666));
    builder.tempfile_in(folder_of(path))
}

/// A file that is being written.
struct Open {
    name: String,
    format: Format,
    sink: BufWriter<Sink>,
    path: Option<PathBuf>,
}

enum Sink {
    Beside(NamedTempFile),
    Other(File),
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Beside(file) => file.write(bytes),
            Self::Other(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Beside(file) => file.flush(),
            Self::Other(file) => file.flush(),
        }
    }
}

/// Puts a file that was written in the place of the old one.
fn put(sink: BufWriter<Sink>, path: Option<&Path>) -> io::Result<()> {
    match (sink.into_inner().map_err(io::IntoInnerError::into_error)?, path) {
        (Sink::Beside(file), Some(path)) => file.persist(path).map(drop).map_err(|error| error.error),
        _ => Ok(()),
    }
}

/// Writes all files, each result read once. The names of those that were written, and those that were not.
pub(super) fn write_all(
    outputs: Vec<Output>,
    run: &Run,
    totals: &Totals,
    results: &mut Results,
) -> io::Result<(Vec<String>, Vec<Unwritten>)> {
    struct Writing<'a> {
        name: String,
        path: Option<PathBuf>,
        writer: Writer<'a, BufWriter<Sink>>,
    }
    let (mut writing, mut written, mut unwritten) = (Vec::new(), Vec::new(), Vec::new());
    for output in outputs {
        let begun = output.open().and_then(|Open { name, format, sink, path }| {
            match Writer::new(format, sink, run, totals) {
                Ok(writer) => Ok(Writing { name, path, writer }),
                Err(error) => Err(Unwritten { name, error }),
            }
        });
        match begun {
            Ok(begun) => writing.push(begun),
            Err(error) => unwritten.push(error),
        }
    }
    if !writing.is_empty() {
        results.each(|result| {
            let mut index = 0;
            while let Some(one) = writing.get_mut(index) {
                match one.writer.write(&result) {
                    Ok(()) => index += 1,
                    Err(error) => unwritten.push(Unwritten { name: writing.remove(index).name, error }),
                }
            }
            Ok(())
        })?;
    }
    for Writing { name, path, writer } in writing {
        match writer.finish().and_then(|sink| put(sink, path.as_deref())) {
            Ok(()) => written.push(name),
            Err(error) => unwritten.push(Unwritten { name, error }),
        }
    }
    Ok((written, unwritten))
}
