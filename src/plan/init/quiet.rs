//! Times of every day in which numbers say nothing, of a first plan file.

use crate::base::Untrusted;

use super::Desk;
use super::paper::Section;

/// Writes a quiet time for each restart by the clock among the mitigations of the document's risks.
pub(super) fn quiet(desk: &mut Desk<'_>) {
    for risk in &desk.playbook.risks {
        let Some(text) = &risk.mitigation else { continue };
        let Some(at) = restart(text.raw()) else { continue };
        let section = Section::new()
            .comment(&desk.source(risk.line))
            .text("at", &at)
            .text("lasting", LASTING)
            .text("reason", &text.line());
        desk.paper.append("quiet", section);
        desk.note(
            risk.line,
            format!(
                "`{}`: how long it lasts is not said, {LASTING} was taken",
                Untrusted::new(text.raw()).cell(60)
            ),
        );
    }
}

/// How long a restart is taken to last.
const LASTING: &str = "10m";

/// `Auto-restart daily at 2 AM` is `02:00`.
fn restart(text: &str) -> Option<String> {
    let low = text.to_lowercase();
    if !low.contains("restart") {
        return None;
    }
    let after =
        ["daily", "nightly", "every night", "every day"].iter().find_map(|word| low.split_once(word))?.1;
    let time = after.trim_start_matches([' ', ',']).trim_start_matches("at ").trim_start();
    let digits = |text: &str| text.chars().take_while(char::is_ascii_digit).collect::<String>();
    let hour_text = digits(time);
    let mut hour: u32 = hour_text.parse().ok()?;
    let rest = time.get(hour_text.len()..)?;
    let minute_text = rest.strip_prefix(':').map(digits);
    let minute: u32 = minute_text.as_deref().map_or(Some(0), |text| text.parse().ok())?;
    let rest = rest.trim_start_matches(|c: char| c == ':' || c.is_ascii_digit() || c == ' ');
    let half = (rest.starts_with("am"), rest.starts_with("pm"));
    match half {
        (true, _) | (_, true) if !(1..=12).contains(&hour) => return None,
        (true, _) => hour %= 12,
        (_, true) => hour = hour % 12 + 12,
        _ => {}
    }
    (hour < 24 && minute < 60).then(|| format!("{hour:02}:{minute:02}"))
}

#[cfg(test)]
mod tests {
    use super::restart;

    #[test]
    fn restarts_by_the_clock_have_a_time() {
        for (text, at) in [
            ("Auto-restart daily at 2 AM", Some("02:00")),
            ("auto-restart daily 02:00", Some("02:00")),
            ("Restart every night at 11:30 pm", Some("23:30")),
            ("restarted nightly at 12 am", Some("00:00")),
            ("restart daily at 26:00", None),
            ("restart daily", None),
            ("Backup daily at 2 AM", None),
        ] {
            assert_eq!(restart(text).as_deref(), at, "{text}");
        }
    }
}
