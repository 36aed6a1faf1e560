//! The file's own rules.

use std::os::unix::fs::PermissionsExt as _;

use super::text::{NotRead, read, write};
use super::*;

fn at(nanosecond: i128) -> Timestamp {
    Timestamp::from_nanosecond(nanosecond).expect("in range")
}

fn kept() -> Kept {
    let second = 1_000_000_000;
    let start = 1_790_000_000 * second;
    let even = (0..200).map(|n| (at(start + n * 15 * second), Some(n as f64 / 3.0))).collect();
    let uneven =
        vec![(at(start + 7), None), (at(start + 99), Some(-1e-300)), (at(start + second), Some(0.1))];
    let series = |answer, samples| KeptSeries { question: Digest::of("q"), answer, samples };
    Kept::from([
        (MetricId::new("error-rate"), series(Answer::Whole, even)),
        (MetricId::new("a b"), series(Answer::Fault("no\nroute".to_owned()), uneven)),
        (MetricId::new("none"), series(Answer::Partial("two series".to_owned()), Vec::new())),
    ])
}

#[test]
fn what_is_written_is_read() {
    let text = write(&kept());
    let back = read(text.as_bytes()).expect("readable");
    assert_eq!(write(&back), text);
    let samples = |kept: &Kept| kept.values().map(|one| one.samples.clone()).collect::<Vec<_>>();
    assert_eq!(samples(&back), samples(&kept()));
    let stepped = text
        .lines()
        .filter(|line| line.starts_with(|first: char| first.is_ascii_digit()) && line.contains(' '));
    assert_eq!(stepped.count(), 5, "an even series names its steps once");
}

#[test]
fn what_is_not_whole_newer_or_foreign_counts_as_nothing() {
    let text = write(&kept());
    for cut in [text.len() - 1, text.len() / 2, 90] {
        assert_eq!(read(&text.as_bytes()[..cut]), Err(NotRead::Torn));
    }
    assert_eq!(read(text.replacen(" 1 ", " 2 ", 1).as_bytes()), Err(NotRead::Newer(2)));
    for foreign in
        [&b""[..], b"SQLite format 3\0\n", b"\xff\xfe", b"tminus-samples\n", b"tminus-samples x y\n"]
    {
        assert_eq!(read(foreign), Err(NotRead::Foreign));
    }
    let body = format!("metric m\nquestion {}\nanswer whole\nsoon\n", Digest::of(""));
    let sealed = format!("tminus-samples 1 {}\n{body}", Digest::of(&body));
    assert_eq!(read(sealed.as_bytes()), Err(NotRead::Line(5)));
    let far = body.replace("soon", &format!("{} 1", i128::MAX));
    let sealed = format!("tminus-samples 1 {}\n{far}", Digest::of(&far));
    assert_eq!(read(sealed.as_bytes()), Err(NotRead::Line(5)));
}

#[test]
fn the_file_is_for_its_owner_and_replaced_as_a_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let cache = SamplesCache::of(folder.path(), Uuid::from_u128(1), &ReleaseId::new("payments/prod"));
    let other = SamplesCache::of(folder.path(), Uuid::from_u128(2), &ReleaseId::new("payments/prod"));
    assert_ne!(cache, other);
    assert_eq!(cache.load(), Kept::new());
    cache.keep(&Kept::new());
    cache.keep(&kept());
    assert_eq!(cache.load().len(), 3);
    let mode = fs::metadata(cache.path()).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 1);
    fs::write(cache.path(), "something else").expect("written");
    assert_eq!(cache.load(), Kept::new());
    cache.forget();
    cache.forget();
    assert!(!cache.path().exists());
}
