//! try
use bindproof_models::{check, scope::Scope};
fn main() {
    let policy = bindproof::policy::Policy::DEFAULT;
    let args: Vec<String> = std::env::args().skip(1).collect();
    let without = args.iter().find_map(|a| a.strip_prefix("-")).map(|n| bindproof::control::Control::from_name(n).unwrap());
    println!("{} {} {}", size_of::<bindproof_models::world::Small>(), size_of::<bindproof_models::world::Medium>(), size_of::<bindproof_models::world::Large>());
    for f in args.iter().filter(|a| !a.starts_with('-')) {
        let text = std::fs::read_to_string(f).unwrap();
        let scope = match Scope::parse(f, &text) { Ok(s) => s, Err(e) => { println!("{e}"); continue } };
        let most: usize = std::env::var("MOST").ok().and_then(|m| m.parse().ok()).unwrap_or(3_000_000);
        let o = check::Options { policy: ("default", &policy), without, property: None, most, progress: &|_, _| false };
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
