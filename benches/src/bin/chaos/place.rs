//! Where the data lies: in a folder, or on a small disk of its own that can be filled and copied.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use tempfile::TempDir;

/// The size of the small disk.
const BYTES: u64 = 192 * 1024 * 1024;
const IMAGE: &str = "disk.img";

/// The folder of the data, and what it lies on.
pub(crate) struct Place {
    disk: Option<Mounted>,
    /// Holds the disk, or the data.
    folder: TempDir,
}

/// A disk in a file, as long as it is mounted.
pub(crate) struct Mounted(PathBuf);

impl Place {
    /// A plain folder.
    pub(crate) fn folder() -> Result<Self> {
        Ok(Self { disk: None, folder: tempfile::tempdir()? })
    }

    /// A disk of its own. It needs root, and loop devices.
    pub(crate) fn disk() -> Result<Self> {
        anyhow::ensure!(rustix::process::geteuid().is_root(), "only root may mount a disk");
        let folder = tempfile::tempdir()?;
        let image = folder.path().join(IMAGE);
        std::fs::File::create(&image)?.set_len(BYTES)?;
        run(Command::new("mkfs.ext4").args(["-q", "-F", "-m", "0"]).arg(&image))?;
        let disk = Mounted::new(&image, folder.path().join("mounted"))?;
        std::fs::create_dir(disk.0.join("data"))?;
        Ok(Self { disk: Some(disk), folder })
    }

    /// The folder of the data.
    pub(crate) fn data(&self) -> PathBuf {
        self.disk.as_ref().map_or_else(|| self.folder.path().to_owned(), Mounted::data)
    }

    /// The folder in which the disk is mounted.
    pub(crate) fn mounted(&self) -> Result<&Path> {
        Ok(&self.disk.as_ref().context("the data lie on no disk of their own")?.0)
    }

    /// What a loss of power would leave: the disk as it is now, without what is only in memory.
    pub(crate) fn copy(&self) -> Result<PathBuf> {
        let copy = self.folder.path().join("copy.img");
        let image = self.folder.path().join(IMAGE);
        run(Command::new("cp").args(["--reflink=never", "--sparse=always"]).arg(image).arg(&copy))?;
        Ok(copy)
    }

    /// Mounts a copy.
    pub(crate) fn mount(&self, copy: &Path) -> Result<Mounted> {
        Mounted::new(copy, self.folder.path().join("copy"))
    }
}

impl Mounted {
    fn new(image: &Path, at: PathBuf) -> Result<Self> {
        std::fs::create_dir_all(&at)?;
        run(Command::new("mount").args(["-o", "loop"]).arg(image).arg(&at))?;
        Ok(Self(at))
    }

    /// The folder of the data on it.
    pub(crate) fn data(&self) -> PathBuf {
        self.0.join("data")
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        // Whoever still has a file open keeps the disk; nobody can reach it any more.
        drop(run(Command::new("umount").arg("-l").arg(&self.0)));
    }
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let done = command.stdin(Stdio::null()).output().with_context(|| format!("{name} does not start"))?;
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&done.stderr);
    anyhow::ensure!(done.status.success(), "{name}: {}: {said}{complaint}", done.status);
    Ok(said)
}
