//! Is the traffic split as it was set? The Dirichlet-multinomial test of Lindon and Malek (arXiv:2011.03567).
//!
//! The evidence is the likelihood of the request counts under shares drawn from a Dirichlet distribution around the
//! ones that were set, against those themselves. It may be looked at after every request.

/// How firmly the distribution stands around the shares that were set: as if so many requests had been seen.
const FIRMNESS: f64 = 100.0;

/// The logarithm of the e-value against "each request goes to arm `i` with chance `set[i]`". The lists are as long as
/// each other; `prior` holds the parameters of the Dirichlet distribution, all above zero.
pub fn log_e_shares(counts: &[u64], set: &[f64], prior: &[f64]) -> f64 {
    let counts = || counts.iter().map(|count| *count as f64);
    let with: Vec<f64> = counts().zip(prior).map(|(count, prior)| count + prior).collect();
    let expected: f64 =
        counts().zip(set).filter(|(count, _)| *count > 0.0).map(|(count, share)| count * share.ln()).sum();
    log_beta(&with) - log_beta(prior) - expected
}

/// The same for a canary's share of the requests of two sides, with a distribution around that share. Zero for a
/// share of nothing or of everything, where there is no split to test.
pub fn log_e_split(canary: u64, baseline: u64, share: f64) -> f64 {
    if !(share > 0.0 && share < 1.0) {
        return 0.0;
    }
    let set = [share, 1.0 - share];
    log_e_shares(&[canary, baseline], &set, &set.map(|part| part * FIRMNESS))
}

/// The logarithm of the beta function of several arguments.
fn log_beta(of: &[f64]) -> f64 {
    of.iter().map(|part| libm::lgamma(*part)).sum::<f64>() - libm::lgamma(of.iter().sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_split_that_is_off_is_told_and_one_that_is_right_is_not() {
        assert!(log_e_split(1000, 9000, 0.1) < 0.0);
        assert!(log_e_split(1500, 8500, 0.1) > 100f64.ln());
        assert_eq!(log_e_split(5, 0, 1.0), 0.0);
        assert_eq!(log_e_split(0, 0, 0.1), 0.0);
    }
}
