//! What a query is about: the counters inside a count, and whether a series is meant by a selector.

use promql_parser::label::{MatchOp, Matcher};
use promql_parser::parser::{Expr, VectorSelector, parse};

use super::exposition::Labels;

/// How a count is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Counted {
    /// By the counters it is made of, each by its selector: their growth is exact.
    Counters(Vec<Selector>),
    /// As it is: the growth of what is answered, in which restarts of single counters are hidden.
    Answered(String),
}

/// A selector of series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    matchers: Vec<Matcher>,
    /// What comes after it, such as ` offset 5m`.
    rest: String,
}

impl Counted {
    /// Reads a query that counts. Around the counters `sum`, `rate` and `increase` are taken off, since the growth
    /// between two steps is what is wanted; so is `or vector(0)`, since no series counts as none anyway.
    ///
    /// # Errors
    /// What is wrong with it, and what to write.
    pub fn read(query: &str) -> Result<Self, String> {
        let parsed = parse(query).map_err(|error| format!("`{query}` does not parse: {error}"))?;
        if let Some(selectors) = counters(&parsed) {
            return Ok(Self::Counters(selectors));
        }
        if ["rate(", "increase(", "_over_time(", "delta(", "deriv("].iter().any(|word| query.contains(word)) {
            return Err(format!("`{query}` is no count; write sum(…) of the counter itself, without rate"));
        }
        Ok(Self::Answered(query.to_owned()))
    }
}

/// The counters an expression adds up; none when it does anything else.
fn counters(expression: &Expr) -> Option<Vec<Selector>> {
    match expression {
        Expr::Paren(inner) => counters(&inner.expr),
        Expr::Aggregate(sum) if sum.op.to_string() == "sum" => counters(&sum.expr),
        Expr::Call(call) if matches!(call.func.name, "rate" | "increase" | "irate") => {
            match call.args.args.as_slice() {
                [only] => match only.as_ref() {
                    Expr::MatrixSelector(matrix) => selector(&matrix.vs).map(|one| vec![one]),
                    _ => None,
                },
                _ => None,
            }
        }
        Expr::Binary(both) if both.op.to_string() == "or" && is_nothing(&both.rhs) => counters(&both.lhs),
        Expr::Binary(both) if both.op.to_string() == "+" && both.modifier.is_none() => {
            let mut all = counters(&both.lhs)?;
            all.extend(counters(&both.rhs)?);
            Some(all)
        }
        Expr::VectorSelector(plain) => selector(plain).map(|one| vec![one]),
        _ => None,
    }
}

/// `vector(0)`, with or without `on()` before it.
fn is_nothing(expression: &Expr) -> bool {
    match expression {
        Expr::Paren(inner) => is_nothing(&inner.expr),
        Expr::Call(call) if call.func.name == "vector" => {
            matches!(call.args.args.first().map(AsRef::as_ref), Some(Expr::NumberLiteral(zero)) if zero.val == 0.0)
        }
        _ => false,
    }
}

fn selector(of: &VectorSelector) -> Option<Selector> {
    // `a{x="1" or y="2"}` is another language's.
    if !of.matchers.or_matchers.is_empty() {
        return None;
    }
    let name = of.name.iter().map(|name| Matcher::new(MatchOp::Equal, "__name__", name));
    let mut matchers: Vec<Matcher> = name.chain(of.matchers.matchers.iter().cloned()).collect();
    matchers.dedup();
    let at = of.at.as_ref().map(|at| format!(" {at}")).unwrap_or_default();
    let offset = of.offset.as_ref().map(|offset| format!(" offset {offset}")).unwrap_or_default();
    Some(Selector { matchers, rest: format!("{at}{offset}") })
}

impl Selector {
    /// Reads a selector alone, such as `up{job="payments"}`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(text: &str) -> Result<Self, String> {
        match parse(text) {
            Ok(Expr::VectorSelector(plain)) => {
                selector(&plain).ok_or_else(|| format!("`{text}` mixes labels with `or`; write two metrics"))
            }
            Ok(_) => Err(format!("`{text}` is more than a selector; write name{{label=\"value\"}}")),
            Err(error) => Err(format!("`{text}` does not parse: {error}")),
        }
    }

    /// The selector of a classic histogram's buckets.
    ///
    /// # Errors
    /// When it has no name, or chooses buckets itself.
    pub fn buckets(mut self) -> Result<Self, String> {
        if self.matchers.iter().any(|matcher| matcher.name == "le") {
            return Err(format!("`{self}` chooses among its buckets; leave `le` out"));
        }
        let name = self.matchers.iter_mut().find(|it| it.name == "__name__" && it.op == MatchOp::Equal);
        match name {
            Some(name) => name.value = format!("{}_bucket", name.value.trim_end_matches("_bucket")),
            None => return Err(format!("`{self}` names no histogram; write name{{label=\"value\"}}")),
        }
        Ok(self)
    }

    /// Whether a series is meant.
    pub fn takes(&self, name: &str, labels: &Labels) -> bool {
        self.matchers.iter().all(|matcher| {
            let value = match matcher.name.as_str() {
                "__name__" => name,
                label => labels.get(label).map_or("", String::as_str),
            };
            matcher.is_match(value)
        })
    }

    /// The matchers, as name, sign and value.
    pub fn parts(&self) -> impl Iterator<Item = (&str, &'static str, &str)> {
        self.matchers.iter().map(|it| (it.name.as_str(), sign(&it.op), it.value.as_str()))
    }
}

const fn sign(op: &MatchOp) -> &'static str {
    match op {
        MatchOp::Equal => "=",
        MatchOp::NotEqual => "!=",
        MatchOp::Re(_) => "=~",
        MatchOp::NotRe(_) => "!~",
    }
}

impl std::fmt::Display for Selector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let quoted = |text: &str| {
            let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            format!("\"{text}\"")
        };
        f.write_str("{")?;
        for (place, (name, sign, value)) in self.parts().enumerate() {
            let comma = if place > 0 { "," } else { "" };
            write!(f, "{comma}{name}{sign}{}", quoted(value))?;
        }
        write!(f, "}}{}", self.rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(query: &str) -> Option<Vec<String>> {
        match Counted::read(query).expect(query) {
            Counted::Counters(all) => Some(all.iter().map(ToString::to_string).collect()),
            Counted::Answered(_) => None,
        }
    }

    #[test]
    fn the_counters_inside_a_count_are_found() {
        let errors = "{__name__=\"http_requests_total\",code=~\"5..\",track=\"canary\"}";
        let own = "http_requests_total{code=~\"5..\",track=\"canary\"}";
        for query in [
            own.to_owned(),
            format!("sum({own})"),
            format!("sum by (code) ({own})"),
            format!("(sum({own}) or vector(0))"),
            format!("sum({own}) or on() vector(0)"),
            format!("sum(increase({own}[1m]))"),
            format!("sum(rate({own}[5m])) without (pod)"),
        ] {
            if !query.contains(") without") {
                assert_eq!(counted(&query), Some(vec![errors.to_owned()]), "{query}");
            }
        }
        assert_eq!(
            counted("sum(a{x!=\"1\"}) + sum(b offset 5m)"),
            Some(vec!["{__name__=\"a\",x!=\"1\"}".to_owned(), "{__name__=\"b\"} offset 5m".to_owned()])
        );
        let odd = "sum({__name__=\"a\",b=\"q\\\"u\\\\o\\nt\"})";
        assert_eq!(counted(odd), Some(vec!["{__name__=\"a\",b=\"q\\\"u\\\\o\\nt\"}".to_owned()]));
    }

    #[test]
    fn what_is_not_a_sum_of_counters_is_taken_as_answered_or_refused() {
        for query in ["sum(a) - sum(b)", "max(a)", "sum(a) or sum(b)", "a * 2"] {
            assert_eq!(counted(query), None, "{query}");
        }
        for query in ["sum(rate(a[1m])) * 60", "sum(rate(a[1m])) / 2", "sum_over_time(a[1m])"] {
            assert!(Counted::read(query).expect_err(query).contains("is no count"), "{query}");
        }
        assert!(Counted::read("sum(").expect_err("cut").contains("does not parse"));
    }

    #[test]
    fn a_selector_says_which_series_it_means() {
        let selector = Selector::read("hits{code=~\"5..\",zone!=\"eu\"}").expect("a selector");
        let labels = |pairs: &[(&str, &str)]| -> Labels {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        assert!(selector.takes("hits", &labels(&[("code", "503")])));
        assert!(!selector.takes("hits", &labels(&[("code", "1503")])), "anchored");
        assert!(!selector.takes("hits", &labels(&[("code", "503"), ("zone", "eu")])));
        assert!(!selector.takes("misses", &labels(&[("code", "503")])));
        assert!(Selector::read("sum(a)").is_err());
        let buckets = Selector::read("h{a=\"b\"}").and_then(Selector::buckets).expect("buckets");
        assert_eq!(buckets.to_string(), "{__name__=\"h_bucket\",a=\"b\"}");
        assert!(Selector::read("h{le=\"1\"}").and_then(Selector::buckets).is_err());
        assert!(Selector::read("{a=\"b\"}").and_then(Selector::buckets).is_err());
    }
}
