//! The files a plan is made from, as read, and the one blob of the journal that keeps them.
//!
//! Invariants: the encoding is stable and reads back to the same sources; it holds the files' own names without
//! their folders, so the same files give the same bytes wherever they lie.

use crate::base::Digest;

/// The first line of the encoding.
const MAGIC: &str = "tminus-sources/1";

/// A file as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Its name as it was given to us; findings and errors show it.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl SourceFile {
    /// A file of that name and content.
    pub fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), bytes: bytes.into() }
    }
    /// The name without its folders.
    pub fn base_name(&self) -> &str {
        self.name.rsplit(['/', '\\']).next().unwrap_or(&self.name)
    }
}

/// What a plan is made from: a playbook, a plan file, or both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// The document people wrote.
    pub playbook: Option<SourceFile>,
    /// The machine part beside it.
    pub plan: Option<SourceFile>,
}

/// Why bytes are not the encoding of sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourcesError {
    /// The first line is another one.
    #[error("these bytes do not begin with `{MAGIC}`, so they are not the sources of a plan")]
    NotSources,
    /// A part is cut off, of an unknown kind, or there twice.
    #[error("the sources of the plan are damaged at byte {at}")]
    Damaged {
        /// Where reading stopped.
        at: usize,
    },
}

impl Sources {
    /// The stable bytes of these sources: for each file its kind, the lengths of name and content, then both.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = format!("{MAGIC}\n").into_bytes();
        for (kind, file) in [("playbook", &self.playbook), ("plan", &self.plan)] {
            if let Some(file) = file {
                let name = file.base_name();
                out.extend(format!("{kind} {} {}\n{name}\n", name.len(), file.bytes.len()).bytes());
                out.extend_from_slice(&file.bytes);
                out.push(b'\n');
            }
        }
        out
    }

    /// Reads the bytes back.
    ///
    /// # Errors
    /// When they are not such bytes, or damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SourcesError> {
        let mut reader = Reader { bytes, at: 0 };
        if reader.line() != Some(MAGIC) {
            return Err(SourcesError::NotSources);
        }
        let mut sources = Self::default();
        while reader.at < bytes.len() {
            let at = reader.at;
            let part = reader.part().ok_or(SourcesError::Damaged { at })?;
            let place = match part.0 {
                "playbook" if sources.playbook.is_none() && sources.plan.is_none() => &mut sources.playbook,
                "plan" if sources.plan.is_none() => &mut sources.plan,
                _ => return Err(SourcesError::Damaged { at }),
            };
            *place = Some(part.1);
        }
        Ok(sources)
    }

    /// The digest of [`Sources::to_bytes`]: the name of their blob.
    pub fn digest(&self) -> Digest {
        Digest::of(self.to_bytes())
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn line(&mut self) -> Option<&'a str> {
        let rest = self.bytes.get(self.at..)?;
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        self.at += end + 1;
        std::str::from_utf8(rest.get(..end)?).ok()
    }
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(length)?;
        let taken = self.bytes.get(self.at..end)?;
        (self.bytes.get(end) == Some(&b'\n')).then(|| self.at = end + 1)?;
        Some(taken)
    }
    fn part(&mut self) -> Option<(&'a str, SourceFile)> {
        let mut words = self.line()?.split(' ');
        let kind = words.next()?;
        let name = words.next()?.parse().ok()?;
        let content = words.next()?.parse().ok()?;
        let name = std::str::from_utf8(self.take(name)?).ok()?;
        Some((kind, SourceFile::new(name, self.take(content)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn file() -> impl Strategy<Value = Option<SourceFile>> {
        let one = ("[a-z.\n ]{0,12}", proptest::collection::vec(any::<u8>(), 0..64));
        proptest::option::of(one.prop_map(|(name, bytes)| SourceFile::new(name, bytes)))
    }

    proptest! {
        #[test]
        fn every_pair_of_files_reads_back(playbook in file(), plan in file()) {
            let sources = Sources { playbook, plan };
            prop_assert_eq!(Sources::from_bytes(&sources.to_bytes()), Ok(sources));
        }

        #[test]
        fn damage_is_an_error_and_never_a_panic(plan in file(), cut in 0usize..200, byte in any::<u8>()) {
            let sources = Sources { playbook: Some(SourceFile::new("a.md", "# A\n")), plan };
            let mut bytes = sources.to_bytes();
            let cut = cut % bytes.len();
            bytes[cut] ^= byte;
            if let Ok(read) = Sources::from_bytes(&bytes) {
                prop_assert!(byte == 0 || read != sources);
            }
            prop_assert_eq!(Sources::from_bytes(&bytes[..cut.min(15)]), Err(SourcesError::NotSources));
        }
    }

    #[test]
    fn the_folder_is_no_part_of_the_bytes() {
        let at = |name: &str| Sources { playbook: Some(SourceFile::new(name, "x")), plan: None };
        assert_eq!(at("/home/ada/r.md").to_bytes(), at("r.md").to_bytes());
        assert_eq!(at("r.md").to_bytes(), b"tminus-sources/1\nplaybook 4 1\nr.md\nx\n");
    }
}
