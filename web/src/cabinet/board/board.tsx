import { flow } from '../../kit/i18n/cabinet-flow'
import { PageHead } from '../load'

export function Board() {
  return <PageHead title={flow().board.title} hint={flow().board.hint} />
}
