//! How servers of the API differ: what has to be added to a question, and what an answer leaves out.

use crate::plan::Dialect;

/// What one kind of server wants and does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Manners {
    /// Where the API lies below the server's address.
    pub(super) prefix: &'static str,
    /// What is added to each question.
    pub(super) form: &'static [(&'static str, &'static str)],
    /// Headers of each request.
    pub(super) headers: Vec<(&'static str, String)>,
    /// True when a value that is not a number is left out of an answer, as if there were none.
    pub(crate) drops_nan: bool,
}

impl Manners {
    pub(crate) fn of(dialect: &Dialect) -> Self {
        let usual = Self { prefix: "", form: &[], headers: Vec::new(), drops_nan: false };
        match dialect {
            Dialect::Prometheus => usual,
            // A store that is missing is a refusal then, and not a smaller number.
            Dialect::Thanos => Self { form: &[("partial_response", "false"), ("dedup", "true")], ..usual },
            Dialect::Mimir { tenant } => {
                let headers = tenant.iter().map(|tenant| ("X-Scope-OrgID", tenant.clone())).collect();
                Self { prefix: "/prometheus", headers, ..usual }
            }
            // Its cache moves the steps of a window of 50 points or more, and it holds back the newest 30 s.
            Dialect::VictoriaMetrics => {
                Self { form: &[("nocache", "1"), ("latency_offset", "1s")], drops_nan: true, ..usual }
            }
        }
    }
}
