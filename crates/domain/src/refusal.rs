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
/// The service asked for another time again and again.
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
        LOST => ("Ответ сервиса потерялся.", "The answer of the service was lost."),
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
            "Сервис слишком долго просил подождать. Отправьте ещё раз позже.",
            "The service asked to wait for too long. Send it again later.",
        ),
        "blocked" => ("Клиент запретил писать ему.", "The customer does not let us write to them."),
        "empty" => ("Сообщение пустое.", "The message is empty."),
        "too_long" => (
            "Текст длиннее, чем принимает сервис. Разделите его.",
            "The text is longer than the service takes. Split it.",
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
        "file_refused" => ("Сервис не принял файл.", "The service did not take the file."),
        "no_public_address" => (
            "Сервис берёт файлы по ссылке, а у этой установки нет публичного адреса.",
            "The service takes files by link, and this installation has no public address.",
        ),
        "bad_recipient" | "not_a_phone" => (
            "Сервис не знает такого получателя. Проверьте номер или адрес.",
            "The service knows no such recipient. Check the number or address.",
        ),
        "bad_sender" => (
            "Сервис не принял отправителя. Проверьте настройки канала.",
            "The service did not take the sender. Check the channel's settings.",
        ),
        "bad_letter" => ("Письмо нельзя составить.", "The letter cannot be composed."),
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
        "refused" => ("Сервис отказал.", "The service refused."),
        _ => return None,
    };
    Some(Words::new(ru, en))
}

#[cfg(test)]
mod tests {
    use super::*;

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
