import { language } from './index'

/** Texts of what only some services can do: they come with the code that shows it, not with the first page. */
export const deskChannelsRu = {
  listing: {
    title: 'О чём пишут',
    nameless: 'Объявление без названия',
    open: 'Открыть объявление',
    now: 'Клиент пишет о другом объявлении:',
  },
  message: {
    more: 'Действия с сообщением',
    edit: 'Изменить',
    editLabel: 'Новый текст сообщения',
    editKeys: 'Enter — сохранить, Esc — оставить как было',
    editing: 'Изменение передаётся:',
    editRefused: 'Изменить не удалось, клиент видит прежний текст.',
    editAgain: 'Изменить снова',
    remove: 'Удалить у всех',
    removeTitle: 'Удалить сообщение?',
    removeText: 'Клиент его больше не увидит. У вас оно останется с пометкой.',
    removing: 'Сообщение удаляется у клиента',
    removeRefused: 'Удалить не удалось, клиент видит сообщение.',
    removeAgain: 'Удалить снова',
    react: 'Поставить реакцию',
    reactions: 'Реакции',
    fromCustomer: 'Реакция клиента',
    from: (who: string) => `Реакция: ${who}`,
    us: 'ваша сторона',
    takeAway: 'Нажмите, чтобы убрать',
    reaction: { adding: 'ставится', removing: 'убирается', refused: 'Сервис не принял' },
  },
}

export const deskChannelsEn: typeof deskChannelsRu = {
  listing: {
    title: 'What it is about',
    nameless: 'A listing without a title',
    open: 'Open the listing',
    now: 'The customer writes about another listing:',
  },
  message: {
    more: 'Deeds on the message',
    edit: 'Edit',
    editLabel: 'New text of the message',
    editKeys: 'Enter saves, Esc leaves it as it was',
    editing: 'The change is on its way:',
    editRefused: 'It could not be changed: the customer sees the old text.',
    editAgain: 'Edit again',
    remove: 'Delete for everybody',
    removeTitle: 'Delete the message?',
    removeText: 'The customer no longer sees it. Here it stays with a mark.',
    removing: 'The message is being deleted at the customer’s side',
    removeRefused: 'It could not be deleted: the customer sees it.',
    removeAgain: 'Delete again',
    react: 'Put a reaction',
    reactions: 'Reactions',
    fromCustomer: 'Reaction of the customer',
    from: (who) => `Reaction: ${who}`,
    us: 'your side',
    takeAway: 'Press to take it away',
    reaction: { adding: 'on its way', removing: 'being taken away', refused: 'The service did not take it' },
  },
}

export const deskChannels = () => (language === 'ru' ? deskChannelsRu : deskChannelsEn)
