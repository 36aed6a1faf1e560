//! Addresses of objects: names are checked before they become part of one.

use std::fmt::Write as _;

use super::kind::{Object, Objects};
use super::refusal::Why;

/// The longest name the API takes.
const LONGEST: usize = 253;

/// The address of one object, or of a part of it.
pub(super) fn object(object: &Object, part: Option<&str>, query: &[(&str, &str)]) -> Result<String, Why> {
    let mut address = folder(&object.kind.root(), &object.namespace, object.kind.plural)?;
    let _ = write!(address, "/{}", name(&object.name)?);
    if let Some(part) = part {
        let _ = write!(address, "/{}", name(part)?);
    }
    Ok(with(address, query))
}

/// The address of several objects.
pub(super) fn objects(objects: &Objects, query: &[(&str, &str)]) -> Result<String, Why> {
    let address = folder(&objects.kind.root(), &objects.namespace, objects.kind.plural)?;
    let field = match &objects.name {
        Some(one) => Some(format!("metadata.name={}", name(one)?)),
        None => None,
    };
    let mut query = query.to_vec();
    query.extend(field.as_deref().map(|it| ("fieldSelector", it)));
    query.extend(objects.labels.as_deref().map(|it| ("labelSelector", it)));
    Ok(with(address, &query))
}

fn folder(root: &str, namespace: &str, plural: &str) -> Result<String, Why> {
    Ok(match namespace {
        "" => format!("{root}/{plural}"),
        namespace => format!("{root}/namespaces/{}/{plural}", name(namespace)?),
    })
}

/// A name as it may stand in an address: what the API itself allows, and nothing that leads elsewhere.
fn name(text: &str) -> Result<&str, Why> {
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | ':');
    let good = !text.is_empty()
        && text.len() <= LONGEST
        && text.chars().all(fine)
        && text.starts_with(|c: char| c.is_ascii_alphanumeric());
    if good {
        Ok(text)
    } else {
        let shown: String = text.escape_default().take(80).collect();
        Err(Why::Setup(format!("`{shown}` is no name of an object in a cluster")))
    }
}

fn with(mut address: String, query: &[(&str, &str)]) -> String {
    for (place, (key, value)) in query.iter().enumerate() {
        let sign = if place == 0 { '?' } else { '&' };
        let _ = write!(address, "{sign}{key}=");
        for byte in value.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                address.push(char::from(byte));
            } else {
                let _ = write!(address, "%{byte:02X}");
            }
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::super::kind::Kind;
    use super::*;

    #[test]
    fn addresses_of_the_core_and_of_groups() {
        let pod = Object::new(Kind::POD, "shop", "web-1");
        assert_eq!(object(&pod, Some("log"), &[]).unwrap(), "/api/v1/namespaces/shop/pods/web-1/log");
        let route = Objects::of(Kind::HTTP_ROUTE, "shop").named("payments").labelled("a=b,c in (d)");
        assert_eq!(
            objects(&route, &[("limit", "5")]).unwrap(),
            "/apis/gateway.networking.k8s.io/v1/namespaces/shop/httproutes?limit=5\
             &fieldSelector=metadata.name%3Dpayments&labelSelector=a%3Db%2Cc%20in%20%28d%29"
        );
        let space = Object::new(Kind::NAMESPACE, "", "kube-system");
        assert_eq!(object(&space, None, &[]).unwrap(), "/api/v1/namespaces/kube-system");
    }

    #[test]
    fn no_name_leads_elsewhere() {
        for bad in ["", "..", "../x", "a/b", "a?b", "a#b", "a%2fb", "a b", "ä", ".a", "a\n"] {
            for one in [Object::new(Kind::POD, "shop", bad), Object::new(Kind::POD, "x", "y")] {
                let bad_space = Object::new(Kind::POD, if bad.is_empty() { "/" } else { bad }, "y");
                assert!(object(&bad_space, None, &[]).is_err(), "{bad:?}");
                if one.name == bad {
                    assert!(object(&one, None, &[]).is_err(), "{bad:?}");
                }
            }
        }
    }
}
