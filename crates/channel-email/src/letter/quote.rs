//! Finds where the person's own words end and the quoted tail begins.
//!
//! Mail programs mark the tail in their own ways, in the language of their user; these are the
//! forms of the programs that our users' customers write from. Where it is not sure, everything
//! counts as the person's words: a folded answer would be worse than a long one.

use std::sync::LazyLock;

use regex::Regex;

/// A line above a quote that tells who wrote when: English, Gmail in Russian, Yandex, mail.ru,
/// Thunderbird in Russian.
///
/// All but the English one must end with an address or a verb of writing, because "on this day at
/// this hour I ordered:" is how people begin a letter.
static ATTRIBUTION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    const DATE: &str = concat!(
        // ср, 30 апр. 2025 г. в 15:19 (Gmail); 30 апреля 2025 г., 15:19; Среда, 30 апреля 2025, 15:19
        r"(?:\p{Cyrillic}{2,12},?\s+)?\d{1,2}\s+\p{Cyrillic}{3,9}\.?\s+\d{4}\s*(?:г\.)?,?\s*(?:в\s*)?\d{1,2}:\d{2}",
        // 30.04.2025, 15:19 (Yandex, Thunderbird)
        r"|\d{1,2}[./]\d{1,2}[./]\d{2,4},?\s*(?:г\.,?\s*)?(?:в\s*)?\d{1,2}:\d{2}",
    );
    const WRITER: &str = r"(?:<[^>]*@[^>]*>|\s(?:пишет|написал|писал)(?:\(а\)|а)?|\swrote)\s*:";
    let pattern = format!(
        r"(?i)^\s*(?:on\s.{{5,300}}\swrote:|(?:{DATE}).{{0,300}}{WRITER}|.{{0,200}}<[^>]*@[^>]*>\s(?:писал|написал|пишет)(?:\(а\)|а)?(?:\s.{{0,60}})?:)\s*$"
    );
    Regex::new(&pattern).ok()
});

/// A line that divides by itself: Outlook and others.
static DIVIDER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)^\s*-{2,}\s*(?:original\s+message|исходное\s+сообщение|исходное\s+письмо",
        r"|оригинальное\s+сообщение|первоначальное\s+сообщение",
        // ---- On Wed, 24 Feb 2021 14:02:50 +0530 john@shop.test wrote ---- (Zoho)
        r"|on\s.{5,300}\swrote)\s*-{2,}\s*$"
    ))
    .ok()
});

/// The first line of a block of headers in the text.
static FROM: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)^\s*\*?(?:from|от|от кого):\*?\s+\S").ok());

/// Further lines of such a block.
static HEADER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)^\s*\*?(?:sent|date|to|cc|subject|отправлено|дата|кому|копия|тема)",
        r":\*?(?:\s|$)"
    ))
    .ok()
});

/// A passed-on letter is what the person wants us to read: it is no tail.
static FORWARDED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^\s*-{2,}\s*(?:forwarded\s+message|пересыла|пересланн|begin forwarded)").ok()
});

fn is(pattern: &LazyLock<Option<Regex>>, line: &str) -> bool {
    // The patterns are constant; a test compiles each.
    line.len() < 1000 && LazyLock::force(pattern).as_ref().is_some_and(|p| p.is_match(line))
}

/// Splits a text into what was written now and the quoted tail.
pub fn fold(text: &str) -> (String, String) {
    let lines: Vec<&str> = text.lines().collect();
    let Some(cut) = cut(&lines) else { return (text.trim().to_owned(), String::new()) };
    let (own, tail) = lines.split_at(cut.min(lines.len()));
    let own = own.join("\n").trim().to_owned();
    if own.is_empty() {
        return (text.trim().to_owned(), String::new());
    }
    (own, tail.join("\n").trim().to_owned())
}

/// The line where the tail begins.
fn cut(lines: &[&str]) -> Option<usize> {
    for (n, line) in lines.iter().enumerate() {
        if is(&FORWARDED, line) {
            return None;
        }
        if is(&DIVIDER, line) || is_header_block(lines, n) {
            let rule = n > 0
                && lines
                    .get(n - 1)
                    .is_some_and(|l| l.len() > 4 && l.trim().chars().all(|c| c == '_'));
            return Some(if rule { n - 1 } else { n });
        }
        if let Some(length) = attribution(lines, n)
            && nothing_below_the_quote(lines, n + length)
        {
            return Some(n);
        }
    }
    trailing_marks(lines)
}

/// `From:` with at least two more headers right below it.
fn is_header_block(lines: &[&str], at: usize) -> bool {
    lines.get(at).is_some_and(|l| is(&FROM, l))
        && lines.iter().skip(at + 1).take(5).filter(|l| is(&HEADER, l)).count() >= 2
}

/// How many lines an attribution takes from here: programs break it after 76 characters.
fn attribution(lines: &[&str], at: usize) -> Option<usize> {
    let mut joined = String::new();
    for length in 1..=3 {
        let line = lines.get(at + length - 1)?.trim();
        if line.is_empty() || line.starts_with('>') {
            return None;
        }
        if length > 1 {
            joined.push(' ');
        }
        joined.push_str(line);
        if line.ends_with(':') && is(&ATTRIBUTION, &joined) {
            return Some(length);
        }
    }
    None
}

/// Below an attribution: either all is quoted without marks, or marked lines run to the end. Words
/// below marked lines are an answer under the quote.
fn nothing_below_the_quote(lines: &[&str], from: usize) -> bool {
    let mut below = lines.iter().skip(from).filter(|l| !l.trim().is_empty());
    match below.next() {
        Some(first) if first.trim_start().starts_with('>') => {
            below.all(|l| l.trim_start().starts_with('>') || is_signature(l))
        }
        Some(_) | None => true,
    }
}

fn is_signature(line: &str) -> bool {
    matches!(line.trim(), "--" | "-- ")
}

/// Marked lines that run to the end of the text.
fn trailing_marks(lines: &[&str]) -> Option<usize> {
    let last = lines.iter().rposition(|l| !l.trim().is_empty())?;
    let mut start = None;
    for (n, line) in lines.iter().enumerate().take(last + 1).rev() {
        if line.trim_start().starts_with('>') {
            start = Some(n);
        } else if !line.trim().is_empty() {
            break;
        }
    }
    start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_patterns_compile() {
        for pattern in [&ATTRIBUTION, &DIVIDER, &FROM, &HEADER, &FORWARDED] {
            assert!(LazyLock::force(pattern).is_some());
        }
    }

    #[test]
    fn cv_6_the_tail_is_folded_in_every_common_form() {
        for tail in [
            "> Здравствуйте\n> заказ готов",
            "On Wed, Apr 30, 2025 at 3:19 PM Shop <sales@shop.test> wrote:\n> hello",
            "On Wed, Apr 30, 2025 at 3:19 PM Shop of Everything And More\n<sales@shop.test> wrote:\n\n> hello",
            "ср, 30 апр. 2025 г. в 15:19, Магазин <sales@shop.test>:\n\nпривет",
            "ср, 30 апр. 2025 г. в 15:19, Магазин всего на свете и кое-чего ещё <\nsales@shop.test>:\n\n> привет",
            "30.04.2025, 15:19, \"Магазин\" <sales@shop.test>:\nпривет",
            "30 апреля 2025 г., 15:19, Магазин пишет:\n> привет",
            "Среда, 30 апреля 2025, 15:19 +03:00 от Магазин <sales@shop.test>:\n \nпривет",
            "30.04.2025 15:19, Магазин пишет:\n> привет",
            "Магазин <sales@shop.test> писал(а) 2025-04-30 15:19:\n> привет",
            "-----Original Message-----\nFrom: Shop\nSent: today\n\nhello",
            "-------- Исходное сообщение --------\nОт: Магазин\n\nпривет",
            "________________________________\nFrom: Shop <sales@shop.test>\nSent: Wednesday\nTo: Me\nSubject: Order\n\nhello",
            "От: Магазин <sales@shop.test>\nОтправлено: 30 апреля 2025 г. 15:19\nКому: Я\nТема: Заказ\n\nпривет",
            "---- On Wed, 24 Feb 2021 14:02:50 +0530 sales@shop.test wrote ----\n\nhello",
            "*From:* Shop\n*Date:* today\n*To:* me\n\nhello",
        ] {
            let (own, quoted) = fold(&format!("Спасибо!\nЖду.\n\n{tail}\n"));
            assert_eq!(own, "Спасибо!\nЖду.", "{tail}");
            assert_eq!(quoted, tail.trim(), "{tail}");
        }
    }

    #[test]
    fn what_the_person_wrote_is_never_folded() {
        for text in [
            "Ответ:\n- да\n- нет",
            "Здравствуйте!\n30 апреля 2025 г. в 15:19 я заказал:\n- чайник",
            "Вчера мне менеджер написал:\nприезжайте",
            "On my way, I wrote:\nhello",
            "> ваш вопрос\nмой ответ\n> второй вопрос\nвторой ответ",
            "On Wed, Apr 30, 2025 at 3:19 PM Shop <s@shop.test> wrote:\n> question\n\nMy answer is below.",
            "Смотрите:\n---------- Forwarded message ---------\nFrom: A <a@b.test>\nDate: x\nSubject: y\nTo: z\n\ntext",
            "-------- Пересылаемое сообщение --------\nОт: А\nКому: Б\nТема: В\n\nтекст",
            "From: where do I get it?\nThank you",
            "> только цитата",
            "5 > 3",
        ] {
            assert_eq!(fold(text), (text.trim().to_owned(), String::new()), "{text}");
        }
    }

    #[test]
    fn long_texts_take_linear_time() {
        let text = "On a day that never ends\n".repeat(20_000);
        let start = std::time::Instant::now();
        fold(&text);
        assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
    }
}
