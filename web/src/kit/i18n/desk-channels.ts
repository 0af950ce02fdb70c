import { language } from './index'

/** Texts of what only some services can do: they come with the code that shows it, not with the first page. */
export const deskChannelsRu = {
  listing: {
    title: 'О чём пишут',
    nameless: 'Объявление без названия',
    open: 'Открыть объявление',
  },
}

export const deskChannelsEn: typeof deskChannelsRu = {
  listing: {
    title: 'What it is about',
    nameless: 'A listing without a title',
    open: 'Open the listing',
  },
}

export const deskChannels = () => (language === 'ru' ? deskChannelsRu : deskChannelsEn)
