//! Settings: defaults, then the file, then the environment, then flags.

mod origin;
mod server;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use cache::CacheSettings;
use engine::audit::AuditSettings;
use engine::backups::BackupSettings;
use engine::limits::LimitsSettings;
use engine::people::AuthSettings;
use engine::retention::RetentionSettings;
use engine::runs::RunsSettings;
use engine::secrets::SecretsSettings;
use llm::{OutboundSettings, ProvidersSettings, ServerAddress};
use serde::{Deserialize, Serialize};
use store::{DatabaseUrl, StoreSettings};
use toml::{Table, Value};

pub(crate) use origin::Origin;
pub use server::ServerSettings;

/// The file that is read from the working folder if no other is named.
pub(crate) const FILE: &str = "promptcards.toml";
/// What the variables of the environment begin with.
pub(crate) const PREFIX: &str = "PROMPTCARDS_";
/// Variables that begin like it and are no settings: they say whom `import`, `export` and `run` talk to.
const OF_CLIENTS: [&str; 3] = ["PROMPTCARDS_SERVER", "PROMPTCARDS_WORKSPACE", "PROMPTCARDS_API_KEY"];
/// The file of the database in the data folder.
pub(crate) const DATABASE: &str = "promptcards.db";

/// All settings.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The HTTP server.
    pub server: ServerSettings,
    /// The log.
    pub log: LogSettings,
    /// The database.
    pub store: StoreSettings,
    /// Where the key is that opens the secrets of the database.
    pub secrets: SecretsSettings,
    /// How runs are worked on.
    pub runs: RunsSettings,
    /// How long runs are kept.
    pub retention: RetentionSettings,
    /// Accounts and sessions.
    pub auth: AuthSettings,
    /// How much each may do.
    pub limits: LimitsSettings,
    /// Where instances keep what they count together, and how long they wait for it.
    pub cache: CacheSettings,
    /// How long the audit log is kept.
    pub audit: AuditSettings,
    /// When the database is backed up, where to, and who can open it.
    pub backup: BackupSettings,
    /// What the server may call beside its model servers.
    pub outbound: OutboundSettings,
    /// The model servers. Naming any replaces the two that are there by default.
    pub providers: ProvidersSettings,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// The section `log`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogSettings {
    /// What is logged: `error`, `warn`, `info`, `debug`, or directives such as `info,store=debug`.
    pub level: String,
    /// How it is written.
    pub format: LogFormat,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { level: "info".to_owned(), format: LogFormat::Text }
    }
}

/// What flags say.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--config`
    pub config: Option<PathBuf>,
    /// `--listen`
    pub listen: Option<SocketAddr>,
    /// `--data-dir`
    pub data_dir: Option<PathBuf>,
    /// `--database-url`
    pub database_url: Option<DatabaseUrl>,
}

/// Variables of the environment, by name.
pub type Environment = Vec<(String, String)>;

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file that was named is not there or cannot be read.
    #[error("the configuration file {} cannot be read: {cause}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The file is no TOML.
    #[error("the configuration file {} is not TOML: {cause}", .path.display())]
    NotToml {
        /// The file.
        path: PathBuf,
        /// Where and why.
        cause: Box<toml::de::Error>,
    },
    /// A key is unknown or a value does not fit.
    #[error("the configuration cannot be used: {0}")]
    Wrong(String),
}

impl Config {
    /// Reads all layers: defaults, `promptcards.toml`, `PROMPTCARDS_<SECTION>__<KEY>`, flags; and for the
    /// address of Ollama its own variables `OLLAMA_BASE_URL` and `OLLAMA_HOST`.
    pub fn load(flags: &Flags, environment: &Environment) -> Result<Self, ConfigError> {
        let file = Self::file(flags);
        let mut table = file.as_deref().map(read).transpose()?.unwrap_or_default();
        let settings = environment.iter().filter(|(name, _)| !OF_CLIENTS.contains(&name.as_str()));
        for (name, value) in settings {
            if let Some(key) = name.strip_prefix(PREFIX) {
                set(&mut table, name, key, value)?;
            }
        }
        let database_is_named = table.get("store").and_then(|store| store.get("path")).is_some();
        let mut config: Self = Value::Table(table)
            .try_into()
            .map_err(|error: toml::de::Error| ConfigError::Wrong(error.message().to_owned()))?;
        if let Some(listen) = flags.listen {
            config.server.listen = listen;
        }
        if let Some(data_dir) = &flags.data_dir {
            config.server.data_dir.clone_from(data_dir);
        }
        if let Some(url) = &flags.database_url {
            config.store.database_url = Some(url.clone());
        }
        if !database_is_named {
            config.store.path = config.server.data_dir.join(DATABASE);
        }
        let variable =
            |name: &str| environment.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let address = ServerAddress::from_variables(variable("OLLAMA_BASE_URL"), variable("OLLAMA_HOST"))
            .map_err(|error| ConfigError::Wrong(error.to_string()))?;
        if let Some(address) = address {
            config.providers.set_ollama_address(&address);
        }
        config.validate()?;
        Ok(config)
    }

    /// A folder with room for a copy of the database, on the disk that it is on.
    pub(crate) fn work_folder(&self) -> PathBuf {
        let of_file = self.store.path.parent().filter(|_| self.store.database_url.is_none());
        match of_file {
            Some(folder) if folder.as_os_str().is_empty() => PathBuf::from("."),
            Some(folder) => folder.to_owned(),
            None => self.server.data_dir.clone(),
        }
    }

    fn validate(&self) -> Result<(), ConfigError> {
        self.server.validate().map_err(|error| ConfigError::Wrong(error.to_string()))?;
        self.store.validate().map_err(|error| ConfigError::Wrong(error.to_string()))?;
        self.runs.validate().map_err(|error| ConfigError::Wrong(error.to_string()))?;
        self.retention.validate().map_err(|error| ConfigError::Wrong(error.to_string()))?;
        self.auth.validate().map_err(|error| ConfigError::Wrong(error.to_string()))?;
        self.limits.validate().map_err(|error| ConfigError::Wrong(error.to_string()))?;
        self.cache.validate().map_err(|error| ConfigError::Wrong(error.to_string()))?;
        self.audit.validate().map_err(|error| ConfigError::Wrong(error.to_string()))?;
        self.backup.validate().map_err(|error| ConfigError::Wrong(error.to_string()))?;
        self.providers.validate().map_err(|error| ConfigError::Wrong(error.to_string()))
    }
}

fn read(path: &Path) -> Result<Table, ConfigError> {
    let text = std::fs::read_to_string(path)
        .map_err(|cause| ConfigError::Unreadable { path: path.to_owned(), cause })?;
    text.parse().map_err(|cause| ConfigError::NotToml { path: path.to_owned(), cause: Box::new(cause) })
}

/// Puts `PROMPTCARDS_SERVER__LISTEN` over `server.listen`. A value that reads as TOML is taken as that, any
/// other as text.
fn set(table: &mut Table, name: &str, key: &str, value: &str) -> Result<(), ConfigError> {
    let lower = key.to_lowercase();
    let Some((section, key)) = lower.split_once("__") else {
        return Err(ConfigError::Wrong(format!(
            "the variable {name} names no setting: it must be {PREFIX}<SECTION>__<KEY>, such as {PREFIX}SERVER__LISTEN"
        )));
    };
    let parsed = format!("value = {value}").parse::<Table>().ok().and_then(|mut table| table.remove("value"));
    let value = parsed.unwrap_or_else(|| Value::String(value.to_owned()));
    let section = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
    match section.as_table_mut() {
        Some(section) => {
            section.insert(key.to_owned(), value);
            Ok(())
        }
        None => Err(ConfigError::Wrong(format!("the variable {name} names a section that has no keys"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Environment {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn flags(text: &str) -> (tempfile::TempDir, Flags) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        std::fs::write(&path, text).unwrap();
        (folder, Flags { config: Some(path), ..Flags::default() })
    }

    #[test]
    fn each_layer_goes_over_the_one_before() {
        let (_folder, mut flags) =
            flags("[server]\nlisten = '127.0.0.1:4000'\ndata_dir = 'from-file'\n[store]\nreaders = 2");
        let from_file = Config::load(&flags, &Vec::new()).unwrap();
        assert_eq!((from_file.server.listen.port(), from_file.store.readers), (4000, 2));

        let variables = environment(&[
            ("PROMPTCARDS_SERVER__LISTEN", "127.0.0.1:5000"),
            ("PROMPTCARDS_STORE__READERS", "3"),
        ]);
        let from_environment = Config::load(&flags, &variables).unwrap();
        assert_eq!((from_environment.server.listen.port(), from_environment.store.readers), (5000, 3));
        assert_eq!(from_environment.store.path, PathBuf::from("from-file/promptcards.db"));

        flags.listen = Some("127.0.0.1:6000".parse().unwrap());
        flags.data_dir = Some(PathBuf::from("from-flag"));
        let from_flags = Config::load(&flags, &variables).unwrap();
        assert_eq!(from_flags.server.listen.port(), 6000);
        assert_eq!(from_flags.store.path, PathBuf::from("from-flag/promptcards.db"));
    }

    #[test]
    fn an_unknown_key_is_an_error_in_the_file_and_in_the_environment() {
        let (_folder, flags) = flags("[server]\nlisten_on = 1");
        assert!(Config::load(&flags, &Vec::new()).unwrap_err().to_string().contains("listen_on"));
        let variables = environment(&[("PROMPTCARDS_STORE__READRS", "3")]);
        let error = Config::load(&Flags::default(), &variables).unwrap_err().to_string();
        assert!(error.contains("readrs"), "{error}");
        let variables = environment(&[("PROMPTCARDS_READERS", "3")]);
        assert!(Config::load(&Flags::default(), &variables).is_err());
        // One environment may serve both a server and its clients.
        let variables = environment(&[
            ("PROMPTCARDS_SERVER", "http://x"),
            ("PROMPTCARDS_WORKSPACE", "lab"),
            ("PROMPTCARDS_API_KEY", "k"),
        ]);
        let without = Config::load(&Flags::default(), &Vec::new()).unwrap();
        assert_eq!(Config::load(&Flags::default(), &variables).unwrap(), without);
    }

    #[test]
    fn ollamas_own_variables_set_its_address() {
        let config = Config::load(&Flags::default(), &environment(&[("OLLAMA_HOST", "gpu-box")])).unwrap();
        assert_eq!(config.providers.0[0].base_url.as_deref(), Some("http://gpu-box:11434"));
        let error = Config::load(&Flags::default(), &environment(&[("OLLAMA_HOST", "ftp://x")])).unwrap_err();
        assert!(error.to_string().contains("OLLAMA_HOST"), "{error}");
    }

    #[test]
    fn several_providers_with_keys_and_prices_are_read_and_printed_without_the_key() {
        let text = "[[providers]]\nname = 'gpu'\nkind = 'openai'\nbase_url = 'http://10.0.0.7:8000'\nkey_file = 'gpu.key'\n\
                    [[providers.prices]]\nmodel = 'm'\nprompt_usd = 0.15\ncompletion_usd = '0.6'\n\
                    [[providers]]\nname = 'local'\nkind = 'ollama'\n[[providers]]\nname = 'cloud'\nkind = 'openai'\n\
                    base_url = 'https://api.example.org/v1'\nkey_env = 'CLOUD_KEY'\nconcurrency = 2";
        let (_folder, flags) = flags(text);
        let variables = environment(&[("CLOUD_KEY", "sk-canary"), ("OLLAMA_HOST", "gpu-box")]);
        let config = Config::load(&flags, &variables).unwrap();
        let found: Vec<_> = config
            .providers
            .0
            .iter()
            .map(|one| (&*one.name, one.kind.as_str(), one.base_url.as_deref(), one.effective_concurrency()))
            .collect();
        assert_eq!(
            found,
            [
                ("gpu", "openai", Some("http://10.0.0.7:8000"), 16),
                ("local", "ollama", Some("http://gpu-box:11434"), 4),
                ("cloud", "openai", Some("https://api.example.org/v1"), 2),
            ]
        );
        let printed = toml::to_string_pretty(&config).unwrap();
        assert!(!printed.contains("sk-canary"), "{printed}");
        assert_eq!(
            printed.parse::<Table>().unwrap()["providers"][0]["prices"][0]["prompt_usd"].as_str(),
            Some("0.15")
        );
        // A key in the file itself would be printed and copied: there is no setting for it.
        let (_folder, flags) = self::flags("[[providers]]\nname = 'a'\nkind = 'openai'\nkey = 'sk-canary'");
        let error = Config::load(&flags, &Vec::new()).unwrap_err().to_string();
        assert!(error.contains("unknown field `key`") && !error.contains("sk-canary"), "{error}");
    }

    #[test]
    fn a_file_that_was_named_must_be_there() {
        let flags = Flags { config: Some(PathBuf::from("no-such-file.toml")), ..Flags::default() };
        assert!(matches!(Config::load(&flags, &Vec::new()), Err(ConfigError::Unreadable { .. })));
    }
}
