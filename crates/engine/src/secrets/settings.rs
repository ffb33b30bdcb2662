//! The settings of the section `secrets`.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::SecretsError;

/// Where the key is that opens the secrets of the database.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SecretsSettings {
    /// The file of the master key, made at the first start of a fresh database. Not given: beside the data folder,
    /// under its name with `.key` at the end, so that a copy of the folder does not hold it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub master_key_file: Option<PathBuf>,
}

impl SecretsSettings {
    /// The file, for a server with this data folder, which must be there if no file is named.
    pub fn master_key_file(&self, data_dir: &Path) -> Result<PathBuf, SecretsError> {
        if let Some(file) = &self.master_key_file {
            return Ok(file.clone());
        }
        let no_place = || SecretsError::NoPlace(data_dir.to_owned());
        // `.` and `..` have a name only when the system says where they are.
        let folder = match data_dir.file_name() {
            Some(_) => data_dir.to_owned(),
            None => data_dir.canonicalize().map_err(|_| no_place())?,
        };
        let mut name = folder.file_name().ok_or_else(no_place)?.to_owned();
        name.push(".key");
        Ok(folder.with_file_name(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_lies_beside_the_data_folder_unless_one_is_named() {
        let file = |folder: &str| SecretsSettings::default().master_key_file(Path::new(folder));
        assert_eq!(file("data").unwrap(), Path::new("data.key"));
        assert_eq!(file("/var/lib/promptcards/").unwrap(), Path::new("/var/lib/promptcards.key"));
        assert_eq!(file("/srv/v1.2").unwrap(), Path::new("/srv/v1.2.key"));
        assert!(file(".").unwrap().is_absolute());
        assert!(matches!(file("/"), Err(SecretsError::NoPlace(_))));
        let named = SecretsSettings { master_key_file: Some("/run/secrets/key".into()) };
        assert_eq!(named.master_key_file(Path::new("/")).unwrap(), Path::new("/run/secrets/key"));
    }
}
