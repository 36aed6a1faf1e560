//! What a query of Prometheus gives, as far as its text says.

use promql_parser::label::MatchOp;
use promql_parser::parser::{Expr, parse, token};

use crate::base::Seconds;

/// What stands for the label value of a side, and what it is read as.
const SIDE: (&str, &str) = ("{{side}}", "side");

/// Whether a query is one.
///
/// # Errors
/// What the parser says of it.
pub(crate) fn read(query: &str) -> Result<Expr, String> {
    parse(&query.replace(SIDE.0, SIDE.1))
}

/// The query as a tree; `None` when it does not parse.
fn tree(query: &str) -> Option<Expr> {
    read(query).ok()
}

/// Whether it is a rate of events a second: a `rate` that nothing divides. Seconds spent a second are a share of time.
pub(crate) fn is_rate(query: &str) -> bool {
    tree(query).is_some_and(|tree| {
        let (mut rates, mut divided) = (false, false);
        visit(&tree, &mut |expr| match expr {
            Expr::Call(call) => {
                rates |= matches!(call.func.name, "rate" | "irate")
                    && !call.args.args.iter().any(|inner| counts_time(inner));
            }
            Expr::Binary(binary) => divided |= binary.op.id() == token::T_DIV,
            _ => {}
        });
        rates && !divided && !has_call(&tree, "histogram_quantile")
    })
}

/// Whether a counter counts seconds, or says so by its name.
fn counts_time(expr: &Expr) -> bool {
    let Expr::MatrixSelector(matrix) = expr else { return false };
    matrix
        .vs
        .name
        .as_deref()
        .is_some_and(|name| ["second", "cpu", "time", "duration"].iter().any(|word| name.contains(word)))
}

/// Whether it is a count over a window, extrapolated to its edges.
pub(crate) fn is_increase(query: &str) -> bool {
    tree(query).is_some_and(|tree| has_call(&tree, "increase") && !has_call(&tree, "histogram_quantile"))
}

/// Whether quantiles are averaged, or a quantile is taken of averages.
pub(crate) fn averages_quantiles(query: &str) -> bool {
    tree(query).is_some_and(|tree| {
        let mut found = false;
        visit(&tree, &mut |expr| {
            found |= match expr {
                Expr::Aggregate(aggregate) if aggregate.op.id() == token::T_AVG => {
                    is_quantile(&aggregate.expr)
                }
                Expr::Aggregate(aggregate) if aggregate.op.id() == token::T_QUANTILE => {
                    averaged(&aggregate.expr)
                }
                Expr::Call(call) if call.func.name == "avg_over_time" => {
                    call.args.args.iter().any(|inner| is_quantile(inner))
                }
                Expr::Call(call) if call.func.name == "quantile_over_time" => {
                    call.args.args.iter().any(|inner| averaged(inner))
                }
                Expr::Call(call) if call.func.name == "histogram_quantile" => {
                    call.args.args.iter().any(|inner| averaged(inner))
                }
                _ => false,
            };
        });
        found
    })
}

/// Whether a number is a quantile: taken of a histogram, or a summary's own.
fn is_quantile(expr: &Expr) -> bool {
    let mut found = false;
    visit(expr, &mut |expr| {
        found |= match expr {
            Expr::Call(call) => matches!(call.func.name, "histogram_quantile" | "quantile_over_time"),
            Expr::VectorSelector(selector) => {
                let label = |name: &str| selector.matchers.find_matchers(name);
                label("quantile").iter().any(|matcher| matcher.op == MatchOp::Equal)
            }
            _ => false,
        };
    });
    found
}

fn averaged(expr: &Expr) -> bool {
    let mut found = false;
    visit(expr, &mut |expr| {
        found |= match expr {
            Expr::Aggregate(aggregate) => aggregate.op.id() == token::T_AVG,
            Expr::Call(call) => call.func.name == "avg_over_time",
            _ => false,
        };
    });
    found
}

/// The windows it looks over, left to right.
pub(crate) fn windows(query: &str) -> Vec<Seconds> {
    let mut found = Vec::new();
    if let Some(tree) = tree(query) {
        visit(&tree, &mut |expr| match expr {
            Expr::MatrixSelector(matrix) => found.push(Seconds(matrix.range.as_secs())),
            Expr::Subquery(subquery) => found.push(Seconds(subquery.range.as_secs())),
            _ => {}
        });
    }
    found
}

fn has_call(tree: &Expr, name: &str) -> bool {
    let mut found = false;
    visit(tree, &mut |expr| found |= matches!(expr, Expr::Call(call) if call.func.name == name));
    found
}

/// Every part of a query, the outermost first.
fn visit(expr: &Expr, see: &mut dyn FnMut(&Expr)) {
    see(expr);
    match expr {
        Expr::Aggregate(aggregate) => {
            if let Some(param) = &aggregate.param {
                visit(param, see);
            }
            visit(&aggregate.expr, see);
        }
        Expr::Unary(unary) => visit(&unary.expr, see),
        Expr::Binary(binary) => {
            visit(&binary.lhs, see);
            visit(&binary.rhs, see);
        }
        Expr::Paren(paren) => visit(&paren.expr, see),
        Expr::Subquery(subquery) => visit(&subquery.expr, see),
        Expr::Call(call) => call.args.args.iter().for_each(|inner| visit(inner, see)),
        _ => {}
    }
}
