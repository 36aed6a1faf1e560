//! The playbook and plan that come with the program: the release the demo plays.

use super::{SourceFile, Sources};

const PLAYBOOK: &[u8] = include_bytes!("../../assets/playbooks/demo.md");
const PLAN: &[u8] = include_bytes!("../../assets/playbooks/demo.tminus.toml");

/// The sources of the demo.
pub fn demo() -> Sources {
    Sources {
        playbook: Some(SourceFile::new("demo.md", PLAYBOOK)),
        plan: Some(SourceFile::new("demo.tminus.toml", PLAN)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_plan_is_read() {
        let plan = crate::plan::resolve(&demo()).map(|resolved| resolved.plan.release);
        assert_eq!(
            plan.map(|release| (release.name, release.version)),
            Ok(("payments".into(), "3.2.0".into()))
        );
    }
}
