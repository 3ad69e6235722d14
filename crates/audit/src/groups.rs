//! Many findings, told by kind: one damage can show in thousands of orders.

use crate::Finding;

/// The findings of one kind.
#[derive(Debug, PartialEq, Eq)]
pub struct Group<'a> {
    /// See [`Finding::word`].
    pub word: &'static str,
    /// One at least, in the order in which they were found.
    pub findings: Vec<&'a Finding>,
}

impl Group<'_> {
    /// Whether it is about the streams themselves: then what is said of orders, stock and view may follow from it.
    pub fn is_cause(&self) -> bool {
        self.findings.first().is_some_and(|finding| is_about_a_stream(finding))
    }
}

fn is_about_a_stream(finding: &Finding) -> bool {
    matches!(finding, Finding::Missing { .. } | Finding::Altered { .. } | Finding::Unpublished { .. })
}

/// Puts findings of one kind together: those of the streams first, then in the order in which a kind was first met.
pub fn groups(findings: &[Finding]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for finding in findings {
        let word = finding.word();
        match groups.iter_mut().find(|group| group.word == word) {
            Some(group) => group.findings.push(finding),
            None => groups.push(Group { word, findings: vec![finding] }),
        }
    }
    groups.sort_by_key(|group| !group.is_cause());
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use rental_model::{Context, OrderId};

    #[test]
    fn findings_of_a_kind_are_together_and_the_streams_come_first() {
        let hidden = |order| Finding::Hidden { order: OrderId::new(order).unwrap() };
        let missing = |from| Finding::Missing { of: Context::Order, from, to: from };
        let parked = Finding::Parked { by: Context::Billing, count: 1 };
        let findings = [hidden(2), parked.clone(), missing(9), hidden(1), missing(3)];
        let told: Vec<_> = groups(&findings).into_iter().map(|group| (group.word, group.findings)).collect();
        let expected = [
            ("missing", vec![&findings[2], &findings[4]]),
            ("hidden", vec![&findings[0], &findings[3]]),
            ("parked", vec![&parked]),
        ];
        assert_eq!(told, expected);
        assert_eq!(groups(&[]), []);
    }
}
