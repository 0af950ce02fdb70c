import { ChannelPage } from './channel-page'
import { Channels } from './channels'
import { Connect } from './connect'
import type { PageProps } from './sections'

export function ChannelsSection({ id, more }: PageProps) {
  if (id === 'new') return <Connect kind={more} />
  if (id) return <ChannelPage key={id} id={id} tab={more} />
  return <Channels />
}
