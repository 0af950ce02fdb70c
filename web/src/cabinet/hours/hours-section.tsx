import { flow } from '../../kit/i18n/cabinet-flow'
import { PageHead } from '../load'

export function HoursSection() {
  return <PageHead title={flow().hours.title} hint={flow().hours.hint} />
}
