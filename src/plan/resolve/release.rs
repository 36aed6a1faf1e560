//! `[release]` and the environment it goes to.

use crate::base::{Seconds, Timestamp};
use crate::plan::file::{At, Place, PlanFile, quoted};
use crate::plan::nearest::nearest;
use crate::plan::{PlanError, ReleaseSpec};

/// The environment of a release whose plan names none; taken as production, the careful reading.
const ENVIRONMENT: &str = "prod";
/// The version of a release nobody gave one.
const UNVERSIONED: &str = "unversioned";

pub(super) fn release(file: &PlanFile, place: &Place) -> Result<ReleaseSpec, PlanError> {
    let release = &file.release;
    let text = |value: &Option<At<String>>| value.as_ref().map(|text| text.value.clone());
    let environment = match (&release.environment, file.environment.names().next()) {
        (Some(named), Some(_)) if file.environment.get(named.as_str()).is_none() => {
            let near = nearest(named.as_str(), file.environment.names());
            let message = format!("there is no [environment.{}]", quoted(named.as_str()).trim_matches('`'));
            let help = match near {
                Some(near) => format!("write `{near}`, or add the section"),
                None => "add the section, or leave the key out".to_owned(),
            };
            return Err(place.error(named.start, message, help));
        }
        (Some(named), _) => named.value.clone(),
        (None, first) => first.unwrap_or(ENVIRONMENT).to_owned(),
    };
    let chosen = file.environment.get(&environment);
    Ok(ReleaseSpec {
        name: text(&release.name).unwrap_or_else(|| "release".to_owned()),
        version: text(&release.version).unwrap_or_else(|| UNVERSIONED.to_owned()),
        kind: release.kind.unwrap_or_default(),
        t0: release.t0.as_ref().map(|t0| moment(t0, place)).transpose()?,
        zone: release.zone.as_ref().map(|zone| zone_name(zone, place)).transpose()?.unwrap_or_else(utc),
        window: release.window.as_ref().map(|window| length(window, place)).transpose()?,
        production: chosen.and_then(|it| it.production).unwrap_or(true),
        context: chosen.and_then(|it| text(&it.context)),
        environment,
    })
}

fn utc() -> String {
    "UTC".to_owned()
}

fn moment(t0: &At<toml::value::Datetime>, place: &Place) -> Result<Timestamp, PlanError> {
    t0.value.to_string().parse().map_err(|_| {
        let message = format!("{} is not a moment in UTC", quoted(&t0.value.to_string()));
        place.error(t0.start, message, "write date, time and offset, such as 2026-12-01T10:00:00Z")
    })
}

fn zone_name(zone: &At<String>, place: &Place) -> Result<String, PlanError> {
    match jiff::tz::TimeZone::get(zone.as_str()) {
        Ok(_) => Ok(zone.value.clone()),
        Err(_) => Err(place.error(
            zone.start,
            format!("{} is no time zone", quoted(zone.as_str())),
            "write an IANA name such as `Europe/Zurich` or `UTC`",
        )),
    }
}

/// A length of time as the plan file writes it.
pub(super) fn length(text: &At<String>, place: &Place) -> Result<Seconds, PlanError> {
    Seconds::parse(text.as_str()).ok_or_else(|| {
        place.error(
            text.start,
            format!("{} is not a length of time", quoted(text.as_str())),
            "write a number with its unit, such as 90s, 30m, 4h, 2d or 1w",
        )
    })
}
