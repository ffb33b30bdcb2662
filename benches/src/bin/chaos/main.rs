//! Chaos: things go wrong around a real server, on purpose and by a seed. Whoever works on it remembers what was
//! acknowledged and seen, and that is compared with what the server has, after each fault and at the end.
//!
//! What each part does: `plan` deals faults, `faults` has one file for each kind, `workload` is everybody who works on
//! the server, `known_cards` and `known_runs` are what they were told, `checker` compares, `tally` counts.
#![expect(clippy::print_stdout, reason = "what was found is what was asked for")]

mod arguments;
mod checker;
mod client;
mod faults;
mod known_cards;
mod known_runs;
mod models;
mod place;
mod plan;
mod report;
mod runner;
mod tally;
mod workload;
mod world;
mod writer;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use clap::{Parser, ValueEnum};
use testkit::RedisServer;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::RwLock;
use tokio::time::{Instant, timeout};

use crate::arguments::Arguments;
use crate::faults::{FakeClock, LIBRARY};
use crate::place::Place;
use crate::plan::{Kind, Plan};
use crate::tally::{Tally, Wrong};
use crate::workload::{Shared, Workload};
use crate::world::{AT_LAST, PROVIDERS, World};

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    promptcards::install_cryptography();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let is_clean = runtime.block_on(async {
        tokio::select! {
            done = chaos(&arguments) => done,
            // Dropped, it leaves nothing behind: no process, no disk.
            signal = interrupted() => anyhow::bail!("it was ended by {}", signal?),
        }
    });
    // A server that hangs while it starts has a thread that waits for it.
    runtime.shutdown_background();
    Ok(if is_clean? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Waits until somebody ends this program.
async fn interrupted() -> Result<&'static str> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed.map(|()| "Ctrl-C").map_err(Into::into),
        _ = terminate.recv() => Ok("SIGTERM"),
    }
}

/// True: nothing was wrong.
async fn chaos(arguments: &Arguments) -> Result<bool> {
    println!("{}\n", benches::machine::describe());
    let tally = Arc::new(Tally::default());
    let (mut world, kinds) = prepare(arguments, &tally).await?;
    let shared = Arc::new(Shared {
        client: world.client(arguments.strict_redis),
        tally: Arc::clone(&tally),
        gate: RwLock::new(()),
        stop: tokio_util::sync::CancellationToken::new(),
    });
    let actor = world.actor(world.server()?);
    let mut workload = Workload::begin(shared, &actor, &PROVIDERS, arguments.seed).await;
    let begun = Instant::now();
    let mut done = strike_all(arguments, &kinds, &mut world, &mut workload).await;
    if done.is_ok() {
        done = finish(&mut world, &mut workload).await;
    }
    // What keeps this from going on is a finding, too.
    if let Err(error) = done {
        tally.wrong(Wrong::State, &format!("{error:#}"));
    }
    println!("\n{}", report::table(&tally, begun.elapsed()));
    Ok(tally.is_clean())
}

/// Everything as it is before the first fault, and the kinds of faults that are possible here.
async fn prepare(arguments: &Arguments, tally: &Arc<Tally>) -> Result<(World, Vec<Kind>)> {
    let mut kinds = arguments.kinds.clone();
    if kinds.is_empty() {
        kinds = Kind::value_variants().to_vec();
    }
    kinds.sort_unstable();
    kinds.dedup();
    let leave_out = |kinds: &mut Vec<Kind>, left: &[Kind], why: &str| {
        for kind in left.iter().filter(|kind| kinds.contains(kind)) {
            println!("not run: chaos {}: {why}", kind.name());
        }
        kinds.retain(|kind| !left.contains(kind));
    };
    let on_disk = [Kind::Disk, Kind::Power];
    let place = if kinds.iter().any(|kind| on_disk.contains(kind)) {
        match Place::disk() {
            Ok(place) => place,
            Err(error) => {
                leave_out(&mut kinds, &on_disk, &format!("{error:#}"));
                Place::folder()?
            }
        }
    } else {
        Place::folder()?
    };
    let clock = if kinds.contains(&Kind::Clock) { FakeClock::find()? } else { None };
    if clock.is_none() {
        leave_out(&mut kinds, &[Kind::Clock], &format!("there is no {LIBRARY}: apt install faketime"));
    }
    // It says itself that it is not installed.
    let redis = if kinds.contains(&Kind::Redis) { RedisServer::start("chaos redis") } else { None };
    if redis.is_none() {
        kinds.retain(|kind| *kind != Kind::Redis);
    }
    anyhow::ensure!(!kinds.is_empty(), "nothing is left that could go wrong here");
    let world = World::new(place, redis, clock, Arc::clone(tally)).await?;
    Ok((world, kinds))
}

async fn strike_all(
    arguments: &Arguments,
    kinds: &[Kind],
    world: &mut World,
    workload: &mut Workload,
) -> Result<()> {
    let begun = Instant::now();
    let time = arguments.minutes.map_or(Duration::MAX, Duration::from_mins);
    let plan = Plan::new(arguments.seed, kinds).take(arguments.rounds);
    for (number, fault) in plan.enumerate().take_while(|_| begun.elapsed() < time) {
        println!("{:>5.0} s  {:>4}  {fault}", begun.elapsed().as_secs_f64(), number + 1);
        fault.strike(world, workload).await?;
        checker::compare_now(workload, false).await?;
        checker::check_file(&world.place.data(), &world.tally);
        world.tally.round(fault.kind());
        anyhow::ensure!(!workload.has_lost_somebody(), "somebody who works on the server has failed");
    }
    Ok(())
}

/// Lets all come to its end, compares all of it, and ends the server.
async fn finish(world: &mut World, workload: &mut Workload) -> Result<()> {
    println!("all that was begun comes to its end");
    if timeout(AT_LAST, workload.end()).await.is_err() {
        world.tally.wrong(Wrong::Delay, &format!("runs do not come to their end in {AT_LAST:?}"));
    }
    checker::compare_now(workload, true).await?;
    for model in &world.models {
        world.tally.calls.add(model.calls().await?);
    }
    world.stop();
    world.verify_audit(&world.place.data());
    checker::check_file(&world.place.data(), &world.tally);
    report::judge_calls(&world.tally);
    Ok(())
}
