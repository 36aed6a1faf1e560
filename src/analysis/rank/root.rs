//! Where a function crosses zero, by Brent's method (R. P. Brent, Algorithms for Minimization without Derivatives,
//! 1973, chapter 4): inverse quadratic interpolation guarded by bisection.

/// More steps than any bracket of floats needs; what is left after them is inside the bracket all the same.
const MOST: usize = 1000;

/// A place where `f` crosses zero between `low` and `high`, where its signs differ, to half of `tolerance`.
///
/// Steps taken are those of R's `uniroot`, so that on a plateau where `f` is zero the same point of it is found.
pub fn zero(mut f: impl FnMut(f64) -> f64, (low, high): (f64, f64), tolerance: f64) -> f64 {
    let (mut a, mut b) = (low, high);
    let (mut at_a, mut at_b) = (f(a), f(b));
    if at_a == 0.0 {
        return a;
    }
    let (mut c, mut at_c) = (a, at_a);
    for _ in 0..=MOST {
        let last = b - a;
        if at_c.abs() < at_b.abs() {
            (a, b, c) = (b, c, b);
            (at_a, at_b, at_c) = (at_b, at_c, at_b);
        }
        let least = 2.0 * f64::EPSILON * b.abs() + tolerance / 2.0;
        let half = (c - b) / 2.0;
        if half.abs() <= least || at_b == 0.0 {
            return b;
        }
        let mut step = half;
        if last.abs() >= least && at_a.abs() > at_b.abs() {
            let (mut p, mut q) = if a == c {
                secant(c - b, at_b / at_a)
            } else {
                quadratic((c - b, b - a), (at_a / at_c, at_b / at_c, at_b / at_a))
            };
            if p > 0.0 {
                q = -q;
            } else {
                p = -p;
            }
            if p < 0.75 * (c - b) * q - (least * q).abs() / 2.0 && p < (last * q / 2.0).abs() {
                step = p / q;
            }
        }
        if step.abs() < least {
            step = least.copysign(step);
        }
        (a, at_a) = (b, at_b);
        b += step;
        at_b = f(b);
        if (at_b > 0.0 && at_c > 0.0) || (at_b < 0.0 && at_c < 0.0) {
            (c, at_c) = (a, at_a);
        }
    }
    b
}

/// The step of a straight line, as a fraction.
fn secant(width: f64, slope: f64) -> (f64, f64) {
    (width * slope, 1.0 - slope)
}

/// The step of an inverse parabola through three points, as a fraction.
fn quadratic((width, last): (f64, f64), (ac, bc, ba): (f64, f64, f64)) -> (f64, f64) {
    (ba * (width * ac * (ac - bc) - last * (bc - 1.0)), (ac - 1.0) * (bc - 1.0) * (ba - 1.0))
}
