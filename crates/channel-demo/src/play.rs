//! What the invented customers say.

use std::time::Duration;

use channel::{DeliveryReport, Inbound, InboundMessage, Person, Sender};
use domain::{
    attribution::Attribution, clock::Instant, content::Content, conversation::ConversationKind,
    delivery::DeliveryStatus, ids::MessageId,
};

pub(crate) const DELIVERED_AFTER: Duration = Duration::from_millis(700);
pub(crate) const READ_AFTER: Duration = Duration::from_millis(1800);
pub(crate) const ANSWERED_AFTER: Duration = Duration::from_secs(5);
pub(crate) const GREETED_AFTER: Duration = Duration::from_secs(3);

const GREETING: &str = "Здравствуйте! Это учебное сообщение: так приходят обращения клиентов. \
                        Подскажите, пожалуйста, до какого часа вы сегодня работаете?";

const ANSWERS: [&str; 8] = [
    "Да, всё верно.",
    "Спасибо, так и сделаем.",
    "Пока думаю, напишу чуть позже.",
    "Да, мне подходит. Что нужно от меня?",
    "Нет, лучше завтра после обеда.",
    "Хорошо, жду от вас новости.",
    "Отлично, тогда договорились.",
    "Понял, спасибо за быстрый ответ.",
];

fn message(external_id: String, person: Person, text: &str, at: Instant) -> Inbound {
    Inbound::Message(Box::new(InboundMessage {
        external_id,
        aliases: Vec::new(),
        occurred_at: at,
        person,
        sender: Sender::Customer,
        content: Content::text(text),
        reply_to: None,
        album: None,
        thread: Vec::new(),
        attribution: Attribution::default(),
        kind: ConversationKind::Chat,
        automatic: false,
        cropped: false,
        raw: None,
    }))
}

/// The first words of a new channel.
pub(crate) fn greeting(at: Instant) -> Inbound {
    let person = Person {
        external_id: "demo-first".to_owned(),
        key: None,
        name: Some("Анна Учебная".to_owned()),
        username: None,
        phones: vec!["+79000000001".to_owned()],
        emails: Vec::new(),
        language: Some("ru".to_owned()),
    };
    message("demo-greeting".to_owned(), person, GREETING, at)
}

/// What the customer says to a message of ours. One message is answered once: its id makes the
/// answer's.
pub(crate) fn answer(to: MessageId, customer: &str, at: Instant) -> Inbound {
    let which = usize::from(to.0.as_bytes()[15]) % ANSWERS.len();
    let text = ANSWERS.get(which).copied().unwrap_or_default();
    let person = Person { external_id: customer.to_owned(), ..Person::default() };
    message(format!("demo-answer-{to}"), person, text, at)
}

pub(crate) fn report(of: MessageId, status: DeliveryStatus, at: Instant) -> Inbound {
    Inbound::Delivery(DeliveryReport { external_id: of.to_string(), status, at, reason: None })
}
