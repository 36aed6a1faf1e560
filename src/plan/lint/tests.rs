use super::{Page, lint};
use crate::plan::Severity;
use crate::plan::playbook::read;

/// The findings of a document: code and line.
fn found(text: &str) -> Vec<(&'static str, u32)> {
    let playbook = read("playbook.md", text.as_bytes()).expect("readable");
    let page = Page::new("playbook.md", text);
    lint(&page, &playbook, None).into_iter().map(|finding| (finding.code.as_str(), finding.line)).collect()
}

fn fenced(commands: &str) -> Vec<(&'static str, u32)> {
    found(&format!("# Release\n\n## Steps\n\n```bash\n{commands}\n```\n"))
}

#[test]
fn one_side_of_a_split_is_an_error_and_two_sides_by_place_a_warning() {
    let one = "kubectl patch virtualservice web --type=json -p=\"[\n  {\\\"path\\\": \\\"/spec/http/0/route/1/weight\\\", \\\"value\\\": 50}\n]\"";
    assert!(fenced(one).contains(&("one-sided-traffic", 7)));
    let two = "kubectl patch virtualservice web --type=json -p='[\n{\"path\": \"/spec/http/0/route/0/weight\", \"value\": 50},\n{\"path\": \"/spec/http/0/route/1/weight\", \"value\": 50}\n]'";
    let both = fenced(two);
    assert!(both.contains(&("positional-traffic", 7)));
    assert!(!both.iter().any(|(code, _)| *code == "one-sided-traffic"));
}

#[test]
fn an_empty_answer_must_not_pass() {
    let found = fenced(
        "ERROR_RATE=$(curl 'http://prom/api/v1/query?query=rate(failed_total[5m])' | jq '.data.result[0].value[1]')",
    );
    assert!(found.contains(&("passes-on-no-data", 6)));
    assert!(found.contains(&("rate-as-ratio", 6)));
    let ratio =
        fenced("ERROR_RATE=$(curl 'http://prom/api/v1/query?query=rate(failed[5m])/rate(all[5m])' | jq .x)");
    assert!(!ratio.iter().any(|(code, _)| *code == "rate-as-ratio"));
}

#[test]
fn dangerous_commands_are_named_with_their_line() {
    for (command, code) in [
        ("kubectl rollout undo deployment/web", "undo-previous"),
        ("docker push registry.example.com/web:latest", "moved-latest"),
        ("curl -X POST https://flags.example.com/disable_all", "flags-all-off"),
        ("ssh db1 'rm -rf /var/lib/data/*'", "data-deletion"),
        ("psql -c 'DROP TABLE orders'", "data-deletion"),
    ] {
        assert!(fenced(command).contains(&(code, 6)), "{command}");
    }
    for command in
        ["rm -rf ./build", "kubectl rollout undo deployment/web --to-revision=4", "# docker push web:latest"]
    {
        let others: Vec<_> =
            fenced(command).into_iter().filter(|(code, _)| *code != "no-verification").collect();
        assert_eq!(others, vec![], "{command}");
    }
}

#[test]
fn a_rollback_keeps_somebody_serving() {
    let steps = "# Release\n\n## Rollback plan\n\n1. Scale StatefulSet to 0 replicas\n2. Tell people\n";
    assert!(found(steps).contains(&("rollback-to-zero", 5)));
    let stopped =
        fenced("kubectl scale deployment new --replicas=0\nkubectl scale deployment old --replicas=10");
    assert!(stopped.contains(&("stopped-before-switch", 6)));
    let right =
        fenced("kubectl scale deployment old --replicas=10\nkubectl scale deployment new --replicas=0");
    assert!(!right.iter().any(|(code, _)| *code == "stopped-before-switch"));
}

#[test]
fn every_finding_says_what_to_write_instead() {
    let text = "# R\n\n```bash\ncurl -X POST https://flags.example.com/disable_all\n```\n";
    let playbook = read("p.md", text.as_bytes()).expect("readable");
    let findings = lint(&Page::new("p.md", text), &playbook, None);
    assert!(findings.iter().any(|finding| finding.severity == Severity::Error));
    assert!(findings.iter().all(|finding| !finding.help.is_empty() && finding.line > 0));
}
