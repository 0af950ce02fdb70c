/** Emoji with their words: a sign, Russian words, `|`, English words. Chosen for talk with customers,
 * not the whole of Unicode. */
export type EmojiGroup = 'faces' | 'hands' | 'hearts' | 'nature' | 'food' | 'things' | 'places' | 'flags'

export const EMOJI: Record<EmojiGroup, string> = {
  faces: `😀 улыбка радость|grin smile
😃 улыбка радость рот|smile happy
😄 смех глаза улыбка|laugh smile
😁 сияет зубы|beaming grin
😆 смеётся|laughing
😅 неловко пот|sweat nervous
🤣 хохот валяюсь|rofl laugh
😂 слёзы смех|joy tears
🙂 легкая улыбка|slight smile
🙃 вверх ногами|upside down
😉 подмигнуть|wink
😊 румянец улыбка|blush smile
😇 ангел нимб|angel halo
🥰 люблю сердечки|love hearts
😍 влюблён глаза сердца|heart eyes love
🤩 восторг звезды|star struck
😘 поцелуй|kiss
😋 вкусно|yum tasty
😛 язык|tongue
😜 язык подмигнуть|crazy tongue
🤗 обнимаю|hug
🤭 ой рука рот|oops giggle
🤫 тихо секрет|quiet secret
🤔 думаю|thinking
🤐 молчу молния|zipped
😐 нейтрально|neutral
😑 без эмоций|expressionless
😶 без рта|no mouth
😏 ухмылка|smirk
😒 недоволен|unamused
🙄 закатил глаза|eye roll
😬 гримаса|grimace
😌 спокоен|relieved
😔 грустно|pensive sad
😪 сонный|sleepy
😴 сплю|sleep
😷 маска болен|mask sick
🤒 температура болен|fever ill
🤕 бинт травма|hurt bandage
🤯 взрыв мозга|mind blown
🥳 праздник|party
😎 крутой очки|cool sunglasses
🤓 умник|nerd
🧐 изучаю монокль|monocle
😕 смущён|confused
😟 тревога|worried
🙁 грусть|frown sad
😮 ого удивление|wow open mouth
😲 поражён|astonished
😳 смущён румянец|flushed
🥺 умоляю|pleading
😢 плачу|cry
😭 рыдаю|sob
😱 ужас|scream
😤 злюсь пар|triumph
😡 злой|angry
😠 сердит|angry
🤝 рукопожатие договорились|handshake deal
🙈 не вижу обезьяна|see no evil monkey`,
  hands: `👍 хорошо класс палец вверх да|thumbs up yes ok
👎 плохо палец вниз нет|thumbs down no
👌 ок отлично|ok hand
✌️ победа мир|victory peace
🤞 удача скрещенные|fingers crossed luck
🤟 люблю|love you
👋 привет пока машу|wave hello bye
🙌 ура руки|hooray
👏 аплодисменты браво|clap bravo
🙏 спасибо пожалуйста прошу|thanks please pray
💪 сила|strong muscle
👉 туда вправо|point right
👈 влево|point left
👆 вверх выше|point up
👇 вниз ниже|point down
☝️ важно внимание|index up important
✋ стоп рука|stop hand
✍️ пишу|writing
👀 смотрю глаза|eyes look
🙋 вопрос рука|raising hand
🤷 не знаю|shrug
🤦 фейспалм|facepalm
💁 подскажу|information
🙇 поклон извините|bow sorry
👨‍💼 менеджер|office worker
👷 рабочий стройка|builder worker
👨‍🔧 мастер ремонт|mechanic repair
👩‍💻 оператор компьютер|operator computer
👶 ребенок|baby
👪 семья|family`,
  hearts: `❤️ сердце любовь|heart love
🧡 оранжевое сердце|orange heart
💛 жёлтое сердце|yellow heart
💚 зелёное сердце|green heart
💙 синее сердце|blue heart
💜 фиолетовое сердце|purple heart
🖤 чёрное сердце|black heart
🤍 белое сердце|white heart
💔 разбитое сердце|broken heart
💯 сто процентов|hundred
✅ готово галочка|done check
☑️ отмечено|checked
✔️ верно галочка|check
❌ нет крест|no cross
❗ важно восклицание|exclamation important
❓ вопрос|question
⚠️ внимание осторожно|warning
⛔ нельзя запрет|forbidden
ℹ️ информация|information
🆕 новое|new
🔥 огонь горячо|fire hot
✨ блеск чисто|sparkles
⭐ звезда|star
🌟 сияющая звезда|glowing star
💥 взрыв|boom
💬 сообщение чат|speech chat
💭 мысль|thought
➡️ стрелка вправо|arrow right
⬅️ стрелка влево|arrow left
⬆️ стрелка вверх|arrow up
⬇️ стрелка вниз|arrow down
🔴 красный круг|red circle
🟡 жёлтый круг|yellow circle
🟢 зелёный круг|green circle
🔵 синий круг|blue circle
♻️ переработка обмен|recycle
🔄 обновить повтор|refresh
🎉 праздник поздравляю|party congratulations
🎊 конфетти|confetti`,
  nature: `☀️ солнце|sun
🌤️ облачно|partly cloudy
☁️ облако|cloud
🌧️ дождь|rain
⛈️ гроза|storm
❄️ снег снежинка|snow
⛄ снеговик|snowman
🌈 радуга|rainbow
🌙 луна ночь|moon night
⚡ молния быстро|lightning fast
💧 капля вода|drop water
🌹 роза цветок|rose
🌷 тюльпан|tulip
🌸 цветок весна|blossom
💐 букет|bouquet
🌻 подсолнух|sunflower
🍀 клевер удача|clover luck
🌲 ель лес|tree
🎄 ёлка новый год|christmas tree
🌿 трава|herb
🍁 осень лист|autumn leaf
🐶 собака|dog
🐱 кот кошка|cat
🐻 медведь|bear
🐼 панда|panda
🦊 лиса|fox
🐰 заяц кролик|rabbit
🐣 цыплёнок|chick
🦄 единорог|unicorn
🐝 пчела|bee
🐟 рыба|fish`,
  food: `☕ кофе чай|coffee tea
🍵 чай|tea
🥤 напиток|drink
🍷 вино|wine
🍺 пиво|beer
🥂 тост бокалы|cheers
🍾 шампанское|champagne
🍎 яблоко|apple
🍌 банан|banana
🍊 апельсин мандарин|orange
🍓 клубника|strawberry
🍉 арбуз|watermelon
🥦 брокколи|broccoli
🥔 картофель|potato
🍞 хлеб|bread
🧀 сыр|cheese
🥩 мясо|meat
🍗 курица|chicken
🍔 бургер|burger
🍟 картошка фри|fries
🍕 пицца|pizza
🌭 хотдог|hot dog
🥗 салат|salad
🍣 суши|sushi
🍲 суп|soup
🥟 пельмени|dumpling
🍰 торт кусок|cake
🎂 торт день рождения|birthday cake
🍫 шоколад|chocolate
🍪 печенье|cookie
🍦 мороженое|ice cream`,
  things: `📞 телефон звонок|phone call
📱 мобильный телефон|mobile phone
💻 ноутбук компьютер|laptop computer
🖨️ принтер|printer
⌚ часы|watch
⏰ будильник время|alarm time
⏳ жду песочные часы|hourglass wait
📅 календарь дата|calendar date
📆 календарь|calendar
📍 место адрес метка|pin place
📌 важно кнопка|pushpin
📎 скрепка вложение|paperclip attachment
📷 фото камера|camera photo
🎥 видео|video camera
🎤 микрофон голос|microphone
🎧 наушники поддержка|headphones support
📧 почта письмо|e-mail letter
✉️ конверт письмо|envelope
📦 посылка заказ коробка|parcel order box
🎁 подарок|gift
🛒 корзина покупки|cart shopping
🛍️ покупки пакеты|shopping bags
💳 карта оплата|card payment
💰 деньги|money
💵 наличные доллары|cash
🧾 чек счёт|receipt invoice
🏷️ цена бирка скидка|price tag
📝 заметка договор|note memo
📄 документ|document
📃 страница|page
📊 график отчёт|chart report
📈 рост|growth
📉 падение|decline
📋 список|clipboard list
🔑 ключ|key
🔒 замок закрыто|lock
🔓 открыто|unlock
🔧 ключ ремонт|wrench repair
🔨 молоток|hammer
🛠️ инструменты ремонт|tools
⚙️ настройки|settings gear
💡 идея лампа|idea bulb
🔋 батарея|battery
🔌 розетка|plug
🔍 поиск|search
🔔 звонок уведомление|bell
🔗 ссылка|link
📐 замер угольник|measure
📏 линейка замер|ruler
🚪 дверь|door
🪟 окно|window
🛋️ диван мебель|sofa furniture
🛏️ кровать|bed
🚿 душ|shower
💊 лекарство|pill
🎓 обучение|education
🏆 кубок победа|trophy
🎵 музыка|music
⚽ футбол мяч|football
🎮 игра|game`,
  places: `🏠 дом|house home
🏡 дом сад|house garden
🏢 офис здание|office building
🏪 магазин|shop
🏭 завод|factory
🏥 больница|hospital
🏦 банк|bank
🏨 гостиница|hotel
🏫 школа|school
🏗️ стройка|construction
🗺️ карта|map
🌍 земля мир|earth world
🚗 машина авто|car
🚕 такси|taxi
🚌 автобус|bus
🚚 доставка грузовик|delivery truck
🚛 фура|lorry
🚀 быстро ракета|rocket fast
✈️ самолёт|plane
🚂 поезд|train
🚇 метро|metro
🚲 велосипед|bicycle
🛵 курьер скутер|scooter courier
⛽ заправка|fuel
🅿️ парковка|parking
🚦 светофор|traffic light
⚓ якорь|anchor
🏖️ пляж отпуск|beach holiday
🏔️ горы|mountain`,
  flags: `🇷🇺 россия|russia
🇧🇾 беларусь|belarus
🇰🇿 казахстан|kazakhstan
🇺🇿 узбекистан|uzbekistan
🇦🇲 армения|armenia
🇬🇪 грузия|georgia
🇰🇬 киргизия|kyrgyzstan
🇹🇷 турция|turkey
🇨🇳 китай|china
🇩🇪 германия|germany
🇬🇧 британия|britain
🇺🇸 сша|usa
🏁 финиш|finish
🚩 флаг|flag`,
}
