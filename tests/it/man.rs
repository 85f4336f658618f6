//! `telecine man`: pages that every man can read, one for each command.

use crate::support::command::Workshop;

#[test]
fn the_manual_goes_to_standard_output() {
    let run = Workshop::new().run("man").succeeds();
    let page = run.stdout();
    assert!(page.lines().any(|line| line.starts_with(".TH telecine 1")), "{page}");
    for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "SUBCOMMANDS", "VERSION"] {
        assert!(page.lines().any(|line| line == format!(".SH {section}")), "{section}: {page}");
    }
    assert!(page.contains("telecine\\-sync(1)"), "{page}");
}

#[test]
fn every_command_has_a_page_with_its_examples() {
    let workshop = Workshop::new();
    workshop.run("man --out-dir new/man1").succeeds();
    // A second time they are replaced.
    workshop.run("man --out-dir new/man1").succeeds();
    let read = |name: &str| String::from_utf8(workshop.get(&format!("new/man1/{name}.1"))).unwrap();
    for (name, example) in [
        ("telecine-sync", "telecine sync --anonymous --types tapes --live"),
        ("telecine-presets-try", "telecine presets try tape.zip"),
        ("telecine-man", "telecine man --out-dir"),
    ] {
        let page = read(name);
        assert!(page.contains(&format!(".TH {name} 1")), "{page}");
        assert!(page.replace("\\-", "-").contains(example), "{page}");
    }
    let main = read("telecine");
    let mentioned = main.replace("\\-", "-");
    let pages = std::fs::read_dir(workshop.path("new/man1")).unwrap();
    let names = pages.map(|page| page.unwrap().file_name().into_string().unwrap());
    let direct: Vec<_> = names.filter(|name| name.matches('-').count() == 1).collect();
    assert!(direct.len() > 10, "{direct:?}");
    for name in direct {
        let reference = format!("{}(1)", name.trim_end_matches(".1"));
        assert!(mentioned.contains(&reference), "{reference}");
    }
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let workshop = Workshop::new();
    workshop.put("file", "");
    let run = workshop.run("man --out-dir file/man1");
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.starts_with("error: man: cannot write file/man1\n  because: "), "{}", run.stderr);
}
