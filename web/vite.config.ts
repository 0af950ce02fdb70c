import tailwind from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** The server to develop against. */
const backend = process.env.BESEDA_URL ?? 'http://127.0.0.1:8181'

/** What the server answers by itself; the rest of the addresses are pages of ours. */
const proxy = Object.fromEntries(
  ['/api', '/files', '/widget', '/hooks'].map((path) => [path, { target: backend, ws: true }]),
)

/** The policy that the server gives with our pages; `vite preview` gives it too, so that the
 * browser tests run under it. */
const policy = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "media-src 'self' blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "frame-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

export default defineConfig({
  plugins: [tailwind(), react()],
  server: { proxy, host: '127.0.0.1' },
  preview: { proxy, host: '127.0.0.1', headers: { 'Content-Security-Policy': policy } },
  build: { manifest: true, target: 'es2023', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
})
