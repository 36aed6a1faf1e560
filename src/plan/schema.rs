//! The JSON Schema of the plan file, for editors.

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;

use super::file::PlanFile;

/// The schema as text, with a line end; the same text is in `assets/plan.schema.json`.
pub fn schema() -> String {
    let generator = SchemaGenerator::new(SchemaSettings::draft07());
    let schema = generator.into_root_schema_for::<PlanFile>();
    let text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_schema_is_this_one() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/plan.schema.json");
        if std::env::var_os("TMINUS_WRITE_SCHEMA").is_some() {
            std::fs::write(path, schema()).expect("written");
        }
        let committed = std::fs::read_to_string(path).expect("readable");
        assert!(
            committed == schema(),
            "assets/plan.schema.json is out of date: run this test once with TMINUS_WRITE_SCHEMA=1"
        );
    }

    #[test]
    fn every_section_of_the_plan_file_is_described() {
        let schema: serde_json::Value = serde_json::from_str(&schema()).expect("JSON");
        for section in ["release", "gate", "metric", "rollout", "trigger", "item", "vars"] {
            assert!(schema["properties"][section]["description"].is_string(), "{section}");
        }
    }
}
