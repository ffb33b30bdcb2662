//! `.env` and `--env-file`.

use super::{Ended, Place, all};

const CONFIG: &str = "
prompts: ['{{env.GREETING}} {{env.NAME}}']
providers: [echo]
";

#[track_caller]
fn says(place: &Place, arguments: &[&str]) -> String {
    all(&place.results(arguments, 0), "/response/output")[0].to_owned()
}

#[test]
fn variables_of_a_file_stand_behind_those_of_the_environment() {
    let place = Place::with(CONFIG);
    place.write(
        ".env",
        "# a comment\nexport GREETING=Hello\nNAME='Ann $GREETING'\nXDG_CACHE_HOME=/nowhere\nHOME=/nowhere\n",
    );
    assert_eq!(says(&place, &[]), "Hello Ann $GREETING");
    let mut command = place.command(&["-o", "out.json"]);
    Ended::from(command.env("GREETING", "Hi").output().unwrap()).expect(0);
    assert_eq!(place.json("out.json")["results"]["results"][0]["response"]["output"], "Hi Ann $GREETING");
    // Named ones take its place, the later ones go before.
    place.write("one.env", "GREETING=Hey\nNAME=Bob");
    place.write("two.env", "NAME=\"Cy\"\n");
    assert_eq!(says(&place, &["--env-file", "one.env"]), "Hey Bob");
    assert_eq!(says(&place, &["--env-path", "one.env,two.env"]), "Hey Cy");
    assert_eq!(says(&place, &["--env-file", "two.env", "--env-file", "one.env"]), "Hey Bob");
    let ended = place.eval(&["--env-file", "none.env"]);
    assert!(ended.expect(1).said.contains("`none.env` of --env-file cannot be read"), "{}", ended.said);
}

#[test]
fn a_key_and_an_address_may_come_from_the_file() {
    let place = Place::with("prompts: ['echo: x']\nproviders: ['openai:chat:llama3.2']\n");
    let url = place.models.url();
    place.write(".env", format!("OPENAI_API_KEY=sk-canary-7\nOPENAI_BASE_URL={url}/v1\n"));
    let mut command = place.command(&["-o", "out.json"]);
    Ended::from(command.env_remove("OPENAI_BASE_URL").output().unwrap()).expect(0);
    assert_eq!(place.models.counters().calls, 1);
    assert!(!place.read("out.json").contains("canary"), "a key was written");
}

#[test]
fn a_line_that_cannot_be_read_is_counted_and_not_shown() {
    let place = Place::with(CONFIG);
    place.write(".env", "GREETING=Hello\nTOKEN=sk canary 'open\nNAME=Ann\n");
    let ended = place.eval(&["-o", "out.json"]);
    ended.expect(0);
    assert!(ended.said.starts_with("Note: "), "{}", ended.said);
    assert!(!ended.said.contains("canary"), "{}", ended.said);
    // What lies elsewhere is not read by a link.
    place.write("elsewhere/secret.env", "GREETING=canary\n");
    place.write("evals/promptfooconfig.yaml", CONFIG);
    std::os::unix::fs::symlink("../elsewhere/secret.env", place.path("evals/.env")).unwrap();
    let mut command = place.command(&["-o", "out.json"]);
    Ended::from(command.current_dir(place.path("evals")).output().unwrap()).expect(0);
    assert!(!place.read("evals/out.json").contains("canary"));
}
