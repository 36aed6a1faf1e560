//! How fast a playbook is read: budget 30 ms for a megabyte.

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use tminus::plan::playbook::read;

fn main() {
    divan::main();
}

/// A playbook of about so many bytes, with everything a playbook holds.
fn playbook(bytes: usize) -> String {
    let mut text = String::from("# Release\n\n");
    let mut number = 0;
    while text.len() < bytes {
        number += 1;
        text.push_str(&format!(
            "## Stage {number}: Validation of part {number} (T-{number} days)\n\n\
             Owner: QA lead. Text that says what this part is for, with `code` and **weight**.\n\n\
             - [ ] **{number}.1 Tests**\n  - [ ] Unit tests pass\n  - [x] Coverage >= 80%\n\n\
             | Metric | Target | Alert |\n|---|---|---|\n| Error rate | < 0.1% | > 1% |\n\n\
             ```bash\nkubectl get pods -n part-{number}\n```\n\n"
        ));
    }
    text
}

/// The size of the largest of the five playbooks, and a megabyte.
#[divan::bench(args = [37_048, 1_000_000])]
fn reading(bencher: Bencher, bytes: usize) {
    let text = playbook(bytes);
    bencher
        .counter(BytesCount::of_str(&text))
        .bench_local(|| read(black_box("playbook.md"), black_box(text.as_bytes())));
}
