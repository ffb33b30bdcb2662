//! Progress and tables on a terminal: what somebody in front of it sees.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::process::{Command, Stdio};

use fake_ollama::{Options, Settings};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use serde_json::json;
use tempfile::TempDir;
use testkit::TestServer;

const MODEL: &str = "ollama/llama3.2:latest";
/// Too narrow for the whole line of progress.
const NARROW: u16 = 50;

/// A screen that is never full, and how it came about.
#[derive(Default)]
struct Screen {
    width: usize,
    rows: Vec<Vec<char>>,
    at: (usize, usize),
    /// Whether a character behind the end of a line is cut off instead of beginning the next.
    cuts: bool,
    /// How many characters were cut off.
    cut: usize,
    coloured: bool,
    /// The lines that were written over, as they were seen.
    live: Vec<String>,
}

impl Screen {
    fn of(width: u16, bytes: &[u8]) -> Self {
        let mut screen = Self { width: width.into(), ..Self::default() };
        let text = std::str::from_utf8(bytes).unwrap();
        let mut rest = text.chars();
        while let Some(character) = rest.next() {
            match character {
                '\r' => screen.at.1 = 0,
                '\n' => screen.at.0 += 1,
                '\x1b' => {
                    let sequence: String = rest.by_ref().take_while(|it| !"hlmK".contains(*it)).collect();
                    let end = text[..text.len() - rest.as_str().len()].chars().last().unwrap();
                    screen.obey(&sequence, end);
                }
                seen => screen.put(seen),
            }
        }
        screen
    }

    fn obey(&mut self, sequence: &str, end: char) {
        match (sequence, end) {
            ("[", 'K') => self.row().clear(),
            ("[?7", 'l') => self.cuts = true,
            ("[?7", 'h') => {
                self.cuts = false;
                let line = self.row().iter().collect();
                self.live.push(line);
            }
            (_, 'm') => self.coloured = true,
            _ => unreachable!("nobody expects ESC {sequence}{end}"),
        }
    }

    fn put(&mut self, seen: char) {
        if self.at.1 == self.width {
            if self.cuts {
                self.cut += 1;
                self.at.1 -= 1;
            } else {
                self.at = (self.at.0 + 1, 0);
            }
        }
        let column = self.at.1;
        let row = self.row();
        if row.len() <= column {
            row.resize(column + 1, ' ');
        }
        row[column] = seen;
        self.at.1 += 1;
    }

    fn row(&mut self) -> &mut Vec<char> {
        if self.rows.len() <= self.at.0 {
            self.rows.resize(self.at.0 + 1, Vec::new());
        }
        &mut self.rows[self.at.0]
    }

    /// What is left of it in the end.
    fn text(&self) -> String {
        let lines = self.rows.iter().map(|row| row.iter().collect::<String>() + "\n");
        lines.collect()
    }

    /// The live line was there, as long as fits, and is gone.
    #[track_caller]
    fn expect_progress(&self, of: &str) {
        assert!(!self.live.is_empty(), "{}", self.text());
        for line in &self.live {
            assert!(line.starts_with(['█', '░']) && line.contains(of), "{line}");
            assert!(line.chars().count() <= self.width, "{line}");
        }
        assert_eq!(self.cut, 0, "{:#?}", self.live);
        assert!(!self.text().contains(['█', '░']), "{}", self.text());
    }
}

/// Runs a command on a terminal of so many columns, which is its standard output and error. Its exit code and the
/// screen.
fn on_terminal(command: &mut Command, columns: u16) -> (Option<i32>, Screen) {
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let size = Winsize { ws_row: 40, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(&terminal, size).unwrap();
    let name = ptsname(&terminal, Vec::new()).unwrap().into_string().unwrap();
    let open = || Stdio::from(OpenOptions::new().read(true).write(true).open(&name).unwrap());
    let (out, err) = (open(), open());
    let mut child =
        command.env("TERM", "xterm").stdin(Stdio::null()).stdout(out).stderr(err).spawn().unwrap();
    // They hold the other end open.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let (mut screen, mut bytes, mut buffer) = (File::from(terminal), Vec::new(), [0; 4096]);
    // It is an error, and not an end, when nobody has the other end any more.
    while let Ok(length @ 1..) = screen.read(&mut buffer) {
        bytes.extend_from_slice(&buffer[..length]);
    }
    (child.wait().unwrap().code(), Screen::of(columns, &bytes))
}

/// A folder whose config has so many tests.
fn folder(tests: usize) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let tests: Vec<_> = (0..tests)
        .map(|test| json!({ "vars": { "a": format!("{test} {}", "long ".repeat(30)) }, "assert": [{ "type": "contains", "value": "1" }] }))
        .collect();
    let config = json!({ "prompts": ["Say {{a}}"], "providers": ["echo"], "tests": tests });
    std::fs::write(folder.path().join("promptfooconfig.yaml"), config.to_string()).unwrap();
    folder
}

fn eval(folder: &TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_promptcards"));
    command.arg("eval").args(arguments).current_dir(folder.path());
    command.env("XDG_CACHE_HOME", folder.path()).env_remove("NO_COLOR").env_remove("COLUMNS");
    command
}

#[test]
fn an_evaluation_shows_its_progress_and_takes_it_away() {
    let folder = folder(10_000);
    let (code, screen) = on_terminal(&mut eval(&folder, &[]), NARROW);
    assert_eq!(code, Some(100), "{}", screen.text());
    screen.expect_progress(" of 10,000");
    assert!(screen.live.len() > 1, "{:#?}", screen.live);
    assert!(screen.coloured && screen.text().contains("FAIL"), "{}", screen.text());
    let table = screen.rows.iter().filter(|row| row.contains(&'│'));
    assert!(table.count() > 20, "{}", screen.text());
}

#[test]
fn a_table_fits_terminals_of_any_width() {
    let folder = folder(3);
    for columns in [20, 33, 80, 200] {
        let (_, screen) = on_terminal(&mut eval(&folder, &["--no-progress-bar"]), columns);
        let lines = screen.rows.iter().filter(|row| row.iter().any(|it| "│┆├┌└╞".contains(*it)));
        let widths: Vec<usize> = lines.map(Vec::len).collect();
        assert!(widths.len() > 3 && widths.iter().all(|width| *width == widths[0]), "{}", screen.text());
        assert!(screen.live.is_empty(), "{:#?}", screen.live);
    }
}

#[test]
fn whoever_wants_no_colours_gets_none() {
    let folder = folder(3);
    let (_, screen) = on_terminal(eval(&folder, &[]).env("NO_COLOR", "1"), 80);
    assert!(!screen.coloured && screen.text().contains("FAIL"), "{}", screen.text());
    // Set to nothing, it says nothing.
    let (_, screen) = on_terminal(eval(&folder, &[]).env("NO_COLOR", ""), 80);
    assert!(screen.coloured, "{}", screen.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_on_a_server_shows_its_progress_and_takes_it_away() {
    let slow = Options { settings: Settings { latency_ms: 50, ..Settings::default() }, ..Options::default() };
    let server = TestServer::start_with(slow, |_| {}).await;
    let content = json!({
        "kind": "text",
        "messages": [{ "role": "user", "content": [{ "type": "text", "text": "Say {{ word }}" }] }],
        "variables": [{ "name": "word", "type": "text", "required": true }],
    });
    let card = server.actor.card("echo", &content).await;
    let cases: Vec<_> = (0..40).map(|word| json!({ "variables": { "word": word.to_string() } })).collect();
    server.actor.cases(&card, &cases).await;
    let address = format!("http://{}", server.address());
    let token = server.actor.token().to_owned();
    let run = move || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_promptcards"));
        command
            .args(["run", "echo", "--model", MODEL])
            .env("PROMPTCARDS_SERVER", address)
            .env("PROMPTCARDS_API_KEY", token)
            .env("NO_COLOR", "1");
        on_terminal(&mut command, NARROW)
    };
    let (code, screen) = tokio::task::spawn_blocking(run).await.unwrap();
    assert_eq!(code, Some(0), "{}", screen.text());
    screen.expect_progress(" of 40");
    assert!(!screen.coloured && screen.text().contains("40 of 40 passed"), "{}", screen.text());
    server.stop().await;
}
