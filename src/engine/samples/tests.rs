//! The file's own rules.

use std::os::unix::fs::PermissionsExt as _;

use super::format::{NotRead, read, write};
use super::*;

fn kept() -> Kept {
    let series = |answer, arms: &[(Arm, &[u8])]| KeptSeries {
        question: Digest::of("q"),
        answer,
        arms: arms.iter().map(|(arm, packed)| (*arm, packed.to_vec())).collect(),
    };
    let (canary, baseline): (&[u8], &[u8]) = (b"\x00metric x\nwhole 3\n", b"\xff\n\n");
    Kept::from([
        (MetricId::new("error-rate"), series(Answer::Whole, &[(Arm::Whole, b"")])),
        (
            MetricId::new("a b"),
            series(Answer::Fault("no route".to_owned()), &[(Arm::Canary, canary), (Arm::Baseline, baseline)]),
        ),
        (MetricId::new("none"), series(Answer::Partial("two series".to_owned()), &[])),
    ])
}

fn sealed(body: &str) -> Vec<u8> {
    format!("tminus-samples 2 {}\n{body}", Digest::of(body)).into_bytes()
}

#[test]
fn what_is_written_is_read() {
    assert_eq!(read(&write(&kept())), Ok(kept()));
    let lines = KeptSeries {
        answer: Answer::Fault("no\nroute".to_owned()),
        ..kept()[&MetricId::new("none")].clone()
    };
    let back = read(&write(&Kept::from([(MetricId::new("m"), lines)]))).expect("readable");
    assert_eq!(back.len(), 1, "an answer stays on its line");
}

#[test]
fn what_is_not_whole_of_another_format_or_foreign_counts_as_nothing() {
    let whole = write(&kept());
    for cut in [whole.len() - 1, whole.len() / 2, 90] {
        assert_eq!(read(&whole[..cut]), Err(NotRead::Torn));
    }
    for (version, file) in [(1, "tminus-samples 1 x\nmetric m\n"), (3, "tminus-samples 3 x\n")] {
        assert_eq!(read(file.as_bytes()), Err(NotRead::Another(version)));
    }
    for foreign in
        [&b""[..], b"SQLite format 3\0\n", b"\xff\xfe", b"tminus-samples\n", b"tminus-samples x y\n"]
    {
        assert_eq!(read(foreign), Err(NotRead::Foreign));
    }
    let head = format!("metric m\nquestion {}\nanswer whole\n", Digest::of(""));
    assert!(read(&sealed(&head)).is_ok());
    for odd in
        ["soon\n", "canary 5\nab\n", "canary 1\nab", "canary -1\n\n", &format!("canary {}\n\n", u64::MAX)]
    {
        assert!(matches!(read(&sealed(&format!("{head}{odd}"))), Err(NotRead::Byte(_))), "{odd:?}");
    }
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
