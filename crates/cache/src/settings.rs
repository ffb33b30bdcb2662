//! The settings of the section `cache`.

use std::fmt;
use std::str::FromStr;

use redis::{Client, ConnectionAddr, IntoConnectionInfo};
use resilience::{BreakerSettings, WrongBreaker};
use serde::{Deserialize, Serialize};

/// Where instances keep what they count together, and how long they wait for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CacheSettings {
    /// A Redis server, as `redis://user:password@host:6379/0`. Not given: each process counts for itself.
    pub redis_url: Option<RedisUrl>,
    /// How long Redis may take for an answer, in milliseconds, 1 to 10,000. Then memory does without it.
    pub answer_ms: u32,
    /// How much memory kept answers may take, in MiB, 1 to 65,536.
    pub memory_mib: u32,
    /// After how many failures Redis is left alone, and for how long.
    pub breaker: BreakerSettings,
}

impl Default for CacheSettings {
    fn default() -> Self {
        Self { redis_url: None, answer_ms: 50, memory_mib: 64, breaker: BreakerSettings::default() }
    }
}

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WrongCache {
    /// A number is too small or too large.
    #[error("cache.{setting} is {value}; it must be from 1 to {most}")]
    Number {
        /// The setting.
        setting: &'static str,
        /// What it is.
        value: u32,
        /// The largest that it may be.
        most: u32,
    },
    /// The breaker's settings make no sense.
    #[error("cache.{0}")]
    Breaker(#[from] WrongBreaker),
}

impl CacheSettings {
    /// Refuses what cannot be meant, with the name of the setting.
    pub fn validate(&self) -> Result<(), WrongCache> {
        for (setting, value, most) in
            [("answer_ms", self.answer_ms, 10_000), ("memory_mib", self.memory_mib, 65_536)]
        {
            if !(1..=most).contains(&value) {
                return Err(WrongCache::Number { setting, value, most });
            }
        }
        Ok(self.breaker.validate()?)
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        usize::try_from(self.memory_mib).unwrap_or(usize::MAX).saturating_mul(1024 * 1024)
    }
}

/// The URL of a Redis server. Its user and its password are shown nowhere.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RedisUrl {
    text: String,
    client: Client,
}

impl RedisUrl {
    /// Host and port of the server; None: it is a socket of this machine.
    pub fn place(&self) -> Option<(&str, u16)> {
        match self.client.get_connection_info().addr() {
            ConnectionAddr::Tcp(host, port) => Some((host, *port)),
            _ => None,
        }
    }

    pub(crate) fn client(&self) -> Client {
        self.client.clone()
    }
}

impl FromStr for RedisUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let connection = text.into_connection_info().map_err(|error| error.to_string())?;
        if matches!(connection.addr(), ConnectionAddr::TcpTls { .. }) {
            return Err("rediss:// is not supported: use redis:// in a network that nobody else listens to"
                .to_owned());
        }
        let client = Client::open(connection).map_err(|error| error.to_string())?;
        Ok(Self { text: text.to_owned(), client })
    }
}

impl TryFrom<String> for RedisUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<RedisUrl> for String {
    fn from(url: RedisUrl) -> Self {
        url.to_string()
    }
}

impl PartialEq for RedisUrl {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for RedisUrl {}

impl fmt::Display for RedisUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let connection = self.client.get_connection_info();
        write!(formatter, "redis://{}/{}", connection.addr(), connection.redis_settings().db())
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_shown_nowhere() {
        let url: RedisUrl = "redis://cards:hunter2@cache.example:6380/3".parse().unwrap();
        assert_eq!(url.to_string(), "redis://cache.example:6380/3");
        assert!(!format!("{url:?} {}", String::from(url.clone())).contains("hunter2"));
    }

    #[test]
    fn a_number_that_makes_no_sense_is_named() {
        let said = |settings: CacheSettings| settings.validate().unwrap_err().to_string();
        let settings = CacheSettings { answer_ms: 0, ..CacheSettings::default() };
        assert_eq!(said(settings), "cache.answer_ms is 0; it must be from 1 to 10000");
        let breaker = BreakerSettings { failures: 0, ..BreakerSettings::default() };
        let settings = CacheSettings { breaker, ..CacheSettings::default() };
        assert_eq!(said(settings), "cache.breaker.failures is 0; it must be from 1 to 1000");
        assert_eq!(CacheSettings::default().validate(), Ok(()));
    }

    #[test]
    fn what_is_no_url_of_redis_is_refused() {
        for url in ["http://cache.example", "cache.example", "redis://", "rediss://cache.example"] {
            assert!(url.parse::<RedisUrl>().is_err(), "{url}");
        }
    }
}
