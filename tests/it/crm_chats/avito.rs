//! The chat inside amoCRM with a service whose files carry no words, and whose own program tells us what was
//! written there (AMO-13, WA-4, WA-7).

use sandbox::{
    amo::chats::{Author, Draft},
    avito::{Avito, Options},
};
use serde_json::json;
use tests::{PIXEL, until};

use super::house::{House, texts};

/// WA-4 for Avito's own app; and a picture with words, which amoCRM sends as one message, comes out as a picture
/// and a text, each once, with the writer's signature (WA-7) for the buyer alone.
#[tokio::test(flavor = "multi_thread")]
async fn wa_4_wa_7_words_of_a_file_go_after_it_where_files_carry_none() {
    let avito = Avito::start(Options::default()).await.unwrap();
    let base = avito.url().to_owned();
    let house = House::beside(|config| {
        let ours = &mut config.channels.avito;
        ours.api = base.parse().unwrap();
        ours.consent = format!("{base}/oauth").parse().unwrap();
    })
    .await;
    let seller = avito.add_seller("Лавка чайников");
    let item = seller.add_item("Чайник медный", "4 500 ₽");
    let (id, secret) = seller.keys();
    let settings = json!({ "mode": "keys", "client_id": id, "client_secret": secret });
    let form = json!({ "kind": "avito", "name": "Авито", "settings": settings });
    let made = house.owner.connects(&form).await;
    let channel = made["channel_id"].as_str().unwrap();
    let user = house.user();
    let set = json!({"chats": {"import_outgoing": true,
        "users": [{"user": user.to_string(), "channels": [channel], "signature": "— Анна"}]}});
    house.passes_on(&house.owner, channel, &set).await;

    let talk = seller.chat_with(501, "Пётр", Some(item));
    talk.says("Ещё продаёте?");
    let (chat, _) = house.shows("Ещё продаёте?").await;
    talk.seller_says("Продаю");
    let (_, message) = house.shows("Продаю [Отправлено с телефона]").await;
    assert_eq!((message.author, message.silent), (Author::Bot, true));

    talk.sends_image("image/png", PIXEL);
    let picture = until("the picture is in the CRM", async || {
        let chats = house.account.chats();
        chats[0].messages.iter().find_map(|message| message.media.clone())
    })
    .await;
    let size = u64::try_from(PIXEL.len()).unwrap();
    let draft = Draft::picture(&picture, "чайник.png", size).caption("Вот такой");
    house.account.writes_in_chat(user, &chat.id, draft).unwrap();
    let kinds = until("both arrive", async || {
        let shown = talk.transcript();
        let ours: Vec<(String, String)> =
            shown.into_iter().filter(|m| !m.from_buyer).map(|m| (m.kind, m.text)).collect();
        (ours.len() >= 3).then_some(ours)
    })
    .await;
    let expect = [("text", "Продаю"), ("image", ""), ("text", "Вот такой\n\n— Анна")];
    assert_eq!(kinds, expect.map(|(kind, text)| (kind.to_owned(), text.to_owned())));

    talk.says("Беру");
    let (chat, _) = house.shows("Беру").await;
    let expect = ["Ещё продаёте?", "Продаю [Отправлено с телефона]", "", "Вот такой", "Беру"];
    assert_eq!(texts(&chat), expect, "what was written there does not come back");
    assert_eq!(avito.violations(), [""; 0]);
}
