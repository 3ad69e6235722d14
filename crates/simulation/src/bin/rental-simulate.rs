//! to come
fn main() {
    let n: u64 = std::env::args().nth(1).and_then(|a| a.parse().ok()).unwrap_or(100);
    let s: u64 = std::env::args().nth(2).and_then(|a| a.parse().ok()).unwrap_or(0);
    let text = n == 1;
    let mut c = rental_simulation::Coverage::default();
    let mut bad = 0;
    let scope = if std::env::var("BEYOND").is_ok() { rental_simulation::Scope::Beyond } else { rental_simulation::Scope::Promised };
    let began = std::time::Instant::now();
    for seed in s..s + n {
        let o = rental_simulation::run(seed, rental_simulation::Options { keeps_text: text, scope, ..Default::default() });
        c.add(&o.coverage);
        if let Some(v) = o.violation {
            bad += 1;
            if bad < 20 { println!("{seed}: {}", v.chars().take(600).collect::<String>()); }
        }
        if let Some(t) = o.text { println!("{t}"); }
    }
    println!("{c}\n{bad} bad of {n} in {:?}", began.elapsed());
}
