import { readFileSync } from 'node:fs'
import tailwind from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** The server to develop against. */
const backend = process.env.BESEDA_URL ?? 'http://127.0.0.1:8181'

/** What the server answers by itself; the rest of the addresses are pages of ours. */
const proxy = Object.fromEntries(
  ['/api', '/files', '/widget', '/hooks'].map((path) => [path, { target: backend, ws: true }]),
)

/** The policy that the server gives with our pages; `vite preview` gives it too. */
const policy = readFileSync(new URL('content-security-policy.txt', import.meta.url), 'utf8').trim().split('\n').join('; ')

export default defineConfig({
  plugins: [tailwind(), react()],
  server: { proxy, host: '127.0.0.1' },
  preview: { proxy, host: '127.0.0.1', headers: { 'Content-Security-Policy': policy } },
  build: { manifest: true, target: 'es2023', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
})
