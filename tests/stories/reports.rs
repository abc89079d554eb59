//! The tables in the hands of other programs: every query of `docs/queries.md` is run as it stands.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{Desk, python};

/// The fenced blocks of a Markdown file: language and text.
fn blocks(markdown: &str) -> Vec<(&str, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(&str, String)> = None;
    for line in markdown.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(language)) => open = Some((language, String::new())),
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some((_, text)), None) => text.push_str(&format!("{line}\n")),
            (None, None) => {}
        }
    }
    blocks
}

fn desk() -> Desk {
    let desk = Desk::new();
    for number in 0..6 {
        desk.draw(&format!("data/train/{number}.png"), number);
    }
    let picture = desk.draw("data/test/2.png", 2);
    desk.save(
        "data/test/2 small.jpg",
        &image::imageops::thumbnail(&picture, 160, 120),
    );
    desk.write(
        "data/test/broken.png",
        b"no picture, but a file of some bytes",
    );
    desk.scan(&["data"]);
    desk
}

fn run(desk: &Desk, python: &str, program: &str) -> String {
    let output = Command::new(python)
        .args(["-c", program])
        .current_dir(desk.path("lookalike-out"))
        .output()
        .expect("Python starts");
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}\n{words}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn every_documented_query_runs_and_answers() {
    let Some(python) = python() else { return };
    let desk = desk();
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/queries.md"))
        .expect("the page");
    let (mut sql, mut scripts) = (0, 0);
    for (language, block) in blocks(&text) {
        match language {
            "sql" => {
                run(
                    &desk,
                    &python,
                    &format!("import duckdb\nduckdb.sql(r'''{block}''').fetchall()"),
                );
                sql += 1;
            }
            "python" => {
                run(&desk, &python, &block);
                scripts += 1;
            }
            _ => {}
        }
    }
    assert!(
        sql >= 3 && scripts >= 3,
        "{sql} queries and {scripts} scripts: the page has lost some"
    );
}

#[test]
fn three_readers_see_the_same_tables() {
    let Some(python) = python() else { return };
    let desk = desk();
    let program = "
import duckdb, pandas, polars
for name in ('images', 'pairs', 'groups', 'leaks', 'label_conflicts'):
    path = f'report/{name}.parquet'
    a = duckdb.sql(f\"select * from '{path}'\").fetchall()
    b = pandas.read_parquet(path)
    c = polars.read_parquet(path)
    assert len(a) == len(b) == len(c), name
    assert list(b.columns) == c.columns, name
    print(name, len(a), ','.join(c.columns))
vector = duckdb.sql(\"select vector from 'features/*/*.parquet' where vector is not null limit 1\").fetchall()[0][0]
print('norm', round(sum(x * x for x in vector), 4))
";
    let said = run(&desk, &python, program);
    assert!(said.contains("images 9 path,archive,member,status,reason,detail,bytes,modified,format,width,height,content,pixels,flat,group"), "{said}");
    assert!(
        said.contains("pairs ") && said.contains("path_a,path_b,similarity,kind,group"),
        "{said}"
    );
    let leaks = "leaks 2 path_a,split_a,path_b,split_b,similarity,kind,group";
    assert!(said.contains(leaks), "{said}");
    assert!(said.contains("norm 1.0"), "{said}");
}
