//! The settings of the section `cache`.

use std::fmt;
use std::str::FromStr;

use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo};
use serde::{Deserialize, Serialize};

/// Where instances keep what they count together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CacheSettings {
    /// A Redis server, as `redis://user:password@host:6379/0`. Not given: each process counts for itself.
    pub redis_url: Option<RedisUrl>,
}

/// The URL of a Redis server. Its user and its password are shown nowhere.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RedisUrl {
    text: String,
    connection: ConnectionInfo,
}

impl RedisUrl {
    /// Host and port of the server; None: it is a socket of this machine.
    pub fn place(&self) -> Option<(&str, u16)> {
        match self.connection.addr() {
            ConnectionAddr::Tcp(host, port) => Some((host, *port)),
            _ => None,
        }
    }

    pub(crate) fn connection(&self) -> ConnectionInfo {
        self.connection.clone()
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
        Ok(Self { text: text.to_owned(), connection })
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
        write!(formatter, "redis://{}/{}", self.connection.addr(), self.connection.redis_settings().db())
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
    fn what_is_no_url_of_redis_is_refused() {
        for url in ["http://cache.example", "cache.example", "redis://", "rediss://cache.example"] {
            assert!(url.parse::<RedisUrl>().is_err(), "{url}");
        }
    }
}
