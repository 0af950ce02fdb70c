// Packs what the server sends, once and as small as it goes: beside each file its .br and its .gz.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const dist = new URL('../dist/', import.meta.url)
const PACKABLE = /\.(js|css|html|svg|json)$/
/** Below this the headers of the answer weigh more than what is saved. */
const SMALLEST = 512

const files = readdirSync(dist, { recursive: true }).filter((file) => PACKABLE.test(file) && !file.startsWith('.vite'))
for (const file of files) {
  const bytes = readFileSync(new URL(file, dist))
  if (bytes.length < SMALLEST) continue
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length }
  writeFileSync(new URL(`${file}.br`, dist), brotliCompressSync(bytes, { params }))
  writeFileSync(new URL(`${file}.gz`, dist), gzipSync(bytes, { level: 9 }))
}
