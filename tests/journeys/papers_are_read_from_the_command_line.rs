//! From page files to papers: a mixed pile is sorted, a missing page is noticed, a photograph gives text, and a broken
//! file harms no other page.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde_json::Value;
use tests::rig::programs::{json, run};
use tests::specimen::papers::{Order, draw};
use tests::specimen::state::tessdata;

/// A decision of two pages and a residence slip of one family, scanned and photographed; drawn once.
static PAPERS: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let order = |kinds: &[&str], condition: &str, further_pages| Order {
        kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
        conditions: vec![condition.to_owned()],
        seed: 11,
        further_pages,
        ..Order::default()
    };
    draw(
        folder.path(),
        &order(&["quyet_dinh", "cu_tru"], "scan200", true),
    )
    .unwrap();
    draw(folder.path(), &order(&["cu_tru"], "phone_ok", false)).unwrap();
    folder
});

fn page(condition: &str, id: &str) -> PathBuf {
    let folder = PAPERS.path().join("pages").join(condition);
    let is =
        |ending: &str| Some(folder.join(format!("{id}.{ending}"))).filter(|path| path.is_file());
    is("jpg").or_else(|| is("png")).unwrap()
}

/// What the drawn page says in a field.
fn truth(id: &str, name: &str) -> String {
    let path = PAPERS.path().join(format!("gt/{id}.json"));
    let truth: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    truth["fields"][name]["value"].as_str().unwrap().to_owned()
}

fn digitize(pages: &[&Path], more: &[&str]) -> (i32, Value) {
    let tessdata = tessdata();
    let mut arguments = vec![
        "paper",
        "digitize",
        "--tessdata",
        tessdata.to_str().unwrap(),
    ];
    arguments.extend(pages.iter().map(|page| page.to_str().unwrap()));
    arguments.extend(more);
    json("niem-station", &arguments)
}

#[test]
fn a_mixed_pile_becomes_papers_with_their_owner() {
    let out = tempfile::tempdir().unwrap();
    let (first, second) = (
        page("scan200", "quyet_dinh_0"),
        page("scan200", "quyet_dinh_0_p2"),
    );
    let slip = page("scan200", "cu_tru_0");
    let folder = out.path().join("sorted");
    // The slip again, as if it had gone through the feeder twice.
    let (exit, told) = digitize(
        &[&slip, &first, &second, &slip],
        &["--pile", "--count", "3", "--out", folder.to_str().unwrap()],
    );
    assert_eq!(
        (exit, told["outcome"].as_str()),
        (0, Some("sorted")),
        "{told:#}"
    );
    let documents = told["documents"].as_array().unwrap();
    let kinds: Vec<_> = documents
        .iter()
        .map(|paper| (&paper["kind"]["id"], &paper["pages"]))
        .collect();
    assert_eq!(documents.len(), 2, "{kinds:?}");
    assert_eq!(documents[0]["kind"]["id"], "cu_tru");
    assert_eq!(documents[0]["pages"], serde_json::json!([1]));
    assert_eq!(documents[1]["kind"]["id"], "quyet_dinh");
    assert_eq!(documents[1]["pages"], serde_json::json!([2, 3]));
    assert_eq!(
        told["duplicates"],
        serde_json::json!([{ "page": 4, "repeats": 1 }])
    );
    for document in documents {
        let file = Path::new(document["file"].as_str().unwrap());
        assert!(fs::read(file).unwrap().starts_with(b"%PDF-"));
    }
    let summary: Value =
        serde_json::from_slice(&fs::read(folder.join("pile.json")).unwrap()).unwrap();
    assert_eq!(summary["documents"], told["documents"]);
    // Whose: the slip names its owner by number, and the archive gets it as metadata.
    let number = truth("cu_tru_0", "so_dinh_danh");
    assert_eq!(
        documents[0]["metadata"]["subjects"][0]["number"]["value"],
        number.as_str()
    );
    let owners = told["owners"].as_array().unwrap();
    assert!(
        owners.iter().any(|owner| owner["number"] == number.as_str()
            && owner["documents"].as_array().unwrap().contains(&1.into())),
        "{owners:#?}"
    );
    assert_eq!(
        fs::read_dir(&folder).unwrap().count(),
        3,
        "nothing half-written lies about"
    );
}

#[test]
fn a_page_missing_from_the_count_is_refused() {
    let out = tempfile::tempdir().unwrap();
    let file = out.path().join("paper.pdf");
    let first = page("scan200", "quyet_dinh_0");
    // Two images, but of one page: the count of two sheets does not hold.
    let (exit, told) = digitize(
        &[&first, &first],
        &["--count", "2", "--out", file.to_str().unwrap()],
    );
    assert_eq!(
        (exit, told["code"].as_str()),
        (3, Some("paper.count_mismatch")),
        "{told:#}"
    );
    assert_eq!((&told["counted"], &told["found"]), (&2.into(), &1.into()));
    assert!(!file.exists());
}

#[test]
fn a_photograph_gives_text_and_claims_no_resolution_of_its_own() {
    let out = tempfile::tempdir().unwrap();
    let file = out.path().join("paper.pdf");
    let photograph = page("phone_ok", "cu_tru_0");
    let (exit, told) = digitize(&[&photograph], &["--out", file.to_str().unwrap()]);
    assert_eq!(exit, 0, "{told:#}");
    let page = &told["pages"][0];
    assert_eq!(page["photograph"], true);
    assert_eq!(
        page["dpi"], page["geometry"]["flattening"]["dpi"],
        "that of the sheet found in it"
    );
    let text = told["text"][0].as_str().unwrap();
    assert!(text.contains(&truth("cu_tru_0", "so_dinh_danh")), "{text}");
    assert_eq!(told["kind"]["id"], "cu_tru");
}

#[test]
fn a_broken_file_is_named_and_the_other_pages_are_read() {
    let out = tempfile::tempdir().unwrap();
    let (file, broken) = (out.path().join("paper.pdf"), out.path().join("broken.jpg"));
    let slip = page("scan200", "cu_tru_0");
    let whole = fs::read(&slip).unwrap();
    fs::write(&broken, &whole[..whole.len() / 3]).unwrap();
    let (exit, told) = digitize(&[&broken, &slip], &["--out", file.to_str().unwrap()]);
    assert_eq!(
        (exit, told["code"].as_str()),
        (1, Some("paper.not_an_image")),
        "{told:#}"
    );
    assert_eq!(
        (&told["page"], told["bad_pages"].as_array().unwrap().len()),
        (&1.into(), 1)
    );
    assert!(told["vi"]["remedy"].is_string() && told["bad_pages"][0]["en"]["cause"].is_string());
    assert!(
        told["text"][1]
            .as_str()
            .unwrap()
            .contains(&truth("cu_tru_0", "so_dinh_danh"))
    );
    assert!(!file.exists(), "a paper with a page missing is no evidence");
}

#[test]
fn pages_come_one_line_each_before_the_answer() {
    let out = tempfile::tempdir().unwrap();
    let file = out.path().join("paper.pdf");
    let (first, second) = (
        page("scan200", "quyet_dinh_0"),
        page("scan200", "quyet_dinh_0_p2"),
    );
    let tessdata = tessdata();
    let output = run(
        "niem-station",
        &[
            "paper",
            "digitize",
            "--stream",
            "--tessdata",
            tessdata.to_str().unwrap(),
            "--out",
            file.to_str().unwrap(),
            first.to_str().unwrap(),
            second.to_str().unwrap(),
        ],
    );
    let lines: Vec<Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let event = |line: &Value| line["event"].as_str().unwrap().to_owned();
    // The first lines of each page are told long before it: in any order among themselves.
    for number in [1, 2] {
        let first = lines
            .iter()
            .position(|line| event(line) == "first_text" && line["number"] == number);
        let whole = lines
            .iter()
            .position(|line| event(line) == "page" && line["page"]["number"] == number);
        assert!(first.is_some() && first < whole, "page {number}");
        let text = |at: Option<usize>| lines[at.unwrap()]["text"].as_str().unwrap().to_owned();
        assert!(!text(first).is_empty() && text(first).len() < text(whole).len());
    }
    let later: Vec<&Value> = lines.iter().filter(|l| event(l) != "first_text").collect();
    let events: Vec<_> = later.iter().map(|line| event(line)).collect();
    assert_eq!(events, ["page", "page", "end"]);
    assert_eq!(
        (&later[0]["page"]["number"], &later[1]["page"]["number"]),
        (&1.into(), &2.into())
    );
    let number = truth("quyet_dinh_0", "so_dinh_danh");
    assert!(later[0]["text"].as_str().unwrap().contains(&number));
    assert_eq!(later[2]["outcome"], "digitized");
    // Whoever reads along on stderr, or in a log, learns nobody's name or number.
    let aside = String::from_utf8_lossy(&output.stderr);
    assert_eq!(aside.lines().count(), 2, "{aside}");
    assert!(!aside.contains(&number));
}
