//! try
use bindproof_models::{check, scope::Scope};
fn main() {
    let policy = bindproof::policy::Policy::DEFAULT;
    let args: Vec<String> = std::env::args().skip(1).collect();
    let without: Vec<bindproof::control::Control> = args.iter().filter_map(|a| a.strip_prefix("-")).map(|n| bindproof::control::Control::from_name(n).unwrap()).collect();
    if args.is_empty() {
        for m in bindproof_models::mutants::MUTANTS.iter().filter(|m| std::env::var("MUT").is_err() || m.name().contains(&std::env::var("MUT").unwrap())) {
            let t = std::time::Instant::now();
            let r = bindproof_models::mutants::run(m, ("default", &policy), 4_000_000, &|_, _| false).unwrap();
            println!("{} {:30} {:16} {:40} {:?} {} {:.1}s", if r.killed { "killed  " } else { "SURVIVED" }, r.mutant, r.scope, r.expected, r.killed_by, r.distinct, t.elapsed().as_secs_f64());
        }
        return;
    }
    println!("{} {} {}", size_of::<bindproof_models::capacity::Small>(), size_of::<bindproof_models::capacity::Medium>(), size_of::<bindproof_models::capacity::Large>());
    for f in args.iter().filter(|a| !a.starts_with('-')) {
        let text = std::fs::read_to_string(f).unwrap();
        let scope = match Scope::parse(f, &text) { Ok(s) => s, Err(e) => { println!("{e}"); continue } };
        let most: usize = std::env::var("MOST").ok().and_then(|m| m.parse().ok()).unwrap_or(3_000_000);
        let o = check::Options { policy: ("default", &policy), without: &without, property: None, most, progress: &|_, _| false };
        match check::check(f, &scope, &o) {
            Err(e) => println!("{e}"),
            Ok(r) => {
                println!("{} {:?} distinct {} generated {} depth {} {:.2}s {:?} {}MB", r.scope, r.verdict, r.distinct, r.generated, r.depth, r.seconds, r.cut_by, r.held_bytes >> 20);
                for p in &r.properties {
                    if matches!(p.verdict, bindproof_models::report::PropertyVerdict::Violated) {
                        println!("  VIOLATED {} {}", p.name, p.run.as_ref().unwrap().confirmed);
                        if std::env::var("Q").is_err() { for (s, c) in p.run.as_ref().unwrap().story.iter().zip(&p.run.as_ref().unwrap().changes) { println!("    {s}"); for c in c { println!("         {c}"); } } }
                    }
                }
                let by = |v| r.properties.iter().filter(|p| p.verdict == v).map(|p| p.name).collect::<Vec<_>>().join(" ");
                println!("  unreached: {}", by(bindproof_models::report::PropertyVerdict::Unreached));
                println!("  witnessed: {}", by(bindproof_models::report::PropertyVerdict::Witnessed));
            }
        }
    }
}
