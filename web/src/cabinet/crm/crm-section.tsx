import { lazy } from 'react'
import type { PageProps } from '../sections'

const Home = lazy(() => import('./home').then((m) => ({ default: m.Home })))
const LogPage = lazy(() => import('./log-page').then((m) => ({ default: m.LogPage })))
const EditorPage = lazy(() => import('./editor').then((m) => ({ default: m.EditorPage })))

/** CRM integrations: portals and rules, one integration, the journal. Each comes when it is opened. */
export function CrmSection({ me, id, more }: PageProps) {
  if (id === 'log') return <LogPage run={more} />
  if (id) return <EditorPage key={id} id={id} tab={more} language={me.account.language === 'en' ? 'en' : 'ru'} />
  return <Home />
}
