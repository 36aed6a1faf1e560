//! The playbook and plans that come with the program: the release the demo plays, and the machine part a playbook
//! without one gets in a simulated world.

use super::{SourceFile, Sources};

const PLAYBOOK: &[u8] = include_bytes!("../../assets/playbooks/demo.md");
const PLAN: &[u8] = include_bytes!("../../assets/playbooks/demo.tminus.toml");
const REHEARSAL: &[u8] = include_bytes!("../../assets/playbooks/rehearsal.tminus.toml");

/// The sources of the demo.
pub fn demo() -> Sources {
    Sources {
        playbook: Some(SourceFile::new("demo.md", PLAYBOOK)),
        plan: Some(SourceFile::new("demo.tminus.toml", PLAN)),
    }
}

/// A playbook without a plan file in a simulated world: everything people do is its own, the traffic, the numbers
/// and their triggers are those every scripted world knows.
pub fn rehearsal(playbook: SourceFile) -> Sources {
    Sources { playbook: Some(playbook), plan: Some(SourceFile::new("rehearsal.tminus.toml", REHEARSAL)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::resolve;

    #[test]
    fn the_demo_plan_is_read() {
        let plan = resolve(&demo()).map(|resolved| resolved.plan.release);
        assert_eq!(
            plan.map(|release| (release.name, release.version)),
            Ok(("payments".into(), "3.2.0".into()))
        );
    }

    #[test]
    fn any_playbook_can_be_rehearsed_and_never_as_production() {
        let playbook = SourceFile::new("shop.md", "# Shop 2.0.0\n\n## Gates\n\n- [ ] Tests pass\n");
        let plan = resolve(&rehearsal(playbook)).expect("a plan").plan;
        assert_eq!((plan.items.len(), plan.rollouts.len(), plan.triggers.len()), (1, 1, 2));
        assert_eq!((plan.release.environment.as_str(), plan.release.production), ("rehearsal", false));
    }
}
