//! The rates of one population as lines of text: each rate with its count and two intervals.

use std::fmt::{self, Write as _};

use models::Bands;

use super::bootstrap::{Spread, spread};
use super::{AT_FMR, Comparison, Figures, Interval, Point, Population, wilson};

/// The comparisons of one group (or of all, or between groups), named.
pub struct Table {
    pub name: String,
    /// Pictures that were taken, and the people they show.
    pub pictures: usize,
    pub identities: usize,
    bands: Bands,
    compared: Rates,
    /// With the refused pictures as pairs that match nobody; none where no picture was refused.
    generalised: Option<Rates>,
}

/// The figures of one way of counting.
struct Rates {
    curve: Vec<Point>,
    figures: Figures,
    spread: Option<Spread>,
}

impl Table {
    pub fn new(
        name: String,
        pictures: usize,
        identities: usize,
        bands: Bands,
        pairs: &[Comparison],
    ) -> Self {
        let limits = [bands.accept, bands.refer];
        let rates = |population: &Population| Rates {
            curve: population.curve(),
            figures: population.figures(limits),
            spread: spread(population, limits),
        };
        let refused = pairs.iter().any(|pair| pair.score.is_none());
        Self {
            name,
            pictures,
            identities,
            bands,
            compared: rates(&Population::compared(pairs.iter().copied())),
            generalised: refused.then(|| rates(&Population::generalised(pairs.iter().copied()))),
        }
    }

    /// The points of the curve over compared pairs, as lines of `group,threshold,fmr,fnmr`.
    pub fn roc(&self) -> String {
        let mut lines = String::new();
        // No rate of a kind without pairs; the empty cell says so.
        let of = self.compared.figures.of;
        let cell = |rate: f64, of: f64| {
            if of > 0.0 {
                format!("{rate:.6}")
            } else {
                String::new()
            }
        };
        for point in &self.compared.curve {
            let _ = writeln!(
                lines,
                "{},{:.6},{},{}",
                self.name,
                point.threshold,
                cell(point.fmr, of.impostor),
                cell(point.fnmr, of.genuine),
            );
        }
        lines
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Figures { of, .. } = self.compared.figures;
        writeln!(
            f,
            "{}: {} pictures of {} identities; {} genuine pairs, {} impostor pairs",
            self.name, self.pictures, self.identities, of.genuine, of.impostor
        )?;
        lines(f, &self.compared, self.bands)?;
        if let Some(rates) = &self.generalised {
            let of = rates.figures.of;
            writeln!(
                f,
                "  generalised, a refused picture matches nobody ({} genuine pairs, {} impostor pairs)",
                of.genuine, of.impostor
            )?;
            lines(f, rates, self.bands)?;
        }
        Ok(())
    }
}

fn lines(f: &mut fmt::Formatter<'_>, rates: &Rates, bands: Bands) -> fmt::Result {
    let figures = &rates.figures;
    let of = figures.of;
    let people = |of_spread: &dyn Fn(&Spread) -> Interval| rates.spread.as_ref().map(of_spread);
    if of.genuine > 0.0 && of.impostor > 0.0 {
        write!(f, "    {:<20} {:>8.3} %", "EER", 100.0 * figures.eer)?;
        if let Some(people) = people(&|s| s.eer).filter(|_| figures.eer > 0.0) {
            write!(f, "{:47}{}", "", told(people))?;
        }
        writeln!(f)?;
        for (place, parts) in AT_FMR.into_iter().enumerate() {
            let (threshold, matched) = figures.at_fmr[place];
            let missed = of.genuine - matched.genuine;
            let rate = f64::from(parts) / 100.0;
            let mut note = format!("TAR {:.2} %", 100.0 - 100.0 * figures.fnmr(matched));
            if threshold.is_finite() {
                let _ = write!(note, ", score >= {threshold:.4}");
            }
            if of.impostor * f64::from(parts) < 10_000.0 {
                note.push_str(", too few impostors: above all of them");
            }
            let people = people(&|s| s.fnmr_at_fmr[place]);
            let line = Proportion::new(format!("FNMR at FMR {rate} %"), missed, of.genuine);
            writeln!(f, "{:<107}{note}", line.people(people).to_string())?;
        }
    }
    for (place, (name, limit)) in [("accept", bands.accept), ("refer", bands.refer)]
        .into_iter()
        .enumerate()
    {
        let matched = figures.at_limit[place];
        if of.impostor > 0.0 {
            let name = format!("FMR at {name} {limit}");
            let line = Proportion::new(name, matched.impostor, of.impostor);
            writeln!(f, "{}", line.people(people(&|s| s.fmr_at_limit[place])))?;
        }
        if of.genuine > 0.0 {
            let name = format!("FNMR at {name} {limit}");
            let missed = of.genuine - matched.genuine;
            let line = Proportion::new(name, missed, of.genuine);
            writeln!(f, "{}", line.people(people(&|s| s.fnmr_at_limit[place])))?;
        }
    }
    for (what, errors, of) in [
        ("false match", figures.at_limit[0].impostor, of.impostor),
        (
            "false non-match",
            of.genuine - figures.at_limit[0].genuine,
            of.genuine,
        ),
    ] {
        if errors == 0.0 && of >= RULE_HOLDS_FROM {
            writeln!(f, "    {}", rule_of_three(what, of))?;
        }
    }
    Ok(())
}

/// Under so many pairs 3/n is further from the exact bound than it is worth; Wilson's interval is there anyway.
const RULE_HOLDS_FROM: f64 = 30.0;

/// What no error in so many pairs allows to say (Hanley and Lippman-Hand 1983).
pub fn rule_of_three(what: &str, of: f64) -> String {
    format!(
        "no {what} at accept in {of} pairs: with 95 % confidence the true rate is below 3/{of} = {:.3} %, if the pairs \
         were independent",
        300.0 / of
    )
}

/// A line with a rate, its count, Wilson's interval and, where there is one, that of people drawn again.
pub struct Proportion {
    name: String,
    count: f64,
    of: f64,
    people: Option<Interval>,
}

impl Proportion {
    pub fn new(name: impl Into<String>, count: f64, of: f64) -> Self {
        Self {
            name: name.into(),
            count,
            of,
            people: None,
        }
    }

    fn people(mut self, people: Option<Interval>) -> Self {
        // All draws of a sample without errors are without errors: that says nothing.
        self.people = people.filter(|_| self.count > 0.0);
        self
    }
}

impl fmt::Display for Proportion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "    {:<20} {:>8.3} %{:>18}   {}",
            self.name,
            100.0 * self.count / self.of,
            format!("({} of {})", self.count, self.of),
            told(wilson(self.count, self.of)),
        )?;
        match self.people {
            Some(people) => write!(f, "   {}", told(people)),
            None => Ok(()),
        }
    }
}

/// What the columns mean; printed once above all tables.
pub const HEAD: &str = "                             rate   (errors of pairs)   95 % (Wilson)             95 % (identities drawn again)\n";

/// An interval in percent, always as wide.
fn told(interval: Interval) -> String {
    let (low, high) = (100.0 * interval.low, 100.0 * interval.high);
    format!("[{low:>8.3}, {high:>8.3}] %")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn table(pairs: &[Comparison]) -> Table {
        let bands = Bands {
            accept: 0.42,
            refer: 0.36,
        };
        Table::new("all".to_owned(), 4, 2, bands, pairs)
    }

    fn pair(other: u32, score: Option<f32>) -> Comparison {
        Comparison {
            one: 0,
            other,
            score,
        }
    }

    #[test]
    fn no_errors_are_told_with_the_rule_of_three_and_no_narrow_interval() {
        let mut pairs = vec![pair(0, Some(0.9))];
        pairs.extend([pair(1, Some(0.1)); 30]);
        let text = table(&pairs).to_string();
        assert!(
            text.contains("no false match at accept in 30 pairs"),
            "{text}"
        );
        // One genuine pair is too few to say anything of.
        assert!(!text.contains("no false non-match"), "{text}");
        assert!(rule_of_three("false match", 3000.0).contains("below 3/3000 = 0.100 %"));
        assert!(!text.contains("generalised"), "{text}");
    }

    #[test]
    fn a_refused_picture_shows_in_lines_of_its_own() {
        let text = table(&[pair(0, Some(0.9)), pair(0, None), pair(1, Some(0.1))]).to_string();
        let (compared, generalised) = text.split_once("generalised").unwrap();
        assert!(compared.contains("(0 of 1)"), "{text}");
        assert!(generalised.contains("(1 of 2)"), "{text}");
    }

    #[test]
    fn impostors_alone_have_no_equal_error_rate() {
        let table = table(&[pair(1, Some(0.4)), pair(1, Some(0.1))]);
        let text = table.to_string();
        assert!(!text.contains("EER") && !text.contains("FNMR"), "{text}");
        assert!(text.contains("FMR at refer 0.36      50.000 %"), "{text}");
        assert_eq!(
            table.roc(),
            "all,0.400000,0.500000,\nall,0.100000,1.000000,\n"
        );
    }
}
