//! Windows in Redis, shared by all instances. Each charge is one script, which Redis runs alone.

use std::sync::Arc;
use std::time::Duration;

use domain::clock::Clock;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, ErrorKind, RedisError, Script};

use crate::{Charge, Error, Outcome, RedisUrl, Standing, WindowKey};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(3);
/// How long one answer may take.
const ANSWER: Duration = Duration::from_secs(1);

/// Windows in Redis. The connection is made again when it is lost.
pub struct Redis {
    connection: ConnectionManager,
    charge: Script,
    give_back: Script,
    clock: Option<Arc<dyn Clock>>,
}

impl Redis {
    /// Connects. The time is that of the Redis server, the same for all instances, unless a `clock` is given.
    pub async fn connect(url: &RedisUrl, clock: Option<Arc<dyn Clock>>) -> Result<Self, Error> {
        let client = Client::open(url.connection())?;
        let settings = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(ANSWER));
        let connection = ConnectionManager::new_with_config(client, settings).await?;
        let charge = Script::new(include_str!("charge.lua"));
        let give_back = Script::new(include_str!("give_back.lua"));
        Ok(Self { connection, charge, give_back, clock })
    }

    /// See [`Cache::charge`](crate::Cache::charge).
    pub async fn charge(&self, charges: &[Charge]) -> Result<Outcome, Error> {
        let mut call = self.charge.prepare_invoke();
        call.arg(self.clock.as_ref().map_or_else(String::new, |clock| clock.now().to_string()));
        for charge in charges {
            call.key(name(&charge.key)).arg(charge.limit).arg(charge.cost);
        }
        let answer: Vec<i64> = call.invoke_async(&mut self.connection.clone()).await?;
        match answer.split_first() {
            Some((admitted, rest)) if rest.len() == 4 * charges.len() => Ok(Outcome {
                admitted: *admitted == 1,
                standings: rest.chunks_exact(4).map(standing).collect(),
            }),
            _ => Err(Error(RedisError::from((
                ErrorKind::UnexpectedReturnType,
                "the answer has another shape",
            )))),
        }
    }

    /// See [`Cache::give_back`](crate::Cache::give_back).
    pub async fn give_back(&self, charges: &[Charge], outcome: &Outcome) -> Result<(), Error> {
        let mut call = self.give_back.prepare_invoke();
        for (charge, standing) in charges.iter().zip(&outcome.standings) {
            call.key(name(&charge.key)).arg(standing.minute).arg(charge.cost);
        }
        Ok(call.invoke_async(&mut self.connection.clone()).await?)
    }
}

fn name(key: &WindowKey) -> String {
    format!("promptcards:window:{}:{:032x}", key.policy, key.subject)
}

fn standing(answer: &[i64]) -> Standing {
    Standing {
        counted: u32::try_from(answer[0]).unwrap_or(u32::MAX),
        reset_ms: answer[1],
        wait_ms: answer[2],
        minute: answer[3],
    }
}
