//! The unit of systemd, and the Debian package that brings it.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use super::{project, read, replaced, settings_in_force};

const BINARY: &str = env!("CARGO_BIN_EXE_promptcards");
const UNIT: &str = "deploy/systemd/promptcards.service";
/// In tenths of systemd's points from 0 to 10; it was 1.2 when this was written.
const MOST_EXPOSED: &str = "15";

/// What a program prints, which must succeed; none where it is not installed, which is said for `test`.
fn run(test: &str, command: &mut Command) -> Option<String> {
    let Ok(Output { status, stdout, stderr }) = command.output() else {
        let program = command.get_program().to_string_lossy().into_owned();
        testkit::not_run(test, &format!("{program} is not installed"));
        return None;
    };
    let [out, error] = [stdout, stderr].map(|text| String::from_utf8(text).unwrap());
    assert!(status.success(), "{command:?}: {out}{error}");
    Some(out + &error)
}

fn values<'a>(unit: &'a str, key: &str) -> Vec<&'a str> {
    unit.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('=')).collect()
}

#[test]
fn systemd_finds_the_unit_sound_and_little_exposed() {
    let folder = tempfile::tempdir().unwrap();
    let unit = folder.path().join("promptcards.service");
    let here = replaced(&read(UNIT), &[("/usr/bin/promptcards", BINARY.to_owned())]);
    std::fs::write(&unit, here).unwrap();
    let mut command = Command::new("systemd-analyze");
    if let Some(said) = run("the unit of systemd", command.args(["verify", "--man=no"]).arg(&unit)) {
        // It also says what is wrong with units of this machine.
        assert!(!said.contains("promptcards"), "{said}");
        let mut command = Command::new("systemd-analyze");
        command.args(["security", "--offline=true", "--threshold", MOST_EXPOSED]).arg(&unit);
        run("how exposed the unit of systemd is", &mut command);
    }
}

#[test]
fn the_unit_starts_what_the_package_installs_with_settings_that_it_takes() {
    let unit = read(UNIT);
    let start = values(&unit, "ExecStart")[0];
    assert_eq!(start, "/usr/bin/promptcards serve --config /etc/promptcards/promptcards.toml");
    let variables: Vec<(&str, &str)> =
        values(&unit, "Environment").iter().map(|pair| pair.split_once('=').unwrap()).collect();
    let file = project().join("promptcards.example.toml");
    let config = settings_in_force(&variables, &["--config", file.to_str().unwrap()]);
    // Both lie in the folder that the unit makes.
    let state = format!("/var/lib/{}/", values(&unit, "StateDirectory")[0]);
    for path in [&config["server"]["data_dir"], &config["secrets"]["master_key_file"]] {
        assert!(path.as_str().unwrap().starts_with(&state), "{path}");
    }
    assert_eq!(values(&unit, "LimitNOFILE"), ["16384"]);
    // What the program says of its exit codes.
    let help = Command::new(BINARY).args(["serve", "--help"]).output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    for code in values(&unit, "RestartPreventExitStatus")[0].split(' ') {
        assert!(help.contains(&format!(" {code} ")), "{code}");
    }
    let manifest = read("crates/promptcards/Cargo.toml");
    assert!(manifest.contains("[\"target/release/promptcards\", \"usr/bin/\", \"755\"]"));
    assert!(manifest.contains("\"etc/promptcards/promptcards.toml\""));
}

/// Where it is unpacked, the files of the package are in their places and work.
fn look_at(root: &Path, debian: &Path) {
    let bin = root.join("usr/bin/promptcards");
    let version = Command::new(&bin).arg("--version").output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    assert!(version.starts_with(&format!("promptcards {}", env!("CARGO_PKG_VERSION"))), "{version}");
    let settings = root.join("etc/promptcards/promptcards.toml");
    let config =
        Command::new(&bin).args(["config", "--config"]).arg(&settings).current_dir(root).output().unwrap();
    assert!(config.status.success(), "{config:?}");
    let conffiles = std::fs::read_to_string(debian.join("conffiles")).unwrap();
    assert_eq!(
        conffiles.trim(),
        "/etc/promptcards/promptcards.toml",
        "what people change stays at an upgrade"
    );
    assert!(root.join("usr/lib/systemd/system/promptcards.service").exists());
    let help = String::from_utf8(Command::new(&bin).arg("--help").output().unwrap().stdout).unwrap();
    let commands =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let commands = commands.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let mut pages = 0;
    for command in commands.map(|line| line.split_whitespace().next().unwrap()).filter(|name| *name != "help")
    {
        let page = root.join(format!("usr/share/man/man1/promptcards-{command}.1"));
        let page = std::fs::read_to_string(&page).unwrap_or_default();
        assert!(page.contains(".TH"), "{command} has no manual page");
        pages += 1;
    }
    assert!(pages > 15, "{pages}");
    for script in ["postinst", "prerm", "postrm"] {
        let path = debian.join(script);
        assert!(path.metadata().unwrap().permissions().mode() & 0o111 != 0, "{script}");
        assert!(Command::new("sh").arg("-n").arg(&path).status().unwrap().success(), "{script}");
        assert!(!std::fs::read_to_string(&path).unwrap().contains("DEBHELPER"), "{script}");
    }
    let made = std::fs::read_to_string(debian.join("postinst")).unwrap();
    assert!(made.contains("adduser --system") && made.contains("deb-systemd-invoke"), "{made}");
    let gone = std::fs::read_to_string(debian.join("postrm")).unwrap();
    assert!(!gone.contains("rm -r"), "the data of people stays: {gone}");
}

#[test]
fn the_debian_package_has_all_that_the_unit_needs() {
    let test = "the Debian package";
    let there = |program: &str| Command::new(program).arg("--version").output().is_ok();
    if let Some(missing) = ["cargo-deb", "dpkg-deb", "strip"].into_iter().find(|program| !there(program)) {
        testkit::not_run(test, &format!("{missing} is not installed"));
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    // A binary with its lines is five times as large, and takes as long to pack.
    assert!(Command::new("strip").arg("-o").arg(at("promptcards")).arg(BINARY).status().unwrap().success());
    std::fs::create_dir(at("out")).unwrap();
    let mut command = Command::new(project().join("scripts/package-debian"));
    run(test, command.arg(at("promptcards")).arg(at("out")).arg("--fast"));
    let packages: Vec<_> = std::fs::read_dir(at("out")).unwrap().map(|entry| entry.unwrap().path()).collect();
    let [package] = packages.as_slice() else { unreachable!("one package: {packages:?}") };
    for (what, into) in [("--extract", "root"), ("--control", "debian")] {
        run(test, Command::new("dpkg-deb").arg(what).arg(package).arg(at(into)));
    }
    look_at(&at("root"), &at("debian"));
    let needed = run(test, Command::new("dpkg-deb").arg("--field").arg(package).arg("Depends")).unwrap();
    for name in ["adduser", "ca-certificates", "libc6"] {
        assert!(needed.contains(name), "{needed}");
    }
}
