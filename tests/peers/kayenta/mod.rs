//! Kayenta's judge `NetflixACAJudge-v1.0`, modelled from `kayenta-judge/src/main/scala`: the rank test with its root
//! tolerance of 1e-4 in whatever unit the data has, the classification, outliers, and the score.

pub mod classify;
pub mod outliers;
pub mod score;
pub mod statistics;

pub use classify::{Class, Effect, Metric, Missing, Thresholds, Trend, classify, mean_inequality};
