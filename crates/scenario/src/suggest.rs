//! What somebody may have meant who wrote something else.

/// `did you mean …?` with the candidate that is nearest, if one is near.
pub(crate) fn did_you_mean<'a>(
    written: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    did_you_mean_one_of(candidates.into_iter().map(|candidate| (written.to_owned(), candidate)))
}

/// As [`did_you_mean`], with what was written in place of each candidate.
pub(crate) fn did_you_mean_one_of<'a>(pairs: impl Iterator<Item = (String, &'a str)>) -> Option<String> {
    nearest(pairs).map(|candidate| format!("did you mean \"{candidate}\"?"))
}

/// The candidate of which the smallest part has to be changed, at most a third.
fn nearest<'a>(pairs: impl Iterator<Item = (String, &'a str)>) -> Option<&'a str> {
    let letters = |text: &str| text.to_lowercase().chars().take(LENGTH_MAX).collect::<Vec<char>>();
    let with_part = pairs.filter_map(|(written, candidate)| {
        let (written, letters) = (letters(&written), letters(candidate));
        let distance = distance(&written, &letters);
        let length = letters.len().max(written.len());
        (distance <= (length / 3).max(1)).then_some((distance * PARTS / length.max(1), candidate))
    });
    with_part.min_by_key(|(part, _)| *part).map(|(_, candidate)| candidate)
}

/// Letters to add, take away, replace, or exchange with the next one, at least.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

/// Into how many parts a word is divided to say how much of it has to be changed.
const PARTS: usize = 1_000;

/// Longer words are compared by their beginnings.
const LENGTH_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_another_word_is_not() {
        let words = ["answers", "holds", "hangs up"];
        let nearest = |written: &str| nearest(words.map(|word| (written.to_owned(), word)).into_iter());
        assert_eq!(nearest("answer"), Some("answers"));
        assert_eq!(nearest("hlods"), Some("holds"));
        assert_eq!(nearest("hang up"), Some("hangs up"));
        assert_eq!(nearest("sings"), None);
        assert_eq!(nearest(""), None);
    }
}
