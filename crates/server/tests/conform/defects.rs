//! Servers with a defect fail, each for that defect.
