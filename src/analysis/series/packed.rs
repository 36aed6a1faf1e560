//! Runs of samples as bytes: what lets a day of many signals fit into memory and into a small file.
//!
//! A sample is one byte that says how good it was, what it measured and whether it came as long after the one before
//! as that one did; then the new step, if it did not; then the measure. Whole numbers are as long as they are large.
//!
//! Invariants: a run is never empty and rises in time; what is unpacked is what was packed, to the bit; bytes that
//! are no run are refused as a whole.

use jiff::SignedDuration;

use crate::analysis::{Measure, Quality, Sample, Tally};
use crate::base::Timestamp;

/// How many samples a run holds before the next one begins.
pub(super) const RUN: usize = 128;

const QUALITIES: [Quality; 7] = [
    Quality::Ok,
    Quality::WarmUp,
    Quality::NoTraffic,
    Quality::NoSeries,
    Quality::Stale,
    Quality::Partial,
    Quality::Error,
];
const NONE: u8 = 0;
const WHOLE: u8 = 1;
const NUMBER: u8 = 2;
const RATIO: u8 = 3;
const TALLY: u8 = 4;
/// The bit that says a step follows.
const STEP: u8 = 1 << 6;
/// Beyond this not every whole number is one in 64 bits of floating point.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Some samples in a row.
#[derive(Clone, Debug)]
pub(super) struct Run {
    first: Timestamp,
    last: Timestamp,
    step: SignedDuration,
    count: usize,
    bytes: Vec<u8>,
}

impl Run {
    /// Of one sample.
    pub(super) fn new(sample: &Sample) -> Self {
        let (first, last) = (sample.at, sample.at);
        let mut run = Self { first, last, step: SignedDuration::ZERO, count: 0, bytes: Vec::new() };
        run.push(sample);
        run
    }

    /// Of samples that rise in time, as many runs as it takes.
    pub(super) fn of(samples: &[Sample]) -> impl Iterator<Item = Self> + '_ {
        samples.chunks(RUN).filter_map(|chunk| {
            let (first, rest) = chunk.split_first()?;
            let mut run = Self::new(first);
            rest.iter().for_each(|sample| run.push(sample));
            run.bytes.shrink_to_fit();
            Some(run)
        })
    }

    /// One more, later than all.
    pub(super) fn push(&mut self, sample: &Sample) {
        let step = sample.at.duration_since(self.last);
        let quality = QUALITIES.iter().zip(0u8..).find(|(known, _)| **known == sample.quality);
        let tag = quality.map_or(0, |(_, place)| place) | kind(&sample.measure) << 3;
        if step == self.step {
            self.bytes.push(tag);
        } else {
            self.bytes.push(tag | STEP);
            write(&mut self.bytes, step.as_secs().unsigned_abs());
            write(&mut self.bytes, step.subsec_nanos().unsigned_abs().into());
        }
        put(&mut self.bytes, &sample.measure);
        self.step = step;
        self.last = sample.at;
        self.count += 1;
        if self.is_full() {
            self.bytes.shrink_to_fit();
        }
    }

    /// Its samples, oldest first.
    pub(super) fn samples(&self) -> Vec<Sample> {
        let mut bytes = self.bytes.as_slice();
        read(&mut bytes, self.first, self.count).map_or_else(Vec::new, |(samples, _)| samples)
    }

    /// How many it has.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// True when the next sample begins another run.
    pub(super) fn is_full(&self) -> bool {
        self.count >= RUN
    }

    /// The time of its oldest sample.
    pub(super) fn first(&self) -> Timestamp {
        self.first
    }

    /// The time of its newest sample.
    pub(super) fn last(&self) -> Timestamp {
        self.last
    }

    /// How many bytes it takes, itself included.
    pub(super) fn size(&self) -> usize {
        size_of::<Self>() + self.bytes.capacity()
    }

    /// Its samples as bytes that stand for themselves.
    pub(super) fn pack(&self, out: &mut Vec<u8>) {
        write(out, zigzag(self.first.as_second()));
        write(out, zigzag(self.first.subsec_nanosecond().into()));
        write(out, self.count as u64);
        out.extend_from_slice(&self.bytes);
    }

    /// The run at the front of packed bytes, and those bytes taken away; none when they are no run.
    pub(super) fn unpack(bytes: &mut &[u8]) -> Option<Self> {
        let (second, nanosecond) = (unzigzag(number(bytes)?), unzigzag(number(bytes)?));
        let first = Timestamp::new(second, i32::try_from(nanosecond).ok()?).ok()?;
        let count = usize::try_from(number(bytes)?).ok().filter(|count| (1..=RUN).contains(count))?;
        let whole = *bytes;
        let (samples, step) = read(bytes, first, count)?;
        let used = whole.len() - bytes.len();
        let last = samples.last()?.at;
        Some(Self { first, last, step, count, bytes: whole.get(..used)?.to_vec() })
    }
}

/// So many samples off the front, and the last step between them.
fn read(bytes: &mut &[u8], first: Timestamp, count: usize) -> Option<(Vec<Sample>, SignedDuration)> {
    let mut samples = Vec::with_capacity(count);
    let (mut at, mut step) = (first, SignedDuration::ZERO);
    for place in 0..count {
        let tag = byte(bytes)?;
        if tag & STEP != 0 {
            let seconds = i64::try_from(number(bytes)?).ok()?;
            let rest = i32::try_from(number(bytes)?).ok().filter(|rest| *rest < 1_000_000_000)?;
            step = SignedDuration::new(seconds, rest);
        }
        if (place == 0) != step.is_zero() {
            return None;
        }
        at = at.checked_add(step).ok()?;
        let measure = take(bytes, tag >> 3 & 7)?;
        let quality = *QUALITIES.get(usize::from(tag & 7))?;
        samples.push(Sample { at, measure, quality });
    }
    Some((samples, step))
}

fn kind(measure: &Measure) -> u8 {
    match measure {
        Measure::None => NONE,
        Measure::Number(value) if whole(*value).is_some() => WHOLE,
        Measure::Number(_) => NUMBER,
        Measure::Tally(Tally { bad: [_, 0, 0], .. }) => RATIO,
        Measure::Tally(_) => TALLY,
    }
}

fn put(out: &mut Vec<u8>, measure: &Measure) {
    match *measure {
        Measure::None => {}
        Measure::Number(value) => match whole(value) {
            Some(value) => write(out, zigzag(value)),
            None => out.extend_from_slice(&value.to_bits().to_le_bytes()),
        },
        Measure::Tally(Tally { total, bad }) => {
            write(out, total);
            let places = if kind(measure) == RATIO { 1 } else { Tally::BOUNDS };
            bad.iter().take(places).for_each(|bad| write(out, *bad));
        }
    }
}

fn take(bytes: &mut &[u8], kind: u8) -> Option<Measure> {
    Some(match kind {
        NONE => Measure::None,
        WHOLE => Measure::Number(unzigzag(number(bytes)?) as f64),
        NUMBER => {
            let (bits, rest) = bytes.split_first_chunk::<8>()?;
            *bytes = rest;
            Measure::Number(Some(f64::from_le_bytes(*bits)).filter(|value| value.is_finite())?)
        }
        RATIO => Measure::Tally(Tally::ratio(number(bytes)?, number(bytes)?)),
        TALLY => {
            let total = number(bytes)?;
            Measure::Tally(Tally { total, bad: [number(bytes)?, number(bytes)?, number(bytes)?] })
        }
        _ => return None,
    })
}

/// The whole number that a value is, when it comes back to the bit.
fn whole(value: f64) -> Option<i64> {
    let integer = value as i64;
    (value.abs() <= EXACT && (integer as f64).to_bits() == value.to_bits()).then_some(integer)
}

fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

fn unzigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

/// Seven bits a byte, the lowest first; the top bit says that more follow.
fn write(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn byte(bytes: &mut &[u8]) -> Option<u8> {
    let (first, rest) = bytes.split_first()?;
    *bytes = rest;
    Some(*first)
}

fn number(bytes: &mut &[u8]) -> Option<u64> {
    let mut out = 0u64;
    for shift in (0..64).step_by(7) {
        let next = byte(bytes)?;
        out |= u64::from(next & 0x7f) << shift;
        if next & 0x80 == 0 {
            return Some(out);
        }
    }
    None
}
