//! Why a message did not go or may not have gone, in both languages. Services and drivers tell it in one,
//! beside a code; our own reasons are codes alone.

use crate::text::Words;

/// The answer of the service was lost.
pub const LOST: &str = "answer_lost";
/// The channel went down before it was known whether an earlier try had gone.
pub const CHANNEL_DOWN: &str = "channel_down";
/// The channel was removed.
pub const CHANNEL_REMOVED: &str = "channel_removed";
/// The program stopped while the message was with the service.
pub const STOPPED: &str = "stopped";
/// The service could not be reached, or asked for another time, again and again.
pub const GIVEN_UP: &str = "given_up";

/// What is shown: `said` in its own language, and in the other one what the code means.
pub fn words(code: &str, said: &str) -> Words {
    let said = said.trim();
    let Some(meaning) = meaning(code) else { return Words::new(said, said) };
    if is_ours(code) || said.is_empty() {
        return meaning;
    }
    match is_russian(said) {
        true => Words::new(said, meaning.en),
        false => Words::new(format!("{} {said}", meaning.ru), said),
    }
}

fn is_ours(code: &str) -> bool {
    [LOST, CHANNEL_DOWN, CHANNEL_REMOVED, STOPPED, GIVEN_UP].contains(&code)
}

fn is_russian(text: &str) -> bool {
    text.chars().any(|c| matches!(c, 'а'..='я' | 'А'..='Я' | 'ё' | 'Ё'))
}

fn meaning(code: &str) -> Option<Words> {
    let (ru, en) = match code {
        LOST => (
            "Ответ сервиса потерялся: неизвестно, сделано это или нет.",
            "The answer of the service was lost: it may have been done.",
        ),
        CHANNEL_DOWN => (
            "Канал перестал работать раньше, чем сервис подтвердил отправку.",
            "The channel went down before the service confirmed the sending.",
        ),
        CHANNEL_REMOVED => ("Канал удалён.", "The channel was removed."),
        STOPPED => (
            "Программа остановилась во время отправки.",
            "The program stopped while the message was being sent.",
        ),
        GIVEN_UP => (
            "Сервис слишком долго был недоступен или просил подождать. Повторите позже.",
            "The service could not be reached or asked to wait for too long. Try again later.",
        ),
        "blocked" => ("Клиент запретил писать ему.", "The customer does not let us write to them."),
        "not_started" => (
            "Клиент ещё не писал: первым пишет он.",
            "The customer has not written yet, and must be the first to write.",
        ),
        "window_closed" => (
            "Время, в которое можно ответить, прошло: теперь первым пишет клиент.",
            "The time to answer is over: now the customer must write first.",
        ),
        "empty" => ("Сообщение пустое.", "The message is empty."),
        "too_long" => (
            "Текст длиннее, чем принимает сервис. Разделите его.",
            "The text is longer than the service takes. Split it.",
        ),
        "text" => (
            "Сервис не принял текст. Посмотрите, разрешён ли он.",
            "The service did not take the text. Look whether it is allowed.",
        ),
        "file_too_large" | "too_large" => {
            ("Файл больше, чем принимает сервис.", "The file is larger than the service takes.")
        }
        "too_many_files" => (
            "Сервис не принимает столько файлов сразу. Отправьте их по одному.",
            "The service does not take so many files at once. Send them one by one.",
        ),
        "no_caption" => (
            "Сервис не принимает подпись к файлу. Отправьте текст отдельно.",
            "The service takes no caption with a file. Send the text on its own.",
        ),
        "unsupported" | "kind_not_carried" => (
            "Сервис не принимает сообщения такого вида.",
            "The service does not take messages of this kind.",
        ),
        "bad_data" => (
            "Сервис не принял содержимое. Проверьте вид файла и его размер.",
            "The service did not take the content. Check the file's kind and size.",
        ),
        "not_offered" => {
            ("Через этот канал так сделать нельзя.", "This cannot be done through this channel.")
        }
        "file_refused" => ("Сервис не принял файл.", "The service did not take the file."),
        "no_public_address" => (
            "Сервис берёт файлы по ссылке, а у этой установки нет публичного адреса.",
            "The service takes files by link, and this installation has no public address.",
        ),
        "bad_link" => (
            "Сервис не забрал файл по ссылке. Проверьте публичный адрес этой установки.",
            "The service did not get the file by its link. Check this installation's public address.",
        ),
        "bad_recipient" | "bad_number" | "not_a_phone" => (
            "Сервис не знает такого получателя. Проверьте номер или адрес.",
            "The service knows no such recipient. Check the number or address.",
        ),
        "undeliverable" => (
            "Сервис не доставляет этому получателю.",
            "The service does not deliver to this recipient.",
        ),
        "country" => (
            "Сервис не доставляет в страну этого человека.",
            "The service does not deliver to this person's country.",
        ),
        "old_client" => (
            "Приложение клиента слишком старое для такого сообщения.",
            "The customer's app is too old for such a message.",
        ),
        "bad_sender" | "sender" => (
            "Сервис не принял отправителя. Проверьте настройки канала.",
            "The service did not take the sender. Check the channel's settings.",
        ),
        "bad_letter" => ("Письмо нельзя составить.", "The letter cannot be composed."),
        "no_8bit" => (
            "Почтовый сервер не принимает писем не латиницей.",
            "The mail server takes no letters beyond plain ASCII.",
        ),
        "not_found" => (
            "Сервис не нашёл этот чат или сообщение.",
            "The service found no such chat or message.",
        ),
        "migrated" => ("Чат переехал.", "The chat has moved."),
        "too_late" => (
            "Время, в которое сервис это разрешает, прошло.",
            "The time in which the service allows this is over.",
        ),
        "forbidden" | "business" => {
            ("Сервис этого не разрешает.", "The service does not allow this.")
        }
        "payment_required" => {
            ("Сервис требует оплаты тарифа.", "The service asks for its tariff to be paid.")
        }
        "no_balance" => (
            "На счёте у сервиса нет денег. Пополните его.",
            "There is no money on the account at the service. Top it up.",
        ),
        "free_messages_exceeded" => (
            "Бесплатные сообщения за этот месяц кончились.",
            "The free messages of this month are used up.",
        ),
        "cannot_check" => (
            "Через этот канал номера не проверяются.",
            "Numbers are not checked through this channel.",
        ),
        "not_told" => (
            "Сеть не сказала, есть ли такой номер.",
            "The network did not tell whether there is such a number.",
        ),
        "refused" => ("Сервис отказал.", "The service refused."),
        _ => return None,
    };
    Some(Words::new(ru, en))
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    /// Codes that drivers choose in tables, where [`named`] does not see them.
    const OF_TABLES: [(&str, &[&str]); 4] = [
        ("avito", &["not_found", "forbidden", "payment_required", "file_too_large", "refused"]),
        (
            "telegram-bot",
            &[
                "not_started",
                "blocked",
                "forbidden",
                "not_found",
                "too_long",
                "file_too_large",
                "empty",
                "business",
                "refused",
            ],
        ),
        (
            "vk",
            &[
                "blocked",
                "file_refused",
                "forbidden",
                "not_found",
                "too_late",
                "too_long",
                "window_closed",
                "refused",
            ],
        ),
        (
            "viber",
            &[
                "bad_link",
                "bad_data",
                "not_found",
                "blocked",
                "old_client",
                "country",
                "free_messages_exceeded",
                "no_balance",
                "forbidden",
                "refused",
            ],
        ),
    ];

    /// Codes that a source names where it refuses.
    fn named(source: &str, codes: &mut BTreeSet<String>) {
        let ours = source.split("#[cfg(test)]").next().unwrap_or_default();
        for sign in ["code: ", "rejected(", "refused("] {
            for after in ours.split(sign).skip(1) {
                let quoted = after.trim_start().strip_prefix('"');
                let code = quoted.and_then(|rest| rest.split('"').next());
                codes.extend(code.map(str::to_owned));
            }
        }
    }

    fn look_into(folder: &Path, codes: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                look_into(&path, codes);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                named(&fs::read_to_string(&path).expect("a source"), codes);
            }
        }
    }

    /// CV-7: whatever code a driver refuses with, it is read in both languages.
    #[test]
    fn cv_7_every_code_of_the_drivers_has_a_meaning() {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut codes: BTreeSet<String> = OF_TABLES
            .iter()
            .flat_map(|(_, codes)| codes.iter().map(|code| (*code).to_owned()))
            .collect();
        for entry in fs::read_dir(&crates).expect("the crates") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if name.starts_with("channel-") {
                look_into(&path.join("src"), &mut codes);
            }
        }
        for known in ["bad_number", "no_8bit", "cannot_check", "not_told", "no_caption"] {
            assert!(codes.contains(known), "{known} is no longer found in the sources");
        }
        for code in &codes {
            let both = meaning(code).unwrap_or_else(|| panic!("{code} means nothing"));
            assert!(is_russian(&both.ru) && !is_russian(&both.en), "{code}: {both:?}");
        }
    }

    #[test]
    fn cv_7_a_reason_is_read_in_both_languages() {
        let both = |ru: &str, en: &str| Words::new(ru, en);
        for (code, said, expected) in [
            ("empty", "Нет файла.", both("Нет файла.", "The message is empty.")),
            ("refused", "Flood", both("Сервис отказал. Flood", "Flood")),
            ("refused", " ", both("Сервис отказал.", "The service refused.")),
            ("unheard_of", "Отказ", both("Отказ", "Отказ")),
            (
                CHANNEL_REMOVED,
                "the channel was removed",
                both("Канал удалён.", "The channel was removed."),
            ),
        ] {
            assert_eq!(words(code, said), expected, "{code} {said}");
        }
    }
}
