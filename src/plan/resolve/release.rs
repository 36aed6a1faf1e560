//! `[release]` and the environment it goes to.

use crate::base::Timestamp;
use crate::plan::file::{At, quoted};
use crate::plan::{PlanError, ReleaseSpec, Sources};

use super::desk::Desk;
use super::document;

/// The environment of a release whose plan names none; taken as production, the careful reading.
const ENVIRONMENT: &str = "prod";
/// The version of a release nobody gave one.
pub(super) const UNVERSIONED: &str = "unversioned";

/// The release: as the plan file says; what it leaves open, as the document's title does.
pub(super) fn release(desk: &Desk<'_>, sources: &Sources) -> Result<ReleaseSpec, PlanError> {
    let (file, release) = (desk.file, &desk.file.release);
    let text = |value: &Option<At<String>>| value.as_ref().map(|text| text.value.clone());
    let environment = match (&release.environment, file.environment.is_empty()) {
        (Some(named), true) => named.value.clone(),
        (Some(named), false) => desk.named(named, "environment", file.environment.names())?.to_owned(),
        (None, _) => file.environment.names().next().unwrap_or(ENVIRONMENT).to_owned(),
    };
    let chosen = file.environment.get(&environment);
    for (name, known) in [("name", &release.name), ("version", &release.version)] {
        if let Some(empty) = known.as_ref().filter(|text| text.as_str().trim().is_empty()) {
            let message = format!("the {name} of the release is empty");
            return Err(desk.place.error(
                empty.start,
                message,
                format!("write {name} = \"…\" or leave the key out"),
            ));
        }
    }
    let name = text(&release.name).or_else(|| desk.playbook.and_then(document::release_name));
    let version = text(&release.version).or_else(|| desk.playbook.and_then(document::release_version));
    Ok(ReleaseSpec {
        name: name.unwrap_or_else(|| file_name(sources)),
        version: version.unwrap_or_else(|| UNVERSIONED.to_owned()),
        kind: release.kind.unwrap_or_default(),
        t0: release.t0.as_ref().map(|t0| moment(desk, t0)).transpose()?,
        zone: release.zone.as_ref().map_or_else(|| Ok("UTC".to_owned()), |zone| zone_name(desk, zone))?,
        window: release.window.as_ref().map(|window| desk.length(window)).transpose()?,
        production: chosen.and_then(|it| it.production).unwrap_or(true),
        context: chosen.and_then(|it| text(&it.context)),
        environment,
    })
}

/// The name of the file the release comes from, without its extensions.
fn file_name(sources: &Sources) -> String {
    let file = sources.playbook.as_ref().or(sources.plan.as_ref());
    let stem = file.map_or("", |file| file.base_name()).split('.').next().unwrap_or_default();
    if stem.is_empty() { "release".to_owned() } else { stem.to_owned() }
}

fn moment(desk: &Desk<'_>, t0: &At<toml::value::Datetime>) -> Result<Timestamp, PlanError> {
    let text = t0.value.to_string();
    text.parse().map_err(|_| {
        let help = "write date, time and offset, such as 2026-12-01T10:00:00Z";
        desk.place.error(t0.start, format!("{} is not a moment everybody shares", quoted(&text)), help)
    })
}

fn zone_name(desk: &Desk<'_>, zone: &At<String>) -> Result<String, PlanError> {
    match jiff::tz::TimeZone::get(zone.as_str()) {
        Ok(_) => Ok(zone.value.clone()),
        Err(_) => {
            let help = "write an IANA name such as `Europe/Zurich` or `UTC`";
            Err(desk.wrong(zone, "is no time zone", help))
        }
    }
}
