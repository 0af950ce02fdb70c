import './kit/styles.css'
import { CSPProvider } from '@base-ui/react/csp-provider'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app'
import { preferredLanguage, setLanguage } from './kit/i18n'
import { readSession } from './kit/session'
import { applyTheme } from './kit/theme'

applyTheme()
void setLanguage(preferredLanguage(), 'for now')
void readSession()

const root = document.getElementById('root')
if (root) {
  createRoot(root).render(
    <StrictMode>
      {/* Our pages allow neither inline scripts nor inline style elements. */}
      <CSPProvider disableStyleElements>
        <App />
      </CSPProvider>
    </StrictMode>,
  )
}
