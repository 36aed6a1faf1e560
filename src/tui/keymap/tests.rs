use super::*;

fn chords(words: &str) -> Vec<Chord> {
    words.split(' ').filter_map(Chord::parse).collect()
}

#[test]
fn the_built_in_keys_read_and_mean_what_they_say() {
    let keymap = Keymap::built_in().expect("built-in keymap");
    let meaning = |contexts: &[Context], words| keymap.meaning(contexts, &chords(words));
    let stages = [Context::Stages, Context::Any];
    assert_eq!(meaning(&stages, "space"), Meant::Action(Action::Tick));
    assert_eq!(meaning(&stages, "R"), Meant::Action(Action::RollBack));
    assert_eq!(meaning(&stages, "g"), Meant::More);
    assert_eq!(meaning(&stages, "g g"), Meant::Action(Action::Top));
    assert_eq!(meaning(&stages, "g x"), Meant::Nothing);
    assert_eq!(meaning(&[Context::RollCall, Context::Any], "g"), Meant::Action(Action::Go));
}

#[test]
fn lower_case_twins_never_act_on_the_world_and_multiplexer_keys_stay_free() {
    let keymap = Keymap::built_in().expect("built-in keymap");
    for context in Context::ALL {
        for binding in keymap.bindings(context) {
            for keys in &binding.keys {
                assert!(!keys.iter().any(|key| key.is_reserved()), "{}", binding.keys_text());
                assert!(!binding.action.acts_on_world() || keys.iter().all(|key| key.is_deliberate()));
            }
            assert!(!binding.desc.is_empty());
        }
        for twin in ["p", "h", "r"] {
            if let Meant::Action(action) = keymap.meaning(&[context], &chords(twin)) {
                assert!(!action.acts_on_world(), "{twin}");
            }
        }
    }
}

#[test]
fn a_users_file_rebinds_and_takes_away() {
    let text = "any = [\n {keys=[\"f5\"], act=\"roll-back\", desc=\"back\"},\n {keys=[\"R\"], act=\"nothing\"},\n]\n\
                stages = [{keys=[\"j\"], act=\"tick\", desc=\"tick\"}]";
    let keymap = Keymap::with_user("keymap.toml", text).expect("keymap");
    assert_eq!(keymap.meaning(&[Context::Any], &chords("R")), Meant::Nothing);
    assert_eq!(keymap.meaning(&[Context::Any], &chords("f5")), Meant::Action(Action::RollBack));
    assert_eq!(keymap.meaning(&[Context::Stages, Context::Any], &chords("j")), Meant::Action(Action::Tick));
    assert_eq!(keymap.meaning(&[Context::Any], &chords("down")), Meant::Action(Action::Down));
}

#[test]
fn a_wrong_file_says_what_is_wrong() {
    let error = |text: &str| match Keymap::with_user("keymap.toml", text) {
        Err(error) => error.to_string(),
        Ok(_) => String::new(),
    };
    let line = |keys: &str, act: &str| format!("any = [{{keys=[\"{keys}\"], act=\"{act}\", desc=\"d\"}}]");
    assert!(error(&line("shift-x", "up")).contains("`shift-x`"));
    assert!(error(&line("ctrl-a", "up")).contains("multiplexers"));
    assert!(error(&line("r", "roll-back")).contains("upper-case"));
    assert!(error(&line("x y", "roll-back")).contains("upper-case"));
    assert!(error(&line("z", "explode")).contains("line 1"));
    assert!(error("dialog = [{keys=[\"enter\"], act=\"confirm\", desc=\"d\"}]").contains("choose a letter"));
    assert!(error("any = [{keys=[\"z\"], act=\"up\"}]").contains("without a description"));
    assert!(error(&line("g", "up")).contains("begins another"));
    let twice = "any = [{keys=[\"z\"], act=\"up\", desc=\"d\"}, {keys=[\"z\"], act=\"down\", desc=\"d\"}]";
    assert!(error(twice).contains("bound twice"));
}
